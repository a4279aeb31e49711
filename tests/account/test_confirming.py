"""“Confirm that it is you” (SE-08, SE-02): what wants the password once more, and what becomes of what was sent."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.account.browsers import rows, unconfirmed
from tests.account.guessing import LIMIT, entries
from tests.conftest import add_user, reload, signed_in
from tests.pages import PASSWORD, Form, Page, Visitor
from webapp.account import confirming
from webapp.admin.history import LogEntry
from webapp.admin.transfer import reading
from webapp.extensions import db
from webapp.users import rules
from webapp.users.models import Group, GroupGrant, User
from webapp.users.passwords import hash_password
from webapp.users.service import find_user, set_password

HOLD = "Confirm that it is you"


def is_asked(page: Page) -> bool:
    return page.status == 401 and HOLD in page.title


def confirm(page: Page, password: str = PASSWORD) -> Page:
    return page.form("/account/confirm/").fill(password=password).submit("_confirm")


def granted(app: Flask, user: User) -> frozenset[str]:
    with app.app_context():
        found = find_user(user.username)
        assert found is not None
        return found.permissions


def form_of(visitor: Visitor, user: User) -> Form:
    return visitor.get(f"/users/{user.id}/change/").form()


# What wants it


def test_a_grant_waits_for_the_password_and_is_given_then_with_all_that_was_typed(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    unconfirmed(app)
    form = form_of(as_alice, bob).fill(full_name="Bob Builder")
    page = form.submit(permissions=["", "users.view", "users.add"])
    assert is_asked(page)
    assert (granted(app, bob), reload(app, bob).full_name) == ({"users.view"}, "")
    done = confirm(page)
    assert (done.status, done.location) == (303, "/users/")
    assert (granted(app, bob), reload(app, bob).full_name) == ({"users.view", "users.add"}, "Bob Builder")


def test_a_grant_right_after_signing_in_waits_for_nothing(app: Flask, as_alice: Visitor, bob: User) -> None:
    assert form_of(as_alice, bob).submit(permissions=["", "users.add"]).status == 303
    assert granted(app, bob) == {"users.add"}


@pytest.mark.parametrize(
    ("minutes", "asked"), [(10, False), (11, True)], ids=["ten minutes later", "eleven minutes later"]
)
def test_signing_in_counts_for_ten_minutes(
    app: Flask, as_alice: Visitor, bob: User, minutes: int, asked: bool
) -> None:
    with time_machine.travel(
        datetime.now(UTC) + timedelta(minutes=minutes) - timedelta(seconds=5), tick=False
    ):
        page = form_of(as_alice, bob).submit(permissions=["", "users.add"])
        assert is_asked(page) is asked


@pytest.mark.parametrize("name", ["is_staff", "is_superuser"])
def test_staff_and_superuser_wait_for_the_password(app: Flask, as_alice: Visitor, name: str) -> None:
    dora = add_user(app, "dora", is_staff=name != "is_staff")
    unconfirmed(app)
    page = form_of(as_alice, dora).fill(**{name: True}).submit()
    assert is_asked(page)
    assert not getattr(reload(app, dora), name)
    assert confirm(page).status == 303
    assert getattr(reload(app, dora), name)


def test_a_group_and_what_it_grants_wait_for_the_password(app: Flask, as_alice: Visitor, bob: User) -> None:
    with app.app_context():
        group = Group(name="Readers", grants=[GroupGrant(permission="users.view")])
        db.session.add(group)
        db.session.commit()
        number = group.id
    unconfirmed(app)
    for page in (
        as_alice.get(f"/groups/{number}/change/").form().submit(permissions=["", "users.add"]),
        form_of(as_alice, bob).submit(groups=[str(number)]),
        as_alice.get("/groups/add/").form().fill(name="Writers").submit(permissions=["", "users.add"]),
    ):
        assert is_asked(page), page.text
    assert as_alice.get(f"/groups/{number}/change/").form().fill(name="Lesers").submit().status == 303
    deleting = as_alice.get(f"/groups/{number}/delete/").form().submit("_delete")
    assert is_asked(deleting)
    assert confirm(deleting).status == 303
    assert as_alice.get(f"/groups/{number}/change/").status == 404


def test_an_action_that_moves_people_waits_and_is_done_to_the_same_people(
    app: Flask, as_alice: Visitor, bob: User, charlie: User
) -> None:
    with app.app_context():
        db.session.add(Group(name="Readers"))
        db.session.commit()
    sent = {"action": "add_to_group", "selected": [str(bob.id), str(charlie.id)]}
    token = as_alice.get("/users/").tree.xpath("string(.//input[@name = 'csrf_token']/@value)")
    question = as_alice.post("/users/action/", {**sent, "csrf_token": token})
    unconfirmed(app)
    choice = str(question.tree.xpath("string((.//select[@name = 'group']/option[@value != ''])[1]/@value)"))
    page = question.form().fill(group=choice).submit("_confirm")
    assert is_asked(page)
    assert confirm(page).status == 303
    with app.app_context():
        for user in (bob, charlie):
            found = find_user(user.username)
            assert found is not None
            assert [group.name for group in found.groups] == ["Readers"]


def test_the_own_address_waits_and_anothers_does_not(
    app: Flask, as_alice: Visitor, alice: User, bob: User
) -> None:
    unconfirmed(app)
    assert form_of(as_alice, bob).fill(email="builder@example.org").submit().status == 303
    page = form_of(as_alice, alice).fill(email="new@example.org").submit()
    assert is_asked(page)
    assert confirm(page).status == 303
    assert reload(app, alice).email == "new@example.org"


def test_anothers_password_is_set_after_ones_own(app: Flask, as_alice: Visitor, bob: User) -> None:
    unconfirmed(app)
    address = f"/users/{bob.id}/password/"
    asked = as_alice.get(address)
    assert (asked.status, "/account/confirm/" in asked.location) == (303, True)
    assert confirm(as_alice.get(asked.location)).location == address
    assert as_alice.get(address).status == 200


def test_a_link_to_set_anothers_password_is_shown_after_ones_own(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    unconfirmed(app)
    page = as_alice.get(f"/users/{bob.id}/link/").form(f"/users/{bob.id}/link/").submit()
    assert is_asked(page)
    done = confirm(page)
    assert done.status == 200
    assert "/account/set-password/" in done.text


def test_what_is_worth_less_waits_for_nothing(app: Flask, as_alice: Visitor, bob: User) -> None:
    unconfirmed(app)
    assert form_of(as_alice, bob).fill(full_name="Bob Builder").submit().status == 303
    assert as_alice.get("/users/?q=bob").status == 200


def test_undoing_a_grant_waits_like_granting(app: Flask, as_alice: Visitor, bob: User) -> None:
    done = form_of(as_alice, bob).submit(permissions=["", "users.add"], follow=True)
    unconfirmed(app)
    page = done.undo()
    assert is_asked(page)
    assert confirm(page).status == 303
    assert granted(app, bob) == {"users.view"}


# The rules come first


def test_who_may_not_is_told_so_and_is_not_asked(app: Flask, bob: User) -> None:
    keeper = signed_in(app, add_user(app, "keeper", grants=("users.change",)))
    unconfirmed(app)
    page = form_of(keeper, bob).submit(permissions=["", "users.delete"])
    assert page.status == 422
    assert granted(app, bob) == {"users.view"}


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


# Other ways


def test_a_page_that_wants_it_leads_there_and_back(app: Flask, as_alice: Visitor) -> None:
    unconfirmed(app)
    page = as_alice.get("/account/confirm/?next=/users/%3Fq%3Dbob")
    assert page.status == 200
    assert page.link("Cancel") == "/users/?q=bob"
    assert confirm(page).location == "/users/?q=bob"
    assert as_alice.get("/account/confirm/?next=/users/").location == "/users/"


def test_an_export_of_everything_waits_and_one_of_few_does_not(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    assert as_alice.get("/users/export/?format=csv").status == 200
    unconfirmed(app)
    assert as_alice.get("/users/export/?format=csv&q=bob").status == 200
    page = as_alice.get("/users/export/?format=csv", came_from="/users/?sort=email", follow=True)
    assert HOLD in page.title
    assert page.link("Cancel") == "/users/?sort=email"
    done = confirm(page)
    assert done.location == "/users/?sort=email"
    file = as_alice.get(done.location).follow("Get the file")
    assert (file.status, "bob@example.org" in file.text) == (200, True)


def test_an_export_of_much_waits_whatever_narrows_it(
    app: Flask, as_alice: Visitor, bob: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    unconfirmed(app)
    assert as_alice.get("/users/export/?format=csv&username__ne=alice").status == 200
    page = as_alice.get("/users/export/?format=csv&username__ne=nobody")
    assert page.location.startswith("/account/confirm/?next=/users/export/?format%3Dcsv")
    with app.app_context():
        assert "export-begun" not in db.session.scalars(select(LogEntry.verb)).all()


def test_the_way_back_leads_nowhere_else(app: Flask, as_alice: Visitor) -> None:
    unconfirmed(app)
    page = as_alice.get("/account/confirm/?next=https://evil.example/")
    assert page.link("Cancel") == "/"
    assert confirm(page).location == "/"


def test_a_form_without_its_token_is_not_held(app: Flask, as_alice: Visitor, bob: User) -> None:
    unconfirmed(app)
    form = form_of(as_alice, bob)
    page = form.submit(permissions=["", "users.add"], csrf_token="old")
    assert not is_asked(page)
    assert granted(app, bob) == {"users.view"}


def test_the_command_line_is_asked_nothing(app: Flask, alice: User, bob: User) -> None:
    with app.app_context():
        rules.require_proof(None, bob, grants=True)
    result = app.test_cli_runner().invoke(args=["users", "grant", "bob", "users.add"])
    assert result.exit_code == 0


def test_a_script_is_told_in_json(app: Flask, as_alice: Visitor, bob: User) -> None:
    unconfirmed(app)
    form = form_of(as_alice, bob)
    data = {**form.fields, "permissions": ["", "users.add"]}
    answer = as_alice.client.post(form.action, data=data, headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert "Confirm that it is you" in answer.get_json()["error"]


def test_confirming_is_an_entry_of_the_person(app: Flask, as_alice: Visitor, alice: User, bob: User) -> None:
    unconfirmed(app)
    confirm(form_of(as_alice, bob).submit(permissions=["", "users.add"]))
    with app.app_context():
        told = db.session.scalars(select(LogEntry).where(LogEntry.verb == "confirmed")).one()
    assert (told.name, told.key, told.actor_label) == ("users", str(alice.id), "alice")
    assert "gave the password once more" in as_alice.get(f"/users/{alice.id}/history/").text
