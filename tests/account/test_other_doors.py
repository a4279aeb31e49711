"""Beside the sign-in page there are other places to guess at, which are as slow."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from tests.account.guessing import LIMIT, WRONG, entries, from_address
from tests.pages import PASSWORD, Page, Visitor
from webapp.account import authentication
from webapp.users.models import User

ROOT = Path(__file__).parents[2]


def test_the_current_password_is_guessed_at_as_slowly(
    app: Flask, noon: time_machine.Traveller, charlie: User, as_charlie: Visitor, calls: list[str]
) -> None:
    """LG-08."""

    def change(current: str) -> Page:
        form = as_charlie.get("/account/password/").form()
        return form.fill(current_password=current, password=WRONG, password_confirm=WRONG).submit()

    assert [change("wrong").status for _ in range(LIMIT)] == [422] * LIMIT
    calls.clear()
    page = change(PASSWORD)
    assert (page.status, page.response.headers["Retry-After"], calls) == (429, "60", [])
    assert any("Wait 1 minute" in error for error in page.errors)
    assert Visitor(app).sign_in("charlie").status == 303
    noon.shift(timedelta(seconds=61))
    assert change(PASSWORD).status == 303
    verbs = [verb for verb, _label, _ip in entries(app, "sign-in-failed", "sign-in-locked")]
    assert verbs == ["sign-in-failed"] * LIMIT + ["sign-in-locked"]


def test_tokens_of_the_set_up_link_are_guessed_at_as_slowly(app: Flask) -> None:
    guesses = [from_address(app, "203.0.113.9").get(f"/setup/{number}") for number in range(11)]
    assert [page.status for page in guesses] == [303] * 10 + [429]
    assert guesses[-1].response.headers["Retry-After"] in ("59", "60")
    assert "Wait 1 minute" in guesses[-1].text
    assert Visitor(app).get("/setup/x").status == 303


@pytest.mark.one_engine
def test_passwords_are_compared_behind_the_throttle_only() -> None:
    """LG-08: who adds a place has to count there; the demonstration's people are made from the command line."""
    users = {
        path.name
        for path in (ROOT / "webapp").rglob("*.py")
        if re.search(r"\bverify_password\(", path.read_text()) and path.name != "passwords.py"
    }
    assert users == {"authentication.py", "demo.py"}
    # Signing in, and the own password where one is signed in.
    assert (ROOT / "webapp/account/authentication.py").read_text().count("verify_password(") == 2


@pytest.mark.parametrize("way", ["sign in", "own password"])
def test_a_try_that_was_cut_off_stays_counted(
    app: Flask, alice: User, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A process that is killed while it compares a password gives no try back."""

    def die(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(authentication, "verify_password", die)
    form = as_alice.get("/account/password/").form()
    form.fill(current_password=WRONG, password=WRONG, password_confirm=WRONG)
    for _ in range(LIMIT):
        with pytest.raises(KeyboardInterrupt):
            form.submit() if way == "own password" else Visitor(app).sign_in("alice")
    assert (form.submit() if way == "own password" else Visitor(app).sign_in("alice")).status == 429
