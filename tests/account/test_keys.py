"""What was given out before a change of key stays valid, and a removed key ends it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask

from tests.account.guessing import fail
from tests.account.test_typed import add_form, end_sessions
from tests.conftest import SECRET_KEY, add_user, came_in, close, make_settings
from tests.pages import PASSWORD, Visitor
from webapp import create_app
from webapp.account.setup import setup_token
from webapp.extensions import db


class Keys(NamedTuple):
    """One application on one database: with its first key, with a new one beside the first, with the new one alone."""

    before: Flask
    after: Flask
    without: Flask


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    url, new_key = f"sqlite:///{tmp_path / 'keys.db'}", "another key for tests: 4bWc8xNq1Zs6Ty0K"
    changes = ({}, {"SECRET_KEY": new_key, "SECRET_KEY_FALLBACKS": SECRET_KEY}, {"SECRET_KEY": new_key})
    made = Keys(*(create_app(make_settings(DATABASE_URL=url, **change)) for change in changes))
    with made.before.app_context():
        db.create_all()
    yield made
    for app in made:
        close(app)


def carrying(app: Flask, **cookies: str) -> Visitor:
    """Somebody who comes with cookies of an application with another key."""
    visitor = Visitor(app)
    for name, value in cookies.items():
        visitor.client.set_cookie(name, value)
    return visitor


def cookies(visitor: Visitor, *names: str) -> dict[str, str]:
    found = {name: visitor.client.get_cookie(name) for name in names}
    return {name: cookie.value for name, cookie in found.items() if cookie is not None}


def test_a_form_and_a_session_from_before_a_change_of_key_stay_valid(keys: Keys) -> None:
    """SE-15."""
    add_user(keys.before, "alice")
    visitor = Visitor(keys.before)
    form = visitor.get("/login").form().fill(username="alice", password=PASSWORD)
    held = cookies(visitor, "session")
    for app, status in ((keys.without, 400), (keys.after, 303)):
        assert carrying(app, **held).post(form.action, form.fields).status == status


def test_what_is_held_survives_a_change_of_key_and_not_its_removal(keys: Keys) -> None:
    """SE-15, WB-04."""
    visitor = came_in(keys.before, add_user(keys.before, "alice", is_superuser=True))
    form = add_form(visitor)
    held = cookies(visitor, "session", "browser")
    # The session and the open form.
    page = carrying(keys.after, **held).post(form.action, form.fields, came_from="/users/add/")
    assert page.status == 303
    page = carrying(keys.without, **held).post(form.action, form.fields, came_from="/users/add/")
    assert (page.status, page.location) == (303, "/login")
    # What a page holds.
    end_sessions(keys.before)
    typed = form.submit().form("/login").fields["typed"]
    for app, status in ((keys.after, 422), (keys.without, 303)):
        login = Visitor(app).get("/login").form().fill(username="alice", password=PASSWORD)
        assert login.submit("_login", typed=typed).status == status


def test_a_change_of_key_keeps_browsers_known_and_a_removed_key_does_not(keys: Keys) -> None:
    """SE-15."""
    held = cookies(came_in(keys.before, add_user(keys.before, "alice")), "browser")
    fail(keys.after, "alice")
    assert carrying(keys.without, **held).sign_in("alice").status == 429
    known = carrying(keys.after, **held)
    assert known.sign_in("alice").status == 303
    assert carrying(keys.without, **cookies(known, "browser")).sign_in("alice").status == 303


def test_a_set_up_link_survives_a_change_of_key_and_not_its_removal(keys: Keys) -> None:
    """SE-15."""
    with keys.before.app_context():
        address = f"/setup/{setup_token()}"
    assert Visitor(keys.after).get(address).status == 200
    assert Visitor(keys.without).get(address).location == "/login"


def test_a_form_that_makes_something_is_known_again_after_a_change_of_key(keys: Keys) -> None:
    """SE-15; what is signed into a form says that it was sent already."""
    visitor = came_in(keys.before, add_user(keys.before, "alice", is_superuser=True))
    form = add_form(visitor)
    assert form.submit().status == 303
    again = carrying(keys.after, **cookies(visitor, "session"))
    page = again.post(form.action, {**form.fields, "_save": "1"}, came_from="/users/add/")
    assert page.status == 303
    assert page.location.startswith("/users/")
