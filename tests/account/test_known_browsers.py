"""A stranger who guesses locks no owner out: browsers that have signed in before are counted by themselves."""

import pytest
from flask import Flask

from tests.account.guessing import LIMIT, WRONG, entries, fail, from_address
from tests.pages import Visitor
from webapp.account.browsers import new_browser
from webapp.users.models import User


def test_a_stranger_who_guesses_locks_nobody_out_where_he_has_signed_in_before(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    """LG-03."""
    as_alice.client.delete_cookie("session")
    fail(app, "alice", LIMIT + 1)
    assert from_address(app, "198.51.100.3").sign_in("alice").status == 429
    as_alice.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert as_alice.sign_in("alice").status == 303


def test_a_known_browser_has_a_limit_too_and_for_its_own_people_only(
    app: Flask, alice: User, bob: User, as_alice: Visitor
) -> None:
    as_alice.client.delete_cookie("session")
    fail(app, "bob")
    assert as_alice.sign_in("bob").status == 429
    statuses = [as_alice.sign_in("alice", WRONG).status for _ in range(LIMIT + 1)]
    assert statuses == [422] * LIMIT + [429]
    assert as_alice.sign_in("alice").status == 429
    assert Visitor(app).sign_in("alice").status == 303


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é", "x" * 4000])
def test_a_forged_cookie_makes_no_browser_known(app: Flask, alice: User, value: str) -> None:
    fail(app, "alice")
    visitor = Visitor(app)
    visitor.client.set_cookie("browser", value)
    assert visitor.sign_in("alice").status == 429


def test_the_cookie_is_out_of_reach_of_scripts_and_names_nobody(app: Flask, alice: User) -> None:
    answer = Visitor(app).sign_in("alice").response
    (header,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("browser=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in header.split(";")}
    assert "alice" not in header
    refused = Visitor(app).sign_in("alice", WRONG).response.headers.getlist("Set-Cookie")
    assert not any(one.startswith("browser=") for one in refused)


def test_unlocking_from_the_command_line_forgets_the_failures(app: Flask, alice: User) -> None:
    """LG-03."""
    fail(app, "alice")
    assert Visitor(app).sign_in("alice").status == 429
    run = app.test_cli_runner().invoke
    assert run(args=["users", "unlock", "ALICE"]).output == "alice may try to sign in again.\n"
    assert Visitor(app).sign_in("alice").status == 303
    assert run(args=["users", "unlock", "alice"]).output == "alice had no failed sign-ins.\n"
    assert run(args=["users", "unlock", "nobody"]).exit_code == 1
    assert [(verb, label) for verb, label, _ip in entries(app, "unlock")] == [("unlock", "alice")]


def test_unlocking_frees_the_persons_known_browsers_too(app: Flask, alice: User, as_alice: Visitor) -> None:
    as_alice.client.delete_cookie("session")
    for _ in range(LIMIT):
        as_alice.sign_in("alice", WRONG)
    assert as_alice.sign_in("alice").status == 429
    app.test_cli_runner().invoke(args=["users", "unlock", "alice"])
    assert as_alice.sign_in("alice").status == 303


def test_who_signs_in_where_nobody_knows_him_can_be_told_of_it_once(app: Flask, alice: User) -> None:
    told: list[str] = []

    def tell(_sender: object, user: User) -> None:
        told.append(user.username)

    with new_browser.connected_to(tell):
        visitor = Visitor(app)
        visitor.sign_in("alice")
        visitor.client.delete_cookie("session")
        visitor.sign_in("alice")
        assert told == ["alice"]
        Visitor(app).sign_in("alice")
    assert told == ["alice", "alice"]
