"""Open sign-ins to the moment: when one ends, when it is noted, what is remembered, and what is no session."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_login import current_user
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from tests.conftest import came_in
from tests.pages import PASSWORD, Visitor
from webapp.account import sessions
from webapp.account.models import UserSession
from webapp.extensions import db, login_manager
from webapp.users.models import User

pytestmark = pytest.mark.one_engine

NOON = datetime(2030, 5, 17, 12, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


def rows(app: Flask) -> dict[int, UserSession]:
    """The open sessions by person."""
    with app.app_context():
        return {row.user_id: row for row in db.session.scalars(select(UserSession))}


@contextmanager
def request_of(app: Flask, visitor: Visitor) -> Iterator[None]:
    """A request that carries the cookie of *visitor*."""
    cookie = visitor.client.get_cookie("session")
    with app.test_request_context(headers={"Cookie": f"session={cookie.value}" if cookie else ""}):
        yield


def signed_in_as(app: Flask, visitor: Visitor) -> str | None:
    """Who is signed in, asked without a page, which would note that the person was here."""
    with request_of(app, visitor):
        return current_user.username if current_user.is_authenticated else None


def is_signed_in(app: Flask, visitor: Visitor) -> bool:
    return signed_in_as(app, visitor) is not None


def sign_out(visitor: Visitor) -> None:
    token = visitor.get("/account/password/").form().fields["csrf_token"]
    assert visitor.post("/logout", {"csrf_token": token}).status == 303


# When it ends


@pytest.mark.parametrize("minutes", [30, 5])
def test_idle_for_just_so_long_is_not_too_long(
    app: Flask,
    as_alice: Visitor,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
) -> None:
    monkeypatch.setitem(app.config, "SESSION_IDLE_MINUTES", minutes)
    clock.shift(minutes * MINUTE)
    assert is_signed_in(app, as_alice)
    clock.shift(INSTANT)
    assert not is_signed_in(app, as_alice)


def test_open_for_just_so_long_is_not_too_long(
    app: Flask, as_alice: Visitor, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SESSION_IDLE_MINUTES", 10_000)
    monkeypatch.setitem(app.config, "SESSION_ABSOLUTE_HOURS", 3)
    clock.shift(timedelta(hours=3))
    assert is_signed_in(app, as_alice)
    clock.shift(INSTANT)
    assert not is_signed_in(app, as_alice)


@pytest.mark.parametrize(("later", "left"), [(timedelta(0), 2), (INSTANT, 1)])
@pytest.mark.parametrize("limit", ["SESSION_IDLE_MINUTES", "SESSION_ABSOLUTE_HOURS"])
def test_signing_in_forgets_what_has_ended_and_nothing_else(
    app: Flask,
    alice: User,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    later: timedelta,
    left: int,
) -> None:
    monkeypatch.setitem(app.config, "SESSION_IDLE_MINUTES", 10_000)
    monkeypatch.setitem(app.config, "SESSION_ABSOLUTE_HOURS", 100)
    monkeypatch.setitem(app.config, limit, 2)
    came_in(app, alice)
    clock.shift((timedelta(hours=2) if "HOURS" in limit else 2 * MINUTE) + later)
    came_in(app, alice)
    with app.app_context():
        assert len(db.session.scalars(select(UserSession.id)).all()) == left


# When it is noted


def test_who_was_here_is_noted_a_minute_later_for_that_session_only(
    app: Flask, alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    as_alice, _ = came_in(app, alice), came_in(app, bob)
    clock.shift(MINUTE - INSTANT)
    as_alice.get("/account/")
    assert rows(app)[alice.id].last_seen_at == NOON
    clock.shift(INSTANT)
    as_alice.get("/account/")
    found = rows(app)
    assert found[alice.id].last_seen_at == NOON + MINUTE
    assert (found[bob.id].last_seen_at, found[alice.id].created_at) == (NOON, NOON)


def test_of_two_requests_at_the_same_moment_the_second_writes_nothing(
    app: Flask, alice: User, as_alice: Visitor, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.shift(2 * MINUTE)
    other = NOON + MINUTE
    real = sessions.writing

    def after_the_other() -> Any:
        with db.engine.begin() as connection:
            connection.execute(UserSession.__table__.update().values(last_seen_at=other))
        return real()

    monkeypatch.setattr(sessions, "writing", after_the_other)
    assert as_alice.get("/account/").status == 200
    assert rows(app)[alice.id].last_seen_at == other


def test_what_could_not_be_noted_is_told_in_the_log(
    as_alice: Visitor,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def busy() -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    clock.shift(2 * MINUTE)
    monkeypatch.setattr(sessions, "writing", busy)
    assert as_alice.get("/account/").status == 200
    assert "last seen was not written: OperationalError" in caplog.messages


# What is remembered


def test_a_session_notes_where_it_was_opened_and_when(app: Flask, alice: User) -> None:
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = "1" * 60
    form = visitor.get("/login").form().fill(username="alice", password=PASSWORD)
    visitor.client.post("/login", data=form.fields, headers={"User-Agent": "a\x80b"})
    row = rows(app)[alice.id]
    assert (row.ip, row.user_agent) == ("1" * 45, "ab")
    assert row.created_at == row.last_seen_at == NOON


def test_who_has_no_address_signs_in_all_the_same(app: Flask, alice: User) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": None}):
        sessions.open_session(db.session.merge(alice))
        db.session.commit()
    assert rows(app)[alice.id].ip == ""


def test_the_last_person_is_known_after_signing_out_and_is_nobody_where_the_cookie_is_odd(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    with request_of(app, as_alice):
        assert sessions.last_person() == alice.id
    sign_out(as_alice)
    with request_of(app, as_alice):
        assert sessions.last_person() == alice.id
        assert not current_user.is_authenticated
    with request_of(app, Visitor(app)):
        assert sessions.last_person() is None
    with app.test_request_context() as context:
        context.session[sessions.LAST_PERSON] = str(alice.id)
        assert sessions.last_person() is None


def test_a_session_has_ended_where_nobody_signed_out(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    sign_out(as_bob)
    for visitor, ended in ((as_alice, False), (as_bob, False), (Visitor(app), False)):
        with request_of(app, visitor):
            assert sessions.has_ended() is ended
    with app.app_context():
        db.session.execute(delete(UserSession))
        db.session.commit()
    with request_of(app, as_alice):
        assert sessions.has_ended() is True


@pytest.mark.parametrize("token", [7, None, ["x"]])
def test_a_token_that_is_no_text_is_signed_out_without_a_fault(
    app: Flask, as_alice: Visitor, token: Any
) -> None:
    with app.test_request_context() as context:
        context.session[sessions.TOKEN] = token
        sessions.close_session()
        assert sessions.TOKEN not in context.session
    assert len(rows(app)) == 1


def test_a_stranger_may_nothing_and_no_guess_of_flask_login_s_ends_a_session(app: Flask) -> None:
    """SE-14."""
    assert sessions.Stranger().can("users.view") is False
    assert sessions.Stranger().can("users.view", object()) is False
    with app.test_request_context():
        assert type(current_user._get_current_object()) is sessions.Stranger
    assert login_manager.session_protection is None


# A new password


def test_a_new_password_ends_all_sessions_of_the_person_and_opens_one_for_who_changed_the_own(
    app: Flask, alice: User, bob: User
) -> None:
    here, there, as_bob = came_in(app, alice), came_in(app, alice), came_in(app, bob)
    new = "pomar de figos maduros"
    form = here.get("/account/password/").form()
    form.fill(current_password=PASSWORD, password=new, password_confirm=new)
    assert form.submit().status == 303
    assert [signed_in_as(app, one) for one in (here, there, as_bob)] == ["alice", None, "bob"]
    form = here.get(f"/users/{bob.id}/password/").form()
    assert form.fill(password=new, password_confirm=new).submit().status == 303
    assert [signed_in_as(app, one) for one in (here, as_bob)] == ["alice", None]
