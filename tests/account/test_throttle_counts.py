"""How tries are counted: what each counts for, how long the wait is, what is written and what is forgotten."""

import re
from collections.abc import Iterator
from contextvars import Context
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, Response
from sqlalchemy import select

from tests.conftest import add_user
from webapp.account import throttle
from webapp.account.browsers import remember_browser
from webapp.account.models import LoginTries
from webapp.account.throttle import Count, Counter, TooManyTries, begin_try, forgive_try
from webapp.extensions import db
from webapp.users.service import MAX_USERNAME

pytestmark = pytest.mark.one_engine

NOON = datetime(2030, 5, 17, 12, tzinfo=UTC)
MINUTE, WINDOW = timedelta(minutes=1), timedelta(minutes=15)
OWN = Counter("own", "account", 3, is_own=True)
SHARED = Counter("shared", "", 5)
FIXED = Counter("all", "", 4, grows=False)


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


# What a try counts for


def test_a_strangers_try_counts_for_the_account_the_address_and_in_all() -> None:
    account, address, everybody = throttle.counters_for("Alice ")
    key = throttle.account_key("alice")
    assert account == Counter(key, key, 5, is_own=True)
    assert (address.account, address.limit, address.grows, address.is_own) == ("", 10, True, False)
    assert (everybody.account, everybody.limit, everybody.grows, everybody.is_own) == (
        "",
        1_000,
        False,
        False,
    )
    assert len({account.key, address.key, everybody.key}) == 3
    other = throttle.counters_for("bob")
    assert other[0].key != account.key
    assert other[1:] == [address, everybody]


def test_names_that_are_longer_than_any_account_s_are_cut_first() -> None:
    longest = "x" * MAX_USERNAME
    assert throttle.account_key(longest + "y") == throttle.account_key(longest)
    assert throttle.account_key(longest[1:]) != throttle.account_key(longest)
    assert throttle.account_keys(longest + "y") == {throttle.account_key(longest)}


def test_another_address_is_counted_apart_and_so_is_the_set_up_link(app: Flask) -> None:
    _, here, everybody = throttle.counters_for("alice")
    (setup,) = throttle.setup_counters()
    assert (setup.account, setup.limit, setup.grows, setup.is_own) == ("", 10, True, False)
    assert setup.key != here.key
    with app.test_request_context(environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        assert throttle.counters_for("alice")[1].key != here.key
        assert throttle.counters_for("alice")[2].key == everybody.key
        assert throttle.setup_counters()[0].key != setup.key


def test_the_own_password_is_counted_by_person_and_unlocked_with_the_account(app: Flask) -> None:
    alice, bob = add_user(app, "alice"), add_user(app, "bob")
    (counter,) = throttle.own_password_counters(alice)
    assert (counter.account, counter.limit, counter.is_own) == (throttle.account_key("alice"), 5, True)
    assert counter.grows
    assert counter.key not in {throttle.own_password_counters(bob)[0].key, throttle.account_key("alice")}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:3:3:4:5:6", "2001:db8:1:3::"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_every_way_to_write_an_address_is_counted_as_one(app: Flask, address: str, network: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address or None}):
        assert throttle.client_network() == network


def known_in(app: Flask, cookie: str, *names: str) -> str:
    """The cookie of a browser (a new one where *cookie* is empty) after these people have signed in there."""
    with app.test_request_context(headers={"Cookie": cookie}):
        response = Response()
        for name in names:
            remember_browser(response, throttle.account_key(name), set())
        return str(response.headers["Set-Cookie"]).partition(";")[0]


def test_in_a_browser_where_the_person_has_signed_in_a_try_counts_for_person_and_browser_only(
    app: Flask,
) -> None:
    account, one = throttle.account_key("alice"), known_in(app, "", "alice")
    other, shared = known_in(app, "", "alice"), known_in(app, one, "bob")
    counters = []
    for cookie, name in ((one, "Alice"), (other, "alice"), (shared, "alice"), (shared, "bob")):
        with app.test_request_context(headers={"Cookie": cookie}):
            counters += throttle.counters_for(name)
            assert len(throttle.counters_for("carl")) == 3
    assert counters[0] == counters[2] == Counter(counters[0].key, account, 5, is_own=True)
    assert [counter.account == account for counter in counters] == [True, True, True, False]
    assert len({account, *(counter.key for counter in counters)}) == 4


def test_what_is_counted_is_named_by_a_hash(app: Flask) -> None:
    with app.test_request_context(headers={"Cookie": known_in(app, "", "alice")}):
        known = throttle.counters_for("alice")
    counters = [*known, *throttle.counters_for("alice"), *throttle.setup_counters()]
    assert all(re.fullmatch("[0-9a-f]{64}", counter.key) for counter in counters)


def test_where_there_is_no_request_there_is_no_address(app: Flask) -> None:
    def outside() -> str:
        with app.app_context():
            return throttle.client_network()

    assert Context().run(outside) == ""


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
