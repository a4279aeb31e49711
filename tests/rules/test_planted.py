"""Scanners of these rules, each over an application with the very fault that it is there for: they fail (TH-06)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, request

from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from tests.rules import (
    test_access_models,
    test_answers,
    test_lines,
    test_methods,
    test_sweep,
)
from webapp.admin import views
from webapp.extensions import db
from webapp.users.models import Group, User
from webapp.web.tokens import FormTokens

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]

Plant = Callable[[str, Callable[..., Any]], None]


@pytest.fixture
def plant(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Put another view behind an endpoint."""
    return lambda endpoint, view: monkeypatch.setitem(app.view_functions, endpoint, view)


def test_a_form_that_is_taken_without_a_token(
    app: Flask, alice: User, as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WB-01."""
    monkeypatch.setattr(FormTokens, "protect", lambda self, apply_exemptions=False: None)
    with pytest.raises(AssertionError):
        test_methods.test_no_unsafe_method_does_anything_without_a_token(
            app, alice, as_alice, bob, "alice", "no token"
        )


@pytest.mark.parametrize(
    "scan",
    [
        lambda app, alice, as_alice, bob: test_methods.test_a_method_that_reads_or_is_unknown_changes_nothing(
            app, alice, as_alice, bob, "GET"
        ),
        lambda app, alice, as_alice, bob: (
            test_methods.test_every_link_can_be_followed_and_none_changes_anything(app, as_alice)
        ),
    ],
    ids=["methods", "links"],
)
def test_a_page_that_writes_when_it_is_read(
    app: Flask,
    alice: User,
    as_alice: Visitor,
    bob: User,
    plant: Plant,
    scan: Callable[[Flask, User, Visitor, User], None],
) -> None:
    """WB-02."""

    def write() -> str:
        db.session.add(Group(name=f"group {db.session.query(Group).count()}"))
        db.session.commit()
        return "<a href='/users/'>Users</a>"

    plant("admin.index", write)
    with pytest.raises(AssertionError):
        scan(app, alice, as_alice, bob)


def test_an_answer_without_the_policy(
    app: Flask, as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WB-07, WB-12."""

    def strip(response: Response) -> Response:
        del response.headers["X-Content-Type-Options"]
        return response

    # The first that is kept is the last that is called.
    monkeypatch.setitem(app.after_request_funcs, None, [strip, *app.after_request_funcs[None]])
    with pytest.raises(AssertionError):
        test_answers.test_every_answer_carries_the_policy_and_is_not_kept(as_alice, bob, "a page")


def test_what_is_typed_in_a_header(
    app: Flask, as_alice: Visitor, bob: User, plant: Plant, capsys: pytest.CaptureFixture[str]
) -> None:
    """IN-08."""
    plant("admin.search", lambda: ("", {"X-Asked": request.args.get("q", "")}))
    with pytest.raises(AssertionError):
        test_lines.test_nothing_that_is_typed_begins_a_header_or_a_line_of_the_log(
            app, as_alice, bob, "\t", capsys
        )


def test_a_page_that_fails_at_some_input(library_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """IN-14."""
    monkeypatch.setitem(library_app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(library_app.view_functions, "admin.search", lambda: 1 / 0)
    alice = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    with pytest.raises(AssertionError, match=r"'/search'"):
        test_sweep.test_every_address_takes_every_method_and_every_payload(library_app, alice, {})


def test_a_view_that_asks_for_no_permission(library_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """AZ-01."""
    monkeypatch.setattr(views, "require", lambda *_: None)
    with pytest.raises(AssertionError, match=r"/add/: 200, not"):
        test_access_models.test_each_kind_of_person_is_answered_as_the_rules_say(library_app, "nothing")
