"""Reading changes nothing, and nothing changes without a form of ours."""

import re
from urllib.parse import parse_qsl, urldefrag, urlsplit

import pytest
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from tests.rules.world import address, dump, fields_for, keep_views, rules, send, token
from tests.shares import share
from webapp.users.models import User

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]


def kept(app: Flask) -> dict[str, list[str]]:
    """What the database holds, without what the history tells of reading: that somebody took a list away."""
    found = dump(app)
    found["log_entries"] = [entry for entry in found["log_entries"] if "'export'" not in entry]
    return found


UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
TOKENS = {
    "no token": {},
    "an empty token": {"csrf_token": ""},
    "a token of nobody": {"csrf_token": "IjEyMzQi.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
}


@pytest.mark.parametrize("kind", TOKENS)
@pytest.mark.parametrize("who", ["alice", "stranger"])
def test_no_unsafe_method_does_anything_without_a_token(
    app: Flask, alice: User, as_alice: Visitor, bob: User, who: str, kind: str
) -> None:
    visitor = as_alice if who == "alice" else Visitor(app)
    keep_views(app, alice)
    before = dump(app)
    for rule in rules(app):
        data = {**fields_for(rule.endpoint, bob), **TOKENS[kind]}
        for method in UNSAFE:
            status = send(visitor, method, address(app, rule, bob.id), data).status
            assert status in {400, 405} if who == "alice" else status in {303, 400, 405}, (method, rule)
            assert dump(app) == before, (method, rule)


def test_the_token_of_somebody_else_is_no_token(app: Flask, as_alice: Visitor, bob: User) -> None:
    foreign = token(signed_in(app, bob))
    before = dump(app)
    data = {**fields_for("users.change", bob), "csrf_token": foreign}
    assert as_alice.post(f"/users/{bob.id}/change/", data).status == 400
    assert dump(app) == before
    assert as_alice.post(f"/users/{bob.id}/change/", {**data, "csrf_token": token(as_alice)}).status == 303
    assert dump(app) != before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_a_method_that_reads_or_is_unknown_changes_nothing(
    app: Flask, alice: User, as_alice: Visitor, bob: User, method: str
) -> None:
    keep_views(app, alice)
    before = kept(app)
    for rule in rules(app):
        page = send(as_alice, method, address(app, rule, bob.id), query_string=fields_for(rule.endpoint, bob))
        assert page.status < 500
        assert page.status == 405 or method in ("GET", "HEAD", "OPTIONS"), (method, rule)
    assert kept(app) == before


def kind_of(target: str) -> tuple[str, frozenset[str]]:
    """What tells links apart that are followed: of those that differ in numbers and values alone, one stands for all,
    or the filters and orders of a list lead on without end."""
    parts = urlsplit(target)
    return re.sub(r"[0-9]+", "1", parts.path), frozenset(dict(parse_qsl(parts.query, keep_blank_values=True)))


def test_every_link_can_be_followed_and_none_changes_anything(app: Flask, as_alice: Visitor) -> None:
    for number in range(30):
        add_user(app, f"person{number}")
    before = kept(app)
    seen, kinds, waiting = {"/"}, {kind_of("/")}, ["/"]
    while waiting:
        page = as_alice.get(waiting.pop(0))
        assert page.status in {200, 302, 303}, page.address
        for tag in page.tree.iter("a", "link", "script"):
            found = urldefrag(str(tag.get("href") or tag.get("src") or "")).url
            assert not urlsplit(found).netloc, f"{found} leads away from this site"
            target = f"{urlsplit(page.address).path}{found}" if found.startswith("?") else found
            if target and kind_of(target) not in kinds:
                seen.add(target)
                kinds.add(kind_of(target))
                # Every page is opened, and of what a list can be asked for a share.
                if not urlsplit(target).query or 0 in share(range(4)):
                    waiting.append(target)
    assert {"/users/", "/users/add/", "/account/", "/account/password/"} <= seen
    assert any(target.endswith("/delete/") for target in seen)
    assert kept(app) == before


# The canary of the test client itself (tests/conftest.py, `_push_request_context`)


def test_two_browsers_in_one_test_are_two_people(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    stranger = Visitor(app)
    for _time in range(2):
        assert "alice" in as_alice.get("/account/").text
        assert "bob" in as_bob.get("/account/").text
        assert stranger.get("/account/").status == 303
    assert as_alice.post("/account/", {"full_name": "x", "csrf_token": token(as_bob)}).status == 400
