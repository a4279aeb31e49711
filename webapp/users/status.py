"""How things stand with an account, in a word and a mark, and who it is so with."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, true

from webapp.admin.info import State
from webapp.admin.options import ModelAdmin, choice_filter, display
from webapp.database import now
from webapp.texts import lazy_gettext as _l
from webapp.users.models import User

STATUSES = {
    "active": State(_l("Active"), "good"),
    "inactive": State(_l("Inactive"), "neutral"),
    "locked": State(_l("Locked"), "bad"),
    "invited": State(_l("Invited"), "warning"),
    "temporary": State(_l("Temporary password"), "warning"),
    "due": State(_l("New password due"), "warning"),
}
#: The columns that it is told by.
STATUS_READS = (
    "is_active",
    "locked_until",
    "invited_at",
    "password_temporary_until",
    "must_change_password",
)


def status_of(user: Any) -> str:
    """One of :data:`STATUSES`. :param user: a user, or a row of :data:`STATUS_READS`."""
    if not user.is_active:
        return "inactive"
    if user.locked_until is not None and user.locked_until > now():
        return "locked"
    if user.invited_at is not None:
        return "invited"
    if user.password_temporary_until is not None:
        return "temporary"
    return "due" if user.must_change_password else "active"


def has_status(status: str) -> ColumnElement[bool]:
    """The condition of who has *status*: what :func:`status_of` asks, in the same order."""
    moment = now()
    open_ones = [User.is_active == true(), or_(User.locked_until.is_(None), User.locked_until <= moment)]
    no_invitation, own_password = User.invited_at.is_(None), User.password_temporary_until.is_(None)
    return {
        "inactive": User.is_active == false(),
        "locked": and_(User.is_active == true(), User.locked_until > moment),
        "invited": and_(*open_ones, User.invited_at.is_not(None)),
        "temporary": and_(*open_ones, no_invitation, User.password_temporary_until.is_not(None)),
        "due": and_(*open_ones, no_invitation, own_password, User.must_change_password == true()),
        "active": and_(*open_ones, no_invitation, own_password, User.must_change_password == false()),
    }[status]


class StatusAdmin(ModelAdmin):
    """Shows the status in a list, and narrows the list to one."""

    @display(_l("Status"), reads=STATUS_READS)
    def status(self, obj: Any) -> Any:
        """How things stand with the account."""
        return STATUSES[status_of(obj)]

    @choice_filter(_l("Status"), choices=tuple((status, state.words) for status, state in STATUSES.items()))
    def state(self, value: str, user: Any) -> ColumnElement[bool]:
        return has_status(value)


def has_to_choose(user: Any) -> bool:
    """Whether *user* signs in to nothing but the page to choose another password."""
    return user.must_change_password or user.password_temporary_until is not None
