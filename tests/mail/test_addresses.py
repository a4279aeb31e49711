"""Whole addresses, in letters and on the screen, are made from BASE_URL and never from what a request says (WB-14)."""

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.account.letters import letters
from tests.conftest import add_user, signed_in
from tests.pages import Visitor

ROOT = Path(__file__).parents[2]
SOURCES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for folder, kind in (("webapp", "*.py"), ("templates", "*.*"))
    for path in (ROOT / folder).rglob(kind)
}
# With a host in the request these would be taken from it, if anything were.
HOSTILE = [
    {"X-Forwarded-Host": "evil.example"},
    {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "//evil.example",
    },
    {"Forwarded": "host=evil.example;proto=https"},
    {"X-Host": "evil.example", "X-Original-Host": "evil.example"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1:8000@evil.example"},
]


@pytest.mark.one_engine
def test_a_whole_address_is_made_in_a_context_of_base_url_only() -> None:
    """WB-14: who makes one elsewhere has to say where its host comes from."""
    makers = {name for name, source in SOURCES.items() if "_external" in source}
    assert makers == {"webapp/users/links.py", "webapp/account/setup.py"}
    for name in makers:
        assert len(re.findall("_external=True", SOURCES[name])) == 1
        assert re.search(r"base_url=|BASE_URL", SOURCES[name])
    takers = {name for name, source in SOURCES.items() if re.search(r"\b(url_root|root_url)\b", source)}
    assert takers == set()


@pytest.mark.usefixtures("mailbox")
@pytest.mark.parametrize("headers", HOSTILE, ids=lambda headers: " ".join(headers))
@pytest.mark.parametrize("by", ["who forgot it", "an administrator"])
def test_no_letter_leads_to_the_host_that_a_request_names(
    app: Flask, by: str, headers: dict[str, str]
) -> None:
    """WB-14."""
    alice, bob = add_user(app, "alice", is_superuser=True), add_user(app, "bob")
    address = "/account/forgotten/" if by == "who forgot it" else f"/users/{bob.id}/link/"
    visitor = Visitor(app) if by == "who forgot it" else signed_in(app, alice)
    data = {**visitor.get(address).form().fields, "username": "bob", "_save": "1"}
    for own in ({}, headers):
        # Twice: the first one is the twin that gets its letter.
        answer = visitor.client.post(address, data=data, headers=own)
        assert answer.status_code == (400 if "Host" in own else 303)
        assert "evil" not in answer.headers.get("Location", "")
    found = letters(app)
    assert len(found) == (1 if "Host" in headers else 2)
    for letter in found:
        assert "evil" not in letter.as_string()
        assert f"{app.config['BASE_URL'].rstrip('/')}/account/set-password/" in letter.as_string().replace(
            "=\n", ""
        )


@pytest.mark.parametrize(
    "headers", [one for one in HOSTILE if "Host" not in one], ids=lambda one: " ".join(one)
)
def test_no_link_that_is_shown_leads_to_the_host_that_a_request_names(
    app: Flask, headers: dict[str, str]
) -> None:
    """WB-14."""
    alice, bob = add_user(app, "alice", is_superuser=True), add_user(app, "bob")
    visitor = signed_in(app, alice)
    data = {**visitor.get(f"/users/{bob.id}/link/").form().fields, "_save": "1"}
    answer = visitor.client.post(f"/users/{bob.id}/link/", data=data, headers=headers)
    assert f"{app.config['BASE_URL'].rstrip('/')}/account/set-password/" in answer.text
    assert "evil" not in answer.text
