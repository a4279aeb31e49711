"""“Confirm that it is you” (SE-08, SE-02): what wants the password once more."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.account.browsers import unconfirmed
from tests.conftest import add_user, reload, signed_in
from tests.pages import PASSWORD, Form, Page, Visitor
from webapp.admin.history import LogEntry
from webapp.admin.transfer import reading
from webapp.extensions import db
from webapp.users import rules
from webapp.users.models import Group, GroupGrant, User
from webapp.users.service import find_user

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
