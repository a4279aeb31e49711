"""The lookup: what can be chosen, found by a search, for those who may fill in the form and see the others."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Book
from tests.library.people import Author
from tests.pages import Page, Visitor
from webapp.admin.editing.lookup import PAGE_SIZE
from webapp.admin.site import current_site

ADDRESS = "/books/lookup/?field=author"


@pytest.fixture
def people(library_app: Flask) -> list[Author]:
    """More authors than a page of the lookup holds, in the order of their names."""
    made = [Author(name=f"Person {number:03}") for number in range(2 * PAGE_SIZE + 5)]
    world.keep(library_app, *made)
    return made


def somebody(app: Flask, *grants: str) -> Visitor:
    return signed_in(app, add_user(app, "bob", grants=grants))


def as_json(page: Page) -> Any:
    assert page.status == 200, page.text
    assert page.response.mimetype == "application/json"
    return page.response.get_json()


def names(page: Page) -> list[str]:
    return [found["text"] for found in as_json(page)["results"]]


def test_it_pages_through_all_of_them_in_their_order(as_library_alice: Visitor, people: list[Author]) -> None:
    seen: list[dict[str, str]] = []
    after: str | None = ""
    while after is not None:
        answer = as_json(as_library_alice.get(f"{ADDRESS}&after={after}"))
        assert len(answer["results"]) <= PAGE_SIZE
        seen += answer["results"]
        after = answer["next"]
    assert seen == [{"id": str(author.id), "text": author.name} for author in people]


def test_it_finds_by_the_search_fields_of_the_other_admin(
    as_library_alice: Visitor, people: list[Author]
) -> None:
    assert names(as_library_alice.get(f"{ADDRESS}&q=%22person+01%22")) == [f"Person 01{n}" for n in range(10)]
    assert names(as_library_alice.get(f"{ADDRESS}&q=nobody")) == []
    assert names(as_library_alice.get(f"{ADDRESS}&q=%25")) == []


def test_the_cursor_of_a_search_goes_on_in_it(as_library_alice: Visitor, people: list[Author]) -> None:
    first = as_json(as_library_alice.get(f"{ADDRESS}&q=person"))
    second = as_json(as_library_alice.get(f"{ADDRESS}&q=person&after={first['next']}"))
    assert second["results"][0]["text"] == f"Person {PAGE_SIZE:03}"


def test_a_page_costs_the_same_however_many_there_are(
    library_app: Flask, as_library_alice: Visitor, people: list[Author]
) -> None:
    # How long a table is is known for a minute.
    as_library_alice.get(f"{ADDRESS}&q=person")
    with counted(library_app) as statements:
        as_library_alice.get(f"{ADDRESS}&q=person")
    assert len(statements) == 2, statements


def test_people_get_a_page_to_choose_from(as_library_alice: Visitor, people: list[Author]) -> None:
    html = {"Accept": "text/html,application/xhtml+xml"}
    page = Page(as_library_alice, as_library_alice.client.get(ADDRESS, headers=html))
    assert page.status == 200
    keys = [tag.get_text(strip=True) for tag in page.soup.select("main code")]
    assert keys == [str(author.id) for author in people[:PAGE_SIZE]]
    following = Page(as_library_alice, as_library_alice.client.get(str(page.link("Next page")), headers=html))
    assert following.soup.select_one("main code").get_text(strip=True) == str(people[PAGE_SIZE].id)  # type: ignore[union-attr]
    nothing = Page(as_library_alice, as_library_alice.client.get(f"{ADDRESS}&q=zzz", headers=html))
    assert "Nothing matches" in nothing.text


# Who may ask


def test_a_stranger_is_told_to_sign_in_as_json(library_app: Flask, people: list[Author]) -> None:
    """AZ-10."""
    page = Visitor(library_app).get(ADDRESS)
    assert page.status == 401
    assert page.response.is_json
    assert "Person" not in page.text


@pytest.mark.parametrize(
    ("grants", "status"),
    [
        ((), 403),
        (("authors.view",), 403),
        (("books.change", "tags.view"), 403),
        # The list is narrowed by it.
        (("books.view", "authors.view"), 200),
        (("books.add",), 403),
        (("books.add", "authors.view"), 200),
        (("books.add", "authors.change"), 200),
    ],
)
def test_it_takes_the_form_or_the_filter_and_the_sight_of_the_others(
    library_app: Flask, people: list[Author], grants: tuple[str, ...], status: int
) -> None:
    """AZ-10."""
    page = somebody(library_app, *grants).get(ADDRESS)
    assert page.status == status
    assert ("Person 000" in page.text) == (status == 200)


@pytest.mark.parametrize(("verb", "status"), [("view", 403), ("change", 200)])
def test_who_may_only_change_asks_for_the_form_of_an_object(
    library_app: Flask, people: list[Author], word: Callable[..., None], verb: str, status: int
) -> None:
    word("books", list_filter=())
    book: Book = world.sample_row(Book)
    world.keep(library_app, book)
    visitor = somebody(library_app, f"books.{verb}", "authors.view")
    assert visitor.get(ADDRESS).status == 403
    assert visitor.get(f"{ADDRESS}&key={book.id}").status == status
    assert visitor.get(f"{ADDRESS}&key=999999").status == 404


def test_what_is_hidden_from_a_person_is_not_found(
    library_app: Flask, people: list[Author], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-10, AZ-03."""
    with library_app.app_context():
        admin = current_site().admin("authors")
    monkeypatch.setattr(admin, "query", lambda user: select(Author).where(Author.name != "Person 000"))
    visitor = somebody(library_app, "books.add", "authors.view")
    assert names(visitor.get(ADDRESS))[0] == "Person 001"
    assert names(visitor.get(f"{ADDRESS}&q=000")) == []
    monkeypatch.undo()
    assert names(visitor.get(f"{ADDRESS}&q=000")) == ["Person 000"]


# What makes no sense


@pytest.mark.parametrize(
    "query",
    [
        "",
        "field=",
        "field=title",
        "field=author_id",
        "field=nothing",
        "field=__class__",
        "field=author&after=x",
        "field=author&after=eyJ9",
        "field=author&q=" + "x" * 201,
        "field=author&q=a+b+c+d+e+f+g+h+i+j+k",
        "field=reservations",
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    as_library_alice: Visitor, people: list[Author], query: str
) -> None:
    page = as_library_alice.get(f"/books/lookup/?{query}")
    assert page.status == 400
    assert "Person" not in page.text


def test_nul_and_half_characters_find_nothing_and_break_nothing(
    as_library_alice: Visitor, people: list[Author]
) -> None:
    for text in ("'%22%3B--", "%5C"):
        assert names(as_library_alice.get(f"{ADDRESS}&q={text}")) == []
    for text in ("%00", "a%00", "%ED%A0%80", "%FF"):
        assert as_library_alice.get(f"{ADDRESS}&q={text}").status == 400


def test_a_field_that_is_read_only_is_not_looked_up(
    as_library_alice: Visitor, people: list[Author], word: Callable[..., None]
) -> None:
    word("books", list_filter=())
    assert as_library_alice.get(ADDRESS).status == 200
    word("books", readonly_fields=("author",))
    assert as_library_alice.get(ADDRESS).status == 400


def test_it_only_reads(as_library_alice: Visitor) -> None:
    assert as_library_alice.post(ADDRESS, {}).status in (400, 405)
