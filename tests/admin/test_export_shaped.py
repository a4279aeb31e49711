"""A file follows the list as its person has it: chosen columns, saved views, filters of every kind, and the search."""

from flask import Flask

from tests.admin.exports import as_rows, entries, taken
from tests.admin.saved import save
from tests.admin.test_columns import choose
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Author, Book
from tests.pages import Page, Visitor


def links(page: Page) -> list[str]:
    return [str(link["href"]) for link in page.soup.select("#exports a")]


def head(visitor: Visitor, address: str) -> list[str]:
    return as_rows(taken(visitor, address))[0]


def test_the_columns_of_the_address_are_in_it_in_their_order_also_those_that_are_not_shown_at_first(
    app: Flask, as_alice: Visitor
) -> None:
    assert as_rows(taken(as_alice, "/users/export/?columns=locale,username&sort=-username")) == [
        ["locale", "username"],
        ["", "alice"],
    ]
    assert entries(app)[0][2]["list"] == "sort=-username&columns=locale%2Cusername"
    for wrong in ("password", "username,username", "nothing"):
        page = as_alice.get(f"/users/export/?format=json&columns={wrong}&sort=email")
        assert (page.status, "“columns”" in page.text) == (400, True)
        assert page.soup.select_one("main a[href='/users/?sort=email']") is not None, "the list is no export"


def test_the_columns_that_a_person_keeps_are_in_ones_own_files_and_the_history_tells_them(
    app: Flask, as_alice: Visitor
) -> None:
    page = choose(as_alice.get("/users/"), columns=["email", "id"])
    assert [head(as_alice, address) for address in links(page)[:1]] == [["email", "id"]]
    assert entries(app)[-1][2]["list"] == "columns=email%2Cid"
    assert head(as_alice, "/users/export/?columns=username") == ["username"]
    dora = signed_in(app, add_user(app, "dora", grants=("users.view", "users.export")))
    assert head(dora, "/users/export/")[:2] == ["username", "email"]


def test_a_file_holds_what_a_view_shows_and_what_the_address_says_wins(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "ben", is_staff=False)
    page = save(as_alice, "/users/?is_staff=false&columns=username,email&size=25", "Guests")
    assert as_rows(taken(as_alice, links(page)[0])) == [["username", "email"], ["ben", "ben@example.org"]]
    assert entries(app)[-1][2]["list"] == "is_staff=false&columns=username%2Cemail"
    number = page.address.partition("view=")[2]
    assert (
        taken(as_alice, f"/users/export/?format=ndjson&view={number}&columns=username&is_staff=").count("\n")
        == 2
    )
    assert as_alice.get("/users/export/?view=77").status == 404
    assert as_alice.get("/users/export/?view=x").status == 400


def test_filters_by_relations_and_a_search_narrow_it(library_app: Flask, as_library_alice: Visitor) -> None:
    ann, bob = Author(name="Ann"), Author(name="Bob")
    books = [world.sample_row(Book, number) for number in range(3)]
    for book, author, title in zip(books, (ann, ann, bob), ("Red sea", "Blue sea", "Red sky"), strict=True):
        book.author, book.title = author, title
    world.keep(library_app, *books)

    def titles(query: str) -> list[str]:
        rows = as_rows(taken(as_library_alice, f"/books/export/?format=csv&columns=title&sort=title&{query}"))
        return [title for (title,) in rows[1:]]

    assert titles("") == ["Blue sea", "Red sea", "Red sky"]
    assert titles(f"author={ann.id}") == ["Blue sea", "Red sea"]
    assert titles(f"author__ne={ann.id}") == ["Red sky"]
    assert titles("q=red") == ["Red sea", "Red sky"]
    assert titles(f"q=red&author={ann.id}&facets=1") == ["Red sea"]


def test_no_file_says_how_many_rows_each_choice_has(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?facets=1&size=25&is_staff=true")
    assert links(page)[0] == "/users/export/?is_staff=true&format=csv"
