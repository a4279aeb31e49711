"""Filters of the admin's own, and how many rows each choice has: on demand, bounded, one statement a filter."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ColumnElement

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.admin import BookAdmin
from tests.library.books import Author, Binding, Book, Tag
from tests.pages import Page, Visitor
from webapp.admin.listing import counting
from webapp.admin.options import choice_filter


@pytest.fixture
def shelf(library_app: Flask) -> None:
    author, red = Author(name="Ann"), Tag(name="red")
    books = [
        Book(title="a", slug="a", author=author, pages=100, binding=Binding.PAPERBACK, stage=0, tags=[red]),
        Book(title="b", slug="b", author=author, pages=900, binding=Binding.PAPERBACK, stage=1),
        Book(title="c", slug="c", author=author, pages=901, stage=1),
    ]
    world.keep(library_app, author, *books)


def counts(page: Page, label: str) -> dict[str, str]:
    """The choices of a filter with their counts."""
    [nav] = page.soup.select(f'nav.facet[aria-label="{label}"]')
    found = {}
    for link in nav.select("a"):
        number = link.select_one(".muted")
        assert number is not None
        text = number.extract().get_text(strip=True)
        found[link.get_text(strip=True)] = text
    return found


# The admin's own


@pytest.mark.parametrize(
    ("parameters", "titles"),
    [
        ("shape=thin", ["a"]),
        ("shape=thick", ["b", "c"]),
        ("shape=thin&shape=thick", ["a", "b", "c"]),
        ("shape__eq=thick&stage=0", []),
        ("shape=thick&tags__isnull=true&binding=PAPERBACK", ["b"]),
    ],
)
def test_a_filter_of_the_admins_own_narrows_as_its_method_says(
    as_library_alice: Visitor, shelf: None, parameters: str, titles: list[str]
) -> None:
    assert as_library_alice.get(f"/books/?{parameters}").column() == titles


@pytest.mark.parametrize("parameter", ["shape=wide", "shape__ne=thin", "shape__isnull=true", "is_thick=true"])
def test_what_it_does_not_offer_is_refused(as_library_alice: Visitor, parameter: str) -> None:
    page = as_library_alice.get(f"/books/?{parameter}")
    assert page.status == 400
    assert f"“{parameter.partition('=')[0]}”" in page.text


def test_it_has_a_control_and_a_chip_as_others(as_library_alice: Visitor, shelf: None) -> None:
    page = as_library_alice.get("/books/?shape=thick")
    assert [tag["value"] for tag in page.soup.select('.filters [name="shape"] option')] == [
        "",
        "thin",
        "thick",
    ]
    summary = page.soup.select_one(".chip-filter summary")
    assert summary is not None
    assert summary.get_text(" ", strip=True) == "Shape Thick"
    assert len(page.soup.select(".chip-filter select[name=shape]")) == 1
    assert page.follow("Remove Shape").address == "/books/"


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, word: Callable[..., None]) -> None:
    """A filter whose choices are the person's own."""

    def offered(self: Any, user: Any) -> list[tuple[int, str]]:
        return [(stage, f"Stage {stage}") for stage in (0, 1)] if user.is_superuser else []

    @choice_filter("Wear", choices=offered)
    def wear(self: Any, value: int, user: Any) -> ColumnElement[bool]:
        assert isinstance(value, int), "as it stands in the choices"
        return Book.stage == value

    monkeypatch.setattr(BookAdmin, "wear", wear, raising=False)
    word("books", list_filter=("wear",))


def test_choices_can_be_the_persons_own_and_nobody_chooses_from_none(
    library_app: Flask, as_library_alice: Visitor, shelf: None, mine: None
) -> None:
    assert as_library_alice.get("/books/?wear=1").column() == ["b", "c"]
    assert as_library_alice.get("/books/?wear=2").status == 400
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("books.view",)))
    assert bob.get("/books/?wear=1").status == 400
    assert bob.get("/books/").soup.select('[name="wear"]') == []


# Counts


def test_counts_are_made_on_demand_only(library_app: Flask, as_library_alice: Visitor, shelf: None) -> None:
    page = as_library_alice.get("/books/")
    assert page.soup.select("nav.facet a .muted") == []
    shown = page.follow("Show counts")
    assert shown.address == "/books/?facets=1"
    assert counts(shown, "Shape") == {"Thin": "1", "Thick": "2"}
    assert counts(shown, "Binding") == {"Hard cover": "0", "Paperback": "2", "Empty": "1"}
    assert counts(shown, "Stage") == {"New": "1", "Worn": "2", "Lost": "0"}
    assert shown.follow("Hide counts").address == "/books/"


def test_a_filter_costs_one_statement_also_of_what_is_searched_for(app: Flask, as_alice: Visitor) -> None:
    as_alice.get("/users/?q=alice&size=25")
    with counted(app) as plain:
        as_alice.get("/users/?q=alice&size=25")
    with counted(app) as statements:
        page = as_alice.get("/users/?q=alice&size=25&facets=1")
    assert counts(page, "Active") == {"Yes": "1", "No": "0"}
    assert len(statements) - len(plain) == len(page.soup.select("nav.facet:has(.muted)"))


def test_a_filter_costs_one_statement(library_app: Flask, as_library_alice: Visitor, shelf: None) -> None:
    as_library_alice.get("/books/")
    with counted(library_app) as plain:
        as_library_alice.get("/books/?stage=1&size=25")
    with counted(library_app) as statements:
        page = as_library_alice.get("/books/?stage=1&size=25&facets=1")
    filters = [nav["aria-label"] for nav in page.soup.select("nav.facet") if nav.select("a .muted")]
    assert filters == ["Binding", "Language", "Stage", "Shape"]
    assert len(statements) == len(plain) + len(filters), statements


def test_counts_respect_the_search_and_the_other_filters_and_lead_on(
    as_library_alice: Visitor, shelf: None
) -> None:
    page = as_library_alice.get("/books/?facets=1&stage=1&sort=-title")
    assert counts(page, "Shape") == {"Thin": "0", "Thick": "2"}
    page = as_library_alice.get("/books/?facets=1&stage=1&sort=-title")
    assert counts(page, "Stage") == {"New": "1", "Worn": "2", "Lost": "0"}, "its own filter does not count"
    page = as_library_alice.get("/books/?facets=1&q=a&stage=1")
    assert counts(page, "Stage") == {"New": "1", "Worn": "0", "Lost": "0"}
    page = as_library_alice.get("/books/?facets=1&stage=1&sort=-title")
    current = page.soup.select_one('nav.facet[aria-label="Stage"] [aria-current]')
    assert current is not None
    assert current["href"] == "/books/?facets=1&sort=-title"
    other = page.soup.select_one('nav.facet[aria-label="Binding"] a')
    assert other is not None
    assert other["href"] == "/books/?facets=1&sort=-title&stage=1&binding=HARD_COVER"


def test_counts_are_bounded(as_library_alice: Visitor, shelf: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MAX_COUNT", 1)
    assert counts(as_library_alice.get("/books/?facets=1"), "Shape") == {"Thin": "1", "Thick": "1+"}


def test_counts_of_a_to_many_filter_count_each_row_once(
    library_app: Flask, as_library_alice: Visitor, shelf: None
) -> None:
    blue = Tag(name="blue")
    world.keep(library_app, blue, Book(title="d", slug="d", author=Author(name="B"), tags=[blue], pages=1))
    page = as_library_alice.get("/books/?facets=1&tags=1&tags=2")
    assert counts(page, "Shape") == {"Thin": str(len(page.column())), "Thick": "0"}


def test_a_filter_may_be_called_as_a_word_of_the_program_itself(
    as_library_alice: Visitor,
    shelf: None,
    word: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("self", "without"):

        def thick(self: Any, value: str, user: Any) -> ColumnElement[bool]:
            return Book.pages > 500

        thick.__name__ = name
        made = choice_filter(name.title(), choices=(("yes", "Thick"),))(thick)
        monkeypatch.setattr(BookAdmin, name, made, raising=False)
    word("books", list_filter=("self", "without"))
    page = as_library_alice.get("/books/?facets=1&self=yes")
    assert counts(page, "Self") == counts(page, "Without") == {"Thick": "2"}
    links = [str(link["href"]) for link in page.soup.select("nav.facet a")]
    assert links == ["/books/?facets=1", "/books/?facets=1&self=yes&without=yes"]
