"""The cookie stays one that browsers keep, whatever is to be said and however long an address is (SE-11)."""

import secrets

from flask import Flask

from tests.account.letters import NEW
from tests.conftest import reload
from tests.pages import Visitor
from webapp.users.models import User

# RFC 6265 §6.1: a browser keeps at least so much, name, value and properties together.
MOST = 4_096


def size(visitor: Visitor) -> int:
    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    return len("session") + len(str(cookie.value))


def test_two_hundred_messages_that_nobody_looked_at_sign_nobody_out(as_alice: Visitor) -> None:
    with as_alice.client.session_transaction() as held:
        held["_flashes"] = [("info", f"{number} {secrets.token_hex(60)}") for number in range(200)]
    assert size(as_alice) < MOST - 200
    page = as_alice.get("/")
    assert page.status == 200
    assert "199 " in page.messages
    assert "\n0 " not in page.messages


def test_one_message_that_is_larger_than_a_cookie_signs_nobody_out(as_alice: Visitor) -> None:
    with as_alice.client.session_transaction() as held:
        held["_flashes"] = [("info", secrets.token_hex(5_000))]
    assert size(as_alice) < MOST - 200
    assert as_alice.get("/").status == 200


def test_few_messages_are_all_shown(as_alice: Visitor) -> None:
    with as_alice.client.session_transaction() as held:
        held["_flashes"] = [("info", f"message {number}") for number in range(5)]
    told = as_alice.get("/").messages
    assert all(f"message {number}" in told for number in range(5))


def test_a_long_address_makes_no_larger_cookie(app: Flask, as_alice: Visitor, alice: User) -> None:
    before = size(as_alice)
    for number in range(10):
        as_alice.get(f"/users/?q={number}{secrets.token_hex(1_000)}")
    assert size(as_alice) < before + 200
    form = as_alice.get("/account/").form().fill(full_name=NEW)
    assert form.submit().status == 303
    assert size(as_alice) < before + 400
    assert reload(app, alice).full_name == NEW  # type: ignore[union-attr]
