"""Guessing at passwords is slow, for everybody together."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.account.guessing import LIMIT, WRONG, entries, fail, from_address
from tests.conftest import add_user, came_in, counted, make_settings
from tests.pages import PASSWORD, Page, Visitor
from tests.threads import at_once
from webapp import create_app
from webapp.account.models import LoginTries
from webapp.extensions import db
from webapp.users.models import User

ROOT = Path(__file__).parents[2]


def rows(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(LoginTries)) or 0)


def normalised(page: Page) -> str:
    return re.sub(r'(name="?csrf_token"?[^>]*value=)[^ >]*', r"\1…", page.text)


# The limits


def test_after_five_failures_the_account_waits_and_the_page_says_how_long(
    app: Flask, alice: User, stranger: Visitor, noon: time_machine.Traveller, calls: list[str]
) -> None:
    """LG-01, LG-04."""
    assert [page.status for page in fail(app, "alice")] == [422] * LIMIT
    calls.clear()
    page = stranger.sign_in("Alice ")
    assert (page.status, page.response.headers["Retry-After"]) == (429, "60")
    assert calls == []
    assert page.errors == ["Too many failed tries. Wait 1 minute before you try again."]
    fields = page.form().fields
    assert (fields["username"], fields["password"]) == ("Alice ", "")
    assert stranger.get("/").status == 303
    noon.shift(timedelta(seconds=61))
    assert page.form().fill(password=PASSWORD).submit("_login").status == 303


def test_each_further_failure_doubles_the_wait_up_to_the_window(
    app: Flask, alice: User, noon: time_machine.Traveller
) -> None:
    fail(app, "alice")
    waits = []
    for number in range(6):
        page = from_address(app, f"198.51.100.{number}").sign_in("alice", WRONG)
        waits.append(int(page.response.headers["Retry-After"]))
        noon.shift(timedelta(seconds=waits[-1]))
        assert from_address(app, f"192.0.2.{number}").sign_in("alice", WRONG).status == 422
    assert waits == [60, 120, 240, 480, 900, 900]


def test_four_failures_cost_nothing_and_a_success_begins_anew(app: Flask, alice: User) -> None:
    for number in range(3):
        fail(app, "alice", LIMIT - 1, address=f"198.51.100.{number}")
        assert from_address(app, "198.51.100.200").sign_in("alice").status == 303


def test_failures_are_forgotten_after_the_window(
    app: Flask, alice: User, noon: time_machine.Traveller
) -> None:
    fail(app, "alice", LIMIT - 1)
    noon.shift(timedelta(minutes=15, seconds=1))
    assert [page.status for page in fail(app, "alice", LIMIT - 1)] == [422] * (LIMIT - 1)


def test_one_address_fails_ten_times_whatever_the_names(app: Flask, alice: User) -> None:
    """LG-01."""
    for number in range(10):
        assert fail(app, f"nobody{number}", 1)[0].status == 422
    assert fail(app, "alice", 1)[0].status == 429
    assert from_address(app, "198.51.100.7").sign_in("alice").status == 303


def test_an_address_of_ipv6_is_its_64(app: Flask, alice: User) -> None:
    for number in range(10):
        fail(app, f"nobody{number}", 1, address=f"2001:db8:1:2:{number:x}::1")
    assert from_address(app, "2001:db8:1:2:ffff::5").sign_in("alice").status == 429
    assert from_address(app, "2001:db8:1:3::5").sign_in("alice").status == 303


def test_what_the_right_person_tries_is_given_back_to_the_address(app: Flask, alice: User) -> None:
    for number in range(12):
        assert from_address(app, "203.0.113.9").sign_in("alice").status == 303, number
    assert fail(app, "nobody", 1)[0].status == 422


def test_all_together_fail_so_often_and_then_wait_for_the_end_of_the_window(
    app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch, noon: time_machine.Traveller
) -> None:
    """LG-01."""
    monkeypatch.setitem(app.config, "LOGIN_TRIES_IN_ALL", 8)
    at_home = came_in(app, alice)
    for number in range(8):
        assert fail(app, f"nobody{number}", 1, address=f"198.51.100.{number}")[0].status == 422
    noon.shift(timedelta(minutes=5))
    page = Visitor(app).sign_in("alice")
    assert (page.status, page.response.headers["Retry-After"]) == (429, "600")
    at_home.client.delete_cookie("session")
    assert at_home.sign_in("alice").status == 303
    noon.shift(timedelta(minutes=11))
    assert Visitor(app).sign_in("alice").status == 303


def test_the_limits_are_the_settings(app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "LOGIN_TRIES_PER_ACCOUNT", 2)
    assert [page.status for page in fail(app, "alice", 3)] == [422, 422, 429]


# At the same moment, in other processes, later


@pytest.mark.race
def test_of_fifty_guesses_at_once_five_are_compared(app: Flask, alice: User, calls: list[str]) -> None:
    """LG-02."""
    forms = [
        from_address(app, f"198.51.100.{number}").get("/login").form().fill(username="alice", password=WRONG)
        for number in range(50)
    ]
    calls.clear()
    statuses = sorted(page.status for page in at_once([form.submit for form in forms]))
    assert (calls, statuses) == (["verify"] * LIMIT, [422] * LIMIT + [429] * 45)


GUESSER = """
import sys
from tests.account.guessing import from_address, WRONG
from tests.conftest import make_settings
from tests.threads import at_once
from webapp import create_app
app = create_app(make_settings(DATABASE_URL=sys.argv[1]))
forms = [
    from_address(app, f"198.51.{sys.argv[2]}.{n}").get("/login").form().fill(username="alice", password=WRONG)
    for n in range(25)
]
sys.stdin.readline()
print(*(page.status for page in at_once([form.submit for form in forms])))
"""


@pytest.mark.race
def test_two_processes_count_together_and_a_restart_forgets_nothing(app: Flask, alice: User) -> None:
    """LG-01, LG-02."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    started = [
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-c", GUESSER, url, str(number)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in range(2)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    statuses = " ".join(process.communicate(timeout=120)[0] for process in started).split()
    assert sorted(statuses) == ["422"] * LIMIT + ["429"] * 45
    restarted = create_app(make_settings(DATABASE_URL=url))
    try:
        assert Visitor(restarted).sign_in("alice").status == 429
    finally:
        with restarted.app_context():
            db.engine.dispose()
    assert len(entries(app, "sign-in-failed")) == LIMIT


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_a_day_and_back_keeps_nobody_out_for_a_day(
    app: Flask, alice: User, noon: time_machine.Traveller, days: int
) -> None:
    start = datetime(2030, 5, 17, 12, tzinfo=UTC)
    fail(app, "alice")
    noon.move_to(start + timedelta(days=days))
    fail(app, "alice")
    noon.move_to(start + timedelta(seconds=1))
    assert int(Visitor(app).sign_in("alice").response.headers.get("Retry-After", 0)) <= 60
    noon.move_to(start + timedelta(minutes=1, seconds=2))
    assert Visitor(app).sign_in("alice").status == 303


def test_a_clock_that_is_set_back_frees_no_guesser(
    app: Flask, alice: User, noon: time_machine.Traveller
) -> None:
    fail(app, "alice")
    noon.shift(timedelta(days=-1))
    assert [page.status for page in fail(app, "alice", 3)] == [429] * 3


# Nobody learns which accounts exist


def test_an_unknown_account_is_locked_like_one_that_exists(
    app: Flask, alice: User, noon: time_machine.Traveller
) -> None:
    """LG-04, LG-05."""
    add_user(app, "carol", is_active=False)
    answers, statements = [], []
    for number, name in enumerate(("alice", "bobby", "carol")):
        seen, sent = [], []
        for _ in range(LIMIT + 1):
            form = from_address(app, f"198.51.100.{number}").get("/login").form()
            form.fill(username=name, password=WRONG)
            with counted(app) as made:
                page = form.submit("_login")
            seen.append((page.status, normalised(page).replace(name, "…"), page.response.headers.keys()))
            sent.append([re.sub(r"\s+", " ", one)[:30] for one in made])
        answers.append([(status, text, sorted(headers)) for status, text, headers in seen])
        statements.append(sent)
    assert [status for status, _text, _headers in answers[0]] == [422] * LIMIT + [429]
    assert answers[0] == answers[1] == answers[2]
    assert statements[0] == statements[1] == statements[2]


def test_what_was_typed_as_a_name_and_a_password_is_not_kept(
    app: Flask, alice: User, capsys: pytest.CaptureFixture[str]
) -> None:
    """LG-10."""
    fail(app, "this was my password", 2)
    fail(app, "alice", 2)
    with app.app_context():
        kept = [str(db.session.execute(select(table)).all()) for table in db.metadata.sorted_tables]
    for secret in ("this was my password", WRONG):
        assert secret not in "".join(kept) + capsys.readouterr().err
    assert entries(app, "sign-in-failed") == [
        ("sign-in-failed", "", "203.0.113.9"),
        ("sign-in-failed", "", "203.0.113.9"),
        ("sign-in-failed", "alice", "203.0.113.9"),
        ("sign-in-failed", "alice", "203.0.113.9"),
    ]


def test_failures_and_the_lock_stand_in_the_history_with_the_address(
    app: Flask, charlie: User, as_alice: Visitor
) -> None:
    """LG-10."""
    fail(app, "charlie", LIMIT + 2)
    assert [verb for verb, _label, _ip in entries(app, "sign-in-failed", "sign-in-locked")] == [
        *["sign-in-failed"] * LIMIT,
        "sign-in-locked",
    ]
    page = as_alice.get(f"/users/{charlie.id}/history/")
    assert "failed to sign in as" in page.text
    assert "stopped after too many failed tries" in page.text
    assert "203.0.113.9" in page.text


def test_the_table_stays_small(app: Flask, noon: time_machine.Traveller) -> None:
    for number in range(20):
        fail(app, f"nobody{number}", 1, address=f"198.51.100.{number}")
    assert rows(app) == 61
    noon.shift(timedelta(weeks=1))
    fail(app, "nobody", 1)
    assert rows(app) == 4


def test_a_sign_in_costs_few_statements(app: Flask, alice: User, stranger: Visitor) -> None:
    form = stranger.get("/login").form().fill(username="alice", password=PASSWORD)
    with counted(app) as statements:
        assert form.submit("_login").status == 303
    assert len([one for one in statements if "LOCK" not in one and "pg_advisory" not in one]) <= 14, (
        statements
    )
