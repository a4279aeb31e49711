"""A link that sets a password: where it leads, how long it lives, and what ends it."""

from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.account.guessing import entries, fail
from tests.account.letters import NEW, asked_link, enters, is_dead, letters, link_in, use
from tests.conftest import add_user, came_in, make_settings, reload
from tests.pages import PASSWORD, Visitor
from tests.threads import at_once
from webapp import create_app
from webapp.extensions import db
from webapp.users.links import FORGOTTEN, GIVEN, password_link
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, verify_password

pytestmark = pytest.mark.usefixtures("mailbox")


@pytest.fixture
def maria(app: Flask) -> User:
    return add_user(app, "maria", full_name="Maria Sá")


def test_the_token_leaves_the_address_at_once_and_goes_to_nobody(app: Flask, maria: User) -> None:
    """LG-14."""
    visitor, link = Visitor(app), asked_link(app, "maria")
    page = visitor.get(link)
    assert (page.status, page.location) == (303, "/account/set-password/")
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert page.response.headers["Cache-Control"] == "no-store"
    form = visitor.get(page.location)
    token = link.rsplit("/", 1)[1]
    assert form.status == 200
    assert token not in form.text
    assert form.response.headers["Referrer-Policy"] == "same-origin"


def test_no_line_of_the_log_holds_a_link(app: Flask, maria: User, capsys: pytest.CaptureFixture[str]) -> None:
    """LG-14."""
    link = asked_link(app, "maria")
    use(app, link)
    token = link.rsplit("/", 1)[1]
    told = capsys.readouterr().err
    assert "/account/set-password/…" in told
    assert token not in told


def test_the_link_begins_with_base_url_whatever_the_host_is_said_to_be(app: Flask, maria: User) -> None:
    """WB-14, CVE-2012-4520."""
    visitor = Visitor(app)
    form = visitor.get("/account/forgotten/").form().fill(username="maria")
    data = {**form.fields, "_save": "1"}
    for headers in ({"X-Forwarded-Host": "evil.example"}, {"Host": "evil.example"}):
        visitor.client.post("/account/forgotten/", data=data, headers=headers)
    for letter in letters(app):
        assert link_in(letter)
        assert "evil" not in letter.as_string()
    assert len(letters(app)) == 1


def test_it_signs_nobody_in_and_ends_every_session(app: Flask, maria: User) -> None:
    """LG-13, SE-04."""
    link = asked_link(app, "maria")
    with app.app_context():
        elsewhere = came_in(app, maria)
    # Signing in has ended the link, so another one.
    assert is_dead(app, link)
    link = asked_link(app, "maria")
    assert use(app, link, visitor=elsewhere).address == "/login"
    assert elsewhere.get("/").location.startswith("/login")


def test_it_opens_an_account_that_was_guessed_at_too_often(app: Flask, maria: User) -> None:
    fail(app, "maria")
    assert Visitor(app).sign_in("maria").status == 429
    use(app, asked_link(app, "maria"))
    assert enters(app, "maria", NEW)


def deactivate(app: Flask, maria: User) -> None:
    change(app, maria, is_active=False)


def change(app: Flask, user: User, **values: Any) -> None:
    with app.app_context():
        found = db.session.get(User, user.id)
        for name, value in values.items():
            setattr(found, name, value)
        db.session.commit()


def delete(app: Flask, user: User) -> None:
    with app.app_context():
        db.session.delete(db.session.get(User, user.id))
        db.session.commit()


ENDS = {
    "its use": lambda app, maria: use(app, asked_link(app, "maria")),
    "a sign-in": lambda app, maria: came_in(app, maria),
    "another password": lambda app, maria: change(app, maria, password=NEW),
    "the same password again": lambda app, maria: change(app, maria, password=PASSWORD),
    "another address": lambda app, maria: change(app, maria, email="m@example.org"),
    "deactivation": deactivate,
    "deletion": delete,
}


@pytest.mark.parametrize("what", ENDS)
def test_a_link_is_dead_after(app: Flask, maria: User, what: str) -> None:
    """LG-13."""
    link = asked_link(app, "maria")
    ENDS[what](app, maria)
    assert is_dead(app, link)
    assert use(app, link).address == "/account/forgotten/"


@pytest.mark.parametrize("what", ["a sign-in", "another address", "deactivation", "deletion"])
def test_a_form_that_a_link_opened_is_dead_after(app: Flask, maria: User, what: str) -> None:
    """LG-13."""
    visitor = Visitor(app)
    form = visitor.get(asked_link(app, "maria"), follow=True).form()
    ENDS[what](app, maria)
    page = form.fill(password=NEW, password_confirm=NEW).submit(follow=True)
    assert "not valid" in page.messages
    found = reload(app, maria)
    assert found is None or verify_password(found.password, PASSWORD)


def test_a_link_works_again_and_again_until_a_password_is_set(app: Flask, maria: User) -> None:
    """A program that opens the links of a mail before its reader does uses nothing up."""
    link = asked_link(app, "maria")
    assert [Visitor(app).get(link).location for _ in range(3)] == ["/account/set-password/"] * 3
    page = use(app, link, "short")
    assert page.status == 422
    assert any("at least 15" in error for error in page.errors)
    use(app, link)
    assert enters(app, "maria", NEW)


def test_a_link_lives_for_an_hour_and_one_that_was_given_as_long_as_the_setting_says(
    app: Flask, maria: User, noon: time_machine.Traveller
) -> None:
    """LG-13."""
    with app.app_context():
        links = [
            password_link(maria, purpose).removeprefix("http://127.0.0.1:8000")
            for purpose in (FORGOTTEN, GIVEN)
        ]
    for seconds, alive in ((3_590, [True, True]), (20, [False, True]), (47 * 3_600, [False, False])):
        noon.shift(seconds)
        found = [Visitor(app).get(link).location == "/account/set-password/" for link in links]
        assert found == alive
        noon.shift(1)


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%F0%9F%8C%B5", "x" * 5_000])
def test_what_is_no_link_opens_nothing(app: Flask, maria: User, token: str) -> None:
    page = Visitor(app).get(f"/account/set-password/{token}", follow=True)
    assert page.status in (200, 404)
    assert Visitor(app).get("/account/set-password/").status == 303


def test_a_link_that_was_changed_opens_nothing(app: Flask, maria: User) -> None:
    link = asked_link(app, "maria")
    for wrong in (link[:-1], link + "A", link.replace(".", "", 1), link[:-3] + "AAA"):
        assert Visitor(app).get(wrong).location != "/account/set-password/"


@pytest.mark.race
def test_of_two_who_use_a_link_at_once_one_sets_the_password(app: Flask, maria: User) -> None:
    """LG-13."""
    link = asked_link(app, "maria")
    passwords = [f"pomar de figos {word}" for word in ("verdes", "maduros", "secos", "caídos")]
    forms = [
        Visitor(app).get(link, follow=True).form().fill(password=one, password_confirm=one)
        for one in passwords
    ]
    pages = at_once([form.submit for form in forms])
    assert sorted(page.location for page in pages) == ["/account/forgotten/"] * 3 + ["/login"]
    assert sum(enters(app, "maria", one) for one in passwords) == 1
    assert len(entries(app, "reset")) == 1


def test_a_link_survives_a_change_of_key_and_not_its_removal(app: Flask, maria: User) -> None:
    """SE-15."""
    link = asked_link(app, "maria")
    former, new = app.config["SECRET_KEY"], "another key for tests: 4bWc8xNq1Zs6Ty0K"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "SECRET_KEY", new)
        assert Visitor(app).get(link).location == "/account/forgotten/"
        patch.setitem(app.config, "SECRET_KEY_FALLBACKS", [former])
        assert Visitor(app).get(link).location == "/account/set-password/"


def test_links_of_two_installations_are_strangers(app: Flask, maria: User) -> None:
    other = create_app(
        make_settings(DATABASE_URL="sqlite://", SECRET_KEY="another key for tests: 4bWc8xNq1Zs6Ty0K")
    )
    with other.app_context():
        link = password_link(maria, GIVEN).removeprefix("http://127.0.0.1:8000")
        db.engine.dispose()
    assert is_dead(app, link)
    assert PasswordHash(reload(app, maria).password).is_usable  # type: ignore[union-attr]
