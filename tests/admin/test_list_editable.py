"""Editing in the list: a cell is its field, with the form, the rights, the version and the history of the page."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import counted
from tests.library import world
from tests.library.admin import BookAdmin
from tests.library.books import Book, Loan
from tests.library.kinds import Specimen
from tests.pages import PASSWORD, Form, Page, Visitor
from webapp.account.models import UserSession
from webapp.admin.editing import conflicts
from webapp.admin.editing.forms import make_form
from webapp.admin.history import LogEntry, changes_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.extensions import db

pytestmark = pytest.mark.usefixtures("edited_books")


def fields(page: Page) -> Form:
    """The fields in the cells, with what a browser sends of them."""
    form = Form(page, page.soup.select_one("form#edit"))  # type: ignore[arg-type]
    for control in page.soup.select("[form=edit]:not(button)"):
        form.take(control)
    return form


def send(page: Page, **typed: Any) -> Page:
    form = fields(page)
    return page.visitor.post(form.action, {**form.fields, **typed, "_save": "1"}, came_from=page.address)


def type_in(page: Page, typed: dict[str, Any], **forged: Any) -> Page:
    form = fields(page)
    for name in typed:
        assert name in form.fields, name
    return page.visitor.post(
        form.action, {**form.fields, **typed, **forged, "_save": "1"}, came_from=page.address
    )


def stored(app: Flask) -> dict[int, tuple[Any, ...]]:
    with app.app_context():
        found = db.session.execute(select(Book.id, Book.pages, Book.stage, Book.isbn, Book.version))
        return {row[0]: tuple(row[1:]) for row in found}


def changes(app: Flask) -> list[tuple[str, str, str, list[str]]]:
    with app.app_context():
        found = db.session.scalars(select(LogEntry).where(LogEntry.verb == "change").order_by(LogEntry.id))
        return [
            (one.name, one.key, one.actor_label, [part.field for part in changes_of(one)]) for one in found
        ]


def elsewhere(app: Flask, book: Book, **values: Any) -> None:
    """Somebody else saves *book*."""
    with app.app_context():
        found = db.session.get_one(Book, book.id)
        for name, value in values.items():
            setattr(found, name, value)
        db.session.commit()


def test_several_rows_are_saved_in_one_go_each_with_its_own_entry(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    one, two, three = books
    page = as_library_alice.get("/books/?sort=-title&size=25")
    answer = type_in(page, {f"{one.id}:pages": "7", f"{three.id}:stage": "2", f"{three.id}:isbn": "x"})
    assert (answer.status, answer.location) == (303, "/books/?sort=-title&size=25")
    assert "2 books: changed." in as_library_alice.get(answer.location).messages
    found = stored(library_app)
    assert found[one.id] == (7, 1, one.isbn, 2)
    assert found[two.id] == (two.pages, 1, two.isbn, 1)
    assert found[three.id] == (three.pages, 2, "x", 2)
    assert changes(library_app) == [
        ("books", str(one.id), "alice", ["pages"]),
        ("books", str(three.id), "alice", ["isbn", "stage"]),
    ]


def test_what_nobody_touched_is_not_written(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    page = as_library_alice.get("/books/")
    elsewhere(library_app, books[0], pages=5)
    answer = type_in(page, {f"{books[1].id}:pages": "9"})
    assert answer.status == 303
    assert [stored(library_app)[book.id][0] for book in books] == [5, 9, books[2].pages]
    assert send(as_library_alice.get("/books/")).status == 303
    assert "Nothing was changed." in as_library_alice.get("/books/").messages
    assert len(changes(library_app)) == 1


def test_a_moment_that_a_browser_writes_shorter_is_not_touched(
    library_app: Flask, as_library_alice: Visitor, word: Callable[..., None]
) -> None:
    """Chromium sends 18:30 for a field of 18:30:00, and 15.5 for 15.500 (HTML, value sanitization)."""
    word("specimens", list_display=("name", "seen_at", "note"), list_editable=("seen_at",))
    full = world.sample_row(Specimen)
    full.seen_at = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    world.keep(library_app, full)
    page = as_library_alice.get("/specimens/")
    assert fields(page).fields[f"{full.id}:seen_at"] == "2026-11-22T15:30"
    assert send(page).status == 303
    assert "Nothing was changed." in as_library_alice.get("/specimens/").messages


def test_a_row_is_told_by_its_key_and_not_by_its_place(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    page = as_library_alice.get("/books/?sort=title")
    world.keep(library_app, world.sample_row(Book, 0))
    assert type_in(page, {f"{books[1].id}:pages": "77"}).status == 303
    assert stored(library_app)[books[1].id][0] == 77


def test_what_is_wrong_stands_beside_its_cell_with_all_that_was_typed_and_nothing_is_saved(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    before = stored(library_app)
    one, two, _three = books
    typed = {f"{one.id}:pages": "many", f"{two.id}:pages": "8", f"{two.id}:isbn": one.isbn}
    answer = type_in(as_library_alice.get("/books/?q=book"), typed)
    assert answer.status == 422
    assert stored(library_app) == before
    for name, value in typed.items():
        control = answer.soup.find(attrs={"name": name})
        assert control is not None
        assert control["value"] == value
        assert (control.get("aria-invalid") == "true") == (
            name != f"{two.id}:pages" and name != f"{two.id}:isbn"
        )
    assert answer.errors != []
    # Once that is right, what only the database can know is judged.
    answer = type_in(answer, {f"{one.id}:pages": "6"})
    assert answer.status == 422
    assert "taken already" in answer.text
    assert stored(library_app) == before
    assert type_in(answer, {f"{two.id}:isbn": "fresh"}).status == 303
    assert [stored(library_app)[book.id][0] for book in (one, two)] == [6, 8]


def test_a_hook_that_refuses_one_row_keeps_all_from_being_saved(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def before_save(self: ModelAdmin, obj: Book, form: Any, user: Any) -> None:
        if obj.pages == 13:
            raise Rejected("Not thirteen.", "pages")

    monkeypatch.setattr(BookAdmin, "before_save", before_save)
    before = stored(library_app)
    answer = type_in(
        as_library_alice.get("/books/"), {f"{books[0].id}:pages": "12", f"{books[2].id}:pages": "13"}
    )
    assert answer.status == 422
    assert "Not thirteen." in answer.text
    assert stored(library_app) == before
    assert changes(library_app) == []


def test_the_columns_that_a_person_chose_are_edited_and_those_that_lead_to_the_object_are_not(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, word: Callable[..., None]
) -> None:
    def edited(query: str) -> set[str]:
        page = as_library_alice.get(f"/books/?{query}")
        names = {str(tag["name"]) for tag in page.soup.select(f"[name^='{books[0].id}:']")}
        return {name.partition(":")[2] for name in names}

    word("books", list_columns=("published_on",), list_editable=("pages", "published_on"))
    assert edited("") == {"pages"}
    assert edited("columns=title,published_on") == {"published_on"}
    assert edited("columns=published_on,pages") == {"pages"}
    assert edited("columns=title") == set()
    assert as_library_alice.get("/books/?columns=title").soup.select("#edit, .editbar") == []
    page = as_library_alice.get("/books/?columns=published_on,title,pages")
    assert type_in(page, {f"{books[0].id}:pages": "6"}).status == 303
    assert stored(library_app)[books[0].id][0] == 6


def test_a_page_with_fields_in_other_columns_than_the_list_has_by_now_saves_nothing(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    """They would come without a value, and look as if somebody had emptied them."""
    before = stored(library_app)
    page = as_library_alice.get("/books/?columns=title,pages")
    columns = as_library_alice.get("/books/display/").form()
    as_library_alice.post(columns.action, {**columns.fields, "columns": ["title", "isbn"]})
    form = fields(page)
    sent = {**form.fields, f"{books[0].id}:pages": "6", "_save": "1"}
    others = ("", "?columns=title,isbn", "?columns=title,pages,isbn", "?columns=pages,title")
    for address in (f"/books/{columns}" for columns in others):
        answer = as_library_alice.post(address, sent)
        assert (answer.status, "has other columns" in answer.text) == (409, True), address
    assert stored(library_app) == before
    del sent["_columns"]
    assert as_library_alice.post("/books/?columns=pages,title", sent).status == 405
    sent = {**form.fields, f"{books[0].id}:pages": "6", "_save": "1"}
    assert as_library_alice.post("/books/?columns=title,pages", sent).status == 303


def test_a_form_that_is_too_old_comes_back_with_what_was_typed(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    before = stored(library_app)
    answer = type_in(as_library_alice.get("/books/"), {f"{books[0].id}:pages": "5"}, csrf_token="old")
    assert answer.status == 422
    assert "Check it and send it again" in answer.messages
    assert fields(answer).fields[f"{books[0].id}:pages"] == "5"
    assert stored(library_app) == before
    assert send(answer).status == 303
    assert stored(library_app)[books[0].id][0] == 5


def test_one_statement_more_and_no_more_for_more_rows(
    library_app: Flask, books: list[Book], as_library_alice: Visitor, word: Callable[..., None]
) -> None:
    def cost() -> int:
        as_library_alice.get("/books/")
        with counted(library_app) as statements:
            as_library_alice.get("/books/")
        return len(statements)

    with_fields = cost()
    world.keep(library_app, *(world.sample_row(Book, number) for number in range(10, 20)))
    assert cost() == with_fields
    word("books", list_editable=())
    assert cost() == with_fields - 1


def test_a_form_is_made_for_each_row_that_was_touched_and_for_no_other(
    books: list[Book], as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = as_library_alice.get("/books/")
    made: list[Any] = []

    def noted(model_admin: ModelAdmin, layout: Any, user: Any, obj: Any, **options: Any) -> Any:
        made.append(obj.id)
        return make_form(model_admin, layout, user, obj, **options)

    monkeypatch.setattr(conflicts, "make_form", noted)
    assert type_in(page, {f"{books[1].id}:pages": "9"}).status == 303
    assert made == [books[1].id]


def test_a_row_with_a_key_of_two_parts_and_no_version_is_edited_too(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    loan = world.sample_row(Loan, 1)
    world.keep(library_app, loan)
    page = as_library_alice.get("/loans/")
    key = f"{loan.member_id},{loan.book_id}"
    assert type_in(page, {f"{key}:returned_on": "2026-04-05"}).status == 303
    with library_app.app_context():
        assert str(db.session.scalars(select(Loan)).one().returned_on) == "2026-04-05"
    assert changes(library_app)[-1][:2] == ("loans", key)


def test_the_fields_stand_beside_the_actions_and_each_is_named_after_its_row(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    page = as_library_alice.get("/books/")
    assert page.soup.select("form form") == []
    control = page.soup.find(attrs={"name": f"{books[0].id}:pages"})
    assert control is not None
    assert control["aria-label"] == "Pages: Book 001"
    assert page.soup.select(".selection [name=selected]") != []
    assert page.soup.select("button[form=edit]") != []


def test_a_list_that_comes_back_from_the_sign_in_is_searched_and_narrowed_at_its_own_address(
    library_app: Flask, books: list[Book], as_library_alice: Visitor
) -> None:
    """The page is then the answer of /login: what names no path would be asked of the sign-in."""
    page = as_library_alice.get("/books/?size=25&sort=title&author__isnull=false")
    with library_app.app_context(), db.engine.begin() as connection:
        connection.execute(UserSession.__table__.delete())
    page = type_in(page, {f"{books[0].id}:pages": "9"})
    assert page.status == 401
    page = page.form("/login").fill(username="alice", password=PASSWORD).submit("_login")
    assert fields(page).fields[f"{books[0].id}:pages"] == "9"
    ways = [form["action"] for form in page.soup.select("main form[method=get]")]
    assert len(ways) == 3
    assert set(ways) == {"/books/"}
