"""Who may do what to whom: rules that hold on every path, so that a right to look after people is no way up."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from webapp.admin.options import Rejected
from webapp.database import exclusive
from webapp.users.models import User

#: What it takes to sign in here and do everything.
ADMINISTRATOR = ("is_active", "is_staff", "is_superuser")


def may_touch(actor: Any, target: User) -> bool:
    """Whether *actor* may change, deactivate, delete or reset *target*: nobody touches who holds more than himself."""
    if actor.is_superuser:
        return True
    return not target.is_superuser and target.permissions <= actor.permissions


def require_touch(actor: Any, target: User) -> None:
    """The same, asked again under the lock of the writing transaction: *target* may have risen since the page.

    :param actor: ``None`` for the command line, which may do everything.
    :raises webapp.admin.options.Rejected: when *actor* may not.
    """
    if actor is not None and not may_touch(actor, target):
        raise Rejected(_("%(user)s holds more than you do, so you may not do this.", user=target))


def keep_oneself(actor: Any, target: User) -> None:
    """Refuse to shut oneself out or down by accident; another administrator can still do it.

    :raises webapp.admin.options.Rejected: when *target*, about to be saved, is *actor* and would lose a right.
    """
    if actor is None or actor.id != target.id:
        return
    for name in ADMINISTRATOR:
        if _was(target, name) and not getattr(target, name):
            raise Rejected(
                _("You cannot take this from the account that you are using. Ask another administrator."),
                name,
            )


def keep_a_superuser(session: Session, target: User, *, leaves: bool = False) -> None:
    """Refuse what would leave nobody who may sign in and do everything.

    Of two who demote each other at the same moment the second waits for the first one's end, and is then refused.
    The wait is for a lock of its own: each holds his target's row already, so waiting for rows would be a deadlock.

    :param leaves: *target* is to be deleted; otherwise it is about to be saved.
    :raises webapp.admin.options.Rejected: when *target* is the last one and does not stay.
    """
    stays = not leaves and all(getattr(target, name) for name in ADMINISTRATOR)
    if stays or not all(_was(target, name) for name in ADMINISTRATOR):
        return
    with exclusive(session, "superusers"), session.no_autoflush:
        if not superuser_exists(session, but=target):
            raise Rejected(_("This is the last active superuser. Make somebody else a superuser first."))


def superuser_exists(session: Session, *, but: User | None = None) -> bool:
    """Whether somebody could sign in who may do everything; while nobody can, the set-up link works.

    :param but: a person who does not count.
    """
    some = select(User.id).where(*(getattr(User, name) for name in ADMINISTRATOR)).limit(1)
    return session.scalar(some if but is None else some.where(User.id != but.id)) is not None


def _was(target: User, name: str) -> bool:
    """What the database holds while the object may hold something else already."""
    history = inspect(target).attrs[name].history
    return bool((history.deleted or history.unchanged or (False,))[0])
