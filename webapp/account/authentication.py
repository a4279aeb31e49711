"""Is this the person? One way for every door, and one cost whatever the answer."""

from typing import Any, cast

from sqlalchemy import CursorResult, Table, update

from webapp.account import throttle
from webapp.admin.history import record
from webapp.admin.mapping import describe
from webapp.admin.options import Rejected
from webapp.database import now
from webapp.extensions import db, writing
from webapp.texts import gettext as _
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, hash_password, verify_password
from webapp.users.service import find_user, password_is_over


def authenticate(username: str, password: str) -> User | None:
    """The user who may sign in with *username* and *password*; ``None`` for every reason why not.

    An unknown name, a wrong password, a temporary one that is over, an inactive person and one who is not staff cost
    the same one hash, so that the time does not tell which accounts exist (CVE-2021-29621, CVE-2024-39329), and each is
    noted.

    The try stays counted until :func:`webapp.account.throttle.forgive_try`.

    :raises webapp.account.throttle.TooManyTries: when there were too many already; then nothing is compared.
    """
    locks = throttle.begin_try(throttle.counters_for(username))
    user = find_user(username)
    is_right = verify_password(user.password if user else None, password)
    # The order matters: what the account is must not be looked at before the hash is paid for.
    if user is None or not is_right or not _may_sign_in(user):
        note_failure(user, throttle.account_key(username), locks=locks)
        return None
    return user


def require_own_password(person: User, password: str) -> None:
    """Go on where *password* is that of *person*, who is signed in; each wrong one counts as a failed sign-in does.

    :raises webapp.admin.options.Rejected: where it is another one.
    :raises webapp.account.throttle.TooManyTries: when it was guessed at too often; then nothing is compared.
    """
    stored, counters = person.password, throttle.own_password_counters(person)
    locks = throttle.begin_try(counters)
    if verify_password(stored, password):
        with writing():
            throttle.forgive_try(counters)
        return
    note_failure(person, throttle.account_key(person.username), locks=locks)
    raise Rejected(_("This is not your current password."))


def _may_sign_in(user: User) -> bool:
    return user.is_active and user.is_staff and not password_is_over(user)


def note_failure(user: User | None, account: str, *, locks: bool) -> None:
    """Write into the history that somebody failed as *user*, and, if so, that the account is locked now.

    What was typed as the name of nobody may be a password, so it is not kept: of two such tries *account* tells
    whether they were the same.
    """
    key, label = (describe(User).key_of(user), str(user)) if user else (account[:16], "")
    with writing():
        if locks:
            # Also where it is nobody: that an account exists is not to be told by the time.
            throttle.note_lock(user.id if user else 0, account)
        for verb in ("sign-in-failed", "sign-in-locked")[: 1 + locks]:
            record(db.session(), verb=verb, name="users", key=key, label=label)


def renewed_hash(user: User, password: str) -> PasswordHash | None:
    """*password* hashed again where the stored hash was made with other parameters than today's."""
    stored = PasswordHash(user.password)
    return hash_password(password) if stored.is_stale else None


def note_sign_in(user: User, renewed: PasswordHash | None) -> bool:
    """Write the time of *user*'s sign-in and a renewed hash, inside the caller's transaction.

    Whether *user* may still sign in: while the password was compared it may have been changed, or the account
    closed. Then nothing is written, so that an old password opens no session and does not come back by its new hash.

    Neither is a change of the person, so version and time of the last change stay: an open form is not stale
    because its subject signed in.
    """
    users = cast(Table, User.__table__)
    values: dict[str, Any] = {"last_login_at": now(), "locked_until": None, "updated_at": users.c.updated_at}
    if renewed is not None:
        values["password"] = renewed
    same = (users.c.id == user.id, users.c.password == PasswordHash(user.password))
    statement = update(users).where(*same, users.c.is_active, users.c.is_staff).values(values)
    return bool(cast(CursorResult[Any], db.session.execute(statement)).rowcount)
