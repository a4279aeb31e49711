"""Pages about a user beside the engine's."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from webapp.admin.editing.finding import find
from webapp.admin.editing.simplepage import simple_form_page
from webapp.admin.history import through
from webapp.admin.options import Rejected
from webapp.admin.site import current_site
from webapp.admin.tabs import Tab, tabs_of
from webapp.mail import is_configured
from webapp.running import request
from webapp.texts import gettext as _
from webapp.texts import ngettext
from webapp.users.forms import NewPasswordForm
from webapp.users.links import GIVEN, hours, password_link, post_password_link
from webapp.users.models import User
from webapp.users.passwords import hash_password
from webapp.users.service import note_link, set_password
from webapp.web.confirming import require_confirmed
from webapp.web.errors import Link
from webapp.web.viewer import person


@through("form")
def password(key: str) -> ResponseReturnValue:
    """Set another person's password; that person is signed out everywhere."""
    user_admin = current_site().admin("users")
    target = find(user_admin, person(), key, "change")
    if target.id == person().id:
        return redirect(url_for("account.password"), 303)
    # Before anything is typed: a password is not kept meanwhile.
    require_confirmed()
    form = NewPasswordForm(person=target)
    if form.validate_on_submit():
        try:
            set_password(target, hash_password(form.password.data or ""), person(), is_temporary=True)
        except Rejected as rejected:
            form.form_errors.append(rejected.message)
        else:
            flash(
                _(
                    "The password of %(user)s was changed, for 24 hours and one sign-in. Open sessions have ended.",
                    user=target,
                ),
                "success",
            )
            return redirect(url_for("users.change", key=key), 303)
    page = simple_form_page(
        form,
        ("password", "password_confirm"),
        title=_("Set the password of %(user)s", user=target),
        heading=_("Set password"),
        subheading=_(
            "%(user)s has to choose another at the first sign-in, within 24 hours. A password link is better: then "
            "nobody else knows it.",
            user=target,
        ),
        action=url_for("users.password", key=key),
        save=_("Set password"),
        cancel=Link(_("Cancel"), url_for("users.change", key=key)),
        links=[Link(_("Send a password link instead"), url_for("users.link", key=key))],
        tabs=tabs_of(user_admin, person(), target),
        username=target.username,
    )
    return render_template("users/password.html", page=page), 422 if form.is_submitted() else 200


@dataclass(frozen=True)
class LinkPage:
    """:ivar link: to be copied, this once; ``None`` before it is made."""

    title: str
    subheading: str
    text: str
    action: str
    csrf_token: str
    button: str
    errors: list[str]
    link: str | None
    cancel: Link
    tabs: list[Tab]


@through("form")
def link(key: str) -> ResponseReturnValue:
    """Send another person a link that sets the password; where no mail is sent, show it once to be handed on."""
    user_admin = current_site().admin("users")
    target = find(user_admin, person(), key, "change")
    if target.id == person().id:
        return redirect(url_for("account.password"), 303)
    form, shown, errors = FlaskForm(), None, []
    if form.validate_on_submit() and "_save" in request.form:
        require_confirmed()
        by_mail = is_configured()
        try:
            target = note_link(target, person(), "link-sent" if by_mail else "link-shown")
        except Rejected as rejected:
            errors.append(rejected.message)
        else:
            if by_mail:
                post_password_link(target, GIVEN, person())
                flash(_("A link is on its way to %(email)s.", email=target.email), "success")
                return redirect(url_for("users.change", key=key), 303)
            shown = password_link(target, GIVEN, person())
    page = _link_page(target, key, form, shown, errors)
    return render_template(
        "users/link.html", page=page
    ), 422 if form.is_submitted() and shown is None else 200


def _link_page(target: User, key: str, form: FlaskForm, shown: str | None, errors: list[str]) -> LinkPage:
    button = _("Send the link to %(email)s", email=target.email) if is_configured() else _("Show a link")
    return LinkPage(
        title=_("Password link"),
        subheading=str(target),
        text=ngettext(
            "Whoever opens the link sets a new password. It works once, for %(num)s hour, until the person signs in.",
            "Whoever opens the link sets a new password. It works once, for %(num)s hours, until the person signs in.",
            hours(GIVEN),
        ),
        action=url_for("users.link", key=key),
        csrf_token=form.csrf_token.current_token,
        button=button,
        errors=errors,
        link=shown,
        cancel=Link(_("Cancel"), url_for("users.change", key=key)),
        tabs=tabs_of(current_site().admin("users"), person(), target),
    )
