"""Rows of an edited list that somebody else has deleted meanwhile: told by whom, and nothing typed is lost."""

import pytest
from flask import Flask

from tests.admin.choosing import told
from tests.admin.test_conflicts_cells import held
from tests.admin.test_list_editable import fields, send, stored, type_in
from tests.conftest import add_user, signed_in
from tests.library.books import Book
from tests.pages import Form, Page, Visitor
from webapp.extensions import db

pytestmark = pytest.mark.usefixtures("edited_books")


def remove(visitor: Visitor, book: Book) -> None:
    assert visitor.get(f"/books/{book.id}/delete/").form().submit("_delete").status == 303


def test_a_row_that_was_deleted_says_by_whom_and_loses_nothing_of_the_others(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, library_dora: Visitor
) -> None:
    one, two, _three = books
    page = as_library_alice.get("/books/")
    remove(library_dora, one)
    answer = type_in(page, {f"{one.id}:pages": "5", f"{two.id}:pages": "6"})
    assert answer.status == 409
    [line] = told(answer)
    assert line.startswith(f"dora deleted {one.title}")
    gone = answer.soup.select_one("#gone-1")
    assert gone is not None
    assert [one.get_text() for one in gone.select("dd")] == ["5"]
    assert fields(answer).fields[f"{two.id}:pages"] == "6"
    # Saved again, it is dropped.
    assert send(answer).status == 303
    assert held(library_app, two)[0] == 6
    assert one.id not in stored(library_app)


def way(page: Page, label: str) -> Page:
    """Press the button that leads on from what was typed into a row that is gone."""
    [button] = [one for one in page.soup.select("#gone-1 button") if one.get_text(strip=True) == label]
    sent = Form(page, page.soup.select_one("#gone-1")).fields  # type: ignore[arg-type]
    return page.visitor.post(str(button["formaction"]), sent, came_from=page.address)


def test_a_row_that_was_deleted_comes_back_with_what_was_typed(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, library_dora: Visitor
) -> None:
    one = books[0]
    page = as_library_alice.get("/books/")
    remove(library_dora, one)
    answer = type_in(page, {f"{one.id}:pages": "5"})
    form = way(answer, "Restore it with what you typed …").form()
    assert (form.fields["pages"], form.fields["title"]) == ("5", one.title)
    assert form.submit("_restore").status == 303
    assert held(library_app, one) == (5, 1, one.isbn)
    new = way(answer, "Save as new …")
    assert (new.status, new.form().fields["pages"]) == (200, "5")


def test_who_may_not_add_has_what_was_typed_into_a_deleted_row_to_copy(
    library_app: Flask, books: list[Book], library_dora: Visitor
) -> None:
    one, two, _three = books
    grants = ("books.view", "books.change")
    editor = signed_in(library_app, add_user(library_app, "ed", grants=grants))
    page = editor.get("/books/")
    remove(library_dora, one)
    answer = type_in(page, {f"{one.id}:pages": "5", f"{two.id}:pages": "6"})
    assert answer.status == 409
    assert [one.get_text() for one in answer.soup.select("#gone-1 dd")] == ["5"]
    assert answer.soup.select("#gone-1 button") == []
    assert send(answer).status == 303
    assert held(library_app, two)[0] == 6


def test_a_row_that_was_deleted_and_nobody_touched_keeps_nobody_from_saving(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, library_dora: Visitor
) -> None:
    page = as_library_alice.get("/books/")
    remove(library_dora, books[0])
    assert type_in(page, {f"{books[1].id}:pages": "6"}).status == 303
    assert held(library_app, books[1])[0] == 6


def test_of_a_row_that_no_history_tells_of_only_that_it_is_gone_is_said(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    page = as_library_alice.get("/books/")
    with library_app.app_context():
        db.session.delete(db.session.get_one(Book, books[0].id))
        db.session.commit()
    answer = type_in(page, {f"{books[0].id}:pages": "5", f"{books[1].id}:pages": "6"})
    assert answer.status == 404
    assert "Perhaps it was deleted" in told(answer)[0]
    assert fields(answer).fields[f"{books[1].id}:pages"] == "6"
