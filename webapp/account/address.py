"""Another e-mail address for one's own account: it counts when somebody who reads what is sent there says so.

Meanwhile the old one stays, and who reads that is told, and can stop it. Where no mail is sent nobody could be asked:
then the password, given lately, has to do.
"""

import secrets
from datetime import timedelta
from typing import Any

import structlog
from flask import flash, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from wtforms import Field, ValidationError

from webapp import mail
from webapp.account import throttle
from webapp.account.models import EmailChange
from webapp.account.sessions import hash_token
from webapp.account.signing_in import answer
from webapp.admin.editing.simplepage import simple_form_page
from webapp.admin.editing.unique import taken_fields
from webapp.admin.history import Change, record, through
from webapp.admin.mapping import describe
from webapp.database import fold, now
from webapp.extensions import db, writing
from webapp.running import g
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.users.addresses import confirm_address, giver_of_address
from webapp.users.forms import with_columns
from webapp.users.links import site_address
from webapp.users.models import User
from webapp.users.rules import one_at_a_time
from webapp.web.confirming import require_confirmed
from webapp.web.errors import Link
from webapp.web.gate import public
from webapp.web.headers import NO_REFERRER
from webapp.web.viewer import person

log = structlog.stdlib.get_logger("webapp.account")

VALID_FOR = timedelta(hours=1)
# Where the token waits, out of the address, until the form is sent.
TOKEN = "email_link"  # noqa: S105 - the name of a place, not a secret


class AddressForm(FlaskForm):
    """Another address; the field comes from the mapper."""

    def validate_email(self, field: Field) -> None:
        if fold(field.data or "") == current_user.email:
            if giver_of_address(db.session(), current_user) is None:
                raise ValidationError(_("This is your address already."))
            return
        for message in taken_fields(describe(User), {"email": field.data}, current_user).values():
            raise ValidationError(message)


@through("account")
def change_address() -> ResponseReturnValue:
    """Ask for another address."""
    require_confirmed()
    form = with_columns(AddressForm, email="email")()
    refusal: throttle.TooManyTries | None = None
    if form.validate_on_submit():
        try:
            _begin(person(), form.email.data)
            return redirect(url_for("account.profile"), 303)
        except throttle.TooManyTries as too_many:
            refusal = too_many
            form["email"].errors = [_("Enough links were sent today. Try again tomorrow.")]
        except IntegrityError:
            form["email"].errors = [_("Somebody else has this address.")]
    page = simple_form_page(
        form,
        ("email",),
        heading=_("Change e-mail address"),
        subheading=_how(person()),
        action=url_for("account.address"),
        save=_("Change e-mail address"),
        cancel=Link(_("Cancel"), url_for("account.profile")),
    )
    return answer("account/profile.html", page, form, refusal)


def _how(user: User) -> str:
    """What is going to happen, or what is waited for."""
    if not mail.is_configured():
        return _(
            "Your address is %(email)s. This system sends no mail, so it is changed at once.",
            email=user.email,
        )
    waiting = db.session.get(EmailChange, user.id)
    if waiting is not None and _is_alive(waiting):
        return _(
            "A link was sent to %(new)s. Until it is opened, your address is %(email)s.",
            new=waiting.email,
            email=user.email,
        )
    if giver_of_address(db.session(), user) is not None:
        return _(
            "Your address is %(email)s; somebody else has written it. Type it here, and open the link that is sent to "
            "it: then a forgotten password can be set again by mail whatever becomes of your rights.",
            email=user.email,
        )
    return _(
        "Your address is %(email)s. It is changed when you open a link that is sent to the new one.",
        email=user.email,
    )


def _begin(user: User, email: str) -> None:
    """:raises webapp.account.throttle.TooManyTries: when *user* was sent enough links today.

    :raises sqlalchemy.exc.IntegrityError: when somebody else was quicker to take the address.
    """
    if not mail.is_configured():
        _set(user, email)
        flash(_("Your e-mail address was changed."), "success")
        return
    throttle.begin_try(throttle.links_counters(user))
    confirms, stops = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with writing():
        db.session.execute(delete(EmailChange).where(EmailChange.user_id == user.id))
        hashes = {"token_hash": hash_token(confirms), "stop_hash": hash_token(stops)}
        db.session.add(EmailChange(user_id=user.id, email=email, asked_at=now(), **hashes))
        _record("email-asked", user)
    said: dict[str, Any] = {"username": user.username, "email": email}
    mail.post(
        mail.Recipient(email, user.full_name, user.locale),
        "address_confirm",
        _l("Confirm your e-mail address"),
        link=site_address("account.open_address_link", token=confirms),
        **said,
    )
    if fold(email) != user.email:
        mail.post(
            mail.Recipient(user.email, user.full_name, user.locale),
            "address_asked",
            _l("Your e-mail address is going to be changed"),
            link=site_address("account.open_address_link", token=stops),
            **said,
        )
    log.info("another address asked for", person=user.id)
    flash(_("A link is on its way to %(email)s. It works for an hour.", email=email), "info")


@public
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address at once, so that it stays in no history and goes to nobody as a referrer."""
    g.referrer_policy = NO_REFERRER
    if _waiting(token) is None:
        return _link_is_over()
    session[TOKEN] = token
    return redirect(url_for("account.address_link"), 303)


@public
@through("account")
def by_link() -> ResponseReturnValue:
    """Confirm the new address, or stop the change, as the letter was about: asked first, since programs open links."""
    token = str(session.get(TOKEN, ""))
    waiting = _waiting(token)
    if waiting is None:
        session.pop(TOKEN, None)
        return _link_is_over()
    confirms = waiting.token_hash == hash_token(token)
    form = FlaskForm()
    if form.validate_on_submit():
        session.pop(TOKEN, None)
        return _confirm(waiting, token) if confirms else _stop(waiting)
    user = db.session.get_one(User, waiting.user_id)
    page = simple_form_page(
        form,
        (),
        heading=_("Confirm your e-mail address") if confirms else _("Keep the e-mail address"),
        subheading=_(
            "%(email)s becomes the address of the user name %(user)s.", email=waiting.email, user=user
        )
        if confirms
        else _(
            "%(email)s does not become the address of the user name %(user)s.", email=waiting.email, user=user
        ),
        action=url_for("account.address_link"),
        save=_("Confirm the new address") if confirms else _("Keep the old address"),
        cancel=Link(_("Cancel"), _home()),
    )
    return answer("account/forgotten.html", page, form, None)


def _confirm(waiting: EmailChange, token: str) -> ResponseReturnValue:
    user = db.session.get_one(User, waiting.user_id)
    is_same = user.email == waiting.email
    try:
        is_done = _set(user, waiting.email, token)
    except IntegrityError:
        flash(_("Somebody else has this address."), "error")
        return redirect(_home(), 303)
    if not is_done:
        return _link_is_over()
    flash(
        _("Your e-mail address is confirmed.") if is_same else _("Your e-mail address was changed."),
        "success",
    )
    return redirect(_home(), 303)


def _stop(waiting: EmailChange) -> ResponseReturnValue:
    with writing():
        db.session.execute(delete(EmailChange).where(EmailChange.user_id == waiting.user_id))
        _record("email-stopped", db.session.get_one(User, waiting.user_id))
    flash(
        _(
            "The address stays as it is. If you did not ask for another, change your password and end your sessions."
        ),
        "success",
    )
    return redirect(_home(), 303)


def _set(user: User, email: str, token: str | None = None) -> bool:
    """Give *user* the address; whether the link with *token*, if it takes one, was still good for it.

    :raises sqlalchemy.exc.IntegrityError: when it is somebody else's.
    """
    with writing():
        one_at_a_time(db.session(), None)
        present = select(User).where(User.id == user.id).with_for_update()
        target = db.session.scalar(present.execution_options(populate_existing=True))
        which = delete(EmailChange).where(EmailChange.user_id == user.id)
        which = which if token is None else which.where(EmailChange.token_hash == hash_token(token))
        gone: Any = db.session.execute(which)
        if target is None or (token is not None and not gone.rowcount):
            return False
        old, target.email = target.email, email
        confirm_address(db.session(), target)
        db.session.flush()
        changes = [Change("email", "text", old, target.email)] if target.email != old else []
        _record("change" if changes else "email-confirmed", target, *changes)
    log.info("address changed", person=user.id)
    return True


def _waiting(token: str) -> EmailChange | None:
    """The change that a link with *token* confirms, within its time, or stops; ``None`` when it is of no use."""
    name = hash_token(token)
    found = select(EmailChange).join(User, User.id == EmailChange.user_id).where(User.is_active)
    either = (EmailChange.token_hash == name) | (EmailChange.stop_hash == name)
    waiting = db.session.scalar(found.where(either))
    return None if waiting is None or not (waiting.stop_hash == name or _is_alive(waiting)) else waiting


def _is_alive(waiting: EmailChange) -> bool:
    return now() - waiting.asked_at <= VALID_FOR


def _home() -> str:
    return url_for("account.profile" if current_user.is_authenticated else "account.login")


def _link_is_over() -> ResponseReturnValue:
    flash(
        _(
            "This link is not valid, or not any more. Where an address was changed that should not have been, tell an "
            "administrator."
        ),
        "warning",
    )
    return redirect(_home(), 303)


def _record(verb: str, user: User, *changes: Change) -> None:
    key = describe(User).key_of(user)
    record(db.session(), verb=verb, name="users", key=key, label=str(user), actor=user, changes=changes)
