"""How tries are counted: how long the wait is, what is written, given back and forgotten."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from webapp.account import throttle
from webapp.account.models import LoginTries
from webapp.account.throttle import Count, Counter, TooManyTries, begin_try, forgive_try
from webapp.extensions import db

pytestmark = pytest.mark.one_engine

NOON = datetime(2030, 5, 17, 12, tzinfo=UTC)
MINUTE, WINDOW = timedelta(minutes=1), timedelta(minutes=15)
OWN = Counter("own", "account", 3, is_own=True)
SHARED = Counter("shared", "", 5)
FIXED = Counter("all", "", 4, grows=False)
ROW = Counter("row", "account", 3, is_own=True, closes=True)


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[time_machine.Traveller]:
    """Noon, in a request from an address, until it is set."""
    with (
        time_machine.travel(NOON, tick=False) as travelling,
        app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}),
    ):
        yield travelling
        db.session.rollback()


def stored() -> dict[str, LoginTries]:
    db.session.expire_all()
    return {row.key: row for row in db.session.scalars(select(LoginTries))}


def tries() -> dict[str, int]:
    return {key: row.tries for key, row in stored().items()}


def forgive(*counters: Counter) -> None:
    forgive_try([*counters])
    db.session.commit()


# What is said


@pytest.mark.parametrize(
    ("wait", "seconds", "told"),
    [
        (timedelta(microseconds=1), 1, "1 minute"),
        (timedelta(0), 1, "1 minute"),
        (timedelta(seconds=1.5), 2, "1 minute"),
        (timedelta(seconds=60), 60, "1 minute"),
        (timedelta(seconds=61), 61, "2 minutes"),
        (timedelta(minutes=15), 900, "15 minutes"),
    ],
)
def test_the_wait_is_told_in_whole_seconds_and_minutes_never_too_short(
    wait: timedelta, seconds: int, told: str
) -> None:
    too_many = TooManyTries(wait)
    assert too_many.seconds == seconds
    assert too_many.message == f"Too many failed tries. Wait {told} before you try again."


def test_where_waiting_is_of_no_use_it_is_said_what_is() -> None:
    closed = TooManyTries(MINUTE, is_closed=True)
    assert closed.message == (
        "Too many failed tries in a row. Sign in where you have signed in before, or ask whoever runs "
        "this system to unlock the account."
    )
    assert (closed.seconds, closed.is_closed, TooManyTries(MINUTE).is_closed) == (60, True, False)


# One count


def test_each_failure_from_the_limit_on_doubles_the_wait_up_to_the_window() -> None:
    count, waits = Count(0, NOON, NOON, NOON), []
    for number in range(1, 40):
        moment = NOON + number * MINUTE
        count = count.with_try(OWN, moment)
        assert (count.tries, count.since, count.last_at) == (number, NOON, moment)
        waits.append((count.locked_until - moment) / MINUTE if number >= OWN.limit else None)
    assert waits[:8] == [None, None, 1, 2, 4, 8, 15, 15]
    assert set(waits[6:]) == {15}


def test_below_the_limit_nothing_is_locked() -> None:
    count = Count(0, NOON, NOON, NOON).with_try(OWN, NOON + MINUTE)
    assert count.locked_until == NOON


def test_the_count_of_a_window_waits_for_the_windows_end() -> None:
    count = Count(2, NOON, NOON, NOON).with_try(FIXED, NOON + MINUTE)
    assert count.locked_until == NOON
    assert count.with_try(FIXED, NOON + 2 * MINUTE).locked_until == NOON + WINDOW


@pytest.mark.parametrize(
    ("counter", "last", "locked", "expires"),
    [(OWN, 3, 1, 18), (OWN, 3, 8, 23), (FIXED, 3, 8, 15)],
)
def test_a_count_is_forgotten_a_window_after_its_last_try_or_wait_and_that_of_a_window_with_it(
    counter: Counter, last: int, locked: int, expires: int
) -> None:
    count = Count(1, NOON, NOON + last * MINUTE, NOON + locked * MINUTE)
    assert count.expires_at(counter) == NOON + expires * MINUTE


def test_failures_in_a_row_are_remembered_a_week_each_and_close_at_the_limit() -> None:
    count = Count(0, NOON, NOON, NOON)
    for number in (1, 2, 3, 4):
        moment = NOON + number * MINUTE
        count = count.with_try(ROW, moment)
        forgotten = moment + timedelta(weeks=number)
        assert count.expires_at(ROW) == forgotten
        assert count.locked_until == (NOON if number < ROW.limit else forgotten)


def test_a_try_that_is_given_back_frees_what_it_locked_and_no_more() -> None:
    locked = Count(6, NOON, NOON + MINUTE, NOON + 9 * MINUTE)
    assert locked.without_try(SHARED) == Count(5, NOON, NOON + MINUTE, NOON + 9 * MINUTE)
    at_limit = Count(5, NOON, NOON + MINUTE, NOON + 9 * MINUTE)
    assert at_limit.without_try(SHARED) == Count(4, NOON, NOON + MINUTE, NOON)


@pytest.mark.parametrize("back", [timedelta(0), throttle.SKEW])
def test_clocks_that_differ_a_little_change_nothing(back: timedelta) -> None:
    count = Count(4, NOON - MINUTE, NOON, NOON + 3 * MINUTE)
    assert count.at(NOON - back) is count


def test_after_the_clock_was_set_back_what_is_left_to_wait_is_the_same() -> None:
    day = timedelta(days=1)
    count = Count(4, NOON - MINUTE, NOON, NOON + 3 * MINUTE)
    assert count.at(NOON - day) == Count(4, NOON - MINUTE - day, NOON - day, NOON + 3 * MINUTE - day)


# Counting in the database


def test_tries_are_counted_and_the_one_that_locks_is_told(clock: time_machine.Traveller) -> None:
    assert [begin_try([OWN, SHARED]) for _ in range(3)] == [False, False, True]
    clock.shift(10)
    with pytest.raises(TooManyTries) as refused:
        begin_try([OWN, SHARED])
    assert refused.value.seconds == 50
    assert tries() == {"own": 3, "shared": 3}
    row = stored()["own"]
    assert (row.account, row.since, row.last_at) == ("account", NOON, NOON)
    assert (row.locked_until, row.expires_at) == (NOON + MINUTE, NOON + MINUTE + WINDOW)
    clock.shift(50)
    assert begin_try([OWN, SHARED])
    assert tries() == {"own": 4, "shared": 4}


def test_what_locks_others_only_is_no_lock_of_the_account() -> None:
    assert [begin_try([Counter("x", "", 1)]), begin_try([Counter("y", "", 2, is_own=True)])] == [False, False]


def test_the_longest_wait_of_all_counters_holds() -> None:
    slow, quick = Counter("slow", "", 1, grows=False), Counter("quick", "", 1)
    begin_try([slow])
    begin_try([quick])
    for counters in ([slow, quick], [quick, slow]):
        with pytest.raises(TooManyTries) as refused:
            begin_try(counters)
        assert refused.value.seconds == 900
    with pytest.raises(TooManyTries) as refused:
        begin_try([quick])
    assert refused.value.seconds == 60


def test_a_count_whose_time_is_over_begins_anew_and_the_rows_of_others_go(
    clock: time_machine.Traveller,
) -> None:
    begin_try([OWN])
    begin_try([SHARED])
    clock.shift(WINDOW - timedelta(seconds=1))
    begin_try([OWN])
    assert tries() == {"own": 2, "shared": 1}
    clock.shift(1)
    begin_try([OWN])
    assert tries() == {"own": 3}
    clock.shift(WINDOW + MINUTE)
    begin_try([OWN])
    assert tries() == {"own": 1}
    assert stored()["own"].since == NOON + 2 * WINDOW + MINUTE


def test_a_clock_that_was_set_back_is_written_down_although_the_try_is_refused(
    clock: time_machine.Traveller,
) -> None:
    begin_try([Counter("own", "", 1)])
    clock.shift(timedelta(days=-1))
    with pytest.raises(TooManyTries) as refused:
        begin_try([Counter("own", "", 1)])
    assert refused.value.seconds == 60
    assert stored()["own"].last_at == NOON - timedelta(days=1)
    assert tries() == {"own": 1}


def test_a_count_that_does_not_hold_is_counted_and_neither_waited_for_nor_told() -> None:
    silent = Counter("silent", "account", 1, is_own=True, holds=False)
    assert [begin_try([OWN, silent]) for _ in range(2)] == [False, False]
    assert tries() == {"own": 2, "silent": 2}
    with pytest.raises(TooManyTries):
        begin_try([replace(silent, holds=True)])


def test_it_is_told_whether_waiting_is_of_use() -> None:
    for _ in range(ROW.limit):
        begin_try([ROW, Counter("wide", "", 9)])
    with pytest.raises(TooManyTries) as refused:
        begin_try([ROW, Counter("wide", "", 9)])
    assert refused.value.is_closed
    begin_try([Counter("strict", "", 1)])
    with pytest.raises(TooManyTries) as refused:
        begin_try([Counter("strict", "", 1), replace(ROW, key="fresh row")])
    assert not refused.value.is_closed


# Giving back


def test_who_was_right_begins_anew_and_gives_one_try_back_to_the_others() -> None:
    for _ in range(2):
        begin_try([OWN, SHARED, FIXED])
    begin_try([Counter("bystander", "", 9)])
    forgive(OWN, SHARED, FIXED)
    assert tries() == {"shared": 1, "all": 1, "bystander": 1}
    forgive(OWN, SHARED, FIXED)
    assert tries() == {"bystander": 1}
    forgive(OWN, SHARED, FIXED)
    assert tries() == {"bystander": 1}


def test_a_try_is_given_back_in_the_callers_transaction() -> None:
    begin_try([SHARED])
    forgive_try([SHARED])
    db.session.rollback()
    assert tries() == {"shared": 1}


def test_unlocking_forgets_every_count_of_the_account_and_of_nobody_else(app: Flask) -> None:
    alice, bob = throttle.account_key("alice"), throttle.account_key("bob")
    begin_try([Counter("a1", alice, 5), Counter("a2", alice, 5), Counter("b", bob, 5), SHARED])
    assert throttle.unlock("ALICE") is True
    db.session.commit()
    assert tries() == {"b": 1, "shared": 1}
    assert throttle.unlock("alice") is False
