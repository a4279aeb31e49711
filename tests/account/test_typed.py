"""What somebody had typed is not lost when the session ends or the token grows old, and is never saved by itself."""

import string
from io import BytesIO
from random import Random

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.account.test_redirects import ELSEWHERE
from tests.conftest import add_user, came_in, reload
from tests.pages import PASSWORD, Form, Page, Visitor
from webapp.account import typed
from webapp.account.models import UserSession
from webapp.extensions import db
from webapp.users.models import User

NEW = "pomar de figos maduros"


def end_sessions(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(UserSession.__table__.delete())


def sign_out(visitor: Visitor) -> None:
    token = visitor.get("/").soup.select_one("form[action='/logout'] input[name=csrf_token]")["value"]
    assert visitor.post("/logout", {"csrf_token": token}).status == 303


def add_form(visitor: Visitor) -> Form:
    form = visitor.get("/users/add/").form()
    form.fill(username="erin", email="erin@example.org", full_name="Erin & Söhne <b>")
    return form.fill(password=NEW, password_confirm=NEW)


def answer(page: Page, username: str = "alice") -> Page:
    return page.form("/login").fill(username=username, password=PASSWORD).submit("_login")


def people(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(User)) or 0)


# After the session has ended


def test_a_form_sent_after_the_session_ended_comes_back_after_signing_in(
    app: Flask, as_alice: Visitor
) -> None:
    form = add_form(as_alice)
    end_sessions(app)
    page = form.submit()
    assert page.status == 401
    assert page.title.startswith("Sign in")
    assert "nothing is saved yet" in page.text
    page = answer(page)
    assert (page.status, people(app)) == (422, 1)
    assert "You were signed out meanwhile. Check and save again." in page.messages
    assert "Passwords and files were not kept" in page.messages
    fields = page.form().fields
    assert (fields["username"], fields["full_name"]) == ("erin", "Erin & Söhne <b>")
    assert (fields["password"], fields["password_confirm"]) == ("", "")
    page = page.form().fill(password=NEW, password_confirm=NEW).submit()
    assert (page.status, people(app)) == (303, 2)


def test_a_change_keeps_its_version_so_that_nobody_is_written_over(
    app: Flask, charlie: User, as_alice: Visitor
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="C. C.")
    other = came_in(app, add_user(app, "dora", is_superuser=True))
    assert other.get(f"/users/{charlie.id}/change/").form().fill(full_name="Charles").submit().status == 303
    end_sessions(app)
    page = answer(form.submit())
    assert (page.status, page.form().fields["full_name"]) == (422, "C. C.")
    assert page.form().submit().status == 409
    assert reload(app, charlie).full_name == "Charles"


def test_a_form_whose_person_signed_out_in_another_tab_comes_back_too(app: Flask, as_alice: Visitor) -> None:
    form = add_form(as_alice)
    sign_out(as_alice)
    page = answer(form.submit())
    assert page.form().fields["username"] == "erin"


def test_somebody_else_who_signs_in_does_not_get_what_was_typed(
    app: Flask, bob: User, as_alice: Visitor
) -> None:
    form = add_form(as_alice)
    end_sessions(app)
    page = answer(form.submit(), "bob")
    assert (page.status, page.location) == (303, "/users/add/")
    page = as_alice.get("/users/")
    assert "belongs to somebody else" in page.messages
    assert "erin" not in page.text


def test_a_wrong_password_in_between_loses_nothing(app: Flask, as_alice: Visitor) -> None:
    form = add_form(as_alice)
    end_sessions(app)
    page = form.submit().form("/login").fill(username="alice", password="wrong").submit("_login")
    assert page.status == 422
    assert answer(page).form().fields["username"] == "erin"


def test_the_page_that_holds_it_holds_no_password_and_leads_nowhere_else(
    app: Flask, as_alice: Visitor
) -> None:
    form = add_form(as_alice)
    end_sessions(app)
    page = form.submit()
    with app.app_context():
        held = typed.read_signed(typed.PURPOSE, page.form("/login").fields["typed"], 60)
    assert NEW not in page.text
    assert NEW not in str(held)
    assert "csrf_token" not in str(held)
    assert page.soup.select("a[href], form:not([action='/login'])") == []


def test_the_own_password_is_asked_for_again(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    form = as_charlie.get("/account/password/").form()
    form.fill(current_password=PASSWORD, password=NEW, password_confirm=NEW)
    end_sessions(app)
    page = answer(form.submit(), "charlie")
    assert page.status == 422
    assert {*page.form().fields.values()} & {PASSWORD, NEW} == set()
    assert reload(app, charlie).password == charlie.password


def test_a_question_is_asked_again_and_not_taken_for_answered(
    app: Flask, charlie: User, as_alice: Visitor
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/delete/").form()
    end_sessions(app)
    page = answer(form.submit())
    assert (page.status, page.location) == (303, f"/users/{charlie.id}/delete/")
    assert "You were signed out meanwhile" in as_alice.get(page.location).messages
    assert reload(app, charlie) is not None


def test_who_may_no_longer_see_the_form_is_signed_in_and_refused(
    app: Flask, charlie: User, as_alice: Visitor
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form()
    end_sessions(app)
    page = form.submit()
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(User.__table__.delete().where(User.__table__.c.id == charlie.id))
    assert answer(page).status == 404
    assert as_alice.get("/").status == 200


def test_too_much_to_be_kept_is_said(app: Flask, as_alice: Visitor) -> None:
    form = add_form(as_alice)
    end_sessions(app)
    for size in (60_000, 200_000):
        # What repeats itself is packed small.
        noise = "".join(Random(7).choices(string.ascii_letters, k=size))  # noqa: S311 - any noise will do
        page = form.submit(full_name=noise)
        assert page.status == 401
        assert "too much to be kept" in page.text
        assert "typed" not in page.form("/login").fields
    page = answer(page)
    assert (page.status, page.location) == (303, "/users/add/")


def test_a_file_cannot_be_kept_which_is_said(app: Flask, charlie: User, as_alice: Visitor) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="C. C.")
    end_sessions(app)
    data = {**form.fields, "paper": (BytesIO(b"..."), "paper.pdf")}
    page = answer(as_alice.post(form.action, data, came_from=form.action))
    assert page.form().fields["full_name"] == "C. C."
    assert "Passwords and files were not kept" in page.messages


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Referer": "https://evil.example/"},
        {"Origin": "null", "Referer": "http://localhost/users/add/"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://localhost/users/add/"},
        {"Referer": "http://[x"},
        {"Referer": "http://localhost:99999999/"},
    ],
)
def test_what_another_site_sends_is_neither_kept_nor_shown_again(
    app: Flask, as_alice: Visitor, headers: dict[str, str]
) -> None:
    form = add_form(as_alice)
    fields = {**form.fields, "csrf_token": "old"}
    assert as_alice.client.post("/users/add/", data=fields, headers=headers).status_code in (400, 403)
    end_sessions(app)
    response = as_alice.client.post("/users/add/", data=fields, headers=headers)
    assert (response.status_code, response.headers["Location"]) == (303, "/login")


def test_a_stranger_who_was_never_here_is_sent_to_sign_in_and_not_read(app: Flask) -> None:
    page = Visitor(app).post("/users/add/", {"username": "x" * 100_000}, came_from="/users/add/")
    assert (page.status, page.location) == (303, "/login")


@pytest.mark.parametrize("held", ["x", "a.b.c", "é", "x" * 5_000, ".eJw.x.y"])
def test_a_forged_holding_is_as_none(app: Flask, alice: User, stranger: Visitor, held: str) -> None:
    form = stranger.get("/login").form().fill(username="alice", password=PASSWORD)
    page = form.submit("_login", typed=held)
    assert (page.status, page.location) == (303, "/")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_next_beside_what_is_held_leads_elsewhere(
    app: Flask, alice: User, stranger: Visitor, target: str
) -> None:
    """WB-13."""
    form = stranger.get("/login").form().fill(username="alice", password=PASSWORD)
    page = form.submit("_login", next=target, typed="x")
    assert (page.status, page.location) == (303, "/")


# While signed in


def test_a_form_with_a_token_of_another_sign_in_is_shown_again_and_then_taken(
    app: Flask, as_alice: Visitor
) -> None:
    """WB-04."""
    form = add_form(as_alice)
    sign_out(as_alice)
    as_alice.sign_in("alice")
    page = form.submit()
    assert (page.status, people(app)) == (422, 1)
    assert "Check it and send it again" in page.messages
    assert page.form().fields["full_name"] == "Erin & Söhne <b>"
    page = page.form().fill(password=NEW, password_confirm=NEW).submit()
    assert (page.status, people(app)) == (303, 2)


def test_a_form_of_alices_is_not_written_in_bobs_name(app: Flask, charlie: User, as_alice: Visitor) -> None:
    """WB-04, SE-02."""
    add_user(app, "bob", grants=("users.view", "users.change"))
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="C. C.")
    sign_out(as_alice)
    as_alice.sign_in("bob")
    page = form.submit()
    assert (page.status, reload(app, charlie).full_name) == (422, "")
    assert "before you signed in or out" in page.messages
    assert page.form().submit().status == 303
    assert reload(app, charlie).full_name == "C. C."


@pytest.mark.parametrize(
    "address", ["/users/{key}/change/", "/users/{key}/delete/", "/users/{key}/password/", "/account/"]
)
def test_no_form_writes_with_an_old_token(app: Flask, charlie: User, as_alice: Visitor, address: str) -> None:
    """WB-04."""
    form = as_alice.get(address.format(key=charlie.id)).form()
    for name in ("full_name", "password", "password_confirm"):
        if name in form.fields:
            form.fields[name] = NEW
    before = [reload(app, charlie), as_alice.get("/account/").form().fields["full_name"]]
    form.fields["csrf_token"] = "old"
    page = form.submit()
    assert page.status in (303, 422)
    assert page.status == 422 or page.location == form.action
    after = reload(app, charlie)
    assert (after.version, after.password) == (before[0].version, before[0].password)
    assert as_alice.get("/account/").form().fields["full_name"] == before[1]
    # The same form with its token is taken.
    fresh = as_alice.get(address.format(key=charlie.id)).form()
    fresh.fields |= {name: value for name, value in form.fields.items() if name != "csrf_token"}
    assert fresh.submit().status == 303
    assert as_alice.get("/").status == 200


# Two tabs


def test_two_open_sign_ins_in_one_browser_do_not_mix(app: Flask, alice: User, stranger: Visitor) -> None:
    first, second = stranger.get("/login?next=/account/").form(), stranger.get("/login?next=/users/").form()
    page = second.fill(username="alice", password=PASSWORD).submit("_login")
    assert page.location == "/users/"
    page = first.fill(username="alice", password=PASSWORD).submit("_login")
    assert page.status == 422
    assert page.form().fields["username"] == "alice"
    assert stranger.get("/").status == 200
    page = page.form().fill(password=PASSWORD).submit("_login")
    assert (page.status, page.location) == (303, "/account/")


def test_without_cookies_one_is_told_to_allow_them(app: Flask, alice: User, stranger: Visitor) -> None:
    form = stranger.get("/login").form().fill(username="alice", password=PASSWORD)
    stranger.client.delete_cookie("session")
    page = form.submit("_login")
    assert page.status == 422
    assert "Allow cookies for this site" in page.messages
