"""Who is locked after failed sign-ins is seen in the list of people, for as long as it is so."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.account.guessing import LIMIT, fail
from tests.account.letters import asked_link, use
from tests.account.test_in_a_row import FEW, fail_patiently
from tests.conftest import came_in, reload
from webapp.account import throttle
from webapp.extensions import db
from webapp.users.models import User


def locked(app: Flask) -> list[str]:
    """Whom a superuser finds as locked."""
    with app.app_context():
        alice = db.session.scalars(select(User).where(User.username == "alice")).one()
    page = came_in(app, alice).get("/users/?state=locked&columns=username,status")
    assert all(row[1] == "Locked" for row in page.rows())
    return page.column()


def test_it_is_shown_until_the_wait_is_over(
    app: Flask, alice: User, bob: User, charlie: User, noon: time_machine.Traveller
) -> None:
    fail(app, "bob", LIMIT - 1)
    assert locked(app) == []
    fail(app, "bob", 1)
    assert locked(app) == ["bob"]
    noon.shift(timedelta(minutes=16))
    assert locked(app) == []


def test_an_account_that_is_closed_is_shown_for_weeks(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST_IN_A_ROW", FEW)
    fail_patiently(app, noon, "bob", FEW)
    noon.shift(timedelta(weeks=FEW) - timedelta(hours=1))
    assert locked(app) == ["bob"]
    noon.shift(timedelta(hours=1))
    assert locked(app) == []


def test_it_ends_when_the_person_signs_in_where_he_has_before(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller
) -> None:
    at_home = came_in(app, bob)
    at_home.client.delete_cookie("session")
    fail(app, "bob")
    assert locked(app) == ["bob"]
    assert at_home.sign_in("bob").status == 303
    assert locked(app) == []


def test_it_ends_when_the_account_is_unlocked(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller
) -> None:
    fail(app, "bob")
    assert app.test_cli_runner().invoke(args=["users", "unlock", "bob"]).exit_code == 0
    assert locked(app) == []


@pytest.mark.usefixtures("mailbox")
def test_it_ends_when_the_person_has_set_the_password_by_a_link(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller
) -> None:
    fail(app, "bob")
    use(app, asked_link(app, "bob"))
    assert locked(app) == []


def test_it_ends_with_another_username_for_which_nobody_has_failed(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller
) -> None:
    fail(app, "bob")
    form = came_in(app, alice).get(f"/users/{bob.id}/change/").form()
    assert form.fill(username="robert").submit().status == 303
    assert locked(app) == []


def test_it_is_no_change_of_the_person(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller
) -> None:
    before = reload(app, bob)
    noon.shift(timedelta(minutes=1))
    fail(app, "bob")
    after = reload(app, bob)
    assert before is not None
    assert after is not None
    assert after.locked_until is not None
    assert (after.version, after.updated_at) == (before.version, before.updated_at)


def test_nobody_else_is_locked_by_a_name_that_is_nobodys(
    app: Flask, alice: User, bob: User, noon: time_machine.Traveller
) -> None:
    fail(app, "nobody")
    assert locked(app) == []
