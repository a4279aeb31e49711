"""Scanners of these rules, each over an application with the very fault that it is there for: they fail (TH-06)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from sqlalchemy import select

from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from tests.rules import (
    test_access_models,
    test_answers,
    test_hostile_models,
    test_lines,
    test_methods,
    test_overposting,
    test_properties,
    test_schema,
    test_sweep,
    test_visibility,
)
from tests.rules.subjects import admins
from webapp.admin import views
from webapp.admin.editing import finding
from webapp.admin.options import ModelAdmin
from webapp.database import now
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


# Those of one model, each with a fault in the books


@pytest.fixture
def books(library_app: Flask) -> ModelAdmin:
    return next(one for one in admins(library_app) if one.name == "books")


@pytest.fixture
def librarian(library_app: Flask) -> Visitor:
    return signed_in(library_app, add_user(library_app, "alice", is_superuser=True))


def test_a_form_that_writes_whatever_is_sent(
    library_app: Flask, librarian: Visitor, books: ModelAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-04."""

    def take(target: Any, _form: Any, _user: Any) -> None:
        if "created_at" in request.form:
            target.created_at = now()

    monkeypatch.setattr(books, "before_save", take)
    with pytest.raises(AssertionError):
        test_overposting.test_a_change_writes_what_its_form_has(library_app, librarian, books)


def test_a_page_of_a_row_that_is_hidden(library_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """AZ-03."""
    monkeypatch.setattr(finding, "rows_of", lambda model_admin, _user: select(model_admin.model))
    scene = test_visibility.Scene(library_app, "books")
    with pytest.raises(AssertionError, match=r"\(200, True\) == \(404, False\)|change/"):
        test_visibility.test_its_own_pages_are_not_there(scene, monkeypatch)


def test_a_form_that_fails_at_some_key(
    library_app: Flask, librarian: Visitor, books: ModelAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IN-04."""
    monkeypatch.setitem(library_app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(library_app.view_functions, "books.change", lambda key: 1 / 0)
    with pytest.raises(AssertionError):
        test_hostile_models.test_no_key_is_too_strange(library_app, librarian, books)


def test_a_list_that_fails_at_some_query(
    library_app: Flask, librarian: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IN-14."""
    monkeypatch.setitem(library_app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(library_app.view_functions, "specimens.list", lambda: 1 / 0)
    with pytest.raises(AssertionError):
        test_properties.test_any_query_is_a_list_or_a_refusal(librarian)


def test_a_column_that_no_migration_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MG-06."""
    planted = """
from sqlalchemy import Column, Integer
from webapp.users.models import User
User.__table__.append_column(Column("planted", Integer))
"""
    monkeypatch.setattr(test_schema, "PROGRAM", planted + test_schema.PROGRAM)
    with pytest.raises(AssertionError, match="planted"):
        test_schema.test_the_models_equal_the_migrations(f"sqlite:///{tmp_path / 'planted.db'}")
