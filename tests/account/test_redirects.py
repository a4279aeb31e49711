"""After signing in one is led to a page of this site, whatever the address said."""

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask

from tests.conftest import came_in, signed_in
from tests.pages import PASSWORD, Visitor
from webapp.account.redirects import here, safe_next
from webapp.users.models import User
from webapp.web.gate import NEXT_LENGTH

pytestmark = pytest.mark.one_engine

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "http://evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "users/",
    "@evil.example",
    ".evil.example",
    "?x=1",
    "#x",
    "",
    " ",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r\n/evil.example",
    "/users/\r\nSet-Cookie: x=1",
    "/users/\x00",
    "/users/\x7f",
    "/\u200b/evil.example",
    "/users/é",
    "／／evil.example",  # noqa: RUF001 - wide slashes are the point
    "/" + "x" * NEXT_LENGTH,
    "/" + "x" * 30_000,
]
HERE = [
    "/",
    "/users/",
    "/users/?q=a%20b&sort=-email",
    "/users/?q=//evil.example",
    "/users/?q=http://evil.example",
    "/users/%C3%A9/change/",
    "/%",
    "/%zz",
    "/users/?q=%",
    "/users/?q=100%&x=%2",
    "/%2F%2Fevil.example",
    "/%5Cevil.example",
    "/%0d%0aSet-Cookie:x",
    "/@evil.example",
    "/:80",
    "/users/#top",
    "/[::1",
    "/users/;x",
    "/.//evil.example",
    "/" + "x" * (NEXT_LENGTH - 1),
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_what_is_no_plain_path_of_this_site_leads_to_the_first_page(app: Flask, target: str) -> None:
    """WB-13."""
    with app.test_request_context():
        assert safe_next(target) == "/"


@pytest.mark.parametrize("target", HERE)
def test_a_path_of_this_site_is_kept(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert safe_next(target) == target


def test_no_target_leads_to_the_first_page(app: Flask) -> None:
    with app.test_request_context():
        assert safe_next(None) == "/"


@pytest.mark.parametrize("target", [*ELSEWHERE, *HERE])
def test_signing_in_with_any_target_stays_here_and_never_fails(app: Flask, alice: User, target: str) -> None:
    """WB-13."""
    visitor = Visitor(app)
    assert visitor.client.get("/login", query_string={"next": target}).status_code == 200
    token = visitor.get("/login").form().fields["csrf_token"]
    data = {"csrf_token": token, "username": "alice", "password": PASSWORD, "next": target}
    answer = visitor.client.post("/login", data=data)
    assert answer.status_code == 303
    assert is_here(answer.headers["Location"])


@pytest.mark.parametrize("raw", ["%FF", "/%FF", "/users/%ED%A0%80", "%", "/%00", "/%0d%0aX:1"])
def test_a_target_that_is_no_text_never_fails_either(app: Flask, alice: User, raw: str) -> None:
    page = Visitor(app).get(f"/login?next={raw}")
    assert page.status in (200, 400)
    answer = came_in(app, alice).get(f"/login?next={raw}")
    assert answer.status in (303, 400)
    assert is_here(answer.location)


@pytest.mark.parametrize("target", [*ELSEWHERE, *HERE])
def test_who_is_signed_in_already_is_led_on_as_safely(app: Flask, alice: User, target: str) -> None:
    answer = came_in(app, alice).client.get("/login", query_string={"next": target})
    assert answer.status_code == 303
    assert is_here(answer.headers["Location"])


# What is sent to each other door that leads back, beside the token.
DOORS: dict[str, dict[str, str]] = {
    "/account/confirm/": {"password": PASSWORD, "_confirm": "1"},
    "/account/stay/": {},
    "/account/preferences": {"theme": "dark"},
    "/login": {"username": "alice", "password": PASSWORD},
}


@pytest.mark.alike
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("target", [*ELSEWHERE, *HERE])
def test_every_door_that_leads_back_stays_here(app: Flask, alice: User, door: str, target: str) -> None:
    """WB-13: also by the second way back, that of a file which waits for the password."""
    visitor = signed_in(app, alice)
    token = visitor.get("/account/").form().fields["csrf_token"]
    sent = {"csrf_token": token, **DOORS[door], "next": target, "page": target}
    answer = visitor.client.post(door, data=sent)
    assert answer.status_code == 303, door
    assert is_here(answer.headers["Location"])


def test_every_way_back_is_one_that_was_judged() -> None:
    """WB-13: who leads somewhere by what came with the request has it judged; a new door is written down above."""
    reads = re.compile(
        r"""(?:args|form|values)(?:\.get\(|\[)["'](?:next|page|back|return)["']|\.next\.data"""
    )
    found = {
        path.name: source
        for path in (Path(__file__).parents[2] / "webapp").rglob("*.py")
        if reads.search(source := path.read_text())
    }
    assert {*found} == {"confirming.py", "preferences.py", "signing_in.py", "staying.py"}
    assert [name for name, source in found.items() if "safe_next(" not in source] == []


def is_here(location: str) -> bool:
    """Whether a browser that follows *location* stays on this host."""
    as_browsers_read = location.replace("\\", "/")
    host = urlsplit(urljoin("http://localhost/login", as_browsers_read)).netloc
    return host == "localhost" and not set(location) & set("\r\n\t\0")


def test_signing_in_leads_back_to_the_page_that_was_asked_for(app: Flask, alice: User) -> None:
    visitor = Visitor(app)
    page = visitor.get("/users/?q=jos%C3%A9&is_active=true", follow=True)
    assert page.status == 200
    page = page.form().fill(username="alice", password=PASSWORD).submit("_login")
    assert page.location == "/users/?q=jos%C3%A9&is_active=true"


def test_a_wrong_password_first_does_not_lose_the_way_back(app: Flask, alice: User) -> None:
    page = Visitor(app).get("/users/?q=a", follow=True)
    page = page.form().fill(username="alice", password="wrong").submit("_login")
    assert page.form().fields["username"] == "alice"
    assert page.form().fields["password"] == ""
    assert page.form().fill(password=PASSWORD).submit("_login").location == "/users/?q=a"


@pytest.mark.parametrize("address", ["/logout", "/nowhere/"])
def test_what_cannot_be_asked_for_again_is_no_way_back(app: Flask, address: str) -> None:
    with app.test_request_context(address, method="POST"):
        assert here() == ""
