"""Before a session ends it is said, and one can stay; what a script asks by itself does not count (SE-06)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.account.browsers import rows
from tests.conftest import counted, signed_in
from tests.pages import Page, Visitor
from webapp.users.models import User

STAY = "/account/stay/"


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=False)


def left(visitor: Visitor) -> int:
    seconds = visitor.client.get(STAY, headers={"Accept": "application/json"}).get_json()["left"]
    assert isinstance(seconds, int)
    return seconds


def place(page: Page) -> dict[str, str]:
    (found,) = page.tree.xpath(".//*[@id = 'staying']")
    return dict(found.attrib)


def test_the_limits_are_half_an_hour_and_twelve(app: Flask) -> None:
    assert (app.config["SESSION_IDLE_MINUTES"], app.config["SESSION_ABSOLUTE_HOURS"]) == (30, 12)


def test_asking_each_minute_how_long_it_lasts_does_not_make_it_longer(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    seen = rows(app, alice)[0].last_seen_at
    for minutes in range(1, 31):
        with later(minutes=minutes, seconds=-5):
            assert 0 < left(as_alice) <= (30 - minutes) * 60 + 6
    assert rows(app, alice)[0].last_seen_at == seen
    with later(minutes=31):
        assert as_alice.get(STAY).location.startswith("/login")
        assert as_alice.get("/").status == 303


def test_staying_makes_it_as_long_as_any_request(app: Flask, alice: User, as_alice: Visitor) -> None:
    token = as_alice.get("/account/").form().fields["csrf_token"]
    with later(minutes=29):
        page = as_alice.post(STAY, {"csrf_token": token, "next": "/users/?q=x"})
        assert (page.status, page.location) == (303, "/users/?q=x")
    with later(minutes=58):
        assert as_alice.get("/").status == 200


def test_a_script_that_stays_is_answered_in_json(app: Flask, as_alice: Visitor) -> None:
    token = as_alice.get("/account/").form().fields["csrf_token"]
    answer = as_alice.client.post(STAY, data={"csrf_token": token}, headers={"Accept": "application/json"})
    assert answer.get_json()["left"] > 29 * 60


def test_staying_leads_nowhere_else(app: Flask, as_alice: Visitor) -> None:
    token = as_alice.get("/account/").form().fields["csrf_token"]
    assert as_alice.post(STAY, {"csrf_token": token, "next": "https://evil.example/"}).location == "/"


def test_each_page_says_how_long_it_lasts_in_a_place_that_is_read_aloud(
    app: Flask, as_alice: Visitor
) -> None:
    page = as_alice.get("/users/?q=x")
    told = place(page)
    assert (told["role"], told["data-check"]) == ("status", STAY)
    assert 29 * 60 < int(told["data-left"]) <= 30 * 60
    assert "Stay signed in" in page.text
    assert (
        page.tree.xpath("string(.//template[@id = 'staying-ending']//input[@name = 'next']/@value)")
        == "/users/?q=x"
    )
    assert "ends at" not in page.text


def test_it_costs_no_statement(app: Flask, as_alice: Visitor) -> None:
    as_alice.get("/account/")
    with counted(app) as statements:
        as_alice.get("/account/")
    assert len(statements) == 1


def test_strangers_are_told_nothing(stranger: Visitor) -> None:
    assert stranger.get("/login").tree.xpath(".//*[@id = 'staying']") == []
    assert stranger.get(STAY).location.startswith("/login")


def test_ten_minutes_before_the_last_end_the_page_itself_says_when(
    app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SESSION_IDLE_MINUTES", 24 * 60)
    with time_machine.travel(datetime(2030, 5, 17, 6, tzinfo=UTC), tick=False):
        visitor = signed_in(app, alice)
    with time_machine.travel(datetime(2030, 5, 17, 17, 49, tzinfo=UTC), tick=False):
        assert "Your session ends" not in visitor.get("/").messages
    with time_machine.travel(datetime(2030, 5, 17, 17, 51, tzinfo=UTC), tick=False):
        page = visitor.get("/")
        assert "Your session ends at 6:00" in page.messages.replace("\u202f", " ")
        assert int(place(page)["data-left"]) == 9 * 60
