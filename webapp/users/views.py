"""Pages about a user beside the engine's."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.admin.editing.finding import find
from webapp.admin.editing.simplepage import simple_form_page
from webapp.admin.history import through
from webapp.admin.options import Rejected
from webapp.admin.site import current_site
from webapp.admin.tabs import tabs_of
from webapp.texts import gettext as _
from webapp.users.forms import NewPasswordForm
from webapp.users.passwords import hash_password
from webapp.users.service import set_password
from webapp.web.errors import Link
from webapp.web.viewer import person


@through("form")
def password(key: str) -> ResponseReturnValue:
    """Set another person's password; that person is signed out everywhere."""
    user_admin = current_site().admin("users")
    target = find(user_admin, person(), key, "change")
    if target.id == person().id:
        return redirect(url_for("account.password"), 303)
    form = NewPasswordForm(person=target)
    if form.validate_on_submit():
        try:
            set_password(target, hash_password(form.password.data or ""), person())
        except Rejected as rejected:
            form.form_errors.append(rejected.message)
        else:
            flash(
                _("The password of %(user)s was changed. Open sessions have ended.", user=target), "success"
            )
            return redirect(url_for("users.change", key=key), 303)
    page = simple_form_page(
        form,
        ("password", "password_confirm"),
        title=_("Set the password of %(user)s", user=target),
        heading=_("Set password"),
        subheading=str(target),
        action=url_for("users.password", key=key),
        save=_("Set password"),
        cancel=Link(_("Cancel"), url_for("users.change", key=key)),
        tabs=tabs_of(user_admin, person(), target),
        username=target.username,
    )
    return render_template("users/password.html", page=page), 422 if form.is_submitted() else 200
