"""Whatever a client sends, to whatever address: never a 5xx, never a trace, and a refusal changes nothing."""

import json
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from flask import Flask

from tests.conftest import add_user
from tests.pages import Visitor
from tests.rules.payloads import FORM, calm, errors, payloads, raw
from tests.rules.world import NEW_PASSWORD, address, dump, fields_for, rules, send, token
from tests.shares import share
from webapp.admin import views
from webapp.users.models import User

pytestmark = pytest.mark.slow

LONG = "a" * 100_000
LIST_PARAMETERS = (
    "q sort size after before last from columns username email is_active created_at last_login_at username__in "
    "is_active__isnull created_at__year created_at__gte id __ a[b]"
).split()
PART = b'--x\r\nContent-Disposition: form-data; name="full_name"'
BODIES: list[tuple[str | None, bytes]] = [
    ("application/json", json.dumps({"username": ["a"], "email": {"a": 1}, "full_name": 7}).encode()),
    ("application/json", b'{"full_name": "\\ud800"}'),
    ("application/json", b"[1, 2, 3]"),
    ("application/json", b"[" * 50_000),
    ("application/json", b"{"),
    ("application/json; charset=utf-7", b"null"),
    ("text/plain", b"full_name=x"),
    ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    (None, b"full_name=x"),
    (f"{FORM}; charset=utf-16", b"\xff\xfef\x00"),
    (FORM, b"\x00\xff\xfe" * 100),
    (FORM, b"=&=&&&;;%%%=%"),
    (FORM, b"full_name=1&full_name=2&full_name%00=3&full_name[]=4"),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=x", b"--x"),
    ("multipart/form-data; boundary=x", PART + b'; filename="f"\r\n\r\nx\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x", PART + b"\r\n\r\n\xff\x00\r\n--x--\r\n"),
    ("multipart/form-data; boundary=" + "x" * 5000, b"x"),
]


@pytest.fixture(autouse=True)
def _calm(app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield from calm(app, caplog)


def test_an_exception_would_be_noticed(
    as_alice: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "index_page", lambda *_: 1 / 0)
    assert as_alice.get("/").status == 500
    assert "ZeroDivisionError" in " ".join(errors(caplog))
    caplog.clear()


@pytest.fixture(params=["alice", "stranger"])
def visitor(request: pytest.FixtureRequest, app: Flask, alice: User) -> Visitor:
    return request.getfixturevalue(f"as_{request.param}" if request.param == "alice" else request.param)


def test_no_key_and_no_path_is_too_strange(app: Flask, visitor: Visitor, bob: User) -> None:
    before, form_token = dump(app), token(visitor)
    for rule in rules(app):
        if "<" not in rule.rule:
            continue
        for payload in share(payloads(app)):
            target = re.sub("<.*?>", lambda _match, payload=payload: payload or "x", rule.rule)
            for method in ("GET", "POST"):
                data = {**fields_for(rule.endpoint, bob), "csrf_token": form_token}
                status = send(visitor, method, target, data if method == "POST" else None).status
                assert 300 <= status < 500, (method, target)
    assert dump(app) == before


def test_no_query_is_too_strange(app: Flask, visitor: Visitor, bob: User) -> None:
    before = dump(app)
    for parameter in LIST_PARAMETERS:
        for payload in share(payloads(app)):
            query = f"{quote(parameter)}={payload}"
            assert raw(visitor, "GET", "/users/", query) < 500, query
    for payload in share(payloads(app), 16):
        for rule in rules(app):
            query = f"after={payload}&next={payload}&{payload}=1&q={payload}&q=1"
            assert raw(visitor, "GET", address(app, rule, bob.id), query) < 500, (rule, query)
    assert dump(app) == before


def test_no_field_is_too_strange(app: Flask, visitor: Visitor, bob: User) -> None:
    """One field after the other holds each payload; another one is wrong, so nothing may be written."""
    before, form_token = dump(app), token(visitor)
    wrong = {
        "theme": "pink",
        "email": "nobody",
        "password_confirm": "another",
        "current_password": "wrong",
        "_version": "77",
    }
    for rule in rules(app):
        if "POST" not in (rule.methods or ()) or rule.endpoint == "account.logout":
            continue
        target = address(app, rule, bob.id)
        fields = {**fields_for(rule.endpoint, bob), "_list": "", "next": ""}
        for name in fields:
            others = {**fields, **wrong, "csrf_token": form_token}
            del others[name]
            if not set(others) & set(wrong) & set(fields):
                continue
            # Every second one: there are many fields, and each meets the others under another name.
            for payload in share(payloads(app)[len(name) % 2 :: 2]):
                body = f"{urlencode(others)}&{name}={payload}".encode()
                status = raw(visitor, "POST", target, data=body, content_type=FORM)
                assert status in {303, 400, 409, 422}, (rule, name, payload, status)
    assert dump(app) == before


def test_a_value_that_is_taken_is_the_value_that_was_sent(app: Flask, as_alice: Visitor, bob: User) -> None:
    """With the rest of the form right, each payload is stored as it is or refused, and the page shows it escaped."""
    form_token = token(as_alice)
    for payload in share(payloads(app)):
        page = as_alice.get(f"/users/{bob.id}/change/")
        version = page.form().fields["_version"]
        body = f"username=bob&email=bob@example.org&_version={version}&csrf_token={form_token}&full_name={payload}"
        status = raw(as_alice, "POST", f"/users/{bob.id}/change/", data=body.encode(), content_type=FORM)
        assert status in {303, 400, 422}, payload
        for target in ("/users/", f"/users/{bob.id}/change/", f"/users/{bob.id}/history/", "/"):
            page = as_alice.get(target)
            assert page.status == 200, (payload, target)
            assert "<script>alert" not in page.text


def test_a_name_that_is_markup_is_text_on_every_page_and_in_every_message(
    app: Flask, as_alice: Visitor
) -> None:
    markup = "<script>alert(1)</script>"
    person = add_user(app, markup, full_name=markup, grants=("users.view",))
    told = 0
    for endpoint in ("users.change", "users.password", "users.delete"):
        rule = next(rule for rule in rules(app) if rule.endpoint == endpoint)
        target = address(app, rule, person.id)
        form = as_alice.get(target).form()
        # The name is no name by today's rules; left out, it stays.
        form.fields.pop("username", None)
        form.fields |= {
            "email": "markup@example.org",
            "password": NEW_PASSWORD,
            "password_confirm": NEW_PASSWORD,
        }
        wrong = as_alice.post(target, {**form.fields, "email": "nobody", "password": "x", "_version": "0"})
        done = form.submit("_delete" if endpoint == "users.delete" else "_save", follow=True)
        pages = [as_alice.get(found) for found in ("/", "/users/", f"/users/{person.id}/history/")]
        for page in (wrong, done, *pages):
            assert markup not in page.text, (endpoint, page.address)
        told += markup in done.messages
    assert told == 3


# Whatever is sent along, they do what they say: sign out, show a link, count a wrong password.
BUTTONS = ("account.logout", "account.confirm", "users.link")


def test_no_body_is_too_strange(app: Flask, visitor: Visitor, bob: User) -> None:
    headers = {"X-CSRFToken": token(visitor)}
    before = dump(app)
    for rule in rules(app):
        if rule.endpoint in BUTTONS:
            continue
        for content_type, body in share(BODIES):
            target = address(app, rule, bob.id)
            status = raw(visitor, "POST", target, data=body, content_type=content_type, headers=headers)
            assert status < 500, (rule, content_type, body[:80])
    assert dump(app) == before


def test_nothing_is_too_long(app: Flask, visitor: Visitor, bob: User) -> None:
    before, form_token = dump(app), token(visitor)
    for rule in rules(app):
        target = address(app, rule, bob.id)
        assert raw(visitor, "GET", target, f"q={LONG}&{LONG}=1&after={LONG}&next=/{LONG}") < 500
        if rule.endpoint in BUTTONS:
            continue
        data = {name: LONG for name in fields_for(rule.endpoint, bob)}
        data |= {"csrf_token": form_token, "next": LONG, "_list": LONG}
        assert send(visitor, "POST", target, data).status < 500
    assert raw(visitor, "GET", f"/users/{LONG}/change/") in {303, 404}
    assert raw(visitor, "GET", f"/{LONG}") in {303, 404}
    assert dump(app) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "x" * 10_000},
        {"Accept-Language": ",".join(f"a{n};q=0.{n}" for n in range(2000))},
        {"Accept-Language": "pt-BR;q=NaN, *;q=-1, \x7f"},
        {"User-Agent": "\x00\xff" * 500},
        {"Referer": "http://[::1"},
        {"Referer": "//" + "x" * 10_000},
        {"Cookie": "=; ;;session=\xff; theme=%00; locale=../../x"},
        {"Cookie": "; ".join(f"c{n}=1" for n in range(5000))},
        {"Range": "bytes=0-1,2-3,-99999999999999999999"},
        {"If-None-Match": '"' * 5000},
        {"If-Modified-Since": "Thu, 99 Foo 99999 99:99:99"},
        {"Content-Length": "-1"},
        {"Content-Length": "9" * 30},
        {"Content-Type": "multipart/form-data; boundary=\xff"},
        {"X-Forwarded-For": "\x00", "X-Forwarded-Host": "evil", "X-HTTP-Method-Override": "DELETE"},
        {"Accept-Encoding": "gzip;q=x, br;q=1e999"},
        {"Origin": "null", "Sec-Fetch-Site": "\xff"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_is_too_strange(
    app: Flask, as_alice: Visitor, stranger: Visitor, bob: User, headers: dict[str, str]
) -> None:
    overrides = {environ_name(name): value for name, value in headers.items()}
    before = dump(app)
    for visitor in (as_alice, stranger):
        for target in (
            "/users/",
            f"/users/{bob.id}/change/",
            "/account/",
            "/login",
            "/static/0/app.css",
            "/none",
        ):
            for method in ("GET", "POST"):
                answer = visitor.client.open(target, method=method, environ_overrides=overrides)
                assert answer.status_code < 500, (method, target)
    assert dump(app) == before


def environ_name(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name.startswith("CONTENT_") else f"HTTP_{name}"
