"""One's own sessions (SE-07): seen, known again, ended one by one or all others; nobody else's."""

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.account.browsers import FIREFOX, IPHONE, rows, signed_in_with, unconfirmed
from tests.conftest import signed_in
from tests.pages import PASSWORD, Page, Visitor, text_of
from webapp.account.models import UserSession
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User

ADDRESS = "/account/sessions/"


def cards(page: Page) -> list[str]:
    return [text_of(card) for card in page.tree.xpath(".//main//section[@aria-labelledby]")]


def end(visitor: Visitor, button: str, value: object, address: str = ADDRESS) -> Page:
    return visitor.get(address).form().submit(button, **{button: str(value)})


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.get("/").status == 200


def test_the_list_tells_browser_address_and_times_and_which_is_this_one(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    signed_in_with(app, alice, FIREFOX)
    signed_in_with(app, alice, IPHONE, ip="2001:db8::7")
    page = as_alice.get("/account/").follow("Sessions")
    told = cards(page)
    assert len(told) == 3
    (this,) = [card for card in told if "This one" in card]
    assert "127.0.0.1" in this
    assert "End" not in this.split()
    assert any("Firefox on Linux End Address 203.0.113.9" in card for card in told)
    assert any("Safari on iPhone End Address 2001:db8::7" in card for card in told)
    assert all("Signed in" in card and "Last seen" in card for card in told)


def test_one_that_is_ended_is_a_strangers_on_its_next_request(
    app: Flask, alice: User, as_alice: Visitor, as_bob: Visitor
) -> None:
    other, third = signed_in_with(app, alice, FIREFOX), signed_in(app, alice)
    page = end(as_alice, "session", rows(app, alice)[1].id)
    assert (page.status, page.location) == (303, ADDRESS)
    assert "The session in Firefox on Linux was ended." in as_alice.get(ADDRESS).messages
    assert [is_signed_in(one) for one in (as_alice, other, third, as_bob)] == [True, False, True, True]


def test_all_others_are_ended_at_once(app: Flask, alice: User, as_alice: Visitor, as_bob: Visitor) -> None:
    others = [signed_in(app, alice) for _ in range(3)]
    page = as_alice.get(ADDRESS)
    assert "End all other sessions" in page.text
    assert page.form().submit("all").status == 303
    assert "3 sessions were ended." in as_alice.get(ADDRESS).messages
    assert not any(is_signed_in(one) for one in others)
    assert is_signed_in(as_alice)
    assert is_signed_in(as_bob)


@pytest.mark.parametrize("asked", ["bob", "none", "text", "huge", "negative", "zero"])
def test_anothers_session_and_none_answer_the_same_404(
    app: Flask, as_alice: Visitor, as_bob: Visitor, bob: User, asked: str
) -> None:
    number = rows(app, bob)[0].id
    value = {"bob": number, "none": number + 1000, "huge": "9" * 40, "negative": -number, "zero": 0}.get(
        asked, "x"
    )
    page = end(as_alice, "session", value)
    assert page.status == 404
    assert "There is no such session." in page.text
    assert is_signed_in(as_bob)
    assert is_signed_in(as_alice)


def test_nothing_asked_for_is_malformed(app: Flask, as_alice: Visitor) -> None:
    assert as_alice.get(ADDRESS).form().submit("nothing").status == 400


def test_ending_this_one_is_signing_out(app: Flask, alice: User, as_alice: Visitor) -> None:
    assert end(as_alice, "session", rows(app, alice)[0].id).status == 303
    assert not is_signed_in(as_alice)


@pytest.mark.parametrize("button", ["session", "all"])
def test_ending_wants_the_password_and_is_done_then(
    app: Flask, alice: User, as_alice: Visitor, button: str
) -> None:
    other = signed_in(app, alice)
    unconfirmed(app)
    page = end(as_alice, button, rows(app, alice)[1].id)
    assert page.status == 401
    assert is_signed_in(other)
    done = page.form("/account/confirm/").fill(password=PASSWORD).submit("_confirm")
    assert (done.status, done.location) == (303, ADDRESS)
    assert not is_signed_in(other)
    assert is_signed_in(as_alice)


def test_without_the_forms_token_nothing_ends(app: Flask, alice: User, as_alice: Visitor) -> None:
    other = signed_in(app, alice)
    assert as_alice.post(ADDRESS, {"all": "1"}).status in (303, 400)
    assert is_signed_in(other)


def test_ending_is_told_in_the_history_with_the_browser(app: Flask, alice: User, as_alice: Visitor) -> None:
    signed_in_with(app, alice, FIREFOX)
    signed_in(app, alice)
    end(as_alice, "session", rows(app, alice)[1].id)
    end(as_alice, "all", 1)
    with app.app_context():
        told = db.session.scalars(
            select(LogEntry).where(LogEntry.verb != "sign-in").order_by(LogEntry.id)
        ).all()
    assert [(entry.verb, entry.actor_label, entry.key) for entry in told] == [
        ("end_sessions", "alice", str(alice.id))
    ] * 2
    assert [
        (change["field"], change["old"], change["new"]) for entry in told for change in entry.changes
    ] == [
        ("device", "Firefox on Linux", None),
        ("sessions", None, "1"),
    ]
    history = as_alice.get(f"/users/{alice.id}/history/").text
    assert "ended sessions of" in history
    assert "Firefox on Linux" in history


def test_one_that_has_ended_by_itself_is_not_shown(app: Flask, alice: User, as_alice: Visitor) -> None:
    signed_in(app, alice)
    with app.app_context(), db.session.begin():
        old = select(UserSession).where(UserSession.id == rows(app, alice)[1].id)
        row = db.session.scalars(old).one()
        row.last_seen_at = row.last_seen_at.replace(year=2020)
    assert len(cards(as_alice.get(ADDRESS))) == 1
    assert "End all other sessions" not in as_alice.get(ADDRESS).text


def test_many_sessions_are_one_statement_and_all_of_them_can_be_ended(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    seen = rows(app, alice)[0].last_seen_at
    with app.app_context(), db.session.begin():
        for number in range(150):
            values = {"created_at": seen, "last_seen_at": seen, "ip": "127.0.0.1", "user_agent": ""}
            db.session.add(UserSession(token_hash=f"{number:064}", user_id=alice.id, **values))
    page = as_alice.get(ADDRESS)
    assert len(cards(page)) == 100
    assert any("unknown browser" in card for card in cards(page))
    assert page.form().submit("all").status == 303
    assert len(rows(app, alice)) == 1


def test_strangers_are_led_to_the_sign_in(
    app: Flask, alice: User, as_alice: Visitor, stranger: Visitor
) -> None:
    assert stranger.get(ADDRESS).location == "/login?next=/account/sessions/"
    with app.app_context(), db.session.begin():
        db.session.execute(delete(UserSession))
    assert as_alice.get(ADDRESS).location == "/login?next=/account/sessions/"
