"""The first administrator is made through a link that works once."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import add_user, make_settings
from tests.pages import PASSWORD, Page, Visitor
from tests.threads import at_once
from webapp import create_app
from webapp.account.setup import setup_link, setup_token
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User

FIELDS = {"username": "Dora", "email": "dora@example.org", "password": PASSWORD, "password_confirm": PASSWORD}


@pytest.fixture
def link(app: Flask) -> str:
    with app.app_context():
        return f"/setup/{setup_token()}"


def set_up(visitor: Visitor, link: str, **fields: str) -> Page:
    return visitor.get(link).form().fill(**{**FIELDS, **fields}).submit()


def superusers(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).where(User.is_superuser)) or 0)


def test_the_link_makes_the_first_administrator_who_is_signed_in(
    app: Flask, stranger: Visitor, link: str
) -> None:
    page = set_up(stranger, link)
    assert (page.status, page.location) == (303, "/")
    index = stranger.get("/")
    assert index.status == 200
    assert "Welcome" in index.messages
    assert index.link("Users") == "/users/"
    with app.app_context():
        dora = db.session.scalars(select(User)).one()
        verbs = [entry.verb for entry in db.session.scalars(select(LogEntry).order_by(LogEntry.id))]
    assert (dora.username, dora.is_staff, dora.is_superuser, dora.is_active) == ("dora", True, True, True)
    assert verbs == ["setup", "sign-in"]
    assert Visitor(app).sign_in("dora").status == 303


def test_the_page_says_what_it_is_for_and_how_often_it_works(stranger: Visitor, link: str) -> None:
    page = stranger.get(link)
    assert page.status == 200
    assert "Set up the first administrator" in page.text
    assert "works once" in page.text
    # Who reads it is who will sign in, with this password for good.
    assert "What you type to sign in" in page.text
    assert "The person" not in page.text
    assert "within 24 hours" not in page.text


def test_the_link_works_once(app: Flask, link: str) -> None:
    """PW-13."""
    late = Visitor(app)
    form = late.get(link).form().fill(**{**FIELDS, "username": "emil", "email": "emil@example.org"})
    set_up(Visitor(app), link)
    assert (form.submit().status, late.get(link).status) == (303, 303)
    page = late.get(link, follow=True)
    assert page.address == "/login"
    assert "no longer valid" in page.messages
    assert late.get("/").status == 303
    assert superusers(app) == 1


@pytest.mark.parametrize("token", ["x", "0" * 40, "%00", "%F0%9F%8C%B5", "x" * 5000, "..%2f"])
def test_a_wrong_token_opens_nothing(app: Flask, stranger: Visitor, link: str, token: str) -> None:
    for wrong in (token, link.removeprefix("/setup/").upper() + "A", link.removeprefix("/setup/")[:-1]):
        page = stranger.get(f"/setup/{wrong}")
        assert page.status in (303, 404)
        assert "password" not in page.text
    form = stranger.get(link).form().fill(**FIELDS)
    form.action = "/setup/" + "0" * 40
    assert form.submit().status == 303
    assert superusers(app) == 0


@pytest.mark.race
def test_ten_at_once_make_one_superuser(app: Flask, link: str) -> None:
    """PW-13."""
    forms = [
        Visitor(app)
        .get(link)
        .form()
        .fill(**{**FIELDS, "username": f"dora{n}", "email": f"dora{n}@example.org"})
        for n in range(10)
    ]
    pages = at_once([form.submit for form in forms])
    assert sorted(page.location for page in pages) == ["/"] + ["/login"] * 9
    assert superusers(app) == 1


@pytest.mark.race
def test_ten_at_once_with_one_name_make_one_superuser_too(app: Flask, link: str) -> None:
    forms = [Visitor(app).get(link).form().fill(**FIELDS) for _ in range(10)]
    pages = at_once([form.submit for form in forms])
    assert sorted(page.location for page in pages) == ["/"] + ["/login"] * 9
    assert superusers(app) == 1


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_staff": False}, {"is_superuser": False}])
def test_the_link_works_while_nobody_could_sign_in_who_may_do_everything(
    app: Flask, stranger: Visitor, link: str, values: dict[str, bool]
) -> None:
    add_user(app, "zoe", **{"is_superuser": True, **values})
    assert set_up(stranger, link).location == "/"


def test_a_name_that_is_taken_is_told_and_nothing_typed_is_lost_but_the_passwords(
    app: Flask, stranger: Visitor, link: str
) -> None:
    add_user(app, "dora", email="other@example.org")
    page = set_up(stranger, link)
    assert page.status == 422
    assert any("Username" in error and "taken already" in error for error in page.errors)
    fields = page.form().fields
    assert (fields["username"], fields["email"], fields["password"]) == ("dora", "dora@example.org", "")
    assert page.form().fill(**{**FIELDS, "username": "dora2"}).submit().location == "/"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"password": "short", "password_confirm": "short"}, "at least 15"),
        ({"password_confirm": "another"}, "not the same"),
        ({"email": "nobody"}, "E-mail: "),
        ({"username": "do ra"}, "Username: "),
        ({"username": " "}, "Username: Fill in"),
        (
            {"password": "dora 7391 4820 55", "password_confirm": "dora 7391 4820 55"},
            "Do not use the username",
        ),
    ],
)
def test_the_same_rules_hold_as_everywhere(
    app: Flask, stranger: Visitor, link: str, fields: dict[str, str], why: str
) -> None:
    page = set_up(stranger, link, **fields)
    assert page.status == 422
    assert any(why in error for error in page.errors), page.errors
    assert superusers(app) == 0


def test_the_form_needs_its_token(app: Flask, stranger: Visitor, link: str) -> None:
    assert stranger.post(link, FIELDS).status == 400
    assert superusers(app) == 0


def test_the_fields_tell_the_browser_what_they_are_for(stranger: Visitor, link: str) -> None:
    page = stranger.get(link)
    offered = {
        tag["name"]: tag.get("autocomplete") for tag in page.soup.select("main input:not([type=hidden])")
    }
    assert offered == {
        "username": "username",
        "email": "email",
        "password": "new-password",
        "password_confirm": "new-password",
    }


def test_the_sign_in_page_says_how_to_begin_while_there_is_nobody(app: Flask, stranger: Visitor) -> None:
    assert "flask users setup-link" in stranger.get("/login").text
    add_user(app, "alice", is_superuser=True)
    assert "flask users setup-link" not in stranger.get("/login").text


# The link itself


def other_app(**settings: str) -> Flask:
    return create_app(make_settings(DATABASE_URL="sqlite:///:memory:", **settings))


def test_the_token_comes_from_the_secret_key_and_tells_nothing_of_it(app: Flask) -> None:
    with app.app_context():
        token = setup_token()
    with other_app().app_context():
        assert setup_token() == token
    with other_app(SECRET_KEY="another key for tests only: 3kD8pW5zXq1Vb6Yt").app_context():
        assert setup_token() != token
    assert re.fullmatch(r"[0-9a-f]{40}", token)
    assert token not in app.config["SECRET_KEY"]


@pytest.mark.parametrize(
    "base", ["https://admin.example.org", "https://example.org/", "http://localhost:8000"]
)
def test_the_link_is_absolute_and_made_from_base_url(base: str) -> None:
    with other_app(BASE_URL=base).app_context():
        assert setup_link() == f"{base.rstrip('/')}/setup/{setup_token()}"


def test_the_link_is_never_made_from_what_a_request_says_its_host_is(app: Flask) -> None:
    """WB-14."""
    with app.test_request_context("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}):
        assert "evil" not in setup_link()
        assert setup_link().startswith(app.config["BASE_URL"])


def test_the_command_prints_the_link_that_works(app: Flask, stranger: Visitor) -> None:
    result = app.test_cli_runner().invoke(args=["users", "setup-link"])
    assert result.exit_code == 0
    link = result.output.strip()
    assert link.startswith(app.config["BASE_URL"])
    assert set_up(stranger, link.removeprefix(app.config["BASE_URL"].rstrip("/"))).location == "/"


def test_the_command_says_so_when_there_is_an_administrator(app: Flask, alice: User) -> None:
    result = app.test_cli_runner().invoke(args=["users", "setup-link"])
    assert result.exit_code == 1
    assert "administrator already" in result.output
    assert "/setup/" not in result.output
