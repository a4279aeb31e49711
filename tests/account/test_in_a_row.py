"""Never more than a hundred failures in a row, and no stranger locks the owner out with them (LG-01, LG-03)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.account.guessing import WRONG, entries, fail, from_address
from tests.account.test_throttle import normalised
from tests.conftest import came_in
from tests.pages import PASSWORD, Page, Visitor
from tests.threads import at_once
from webapp.account import throttle
from webapp.users.models import User

WINDOW = timedelta(minutes=15, seconds=1)
CLOSED = "Too many failed tries in a row."
FEW = 7


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_IN_A_ROW", FEW)


def fail_patiently(app: Flask, clock: time_machine.Traveller, username: str, times: int) -> list[Page]:
    """Fail as a guesser does who waits each time until he may again."""
    pages = []
    for _ in range(times):
        pages += fail(app, username, 1)
        clock.shift(WINDOW)
    return pages


@pytest.mark.one_engine
def test_a_hundred_guesses_in_a_row_are_compared_and_no_more(
    app: Flask,
    alice: User,
    noon: time_machine.Traveller,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No wait is longer, so that one form does for all.
    monkeypatch.setitem(app.config, "LOGIN_WINDOW_MINUTES", 1)
    form = from_address(app, "203.0.113.9").get("/login").form().fill(username="alice", password=WRONG)
    statuses = []
    for _ in range(105):
        statuses.append(form.submit("_login").status)
        noon.shift(timedelta(seconds=61))
    assert statuses == [422] * 100 + [429] * 5
    assert calls == ["verify"] * 100
    noon.shift(timedelta(days=90))
    page = from_address(app, "198.51.100.7").sign_in("alice")
    assert page.status == 429
    assert CLOSED in page.errors[0]
    assert int(page.response.headers["Retry-After"]) > 86_400
    assert len(entries(app, "sign-in-failed")) == 100


def test_who_has_signed_in_before_goes_on_there_and_opens_it_again(
    app: Flask, alice: User, noon: time_machine.Traveller, few: None
) -> None:
    at_home = came_in(app, alice)
    at_home.client.delete_cookie("session")
    assert CLOSED in fail_patiently(app, noon, "alice", FEW + 1)[-1].errors[0]
    assert Visitor(app).sign_in("alice").status == 429
    assert at_home.sign_in("alice", WRONG).status == 422
    assert at_home.sign_in("alice").status == 303
    assert Visitor(app).sign_in("alice").status == 303


def test_unlocking_opens_it_again(app: Flask, alice: User, noon: time_machine.Traveller, few: None) -> None:
    fail_patiently(app, noon, "alice", FEW)
    assert Visitor(app).sign_in("alice").status == 429
    assert app.test_cli_runner().invoke(args=["users", "unlock", "alice"]).exit_code == 0
    assert Visitor(app).sign_in("alice").status == 303


def test_an_account_that_is_not_there_is_closed_like_one_that_is(
    app: Flask, alice: User, noon: time_machine.Traveller, few: None
) -> None:
    """LG-05."""
    answers = [
        [
            (page.status, normalised(page).replace(name, "…"), sorted(page.response.headers.keys()))
            for page in fail_patiently(app, noon, name, FEW + 2)
        ]
        for name in ("alice", "bobby")
    ]
    assert answers[0] == answers[1]
    assert [status for status, *_rest in answers[0]] == [422] * FEW + [429] * 2


def test_a_right_password_in_between_begins_anew(
    app: Flask, alice: User, noon: time_machine.Traveller, few: None
) -> None:
    for _time in range(3):
        assert [page.status for page in fail_patiently(app, noon, "alice", FEW - 1)] == [422] * (FEW - 1)
        assert Visitor(app).sign_in("alice").status == 303


def test_what_fails_where_one_is_known_counts_too_and_ends_there(
    app: Flask, alice: User, noon: time_machine.Traveller, few: None
) -> None:
    at_home = came_in(app, alice)
    at_home.client.delete_cookie("session")
    for _time in range(FEW):
        assert at_home.sign_in("alice", WRONG).status == 422
        noon.shift(WINDOW)
    assert CLOSED in at_home.sign_in("alice").errors[0]
    assert CLOSED in Visitor(app).sign_in("alice").errors[0]


@pytest.mark.parametrize(
    ("pause", "left"), [(timedelta(weeks=3, seconds=-1), FEW - 3), (timedelta(weeks=3), FEW)]
)
def test_three_failures_are_remembered_for_three_weeks(
    app: Flask, alice: User, noon: time_machine.Traveller, few: None, pause: timedelta, left: int
) -> None:
    """Who waits until his failures are forgotten has one try a week."""
    fail_patiently(app, noon, "alice", 3)
    noon.shift(pause - WINDOW)
    pages = fail_patiently(app, noon, "alice", FEW)
    assert [page.status for page in pages] == [422] * left + [429] * (FEW - left)


@pytest.mark.race
def test_of_many_guesses_at_once_no_more_are_compared_than_are_left(
    app: Flask, alice: User, noon: time_machine.Traveller, few: None, calls: list[str]
) -> None:
    """LG-02."""
    fail_patiently(app, noon, "alice", FEW - 2)
    forms = [
        from_address(app, f"198.51.100.{number}").get("/login").form().fill(username="alice", password=WRONG)
        for number in range(12)
    ]
    calls.clear()
    statuses = sorted(page.status for page in at_once([form.submit for form in forms]))
    assert (calls, statuses) == (["verify"] * 2, [422] * 2 + [429] * 10)


def guess_at_the_current_password(visitor: Visitor) -> list[Page]:
    form = visitor.get("/account/password/").form()
    form.fill(current_password=WRONG, password=WRONG, password_confirm=WRONG)
    pages = []
    for number in range(FEW + 1):
        # Within the hours that a session lasts.
        with time_machine.travel(datetime.now(UTC) + timedelta(minutes=16 * number), tick=False):
            pages.append(form.submit())
    return pages


def test_the_current_password_is_guessed_at_no_more_often(
    app: Flask, as_charlie: Visitor, few: None, calls: list[str]
) -> None:
    calls.clear()
    pages = guess_at_the_current_password(as_charlie)
    assert [page.status for page in pages] == [422] * FEW + [429]
    assert CLOSED in pages[-1].errors[0]
    assert calls.count("verify") == FEW


def test_who_signs_in_may_change_the_password_that_somebody_guessed_at(
    app: Flask, as_charlie: Visitor, few: None
) -> None:
    """As the refusal says."""
    assert CLOSED in guess_at_the_current_password(as_charlie)[-1].errors[0]
    visitor = Visitor(app)
    assert visitor.sign_in("charlie").status == 303
    form = visitor.get("/account/password/").form()
    form.fill(current_password=PASSWORD, password=PASSWORD + "2", password_confirm=PASSWORD + "2")
    assert form.submit().status == 303
