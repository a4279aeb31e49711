"""Two people at the cells of one list: both versions of each, by whom, and a choice of which stays."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.admin.choosing import choices, now_in, said, taken, told
from tests.admin.test_list_editable import changes, elsewhere, fields, send, stored, type_in
from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.admin import BookAdmin
from tests.library.books import Book, Loan
from tests.pages import Page, Visitor
from webapp.admin.options import ModelAdmin
from webapp.extensions import db

pytestmark = pytest.mark.usefixtures("edited_books")


@pytest.fixture
def refused(books: list[Book], as_library_alice: Visitor, library_dora: Visitor) -> Page:
    """Alice has changed pages and ISBN of a book and the pages of another, Dora the first one's pages and stage."""
    one, two, _three = books
    page = as_library_alice.get("/books/")
    change(library_dora, one, pages="123", stage="2")
    answer = type_in(page, {f"{one.id}:pages": "5", f"{one.id}:isbn": "mine", f"{two.id}:pages": "6"})
    assert answer.status == 409
    return answer


def change(visitor: Visitor, book: Book, **typed: str) -> None:
    assert visitor.get(f"/books/{book.id}/change/").form().fill(**typed).submit().status == 303


def press(page: Page, button: str, **typed: Any) -> Page:
    form = fields(page)
    return page.visitor.post(form.action, {**form.fields, **typed, button: "1"}, came_from=page.address)


def held(app: Flask, book: Book) -> tuple[Any, ...]:
    return stored(app)[book.id][:3]


def test_each_cell_that_differs_shows_both_versions_and_by_whom(
    library_app: Flask, books: list[Book], refused: Page
) -> None:
    key = books[0].id
    assert list(choices(refused)) == [f"{key}:pages", f"{key}:stage", f"{key}:isbn"]
    assert fields(refused).fields[f"{key}:pages"] == "5"
    assert "There now: 123 Changed by dora" in said(refused, f"{key}:pages")
    assert choices(refused)[f"{key}:pages"].select_one("time") is not None
    assert "There now: Lost Changed by dora" in said(refused, f"{key}:stage")
    assert "Nobody else has changed it." in said(refused, f"{key}:isbn")
    assert taken(refused) == {f"{key}:pages": "mine", f"{key}:stage": "now", f"{key}:isbn": "mine"}
    [line] = told(refused)
    assert line.startswith(f"{books[0].title}: Changed by dora")
    assert refused.title.startswith("Error:")
    # The form stands elsewhere, and what is chosen is sent with it.
    assert {one["form"] for one in refused.soup.select("fieldset.choice [type=radio]")} == {"edit"}
    assert fields(refused).fields[f"{books[1].id}:pages"] == "6"
    assert held(library_app, books[1]) == (books[1].pages, 1, books[1].isbn)


def test_what_one_of_them_alone_has_changed_in_a_cell_is_chosen_already(
    library_app: Flask, books: list[Book], refused: Page
) -> None:
    assert send(refused).status == 303
    assert held(library_app, books[0]) == (5, 2, "mine")
    assert held(library_app, books[1])[0] == 6
    assert changes(library_app)[1:] == [
        ("books", str(books[0].id), "alice", ["isbn", "pages"]),
        ("books", str(books[1].id), "alice", ["pages"]),
    ]


def test_what_is_there_now_can_be_chosen_cell_by_cell(
    library_app: Flask, books: list[Book], refused: Page
) -> None:
    assert send(refused, **now_in(refused, f"{books[0].id}:pages")).status == 303
    assert held(library_app, books[0]) == (123, 2, "mine")


def test_a_row_of_which_all_is_left_as_it_is_now_is_not_counted_as_changed(
    library_app: Flask, books: list[Book], refused: Page
) -> None:
    answer = send(refused, **now_in(refused, *choices(refused)))
    assert answer.status == 303
    assert "1 book: changed." in refused.visitor.get("/books/").messages
    assert held(library_app, books[0]) == (123, 2, books[0].isbn)


def test_all_of_mine_can_be_kept_in_every_cell(library_app: Flask, books: list[Book], refused: Page) -> None:
    assert press(refused, "_keepmine", **now_in(refused, f"{books[0].id}:pages")).status == 303
    assert held(library_app, books[0]) == (5, 1, "mine")
    assert held(library_app, books[1])[0] == 6


def test_all_of_mine_can_be_discarded_and_the_list_is_fresh(books: list[Book], refused: Page) -> None:
    page = refused.follow("Discard mine")
    assert (page.address, choices(page)) == ("/books/", {})
    assert fields(page).fields[f"{books[0].id}:pages"] == "123"


def test_what_is_typed_into_a_cell_after_the_choice_counts(
    library_app: Flask, books: list[Book], refused: Page
) -> None:
    assert send(refused, **{f"{books[0].id}:stage": "0"}).status == 303
    assert held(library_app, books[0]) == (5, 0, "mine")


def test_a_third_change_of_a_cell_in_between_is_a_conflict_again_and_nothing_is_lost(
    library_app: Flask, books: list[Book], library_dora: Visitor, refused: Page
) -> None:
    key = books[0].id
    form = {**fields(refused).fields, **now_in(refused, f"{key}:isbn"), "_save": "1"}
    change(library_dora, books[0], pages="321")
    answer = refused.visitor.post("/books/", form)
    assert answer.status == 409
    assert taken(answer) == {f"{key}:pages": "mine", f"{key}:stage": "now", f"{key}:isbn": "now"}
    assert "There now: 321 Changed by dora" in said(answer, f"{key}:pages")
    assert fields(answer).fields[f"{key}:isbn"] == "mine"
    assert fields(answer).fields[f"{books[1].id}:pages"] == "6"
    assert held(library_app, books[0])[0] == 321
    assert send(answer).status == 303
    assert held(library_app, books[0]) == (5, 2, books[0].isbn)


def test_what_is_wrong_in_another_row_keeps_the_choices(
    library_app: Flask, books: list[Book], refused: Page
) -> None:
    key = books[0].id
    answer = send(refused, **now_in(refused, f"{key}:pages"), **{f"{books[1].id}:pages": "many"})
    assert answer.status == 422
    assert answer.errors[0].startswith(f"{books[1].title}, Pages:")
    assert taken(answer) == {f"{key}:pages": "now", f"{key}:stage": "now", f"{key}:isbn": "mine"}
    assert fields(answer).fields[f"{key}:pages"] == "5"
    # Nor does a form that is too old lose them.
    old = send(answer, csrf_token="old")
    assert (old.status, taken(old)) == (422, taken(answer))
    assert send(old, **{f"{books[1].id}:pages": "9"}).status == 303
    assert held(library_app, books[0]) == (123, 2, "mine")


def test_cells_of_a_model_without_a_version_are_compared_by_their_values(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    loan = world.sample_row(Loan, 1)
    world.keep(library_app, loan)
    key = f"{loan.member_id},{loan.book_id}"
    page = as_library_alice.get("/loans/")

    def meanwhile(day: int) -> None:
        with library_app.app_context():
            db.session.execute(update(Loan).values(returned_on=date(2026, 5, day)))
            db.session.commit()

    meanwhile(1)
    answer = type_in(page, {f"{key}:returned_on": "2026-04-05"})
    assert answer.status == 409
    assert "Changed by somebody else." in said(answer, f"{key}:returned_on")
    meanwhile(2)
    answer = send(answer)
    assert answer.status == 409
    assert send(answer).status == 303
    with library_app.app_context():
        assert str(db.session.scalars(select(Loan)).one().returned_on) == "2026-04-05"


def test_the_version_of_a_row_is_asked_again_when_it_is_written(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the reading of the row and its writing somebody is quicker, on a connection of their own."""
    page = as_library_alice.get("/books/")
    is_done: list[bool] = []

    theirs = update(Book).where(Book.id == books[0].id).values(pages=123, version=Book.version + 1)

    def quicker(self: ModelAdmin, form: Any, obj: Any, user: Any) -> None:
        if not is_done:
            is_done.append(True)
            with db.engine.begin() as connection:
                connection.execute(theirs)

    monkeypatch.setattr(BookAdmin, "prepare", quicker)
    answer = type_in(page, {f"{books[0].id}:pages": "5"})
    assert answer.status == 409
    assert "There now: 123" in said(answer, f"{books[0].id}:pages")
    assert held(library_app, books[0])[0] == 123
    assert send(answer).status == 303
    assert held(library_app, books[0])[0] == 5


def test_a_row_that_is_on_another_page_by_now_keeps_what_was_typed(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, library_dora: Visitor
) -> None:
    one, two, _three = books
    page = as_library_alice.get("/books/?stage=1")
    change(library_dora, one, stage="2")
    answer = type_in(page, {f"{one.id}:pages": "5", f"{two.id}:pages": "6"})
    assert answer.status == 409
    assert str(one.id) not in answer.row_keys()
    card = answer.soup.select_one("form#edit .unsaved")
    assert card is not None
    assert "another page of this list" in card.get_text(" ", strip=True)
    assert taken(answer) == {f"{one.id}:pages": "mine", f"{one.id}:stage": "now"}
    assert send(answer).status == 303
    assert (held(library_app, one)[:2], held(library_app, two)[0]) == ((5, 2), 6)


# What a choice may not do


def test_a_row_that_is_not_to_be_changed_any_more_writes_nothing_and_loses_nothing(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-07."""
    one, two, _three = books
    page = as_library_alice.get("/books/")
    elsewhere(library_app, one, stage=3)

    def can(self: ModelAdmin, user: Any, verb: str, obj: Any = None) -> bool:
        return ModelAdmin.can(self, user, verb, obj) and not (verb == "change" and obj and obj.stage == 3)

    monkeypatch.setattr(BookAdmin, "can", can)
    forged = {f"_take-{one.id}:pages": "mine"}
    answer = type_in(page, {f"{one.id}:pages": "5", f"{two.id}:pages": "6"}, **forged)
    assert answer.status == 403
    assert "not yours to change" in told(answer)[0]
    assert choices(answer) == {}
    assert [one.get_text() for one in answer.soup.select("#gone-1 dd")] == ["5"]
    assert held(library_app, one)[:2] == (one.pages, 3)
    assert send(answer).status == 303
    assert (held(library_app, one)[0], held(library_app, two)[0]) == (one.pages, 6)


def test_a_forged_choice_neither_writes_nor_shows_a_column_that_the_row_has_no_field_for(
    library_app: Flask, books: list[Book], refused: Page, word: Callable[..., None]
) -> None:
    """AZ-04."""
    key = books[0].id
    names = ("title", "isbn", "author_id", "version")
    forged = {f"_take-{key}:{name}": "mine" for name in names} | {f"{key}:{name}": "9" for name in names}
    word("books", readonly_fields=("isbn",))
    answer = send(refused, **forged, **{f"{books[1].id}:pages": "many"})
    assert answer.status == 422
    assert set(taken(answer)) == {f"{key}:pages", f"{key}:stage"}
    assert send(answer, **forged, **{f"{books[1].id}:pages": "6"}).status == 303
    assert held(library_app, books[0]) == (5, 2, books[0].isbn)
    with library_app.app_context():
        now = db.session.get_one(Book, key)
        assert (now.title, now.author_id) == (books[0].title, books[0].author_id)


@pytest.mark.parametrize("value", ["", "now", "now:x", "theirs", "\0", "é" * 300])
def test_a_choice_that_says_nothing_known_keeps_what_was_typed_into_the_cell(
    library_app: Flask, books: list[Book], refused: Page, value: str
) -> None:
    assert send(refused, **{f"_take-{books[0].id}:pages": value}).status == 303
    assert held(library_app, books[0])[0] == 5


def test_a_choice_for_a_row_that_does_not_exist_for_the_person_tells_nothing_of_it(
    library_app: Flask, books: list[Book], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-06."""
    one, two, _three = books
    grants = ("books.view", "books.change")
    editor = signed_in(library_app, add_user(library_app, "ed", grants=grants))
    page = editor.get("/books/")
    monkeypatch.setattr(BookAdmin, "query", lambda self, user: select(Book).where(Book.id != one.id))
    forged = {f"_take-{one.id}:pages": "now:x"}
    answer = type_in(page, {f"{one.id}:pages": "5", f"{two.id}:pages": "6"}, **forged)
    assert answer.status == 404
    assert one.title not in answer.text
    assert choices(answer) == {}
    assert held(library_app, two)[0] == two.pages
    # Without that row it is saved.
    assert send(answer).status == 303
    assert held(library_app, two)[0] == 6


def test_what_both_versions_of_cells_cost_does_not_grow_with_the_rows(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    books = [world.sample_row(Book, number) for number in range(1, 9)]
    world.keep(library_app, *books)

    def cost(number: int) -> int:
        page = as_library_alice.get("/books/")
        for book in books[:number]:
            elsewhere(library_app, book, summary=f"Changed before {number}", stage=2 + number % 2)
        typed = {f"{book.id}:pages": str(number) for book in books[:number]}
        with counted(library_app) as statements:
            answer = type_in(page, typed)
        assert (answer.status, len(told(answer))) == (409, number)
        return len(statements)

    assert cost(8) == cost(2)
