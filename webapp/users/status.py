"""How things stand with an account, in a word and a mark."""

from functools import lru_cache
from typing import Any

from markupsafe import Markup

from webapp.admin.display import show_state
from webapp.texts import lazy_gettext as _l

STATUSES = {
    "active": (_l("Active"), "good"),
    "inactive": (_l("Inactive"), "neutral"),
    "invited": (_l("Invited"), "warning"),
    "temporary": (_l("Temporary password"), "warning"),
    "due": (_l("New password due"), "warning"),
}
#: The columns that it is told by.
STATUS_READS = ("is_active", "invited_at", "password_temporary_until", "must_change_password")


def status_of(user: Any) -> str:
    """One of :data:`STATUSES`. :param user: a user, or a row of :data:`STATUS_READS`."""
    if not user.is_active:
        return "inactive"
    if user.invited_at is not None:
        return "invited"
    if user.password_temporary_until is not None:
        return "temporary"
    return "due" if user.must_change_password else "active"


def has_to_choose(user: Any) -> bool:
    """Whether *user* signs in to nothing but the page to choose another password."""
    return user.must_change_password or user.password_temporary_until is not None


@lru_cache(maxsize=100)
def badge(status: str, _catalogue: Any) -> Markup:
    """Drawn once a language: a list shows a hundred."""
    return show_state(*STATUSES[status])
