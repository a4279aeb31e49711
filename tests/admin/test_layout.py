"""How a form is laid out: its parts in columns, closed ones, tabs, and what is shown to those who may only look."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask

from tests.admin.behaviours import somebody
from tests.library.admin import AuthorAdmin, BooksOfAuthor
from tests.library.books import Book
from tests.pages import Page, Visitor

Word = Callable[..., None]

PARTS = (
    (None, {"fields": ("title", "slug", "author")}),
    ("Copy", {"fields": ("isbn", "pages"), "columns": 2, "description": "What is printed.", "tab": "Print"}),
    ("State", {"fields": ("stage",), "tab": "State"}),
    ("Text", {"fields": ("summary",), "collapsed": True, "tab": "Print"}),
)


@pytest.fixture
def laid_out(word: Word) -> None:
    word("books", fieldsets=PARTS)


def part(page: Page, heading: str) -> Tag:
    """The card under *heading*."""
    found = [
        card for card in page.soup.select(".card") if (h2 := card.select_one("h2")) and h2.text == heading
    ]
    return found[0]


@pytest.mark.usefixtures("laid_out")
def test_a_part_says_what_it_is_about_and_stands_in_columns(as_library_alice: Visitor, book: Book) -> None:
    card = part(as_library_alice.get(f"/books/{book.id}/change/"), "Copy")
    assert card.select_one("header p").text == "What is printed."  # type: ignore[union-attr]
    assert card.select_one(".fields")["data-columns"] == "2"  # type: ignore[index]


@pytest.mark.usefixtures("laid_out")
def test_tabs_are_sections_with_links_in_the_order_in_which_they_are_named(
    as_library_alice: Visitor, book: Book
) -> None:
    page = as_library_alice.get(f"/books/{book.id}/change/")
    links = page.soup.select("[data-sections] nav a")
    assert [(link.text.strip(), link["href"]) for link in links] == [("Print", "#tab-1"), ("State", "#tab-2")]
    first, second = page.soup.select("[data-sections] > section")
    assert [h2.text for h2 in first.select("h2")] == ["Print", "Copy", "Text"]
    assert [h2.text for h2 in second.select("h2")] == ["State", "State"]
    assert page.soup.select_one("[data-sections] [name=title]") is None
    assert len({tag["id"] for tag in page.soup.select("[id]")}) == len(page.soup.select("[id]"))


@pytest.mark.usefixtures("laid_out")
def test_a_tab_counts_what_is_wrong_in_it_and_its_fields_are_saved_all_the_same(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = form.fill(isbn="x" * 14, pages="many", stage="2").submit()
    told = [link.get_text(" ", strip=True) for link in page.soup.select("[data-sections] nav a")]
    assert (page.status, told) == (422, ["Print 2 errors", "State"])
    assert page.form().fill(isbn="", pages="5").submit().status == 303
    assert as_library_alice.get(f"/books/{book.id}/change/").form().fields["stage"] == "2"


@pytest.mark.usefixtures("laid_out")
def test_a_closed_part_opens_where_something_in_it_is_wrong(as_library_alice: Visitor, book: Book) -> None:
    page = as_library_alice.get(f"/books/{book.id}/change/")
    assert part(page, "Text").name == "details"
    assert "open" not in part(page, "Text").attrs
    page = page.form().fill(summary="lost \ufffd").submit()
    assert page.status == 422
    assert "open" in part(page, "Text").attrs


def test_a_closed_part_opens_where_something_in_it_has_to_be_given(
    word: Word, as_library_alice: Visitor
) -> None:
    word("books", fieldsets=(("All", {"fields": ("title", "slug", "author"), "collapsed": True}),))
    assert "open" in part(as_library_alice.get("/books/add/"), "All").attrs


def test_rows_of_another_model_stand_in_a_tab_too(
    library_app: Flask, as_library_alice: Visitor, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BooksOfAuthor, "tab", "Work")
    monkeypatch.setattr(AuthorAdmin, "fieldsets", ((None, {"fields": ("name",), "tab": "Life"}),))
    page = as_library_alice.get(f"/authors/{book.author_id}/change/")
    labels = [link.text.strip() for link in page.soup.select("[data-sections] nav a")]
    assert labels == ["Life", "Work"]
    assert page.soup.select_one("#tab-2 [data-inline]") is not None
    assert page.form().fill(name="Other").submit().status == 303


@pytest.mark.usefixtures("laid_out")
def test_who_may_only_look_sees_the_same_parts_without_a_form(library_app: Flask, book: Book) -> None:
    page = somebody(library_app, "books.view").get(f"/books/{book.id}/change/")
    assert page.status == 200
    assert page.soup.select("main form[method=post]") == []
    assert [link.text.strip() for link in page.soup.select("[data-sections] nav a")] == ["Print", "State"]
    assert "First line" in part(page, "Text").get_text()


def test_an_address_fills_in_what_stands_in_any_part(laid_out: Any, as_library_alice: Visitor) -> None:
    del laid_out
    fields = as_library_alice.get("/books/add/?title=Given&stage=2&nothing=1").form().fields
    assert (fields["title"], fields["stage"]) == ("Given", "2")


def test_what_is_computed_is_shown_and_never_written(
    library_app: Flask, as_library_alice: Visitor, book: Book, word: Word
) -> None:
    word(
        "books",
        fieldsets=((None, {"fields": ("title", "slug", "author", "is_thick")}),),
        readonly_fields=("is_thick",),
    )
    page = as_library_alice.get(f"/books/{book.id}/change/")
    assert page.soup.select_one("#is_thick").get_text(strip=True) == "No"  # type: ignore[union-attr]
    assert page.form().submit(is_thick="y").status == 303
