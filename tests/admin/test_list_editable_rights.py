"""Editing in the list: who has which fields, and what is sent for others."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.test_list_editable import fields, stored, type_in
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.admin import BookAdmin
from tests.library.books import Book
from tests.library.kinds import Specimen
from tests.pages import Visitor
from webapp.admin.options import ModelAdmin
from webapp.extensions import db

pytestmark = pytest.mark.usefixtures("edited_books")


def test_fields_are_only_there_for_who_may_change_that_row(
    library_app: Flask, books: list[Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-06."""
    one, two, three = books

    def can(self: ModelAdmin, user: Any, verb: str, obj: Any = None) -> bool:
        return ModelAdmin.can(self, user, verb, obj) and not (verb == "change" and obj and obj.id == two.id)

    monkeypatch.setattr(BookAdmin, "can", can)
    reader = signed_in(library_app, add_user(library_app, "bob", grants=("books.view",)))
    page = reader.get("/books/")
    assert page.soup.select("[form=edit], #edit") == []
    editor = signed_in(library_app, add_user(library_app, "ed", grants=("books.view", "books.change")))
    page = editor.get("/books/")
    there = {str(field["value"]).split(":")[0] for field in page.soup.select("[name=_row]")}
    assert there == {str(one.id), str(three.id)}
    before = stored(library_app)
    forged = {f"{two.id}:pages": "5", "_row": [f"{two.id}:1:x", f"{one.id}:1:x"], f"{one.id}:pages": "5"}
    assert type_in(page, {}, **forged).status == 403
    form_token = reader.get("/account/").form().fields["csrf_token"]
    assert reader.post("/books/", {**forged, "csrf_token": form_token}).status == 403
    assert stored(library_app) == before
    assert type_in(page, {f"{one.id}:pages": "5"}).status == 303


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("999999:1:x", 404),
        ("x:1:x", 404),
        ("", 400),
        (":", 400),
        ("1", 400),
        ("1:1:x:y", 400),
        ("%00:1:x", 404),
        ("9" * 5000 + ":1:x", 404),
    ],
)
def test_a_forged_row_is_refused_and_nothing_is_saved(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, row: str, status: int
) -> None:
    """AZ-06."""
    before = stored(library_app)
    page = as_library_alice.get("/books/")
    own = fields(page).fields["_row"]
    typed = {f"{books[0].id}:pages": "5"}
    assert type_in(page, typed, _row=[*own, row]).status == status
    assert type_in(page, typed, _row=[*own, own[0]]).status == 400
    assert stored(library_app) == before


def test_rows_that_do_not_exist_for_a_person_are_not_there(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-06."""
    page = as_library_alice.get("/books/")

    def query(self: ModelAdmin, user: Any) -> Any:
        return select(Book).where(Book.id != books[0].id)

    monkeypatch.setattr(BookAdmin, "query", query)
    before = stored(library_app)
    assert type_in(page, {f"{books[0].id}:pages": "5", f"{books[1].id}:pages": "5"}).status == 404
    assert stored(library_app) == before


def test_what_is_no_field_of_the_list_is_not_written(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, word: Callable[..., None]
) -> None:
    """AZ-04."""
    page = as_library_alice.get("/books/")
    key = books[0].id
    forged = {f"{key}:title": "stolen", f"{key}:version": "9", f"{key}:id": "77", "title": "stolen"}
    assert type_in(page, {f"{key}:pages": "5"}, **forged).status == 303
    with library_app.app_context():
        assert db.session.get_one(Book, key).title == books[0].title
    word("books", readonly_fields=("pages",))
    page = as_library_alice.get("/books/")
    assert page.soup.find(attrs={"name": f"{key}:pages"}) is None
    assert type_in(page, {f"{key}:stage": "2"}, **{f"{key}:pages": "99"}).status == 303
    assert stored(library_app)[key][:2] == (5, 2)


@pytest.mark.parametrize("name", ["author_id", "photo", "place"])
def test_what_a_hook_names_all_the_same_and_no_cell_may_hold_is_shown_and_not_written(
    library_app: Flask, as_library_alice: Visitor, word: Callable[..., None], name: str
) -> None:
    """A key of another record is chosen among those that exist for the person, and never typed."""
    model: Any = Book if name == "author_id" else Specimen
    row = world.sample_row(model)
    world.keep(library_app, row)
    admin, first = ("books", "title") if model is Book else ("specimens", "name")
    hooks = {
        "get_list_display": lambda user: (first, name),
        "get_list_editable": lambda user: (name,),
        "get_fieldsets": lambda user, obj=None: ((None, {"fields": (first, name)}),),
    }
    word(admin, **hooks)
    page = as_library_alice.get(f"/{admin}/")
    assert page.status == 200
    assert page.soup.find(attrs={"name": f"{row.id}:{name}"}) is None
    assert page.soup.select("[form=edit]") == []
