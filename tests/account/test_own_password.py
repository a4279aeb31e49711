"""Changing one's own password."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.conftest import came_in, reload
from tests.pages import PASSWORD, Page, Visitor
from webapp.account import authentication, views
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users import service
from webapp.users.models import User
from webapp.users.passwords import hash_password, verify_password

NEW = "pomar de figos maduros"


def change(visitor: Visitor, current: str = PASSWORD, new: str = NEW, again: str | None = None) -> Page:
    form = visitor.get("/account/").follow("Change password").form()
    form.fill(current_password=current, password=new, password_confirm=new if again is None else again)
    return form.submit()


def test_the_password_is_changed_with_the_current_one(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    page = change(as_charlie)
    assert (page.status, page.location) == (303, "/account/")
    assert "Your password was changed" in as_charlie.get("/account/").messages
    assert verify_password(reload(app, charlie).password, NEW)
    assert Visitor(app).sign_in("charlie", PASSWORD).status == 422
    assert Visitor(app).sign_in("charlie", NEW).status == 303


@pytest.mark.parametrize("current", ["", "wrong", PASSWORD + " ", PASSWORD.upper(), "x" * 1025])
def test_without_the_current_password_nothing_changes(
    app: Flask, charlie: User, as_charlie: Visitor, current: str
) -> None:
    """PW-09."""
    other = came_in(app, charlie)
    page = change(as_charlie, current=current)
    assert page.status == 422
    assert any(error.startswith("Current password: ") for error in page.errors)
    assert set(page.form().fields.values()) & {NEW, PASSWORD} == set()
    assert reload(app, charlie).password == charlie.password
    assert other.get("/").status == 200


@pytest.mark.parametrize(
    ("new", "again", "why"),
    [
        ("short", None, "at least 15"),
        ("charlie 739 1848", None, "Do not use the username"),
        ("passwordpassword1", None, "common password"),
        (NEW, NEW + "!", "not the same"),
        ("x" * 1025, None, "at most 1,024"),
    ],
)
def test_the_policy_is_asked_and_the_reason_said(
    app: Flask, charlie: User, as_charlie: Visitor, new: str, again: str | None, why: str
) -> None:
    page = change(as_charlie, new=new, again=again)
    assert page.status == 422
    assert any(why in error for error in page.errors)
    assert reload(app, charlie).password == charlie.password


def test_the_other_sessions_end_and_this_one_goes_on_with_a_new_token(
    app: Flask, charlie: User, as_charlie: Visitor, as_bob: Visitor
) -> None:
    """SE-02, SE-04."""
    other = came_in(app, charlie)
    before = str(as_charlie.client.get_cookie("session").value)
    assert change(as_charlie).status == 303
    assert as_charlie.get("/").status == 200
    assert other.get("/").status == 303
    replayed = Visitor(app)
    replayed.client.set_cookie("session", before)
    assert replayed.get("/").status == 303
    assert as_bob.get("/").status == 200


def test_the_change_is_one_entry_in_the_history_without_a_value(
    app: Flask, charlie: User, as_charlie: Visitor
) -> None:
    change(as_charlie)
    with app.app_context():
        entries = [entry for entry in db.session.scalars(select(LogEntry)) if entry.verb != "sign-in"]
    assert [(entry.verb, entry.actor_label, entry.origin) for entry in entries] == [
        ("password", "charlie", "web")
    ]
    assert entries[0].changes == [{"field": "password", "kind": "secret", "old": None, "new": None}]


def test_who_knew_the_old_password_does_not_undo_a_reset(
    app: Flask, charlie: User, as_charlie: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset = "pera madura na janela"

    def reset_meanwhile(stored: str, typed: str) -> bool:
        is_right = verify_password(stored, typed)
        db.session.commit()
        with app.app_context():
            service.set_password(charlie, hash_password(reset))
        return is_right

    monkeypatch.setattr(authentication, "verify_password", reset_meanwhile)
    page = change(as_charlie)
    assert page.status == 422
    assert "changed meanwhile" in " ".join(page.errors)
    assert verify_password(reload(app, charlie).password, reset)
    assert as_charlie.get("/").status == 303


def test_who_is_deleted_right_after_is_a_stranger(
    app: Flask, charlie: User, as_charlie: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def then_delete(*arguments: Any, **options: Any) -> None:
        service.set_password(*arguments, **options)
        with db.engine.begin() as connection:
            connection.execute(delete(User.__table__).where(User.id == charlie.id))

    monkeypatch.setattr(views, "set_password", then_delete)
    assert change(as_charlie).status == 303
    assert as_charlie.get("/account/").location.startswith("/login")


def test_strangers_are_led_to_the_sign_in(stranger: Visitor) -> None:
    assert stranger.get("/account/password/").location == "/login?next=/account/password/"
