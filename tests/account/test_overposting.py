"""The small forms about people write what they are for, whatever is sent along (AZ-04, AZ-17)."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.account.letters import NEW, use
from tests.conftest import add_user, signed_in
from tests.pages import PASSWORD, Visitor
from tests.users.groups import add_group
from webapp.extensions import db
from webapp.users.links import GIVEN, password_link
from webapp.users.models import User

FORGED = {
    "id": "999",
    "username": "mine",
    "email": "mine@example.org",
    "is_active": "",
    "is_staff": "y",
    "is_superuser": "y",
    "created_at": "2001-01-01T00:00",
    "last_login_at": "2001-01-01T00:00",
    "password_temporary_until": "2099-01-01T00:00",
    "password_set_by_id": "1",
    "locked_until": "2099-01-01T00:00",
    "must_change_password": "y",
    "invited_at": "2001-01-01T00:00",
    "permissions": ["", "users.view", "users.delete"],
    "grants": ["users.delete"],
    "version": "77",
    "confirmed_at": "2099-01-01T00:00",
    "user_id": "1",
    "__class__": "x",
}
PASSWORDS = {"password": NEW, "password_confirm": NEW, "current_password": PASSWORD}
# What is sent to each door, and which columns may differ afterwards; {key} is charlie's.
DOORS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "/account/": ({"full_name": "Bob B.", "shortcuts": "y"}, {"full_name"}),
    "/account/password/": (PASSWORDS, {"password"}),
    "/account/preferences": ({"theme": "dark"}, {"theme"}),
    "/account/sessions/": ({"all": "1"}, set()),
    "/account/confirm/": ({"password": PASSWORD}, set()),
    "/account/stay/": ({}, set()),
    "/users/{key}/password/": (
        PASSWORDS,
        {"password", "password_temporary_until", "password_set_by_id"},
    ),
    "/users/{key}/link/": ({}, set()),
    "/users/{key}/sessions/": ({"all": "1"}, set()),
}
# What every save of a row moves.
ALWAYS = {"version", "updated_at"}


def state(app: Flask) -> dict[str, dict[str, Any]]:
    with app.app_context():
        return {
            str(user.id): {
                **{column.key: getattr(user, column.key) for column in User.__table__.columns},
                "grants": sorted(user.permissions),
                "groups": [group.name for group in user.groups],
            }
            for user in db.session.scalars(select(User))
        }


def moved(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> set[str]:
    assert before.keys() == after.keys()
    return {name for key, row in before.items() for name in row if after[key][name] != row[name]} - ALWAYS


@pytest.mark.parametrize("door", DOORS)
def test_a_form_writes_what_it_is_for(app: Flask, charlie: User, door: str) -> None:
    bob = add_user(app, "bob", grants=("users.view", "users.change", "users.end_sessions"))
    group = add_group(app, "Deleters", ("users.delete",))
    visitor = signed_in(app, bob)
    form = visitor.get("/account/").form().fields
    sent, may_differ = DOORS[door]
    before = state(app)
    kept = {"csrf_token": form["csrf_token"], "_version": form["_version"], "_save": "1", "_confirm": "1"}
    page = visitor.post(
        door.replace("{key}", str(charlie.id)), {**FORGED, "groups": [str(group.id)], **kept, **sent}
    )
    assert page.status in (200, 303), (page.status, page.errors)
    assert moved(before, state(app)) == may_differ


def test_a_link_sets_the_password_and_nothing_else(app: Flask, charlie: User) -> None:
    with app.app_context():
        link = password_link(charlie, GIVEN).removeprefix("http://127.0.0.1:8000")
    before = state(app)
    page = Visitor(app).get(link, follow=True)
    assert page.form().submit("_save", **{**FORGED, **PASSWORDS}).status == 303
    assert moved(before, state(app)) == {"password"}
    assert use(app, link).address == "/account/forgotten/"


def test_signing_in_writes_the_time_and_nothing_else(app: Flask, charlie: User) -> None:
    before = state(app)
    form = Visitor(app).get("/login").form()
    sent = {**FORGED, "username": "charlie", "password": PASSWORD}
    assert form.submit("_login", **sent).status == 303
    assert moved(before, state(app)) == {"last_login_at"}
