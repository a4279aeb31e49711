"""Cells and actions as Django's tests pin them, by the numbers of reference/django-admin.md §2.2, as it is here.

Only what no other test says already: actions have tests of their own.
"""

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from markupsafe import Markup
from sqlalchemy import select

from tests.admin.behaviours import Word, cell
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Binding, Book, Tag
from tests.library.kinds import Notice
from tests.library.people import Author
from tests.pages import Page, Visitor
from webapp.admin.options import display
from webapp.extensions import db

# Cells


@pytest.mark.parametrize("blank", ["", " ", " \t\n ", "\u00a0\u2003"])
def test_nothing_and_blanks_show_the_empty_value(
    library_app: Flask, as_library_alice: Visitor, word: Word, blank: str
) -> None:
    """Django 23."""
    book: Book = world.sample_row(Book)
    book.title, book.translator, book.isbn, book.tags = blank, None, None, []
    world.keep(library_app, book)
    word("books", list_display=("title", "translator", "tags", "isbn", "nothing", "blank"))
    word("books", nothing=lambda obj: None, blank=display("Blank", empty="none")(lambda obj: blank))
    page = as_library_alice.get("/books/")
    assert page.rows() == [["–", "–", "–", "–", "–", "none"]]
    link = cell(page, 0).select_one("a")
    assert (link.get_text(), link["href"]) == ("–", f"/books/{book.id}/change/")


def test_blanks_within_a_name_leave_its_link_in_sight(library_app: Flask, as_library_alice: Visitor) -> None:
    """Django 23."""
    tag = Tag(name="a    b")
    world.keep(library_app, tag)
    link = cell(as_library_alice.get("/tags/"), 0).select_one("a")
    assert (link.get_text(), link["href"]) == ("a    b", f"/tags/{tag.id}/change/")


def test_what_a_method_gives_is_escaped_unless_it_is_markup(
    as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 24."""
    word("books", list_display=("plain", "marked"), list_display_links=None)
    word("books", plain=lambda obj: "<i>x</i>", marked=lambda obj: Markup("<i>y</i>"))
    page = as_library_alice.get("/books/")
    assert page.rows()[0] == ["<i>x</i>", "y"]
    assert cell(page, 0).select_one("i") is None
    assert cell(page, 1).select_one("i") is not None


def test_what_a_method_gives_is_shown_as_a_column_would_show_it(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 24: numbers, dates, moments and choices in the language and the zone of who looks."""
    given = {
        "number": lambda obj: 12345,
        "exact": lambda obj: Decimal("1234.50"),
        "day": lambda obj: date(2020, 3, 4),
        "moment": lambda obj: world.MOMENT.replace(year=2020),
        "truth": lambda obj: True,
        "binding_again": lambda obj: Binding.HARD_COVER,
    }
    word("books", list_display=("title", *given), **given)
    row = as_library_alice.get("/books/").rows()[0]
    assert row[1:] == ["12,345", "1,234.5", "Mar 4, 2020", "Mar 4, 2020", "Yes", "HARD_COVER"]
    page = as_library_alice.get(f"/books/{books[0].id}/change/")
    word("books", fieldsets=((None, {"fields": tuple(given)}),), readonly_fields=tuple(given))
    page = as_library_alice.get(f"/books/{books[0].id}/change/")
    assert "12,345" in page.text
    assert "Mar 4, 2020" in page.text


def test_display_names_sorts_and_marks_methods_and_properties_of_the_model(
    library_app: Flask,
    as_library_alice: Visitor,
    books: list[Book],
    word: Word,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Django 14, 25: also on the model, and for a property."""

    @display("Long one", order_by="pages", boolean=True)
    def is_long(self: Book) -> bool:
        return (self.pages or 0) > 402

    @display("Shelf mark", order_by="isbn", empty="none yet")
    def mark(self: Book) -> str:
        return ""

    monkeypatch.setattr(Book, "is_long", property(is_long), raising=False)
    monkeypatch.setattr(Book, "mark", mark, raising=False)
    word("books", list_display=("title", "is_long", "mark"))
    page = as_library_alice.get("/books/?sort=-is_long")
    assert page.rows() == [
        ["Book 003", "Yes", "none yet"],
        ["Book 002", "No", "none yet"],
        ["Book 001", "No", "none yet"],
    ]
    assert cell(page, 1).select_one(".yes") is not None
    assert [tag.get_text(" ", strip=True) for tag in page.soup.select("thead th a")][-2:] == [
        "Long one",
        "Shelf mark",
    ]
    assert as_library_alice.get("/books/?sort=mark").status == 200


# Actions


def test_what_was_asked_for_where_the_buttons_are_save_is_saved(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    """Django 39, 40: the form of an object runs no action, whatever else is sent with it."""
    form = as_library_alice.get(f"/books/{books[0].id}/change/").form()
    others = [str(book.id) for book in books[1:]]
    page = form.fill(title="Saved").submit(action="delete", selected=others, select_across="1", _confirm="1")
    assert page.status == 303
    with library_app.app_context():
        titles = db.session.scalars(select(Book.title).order_by(Book.id)).all()
        assert (titles, db.session.scalars(select(Book.withdrawn_at)).all()) == (
            ["Saved", "Book 002", "Book 003"],
            [None, None, None],
        )


def test_an_action_leaves_rows_alone_that_only_another_person_sees(library_app: Flask) -> None:
    """Django 36, 38: what a person does not see is as if it were not there."""
    shown, hidden = (Notice(code=code, title=code, is_public=code == "shown") for code in ("shown", "hidden"))
    world.keep(library_app, shown, hidden)
    grants = ("notices.view", "notices.delete")
    bob = signed_in(library_app, add_user(library_app, "bob", grants=grants))
    page = bob.get("/notices/")
    assert page.column() == ["shown"]
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="delete", selected=["shown", "hidden"])
    asked.form("/notices/action/").submit("_confirm")
    with library_app.app_context():
        assert db.session.scalars(select(Notice.code)).all() == ["hidden"]


# Addresses that people stored


def test_a_stored_address_is_a_link_only_where_it_is_a_page(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    """CVE-2026-15920, CVE-2013-4249, CVE-2019-12308: in the list, the form, read-only and in the history."""
    bad, good = (
        Author(name="a bad", website="javascript:alert(1)"),
        Author(name="good", website="https://a.example/"),
    )
    world.keep(library_app, bad, good)
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("authors.view",)))

    def leads(page: Page) -> list[str]:
        found = [str(tag["href"]) for tag in page.soup.select("main a[href]")]
        return [href for href in found if "javascript" in href or "a.example" in href]

    addresses = ("/authors/", f"/authors/{bad.id}/change/", f"/authors/{good.id}/change/")
    assert [leads(bob.get(address)) for address in addresses] == [
        ["https://a.example/"],
        [],
        ["https://a.example/"],
    ]
    form = as_library_alice.get(f"/authors/{bad.id}/change/").form()
    assert form.fill(website="javascript:alert(2)").submit().status == 422
    assert form.fill(website="https://b.example/").submit().status == 303
    history = as_library_alice.get(f"/authors/{bad.id}/history/")
    assert "javascript:alert(1)" in history.text
    assert leads(history) == []
    word("authors", readonly_fields=("website",))
    assert leads(as_library_alice.get(f"/authors/{good.id}/change/")) == ["https://a.example/"]


# States


def test_a_choice_that_means_something_is_marked_in_list_form_and_history(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    book: Book = world.sample_row(Book)
    book.stage, book.binding = 1, Binding.PAPERBACK
    world.keep(library_app, book)
    word("books", list_display=("title", "stage", "binding"))
    page = as_library_alice.get("/books/")
    assert cell(page, 1).select_one("i.state-warning").get_text() == "Worn"
    # A choice that means nothing in particular is plain text.
    assert cell(page, 2).select_one("i") is None
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    form.fill(stage="2").submit()
    history = as_library_alice.get(f"/books/{book.id}/history/").soup
    marks = {tag["class"][-1]: tag.get_text() for tag in history.select(".changes i.state")}
    assert marks == {"state-warning": "Worn", "state-bad": "Lost"}
    word("books", readonly_fields=("stage",))
    assert as_library_alice.get(f"/books/{book.id}/change/").soup.select_one(".field-value i.state-bad")
