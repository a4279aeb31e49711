"""A password that was forgotten: asking for a link by mail, and setting a new password by a link.

Whoever asks is told the same in the same time, whether there is such an account or not: everything that depends on it
is done after the answer (OWASP Forgot Password cheat sheet, CVE-2024-45231).
"""

from typing import Any

import structlog
from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp import mail
from webapp.account import sessions, throttle
from webapp.account.forms import ForgottenForm
from webapp.account.signing_in import answer
from webapp.admin.editing.simplepage import simple_form_page
from webapp.admin.history import through
from webapp.admin.options import Rejected
from webapp.extensions import db, not_again, writing
from webapp.running import g, request, running
from webapp.texts import gettext as _
from webapp.users.addresses import giver_of_address
from webapp.users.forms import NewPasswordForm
from webapp.users.links import FORGOTTEN, Opened, open_password_link, post_password_link
from webapp.users.passwords import PasswordHash, hash_password
from webapp.users.rules import still_counts
from webapp.users.service import find_number, find_person, note, set_password
from webapp.web.errors import Link
from webapp.web.gate import public
from webapp.web.headers import NO_REFERRER
from webapp.web.logs import NUMBER, request_id

log = structlog.stdlib.get_logger("webapp.account")

# Where the token waits, out of the address, until the form is sent.
TOKEN = "password_link"  # noqa: S105 - the name of a place, not a secret


@public
def forgotten() -> ResponseReturnValue:
    """Ask for a link; where no mail is sent, read whom to ask."""
    form = ForgottenForm()
    refusal: throttle.TooManyTries | None = None
    if mail.is_configured() and form.validate_on_submit():
        try:
            throttle.begin_try(throttle.forgotten_counters())
        except throttle.TooManyTries as too_many:
            refusal = too_many
            form["username"].errors = [refusal.message]
        else:
            _ask(form.username.data or "")
            flash(
                _(
                    "If there is an account of that name or address that may sign in here, a mail with a link is on "
                    "its way. The link works for an hour. If nothing arrives, ask an administrator."
                ),
                "info",
            )
            return redirect(url_for("account.login"), 303)
    if not mail.is_configured():
        return render_template("account/whom_to_ask.html"), 422 if form.is_submitted() else 200
    page = simple_form_page(
        form,
        ("username",),
        heading=_("Forgot your password?"),
        subheading=_("We send a link, by which you set a new one, to the e-mail address of your account."),
        action=url_for("account.forgotten"),
        save=_("Send the link"),
        cancel=Link(_("Back to signing in"), url_for("account.login")),
    )
    return answer("account/forgotten.html", page, form, refusal)


@public
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address at once, so that it stays in no history and goes to nobody as a referrer."""
    g.referrer_policy = NO_REFERRER
    if open_password_link(token) is None:
        return _link_is_over()
    session[TOKEN] = token
    return redirect(url_for("account.set_by_link"), 303)


@public
@through("account")
def set_by_link() -> ResponseReturnValue:
    """Set the password that the link was for. It signs nobody in: that takes the new password, and whatever else."""
    opened = open_password_link(str(session.get(TOKEN, "")))
    if opened is None:
        session.pop(TOKEN, None)
        return _link_is_over()
    form = NewPasswordForm(person=opened.user)
    if form.validate_on_submit():
        try:
            _set(opened, hash_password(form.password.data or ""))
        except Rejected:
            return _link_is_over()
        flash(_("Your password was set, and open sessions have ended. Sign in with it."), "success")
        return redirect(url_for("account.login"), 303)
    page = simple_form_page(
        form,
        ("password", "password_confirm"),
        heading=_("Set your password"),
        subheading=opened.user.username,
        action=url_for("account.set_by_link"),
        save=_("Set password"),
        cancel=Link(_("Cancel"), url_for("account.login")),
        username=opened.user.username,
    )
    return answer("account/set_by_link.html", page, form, None)


def _set(opened: Opened, password: PasswordHash) -> None:
    """:raises webapp.admin.options.Rejected: when a moment before the link was used, the account was deleted, or the
    person rose above who gave the link."""
    user = opened.user
    set_password(user, password, compared=opened.compared, verb="reset", giver=opened.giver)
    with writing():
        # Who has forgotten has tried before; the mailbox says that it is the owner.
        throttle.unlock(user.username)
        # Also the session of this browser, whoever is signed in here: the next one begins with the new password.
        sessions.close_session()
    session.pop(TOKEN, None)
    log.info("password set by a link", person=user.id)


def _link_is_over() -> ResponseReturnValue:
    flash(
        _("This link is not valid, or not any more: it works once, for a while, and until you sign in."),
        "warning",
    )
    return redirect(
        url_for("account.forgotten" if not current_user.is_authenticated else "account.password"), 303
    )


def _ask(typed: str) -> None:
    """Look after the answer whether there is somebody to send a link to."""
    app, environ = running().app, _environ()

    def job() -> None:
        # As from this request: the history tells from where it came.
        with app.test_request_context(environ_overrides=environ), through("account"):
            _send_link(typed)

    # What is handed in is done, also where the request runs again.
    not_again()
    mail.later(job)


def _environ() -> dict[str, Any]:
    return {"REMOTE_ADDR": request.remote_addr or "", NUMBER: request_id()}


def _send_link(typed: str) -> None:
    user = find_person(typed)
    if user is None or not (user.is_active and user.is_staff and PasswordHash(user.password).is_usable):
        return
    giver_id = giver_of_address(db.session(), user)
    giver = None if giver_id is None else find_number(giver_id)
    if giver_id is not None and not still_counts(giver, user):
        log.warning("no link to an address that is not the person's own word", person=user.id)
        return
    try:
        throttle.begin_try(throttle.links_counters(user))
    except throttle.TooManyTries:
        log.warning("no further link by mail today", person=user.id)
        return
    with writing():
        note("reset-asked", user)
    # It ends too when the person rises above who has written the address.
    post_password_link(user, FORGOTTEN, giver)
