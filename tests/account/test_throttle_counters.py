"""What a try counts for: the account, the address, the browser, and all together."""

import re
from collections.abc import Iterator
from contextvars import Context
from dataclasses import replace

import pytest
from flask import Flask, Response

from tests.conftest import add_user
from webapp.account import throttle
from webapp.account.browsers import remember_browser
from webapp.account.throttle import Counter
from webapp.users.service import MAX_USERNAME

pytestmark = pytest.mark.one_engine


@pytest.fixture(autouse=True)
def _stranger(app: Flask) -> Iterator[None]:
    """A request from an address, by a browser that nobody knows."""
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
        yield


def test_a_strangers_try_counts_for_the_account_the_address_and_in_all() -> None:
    account, row, address, everybody = throttle.counters_for("Alice ")
    key = throttle.account_key("alice")
    assert account == Counter(key, key, 5, is_own=True)
    assert row == Counter(row.key, key, 100, is_own=True, closes=True)
    assert address == Counter(address.key, "", 10)
    assert everybody == Counter(everybody.key, "", 1_000, grows=False)
    assert len({account.key, row.key, address.key, everybody.key}) == 4
    other = throttle.counters_for("bob")
    assert {account.key, row.key}.isdisjoint(counter.key for counter in other)
    assert other[2:] == [address, everybody]


def test_names_that_are_longer_than_any_account_s_are_cut_first() -> None:
    longest = "x" * MAX_USERNAME
    assert throttle.account_key(longest + "y") == throttle.account_key(longest)
    assert throttle.account_key(longest[1:]) != throttle.account_key(longest)
    assert throttle.account_keys(longest + "y") == {throttle.account_key(longest)}


def test_another_address_is_counted_apart_and_so_is_the_set_up_link(app: Flask) -> None:
    here, everybody = throttle.counters_for("alice")[2:]
    (setup,) = throttle.setup_counters()
    assert setup == Counter(setup.key, "", 10)
    assert setup.key != here.key
    with app.test_request_context(environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        assert throttle.counters_for("alice")[2].key != here.key
        assert throttle.counters_for("alice")[3].key == everybody.key
        assert throttle.setup_counters()[0].key != setup.key


def test_the_own_password_is_counted_by_person_and_unlocked_with_the_account(app: Flask) -> None:
    alice, bob = add_user(app, "alice"), add_user(app, "bob")
    account = throttle.account_key("alice")
    counter, row = throttle.own_password_counters(alice)
    assert counter == Counter(counter.key, account, 5, is_own=True)
    assert row == Counter(row.key, account, 100, is_own=True, closes=True)
    others = [*throttle.own_password_counters(bob), *throttle.counters_for("alice")]
    assert {counter.key, row.key}.isdisjoint(one.key for one in others)


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


def test_in_a_browser_where_the_person_has_signed_in_a_try_waits_for_person_and_browser_only(
    app: Flask,
) -> None:
    account, one = throttle.account_key("alice"), known_in(app, "", "alice")
    other, shared = known_in(app, "", "alice"), known_in(app, one, "bob")
    strangers_row = throttle.counters_for("alice")[1]
    found = []
    for cookie, name in ((one, "Alice"), (other, "alice"), (shared, "alice"), (shared, "bob")):
        with app.test_request_context(headers={"Cookie": cookie}):
            found.append(throttle.counters_for(name))
            assert len(throttle.counters_for("carl")) == 4
    own, row, beside = found[0]
    assert own == Counter(own.key, account, 5, is_own=True)
    assert row == Counter(row.key, account, 100, is_own=True, closes=True)
    # Counted for what a stranger meets, and not held by it.
    assert beside == replace(strangers_row, holds=False)
    assert found[2] == found[0]
    firsts = {counters[number].key for counters in found for number in (0, 1)}
    assert len(firsts | {account, strangers_row.key}) == 6 + 2
    assert {counter.account for counter in found[3]} == {throttle.account_key("bob")}


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
