"""Signing in and out, and failing to, are lines in the log; what was typed is in none."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.conftest import counted
from tests.pages import PASSWORD, Visitor
from webapp.users.models import User
from webapp.web.logs import configure

Lines = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _json() -> Any:
    configure("INFO", "json")
    yield
    configure("INFO", "console")


def lines(capsys: Lines) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def events(capsys: Lines) -> list[tuple[str, int | None]]:
    return [(line["event"], line.get("person")) for line in lines(capsys) if line["event"] != "request"]


def test_who_signs_in_and_out_is_a_line_each(stranger: Visitor, bob: User, capsys: Lines) -> None:
    stranger.sign_in("bob")
    assert events(capsys) == [("signed in", bob.id)]
    field = stranger.get("/account/").soup.select_one("input[name=csrf_token]")
    assert field is not None
    capsys.readouterr()
    stranger.post("/logout", {"csrf_token": str(field["value"])})
    assert events(capsys) == [("signed out", bob.id)]


def test_a_refused_sign_in_is_a_line_without_what_was_typed(
    stranger: Visitor, bob: User, capsys: Lines
) -> None:
    """LG-10."""
    stranger.sign_in(PASSWORD, "a wrong password")
    stranger.sign_in("bob", "a wrong password")
    written = capsys.readouterr().err
    assert written.count('"event": "sign-in refused"') == 2
    assert PASSWORD not in written
    assert "a wrong password" not in written


def test_the_line_of_a_request_counts_its_statements(app: Flask, as_bob: Visitor, capsys: Lines) -> None:
    capsys.readouterr()
    with counted(app) as statements:
        as_bob.get("/users/")
    (line,) = lines(capsys)
    assert line["statements"] == len(statements) > 0
    as_bob.get("/healthz")
    assert lines(capsys) == []
