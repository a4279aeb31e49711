"""People are told by mail what happens to their accounts: a password, an address or rights that change, on whatever
path, and a sign-in in a browser where they have not been before (OWASP ASVS 5.0 §6.3.5, §6.3.7).
"""

from typing import Any

from flask import Flask, has_app_context
from sqlalchemy import Connection, event, inspect
from sqlalchemy.orm import Session

from webapp.account import throttle
from webapp.account.browsers import known_browser
from webapp.account.devices import device_text
from webapp.database import now
from webapp.extensions import db
from webapp.mail import Recipient, post
from webapp.running import current_app, request
from webapp.texts import lazy_gettext as _l
from webapp.users.models import User
from webapp.users.passwords import PasswordHash
from webapp.users.rules import ONLY_SUPERUSERS

# What waits for its transaction to be kept, each with the savepoint that it belongs to.
WAITING = "notices"


def init_app(_app: Flask) -> None:
    for happened, listener in (("after_commit", _post_all), ("after_soft_rollback", _forget)):
        if not event.contains(db.session, happened, listener):
            event.listen(db.session, happened, listener)


def is_new_browser(user: User) -> bool:
    """Whether *user*, about to sign in, has signed in before and never in the browser of this request."""
    is_known = known_browser(throttle.account_keys(user.username)) is not None
    return user.last_login_at is not None and not is_known


def tell_of_sign_in(user: User) -> None:
    if is_wanted():
        _post(
            _recipient(user, user.email),
            "device",
            user.username,
            device=device_text(request.user_agent.string),
            address=request.remote_addr or "",
            at=f"{now():%Y-%m-%d %H:%M} UTC",
        )


def is_wanted() -> bool:
    return bool(current_app.config["SECURITY_MAILS"])


@event.listens_for(User, "before_update")
def _notice(_mapper: Any, _connection: Connection, user: User) -> None:
    if not (has_app_context() and is_wanted()):
        return
    for kind in _kinds(user):
        old = inspect(user).attrs["email"].history.deleted
        to = _recipient(user, old[0] if old else user.email)
        session = db.session()
        waiting = session.info.setdefault(WAITING, [])
        waiting.append((session.get_nested_transaction(), to, kind, user.username))


def _kinds(user: User) -> list[str]:
    """What of *user* changes that he should be told."""
    attrs = inspect(user).attrs
    password = attrs["password"].history
    # The first one is no news to who has just set it.
    is_other = bool(password.added) and not (
        password.deleted and not PasswordHash(password.deleted[0]).is_usable
    )
    # From nothing to nothing, as in a row that a form has typed anew.
    rights = any(attrs[name].history.deleted for name in ONLY_SUPERUSERS)
    found = {"password": is_other, "email": bool(attrs["email"].history.deleted), "rights": rights}
    return [kind for kind, is_so in found.items() if is_so]


def _post_all(session: Session) -> None:
    # A savepoint is no end.
    if session.in_nested_transaction():
        return
    for _savepoint, to, kind, username in session.info.pop(WAITING, []):
        _post(to, kind, username)


def _forget(session: Session, ended: Any) -> None:
    """What is undone is not told."""
    waiting = session.info.get(WAITING, [])
    session.info[WAITING] = [one for one in waiting if ended.nested and one[0] is not ended]


def _recipient(user: User, email: str) -> Recipient:
    return Recipient(email, user.full_name, user.locale)


def _post(to: Recipient, kind: str, username: str, **values: Any) -> None:
    post(to, "notice", SUBJECTS[kind], kind=kind, username=username, **values)


SUBJECTS = {
    "password": _l("Your password was changed"),
    "email": _l("Your e-mail address was changed"),
    "rights": _l("What you may do was changed"),
    "device": _l("You have signed in with another browser"),
}
