"""A search that looks behind relations: nothing is lost for want of one, nothing found twice."""

import pytest
from flask import Flask

from tests.admin.behaviours import Word
from tests.library import world
from tests.library.books import Book, Tag
from tests.library.people import Author
from tests.pages import Visitor


@pytest.fixture
def shelf(library_app: Flask, word: Word) -> None:
    """Three books: one with everything, one with an author only, and one by the first one's translator."""
    ann, bob, red, blue = Author(name="Ann"), Author(name="Bob"), Tag(name="red"), Tag(name="Éclat reddish")
    world.keep(
        library_app,
        Book(title="One", slug="one", author=ann, translator=bob, tags=[red, blue]),
        Book(title="Ann alone", slug="two", author=bob),
        Book(title="Three", slug="three", author=bob),
    )
    word("books", search_fields=("title", "translator.name", "tags.name"), ordering=("title",))


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("bob", ["One"]),
        ("BOB", ["One"]),
        ("ann", ["Ann alone"]),
        ("red", ["One"]),
        ("red bob one", ["One"]),
        ("red ann", []),
        ("^éclat", ["One"]),
        ("=red", ["One"]),
        ("=re", []),
        ("r%d", []),
        ("e", ["Ann alone", "One", "Three"]),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_it_looks_behind_relations_to_one_and_to_many(
    as_library_alice: Visitor, q: str, titles: list[str]
) -> None:
    assert as_library_alice.get(f"/books/?q={q}").column() == titles


@pytest.mark.usefixtures("shelf")
def test_a_path_may_come_back_to_where_it_began(as_library_alice: Visitor, word: Word) -> None:
    word("books", search_fields=("author.books.title",))
    assert as_library_alice.get("/books/?q=three").column() == ["Ann alone", "Three"]


@pytest.mark.usefixtures("shelf")
def test_the_page_says_where_it_looks(as_library_alice: Visitor) -> None:
    page = as_library_alice.get("/books/")
    assert "Looks in title, name of translated by, and name of tags." in page.text


@pytest.mark.usefixtures("shelf")
def test_a_search_everywhere_and_a_lookup_look_there_too(as_library_alice: Visitor) -> None:
    assert "One" in as_library_alice.get("/search?q=bob").text
    found = as_library_alice.client.get("/reservations/lookup/?field=book&q=red").get_json()
    assert [one["text"] for one in found["results"]] == ["One"]
