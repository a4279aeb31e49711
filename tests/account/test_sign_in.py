"""The sign-in page, and leaving again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, came_in
from tests.pages import PASSWORD, Visitor
from webapp.account.models import UserSession
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User


def verbs(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [
            (entry.verb, entry.actor_label)
            for entry in db.session.scalars(select(LogEntry).order_by(LogEntry.id))
        ]


def test_signing_in_leads_to_the_first_page_and_greets_with_a_name(app: Flask, stranger: Visitor) -> None:
    add_user(app, "alice", full_name="Alice Almeida")
    page = stranger.get("/", follow=True)
    assert page.title.startswith("Sign in")
    page = page.form().fill(username="alice", password=PASSWORD).submit("_login", follow=True)
    assert (page.status, page.address) == (200, "/")
    assert "Alice Almeida" in page.text


def test_the_fields_tell_the_browser_what_they_are_for(stranger: Visitor) -> None:
    """PW-11."""
    page = stranger.get("/login")
    username, password = (page.soup.select_one(f"[name={name}]") for name in ("username", "password"))
    assert username["autocomplete"] == "username"
    assert (password["type"], password["autocomplete"]) == ("password", "current-password")
    assert not password.has_attr("value") or password["value"] == ""


def test_the_setup_page_and_the_password_page_offer_a_new_password(as_alice: Visitor) -> None:
    """PW-11."""
    page = as_alice.get("/account/password/")
    offered = [tag["autocomplete"] for tag in page.soup.select("input[type=password]")]
    assert offered == ["current-password", "new-password", "new-password"]


@pytest.mark.parametrize(("username", "password"), [("", ""), ("alice", ""), ("", PASSWORD)])
def test_an_empty_field_is_told_at_the_field(
    alice: User, stranger: Visitor, username: str, password: str
) -> None:
    page = stranger.sign_in(username, password)
    assert page.status == 422
    assert any("Fill in this field" in error for error in page.errors)


def test_who_is_signed_in_is_not_asked_again(as_alice: Visitor) -> None:
    assert (as_alice.get("/login").status, as_alice.get("/login").location) == (303, "/")
    assert as_alice.client.head("/login").status_code == 303


def test_the_line_of_signing_in_names_the_person(
    app: Flask, alice: User, stranger: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stranger.sign_in("alice").status == 303
    line = capsys.readouterr().err.splitlines()[-1]
    assert "method=POST" in line
    assert f"person={alice.id} " in line


def test_signing_in_without_the_forms_token_is_refused(app: Flask, alice: User, stranger: Visitor) -> None:
    """LG-09."""
    page = stranger.post("/login", {"username": "alice", "password": PASSWORD})
    assert page.status == 400
    assert stranger.get("/").status == 303


def test_signing_out_ends_the_session_and_says_so(app: Flask, as_alice: Visitor) -> None:
    """SE-03."""
    page = sign_out(as_alice)
    assert (page.status, page.location) == (303, "/login")
    assert page.response.headers["Clear-Site-Data"] == '"cache"'
    assert "You are signed out" in as_alice.get("/login").messages
    assert as_alice.get("/").location == "/login"
    assert verbs(app) == [("sign-in", "alice"), ("sign-out", "alice")]


def test_signing_out_needs_the_forms_token(app: Flask, as_alice: Visitor) -> None:
    """SE-03."""
    assert as_alice.post("/logout", {}).status == 400
    assert as_alice.get("/").status == 200


def test_a_link_signs_nobody_out(app: Flask, as_alice: Visitor, stranger: Visitor) -> None:
    """SE-03."""
    for visitor in (as_alice, stranger):
        page = visitor.get("/logout")
        assert page.status == 405
        assert "POST" in page.response.headers["Allow"]
    assert as_alice.get("/").status == 200


def test_who_has_no_session_any_more_may_still_sign_out(app: Flask, as_alice: Visitor) -> None:
    form = as_alice.get("/").soup.select_one("form[action='/logout'] input[name=csrf_token]")
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(UserSession.__table__.delete())
    page = as_alice.post("/logout", {"csrf_token": form["value"]})
    assert (page.status, page.location) == (303, "/login")


def test_a_session_that_ended_by_itself_is_told_at_the_next_sign_in(app: Flask, as_alice: Visitor) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(UserSession.__table__.delete())
    assert "Your session has ended" in as_alice.get("/users/", follow=True).text
    assert "Your session has ended" not in Visitor(app).get("/users/", follow=True).text


def test_signing_in_as_bob_in_alices_browser_ends_alices_session(
    app: Flask, alice: User, bob: User, as_alice: Visitor
) -> None:
    """LG-09."""
    token = as_alice.get("/account/password/").form().fields["csrf_token"]
    cookie = as_alice.client.get_cookie("session").value
    page = as_alice.post("/login", {"csrf_token": token, "username": "bob", "password": PASSWORD})
    assert page.status == 303
    assert as_alice.get("/account/").soup.find(string=lambda text: "bob" in str(text)) is not None
    assert "alice" not in as_alice.get("/account/").text
    replayed = Visitor(app)
    replayed.client.set_cookie("session", cookie)
    assert replayed.get("/").status == 303
    with app.app_context():
        assert [row.user_id for row in db.session.scalars(select(UserSession))] == [bob.id]


def test_a_failed_try_as_bob_leaves_alice_signed_in(bob: User, as_alice: Visitor) -> None:
    token = as_alice.get("/account/password/").form().fields["csrf_token"]
    page = as_alice.post("/login", {"csrf_token": token, "username": "bob", "password": "wrong"})
    assert page.status == 422
    assert as_alice.get("/").status == 200


def test_a_sign_in_is_noted_and_its_time_kept(app: Flask, alice: User) -> None:
    came_in(app, alice)
    assert verbs(app) == [("sign-in", "alice")]


@pytest.mark.one_engine
def test_no_password_grows_old(app: Flask, alice: User) -> None:
    """PW-04: changed where there is a reason to, and not because time passes."""
    with time_machine.travel(datetime.now(UTC) + timedelta(days=5 * 365), tick=False):
        visitor = came_in(app, alice)
        assert visitor.get("/users/").status == 200


@pytest.mark.one_engine
def test_nothing_is_remembered_beyond_the_session(app: Flask, alice: User) -> None:
    """SE-09: there is no box for it, and what is sent as one changes nothing."""
    visitor = Visitor(app)
    form = visitor.get("/login").form()
    assert {*form.fields} - {"typed"} == {"csrf_token", "next", "username", "password"}
    answer = form.submit(
        "_login", username="alice", password=PASSWORD, remember="y", remember_me="on"
    ).response
    lasting = [one for one in answer.headers.getlist("Set-Cookie") if re.search("(?i)expires|max-age", one)]
    # That a person has signed in here before lets nobody in.
    assert [one.partition("=")[0] for one in lasting] == ["browser"]
    known = visitor.client.get_cookie("browser")
    assert known is not None
    other = Visitor(app)
    other.client.set_cookie("browser", known.value)
    assert other.get("/").location.startswith("/login")


def test_strangers_leave_no_row_behind(app: Flask, alice: User, stranger: Visitor) -> None:
    """SE-12."""
    for address in ("/", "/login", "/users/", "/nowhere", "/healthz", "/setup/x"):
        stranger.get(address)
    stranger.sign_in("alice", "wrong")
    with app.app_context():
        assert db.session.scalars(select(UserSession)).all() == []


def sign_out(visitor: Visitor):  # type: ignore[no-untyped-def]
    page = visitor.get("/")
    token = page.soup.select_one("form[action='/logout'] input[name=csrf_token]")["value"]
    return visitor.post("/logout", {"csrf_token": token})
