"""What waits for the password (SE-08, SE-02): done once, by whose it is, and only with the right one."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests.account.browsers import rows, unconfirmed
from tests.account.guessing import LIMIT, entries
from tests.account.test_confirming import confirm, form_of, granted, is_asked
from tests.conftest import add_user, signed_in
from tests.pages import PASSWORD, Visitor
from webapp.account import confirming
from webapp.users.models import User
from webapp.users.passwords import hash_password
from webapp.users.service import find_user, set_password

# The password


def test_a_wrong_password_does_nothing_keeps_what_was_sent_and_counts(
    app: Flask, noon: time_machine.Traveller, as_alice: Visitor, bob: User, calls: list[str]
) -> None:
    unconfirmed(app)
    page = form_of(as_alice, bob).submit(permissions=["", "users.add"])
    for _ in range(LIMIT):
        page = confirm(page, "a wrong password")
        assert page.status == 422
        assert "This is not your current password." in page.text
    calls.clear()
    page = confirm(page)
    assert (page.status, page.response.headers["Retry-After"], calls) == (429, "60", [])
    assert granted(app, bob) == {"users.view"}
    verbs = [verb for verb, _label, _ip in entries(app, "sign-in-failed", "sign-in-locked", "confirmed")]
    assert verbs == ["sign-in-failed"] * LIMIT + ["sign-in-locked"]
    noon.shift(timedelta(seconds=61))
    assert confirm(page).status == 303
    assert granted(app, bob) == {"users.add"}


def test_no_page_holds_a_password_and_a_form_with_one_comes_back_without(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    unconfirmed(app)
    secret = "nove luas sobre a serra"
    form = as_alice.get("/users/add/").form()
    form.fill(username="dora", email="dora@example.org", password=secret, password_confirm=secret)
    page = form.submit(permissions=["", "users.view"])
    assert is_asked(page)
    assert secret not in page.text
    again = confirm(page)
    assert again.status == 422
    assert "Passwords and files were not kept" in again.messages
    with app.app_context():
        assert find_user("dora") is None
    form = again.form()
    assert form.fields["username"] == "dora"
    assert form.fill(password=secret, password_confirm=secret).submit().status == 303
    with app.app_context():
        dora = find_user("dora")
        assert dora is not None
        assert dora.permissions == {"users.view"}


# Once


def test_what_was_held_is_done_once_however_often_it_is_sent(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    unconfirmed(app)
    page = form_of(as_alice, bob).submit(permissions=["", "users.view", "users.add"])
    assert confirm(page).status == 303
    assert form_of(as_alice, bob).submit(permissions=["", "users.view"]).status == 303
    replayed = confirm(page)
    # A change knows by itself that it was sent before.
    assert (replayed.status, replayed.location) == (303, "/users/")
    assert "This was sent before" in as_alice.get("/users/").messages
    assert granted(app, bob) == {"users.view"}


def test_two_forms_that_wait_are_each_done(app: Flask, as_alice: Visitor, bob: User, charlie: User) -> None:
    unconfirmed(app)
    waiting = [form_of(as_alice, one).submit(permissions=["", "users.add"]) for one in (bob, charlie)]
    assert [confirm(page).status for page in waiting] == [303, 303]
    assert [granted(app, one) for one in (bob, charlie)] == [{"users.add"}] * 2


# Whose it is


def test_the_proof_of_one_person_is_none_of_another(app: Flask, as_alice: Visitor, bob: User) -> None:
    keeper = add_user(app, "keeper", is_superuser=True)
    as_keeper = signed_in(app, keeper)
    unconfirmed(app)
    page = form_of(as_alice, bob).submit(permissions=["", "users.add"])
    held = page.form("/account/confirm/").fields["held"]
    assert confirm(form_of(as_keeper, bob).submit(permissions=["", "users.add"])).status == 303
    form_of(as_keeper, bob).submit(permissions=["", "users.view"])
    # What Alice sent is not done by the keeper, and she still has to prove it.
    unconfirmed(app)
    mine = form_of(as_keeper, bob).submit(permissions=["", "users.add"]).form("/account/confirm/")
    assert mine.fill(password=PASSWORD).submit("_confirm", held=held).location == f"/users/{bob.id}/change/"
    assert granted(app, bob) == {"users.view"}
    assert is_asked(form_of(as_alice, bob).submit(permissions=["", "users.add"]))


def test_the_proof_is_the_sessions_and_not_the_persons(
    app: Flask, alice: User, as_alice: Visitor, bob: User
) -> None:
    other = signed_in(app, alice)
    unconfirmed(app)
    assert confirm(form_of(as_alice, bob).submit(permissions=["", "users.add"])).status == 303
    assert is_asked(form_of(other, bob).submit(permissions=["", "users.view"]))


def test_a_forged_hold_is_nothing(app: Flask, as_alice: Visitor, bob: User) -> None:
    unconfirmed(app)
    page = form_of(as_alice, bob).submit(permissions=["", "users.add"])
    form = page.form("/account/confirm/").fill(password=PASSWORD)
    assert form.submit("_confirm", held=form.fields["held"][:-3] + "abc").status == 303
    assert granted(app, bob) == {"users.view"}


def test_the_token_of_the_session_becomes_another_and_other_tabs_go_on(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    """SE-02."""
    before = str(as_alice.client.get_cookie("session").value)
    other_tab = form_of(as_alice, bob).fill(full_name="Bob Builder")
    unconfirmed(app)
    assert confirm(form_of(as_alice, bob).submit(permissions=["", "users.view", "users.add"])).status == 303
    replayed = Visitor(app)
    replayed.client.set_cookie("session", before)
    assert replayed.get("/").status == 303
    assert as_alice.get("/").status == 200
    assert other_tab.submit().status in (303, 409)


def test_a_password_that_was_changed_meanwhile_confirms_nothing(
    app: Flask, alice: User, as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    unconfirmed(app)
    page = form_of(as_alice, bob).submit(permissions=["", "users.add"])
    right = confirming.require_own_password

    def then_reset(person: User, password: str) -> None:
        right(person, password)
        with app.app_context():
            set_password(alice, hash_password("pera madura na janela"))

    monkeypatch.setattr(confirming, "require_own_password", then_reset)
    answer = confirm(page)
    assert answer.status == 422
    assert "changed meanwhile" in answer.text
    assert granted(app, bob) == {"users.view"}
    assert rows(app, alice) == []


def test_a_form_without_its_token_is_not_held(app: Flask, as_alice: Visitor, bob: User) -> None:
    unconfirmed(app)
    form = form_of(as_alice, bob)
    page = form.submit(permissions=["", "users.add"], csrf_token="old")
    assert not is_asked(page)
    assert granted(app, bob) == {"users.view"}
