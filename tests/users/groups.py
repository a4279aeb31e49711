"""Groups for the tests, and what people are granted by now."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.pages import Page, Visitor
from webapp.extensions import db
from webapp.users.models import Group, GroupGrant, User, UserGrant

# Bob looks after users and groups without being a superuser.
KEEPER = tuple(f"{name}.{verb}" for name in ("users", "groups") for verb in ("view", "add", "change"))
KEEPER += ("users.delete", "groups.delete")


def add_group(app: Flask, name: str, grants: tuple[str, ...] = (), members: tuple[User, ...] = ()) -> Group:
    with app.app_context():
        group = Group(name=name, grants=[GroupGrant(permission=permission) for permission in grants])
        db.session.add(group)
        people = [db.session.get_one(User, member.id) for member in members]
        for person in people:
            person.groups.append(group)
        db.session.commit()
        db.session.refresh(group)
        return group


def held(app: Flask, user: User) -> frozenset[str]:
    """What *user* may do by now, by grants and groups."""
    with app.app_context():
        return db.session.get_one(User, user.id).permissions


def own(app: Flask, user: User) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(UserGrant.permission).where(UserGrant.user_id == user.id)))


def granted(app: Flask, group: Group) -> set[str]:
    with app.app_context():
        found = select(GroupGrant.permission).where(GroupGrant.group_id == group.id)
        return set(db.session.scalars(found))


def members(app: Flask, group: Group) -> list[str]:
    with app.app_context():
        found = select(User.username).where(User.groups.any(Group.id == group.id)).order_by(User.username)
        return [*db.session.scalars(found)]


def change_user(visitor: Visitor, user: User, **fields: Any) -> Page:
    return visitor.get(f"/users/{user.id}/change/").form().fill(**fields).submit()


def change_group(visitor: Visitor, group: Group, **fields: Any) -> Page:
    return visitor.get(f"/groups/{group.id}/change/").form().fill(**fields).submit()


def ids(*groups: Group) -> list[str]:
    return [str(group.id) for group in groups]
