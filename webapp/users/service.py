"""What is done to people outside the user form, each one transaction with its entry in the history."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from blinker import Signal
from sqlalchemy import select

from webapp.admin.history import Change, differences, record, relation_changes, snapshot
from webapp.admin.mapping import describe
from webapp.admin.options import Rejected
from webapp.database import fold, now
from webapp.extensions import db, writing
from webapp.texts import gettext as _
from webapp.users.grants import apply, granted_to
from webapp.users.models import Group, User
from webapp.users.passwords import UNUSABLE, PasswordHash
from webapp.users.rules import keep_a_superuser, one_at_a_time, require_touch, still_counts, superuser_exists

#: Sent inside the transaction, with the :class:`User` as *user*, so that what hangs on the old password ends with it.
password_changed = Signal()
#: Sent likewise: every sign-in of *user* that is open ends, but for the one in which he says so himself.
signed_out = Signal()

MAX_USERNAME = 150
MAX_EMAIL = 254
# OWASP ASVS 5.0 §6.4.1: who sets the password of somebody else knows it.
TEMPORARY_FOR = timedelta(hours=24)


class AlreadySetUp(Exception):
    """There is an active superuser already."""


def find_user(username: str) -> User | None:
    """The user of that name, whatever its capitals; ``None`` when there is none."""
    if not _can_be_asked(username, MAX_USERNAME):
        return None
    return db.session.scalars(select(User).where(User.username == fold(username))).one_or_none()


def find_person(typed: str) -> User | None:
    """Whose e-mail address it is, or else whose username; ``None`` when it is nobody's."""
    if "@" in typed and _can_be_asked(typed, MAX_EMAIL):
        by_address = select(User).where(User.email == fold(typed))
        if (user := db.session.scalars(by_address).one_or_none()) is not None:
            return user
    return find_user(typed)


def _can_be_asked(text: str, length: int) -> bool:
    """Folding and asking for a megabyte would be work for nothing (CVE-2025-27556), and no database takes a NUL or half
    a character."""
    return len(text) <= length and not any(mark == "\0" or "\ud800" <= mark <= "\udfff" for mark in text)


def find_number(number: int) -> User | None:
    """The user of that number as he is now: the identity map would not look again."""
    return db.session.get(User, number, populate_existing=True)


def find_group(name: str) -> Group | None:
    """The group of that name, whatever its capitals; ``None`` when there is none."""
    groups = db.session.scalars(select(Group).order_by(Group.name))
    return next((group for group in groups if fold(group.name) == fold(name[:MAX_USERNAME])), None)


def create_superuser(
    username: str, email: str, password: PasswordHash, *, full_name: str = "", only_the_first: bool = False
) -> User:
    """Add somebody who may do everything.

    :param only_the_first: refuse when there is one already, also when two try at the same moment.
    :raises AlreadySetUp: in that case. :raises sqlalchemy.exc.IntegrityError: when a name or e-mail is taken.
    """
    with writing():
        one_at_a_time(db.session(), None)
        if only_the_first and superuser_exists(db.session()):
            raise AlreadySetUp
        user = User(
            username=username,
            email=email,
            full_name=full_name,
            password=password,
            is_staff=True,
            is_superuser=True,
        )
        db.session.add(user)
        db.session.flush()
        verb = "setup" if only_the_first else "add"
        _record(verb, user, changes=differences(describe(User), {}, snapshot(describe(User), user)))
    return user


def create(
    username: str, email: str, *, full_name: str = "", is_staff: bool = False, groups: Sequence[Group] = ()
) -> User:
    """Add somebody without a password, from the command line: nobody can sign in as him before one is set.

    :raises sqlalchemy.exc.IntegrityError: when a name or e-mail is taken.
    """
    with writing():
        one_at_a_time(db.session(), None)
        user = User(username=username, email=email, full_name=full_name, password=UNUSABLE, is_staff=is_staff)
        user.groups.extend(groups)
        db.session.add(user)
        db.session.flush()
        _record("add", user, changes=differences(describe(User), {}, snapshot(describe(User), user)))
    return user


def set_active(user: User, is_active: bool) -> bool:
    """Open or close the account of *user*, from the command line; whether that was news.

    :raises webapp.admin.options.Rejected: when *user* is gone, or is the last active superuser.
    """
    with writing():
        one_at_a_time(db.session(), None)
        target = _present(user)
        before = snapshot(describe(User), target)
        target.is_active = is_active
        keep_a_superuser(db.session(), target)
        changes = differences(describe(User), before, snapshot(describe(User), target))
        if changes:
            db.session.flush()
            _record("activate" if is_active else "deactivate", target, changes=changes)
    return bool(changes)


def set_password(
    user: User,
    password: PasswordHash,
    actor: Any = None,
    *,
    compared: str | None = None,
    verb: str = "password",
    is_temporary: bool = False,
    giver: Any = None,
) -> None:
    """Give *user* another password; the sessions opened with the old one end.

    :param password: hashed before, so that no lock is held meanwhile.
    :param actor: who does it; ``None`` for the command line.
    :param compared: the stored hash that the password typed as the current one, or a link, belongs to.
    :param verb: what the history calls it.
    :param is_temporary: it works for a day, and only to set another.
    :param giver: who gave the link by which it is set, and must still be allowed to.
    :raises webapp.admin.options.Rejected: when *user* was deleted meanwhile, *actor* may not touch him, or the
        current password is another by now: who knew the old one must not undo a reset.
    """
    with writing():
        one_at_a_time(db.session(), actor or giver)
        target = _present(user)
        require_touch(actor or giver, target)
        if actor is not None and actor.id == target.id and password_is_over(target):
            raise Rejected(_("This password is of no use any more. Ask for another one."), "current_password")
        if compared is not None and target.password != compared:
            raise Rejected(_("The password was changed meanwhile."), "current_password")
        target.password = password
        target.password_temporary_until = now() + TEMPORARY_FOR if is_temporary else None
        target.password_set_by_id = actor.id if is_temporary and actor is not None else None
        target.must_change_password, target.invited_at = False, None
        db.session.flush()
        _record(verb, target, actor, [Change("password", "secret")])
        password_changed.send(user=target)


def password_is_over(user: User) -> bool:
    """Whether the password of *user* is one that somebody else has set, and of no use any more: its day is over, or
    *user* has risen above who set it, who knows it."""
    if user.password_temporary_until is None:
        return False
    giver = user.password_set_by_id
    return user.password_temporary_until <= now() or not (
        giver is None or still_counts(find_number(giver), user)
    )


def grant(user: User, permission: str) -> bool:
    """Grant *permission*; whether that was news. :raises webapp.admin.options.Rejected: when *user* is gone."""
    with _changing("grant", user) as target:
        return bool(apply(target, granted_to(target) | {permission}))


def revoke(user: User, permission: str) -> bool:
    """Take *permission* away; whether it was held. :raises webapp.admin.options.Rejected: when *user* is gone."""
    with _changing("revoke", user) as target:
        return bool(apply(target, granted_to(target) - {permission}))


def join(user: User, group: Group) -> bool:
    """Put *user* into *group*; whether that was news. :raises webapp.admin.options.Rejected: when *user* is gone."""
    with _changing("join", user) as target:
        is_news = group not in target.groups
        if is_news:
            target.groups.append(group)
        return is_news


def leave(user: User, group: Group) -> bool:
    """Take *user* out of *group*; whether he was in it. :raises webapp.admin.options.Rejected: when *user* is gone."""
    with _changing("leave", user) as target:
        was_in = group in target.groups
        if was_in:
            target.groups.remove(group)
        return was_in


def note(verb: str, user: User, actor: Any = None) -> None:
    """Say in the history what happened to *user*'s account, inside the caller's transaction."""
    _record(verb, user, actor)


def note_link(user: User, actor: Any, verb: str) -> User:
    """Say in the history that *actor* gives *user* a link that sets the password; *user* as he is now.

    :raises webapp.admin.options.Rejected: when *actor* may not touch him, and when the link would not work.
    """
    with writing():
        one_at_a_time(db.session(), actor)
        target = _present(user)
        require_touch(actor, target)
        require_open(target)
        _record(verb, target, actor)
    return target


def require_open(user: User) -> None:
    """:raises webapp.admin.options.Rejected: when a link to set the password would not work."""
    if not user.is_active:
        raise Rejected(_("%(user)s is not active. Activate the account first.", user=user))


@contextmanager
def _changing(verb: str, user: User) -> Iterator[User]:
    """*user* to change what he is related to, from the command line: one transaction with its entry."""
    with writing(), db.session.no_autoflush:
        one_at_a_time(db.session(), None)
        target = _present(user)
        yield target
        changes = relation_changes(describe(User), target)
        if changes:
            db.session.flush()
            _record(verb, target, changes=changes)


def _present(user: User) -> User:
    """*user* as he is now, locked until the end of the transaction."""
    # Not session.get(), which refuses a person who has changed since the page; what is done here stands by itself.
    present = select(User).where(User.id == user.id).with_for_update()
    target = db.session.scalar(present.execution_options(populate_existing=True))
    if target is None:
        raise Rejected(_("%(user)s was deleted meanwhile.", user=user))
    return target


def _record(verb: str, user: User, actor: Any = None, changes: list[Change] | None = None) -> None:
    key = describe(User).key_of(user)
    record(
        db.session(), verb=verb, name="users", key=key, label=str(user), actor=actor, changes=changes or ()
    )
