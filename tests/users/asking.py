"""People and groups to ask a rule about, and what it says."""

from typing import Any

from webapp.admin.options import Rejected
from webapp.extensions import db
from webapp.users.models import Group, GroupGrant, User, UserGrant

RIGHTS = ("is_active", "is_staff", "is_superuser")


def person(name: str, *grants: str, **values: Any) -> User:
    return kept(
        User(
            **{"username": name, "email": f"{name}@example.org", "password": "x", "is_staff": True, **values},
            grants=[UserGrant(permission=permission) for permission in grants],
        )
    )


def group(name: str, *grants: str, members: tuple[User, ...] = ()) -> Group:
    made = kept(Group(name=name, grants=[GroupGrant(permission=permission) for permission in grants]))
    for member in members:
        member.groups.append(made)
    db.session.commit()
    return made


def kept(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def refusal(rule: Any, *arguments: Any, **options: Any) -> tuple[str, str | None] | None:
    """What a rule refuses, as message and field; ``None`` where it lets go on."""
    try:
        rule(*arguments, **options)
    except Rejected as rejected:
        return rejected.message, rejected.field
    return None
