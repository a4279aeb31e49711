"""Pages about a user beside the engine's."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from webapp.admin.editing.finding import find
from webapp.admin.editing.page import simple_form_page
from webapp.admin.options import Rejected
from webapp.admin.site import current_site
from webapp.users.forms import NewPasswordForm
from webapp.users.passwords import hash_password
from webapp.users.service import set_password
from webapp.web.errors import Link


def password(key: str) -> ResponseReturnValue:
    """Set another person's password; that person is signed out everywhere."""
    person = find(current_site().admin("users"), current_user, key, "change")
    if person.id == current_user.id:
        return redirect(url_for("account.password"), 303)
    form = NewPasswordForm(person=person)
    if form.validate_on_submit():
        try:
            set_password(person, hash_password(form.password.data or ""), current_user)
        except Rejected as rejected:
            form.form_errors.append(rejected.message)
        else:
            flash(
                _("The password of %(user)s was changed. Open sessions have ended.", user=person), "success"
            )
            return redirect(url_for("users.change", key=key), 303)
    page = simple_form_page(
        form,
        ("password", "password_confirm"),
        title=_("Set the password of %(user)s", user=person),
        heading=_("Set password"),
        subheading=str(person),
        action=url_for("users.password", key=key),
        save=_("Set password"),
        cancel=Link(_("Cancel"), url_for("users.change", key=key)),
        username=person.username,
    )
    return render_template("users/password.html", page=page), 422 if form.is_submitted() else 200
