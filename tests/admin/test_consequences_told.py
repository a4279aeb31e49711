"""Who may delete what goes along with a delete, and what the page tells of it."""

import pytest
from flask import Flask

from tests.admin.kin import Author, Book, Loan, ask, go, number, put, put_library, told
from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor
from webapp.admin.editing import atsize, collecting, trees
from webapp.admin.editing.deletion import Forbidden
from webapp.extensions import db
from webapp.users.models import User

# Rights


def helper(kin_app: Flask, *grants: str) -> User:
    made = add_user(kin_app, "helper", grants=grants)
    found = db.session.get(User, made.id)
    assert found is not None
    return found


def test_what_goes_along_takes_the_permission_too(kin_app: Flask, root: User) -> None:
    put_library()
    may_not = helper(kin_app, "authors.delete", "authors.view", "books.view")
    found = ask("authors", may_not)
    assert told(found)["forbidden"] == {"Books": 2}
    assert "Books" not in told(found)["deleted"]
    with pytest.raises(Forbidden):
        go("authors", may_not)
    assert number(Author) == 2


def test_who_holds_it_deletes_and_needs_none_for_what_is_emptied(kin_app: Flask, root: User) -> None:
    put_library()
    allowed = helper(kin_app, "authors.delete", "books.delete")
    assert ask("authors", allowed).is_allowed
    go("authors", allowed)
    assert number(Author) == 1


def test_an_object_that_may_not_go_keeps_what_it_hangs_on(kin_app: Flask, root: User) -> None:
    put_library()
    put(Book(id=50, name="kept", author_id=1))
    assert told(ask("authors", root))["forbidden"] == {"Books": 1}
    with pytest.raises(Forbidden):
        go("authors", root)


def test_the_objects_themselves_are_asked_for_as_well(kin_app: Flask, root: User) -> None:
    put_library()
    may_not = helper(kin_app, "loans.delete")
    assert told(ask("books", may_not))["forbidden"] == {"Books": 1}


def test_what_is_hidden_is_counted_and_neither_named_nor_taken_along(kin_app: Flask, root: User) -> None:
    put_library()
    put(Book(id=50, name=".secret", author_id=1))
    north = helper(kin_app, "authors.delete", "books.delete", "books.view")
    found = ask("authors", north)
    assert told(found)["forbidden"] == {"Books": 1}
    assert found.forbidden[0].named == ()
    assert [str(book) for book in found.deleted[0].named] == ["Book 1", "Book 2"]
    with pytest.raises(Forbidden):
        go("authors", north)
    assert number(Author) == 2
    [book] = [one for one in ask("authors", root).deleted if one.label == "Books"]
    assert len(book.named) == 3
    go("authors", root)
    assert number(Author) == 1


def test_who_may_not_see_them_is_told_a_number(kin_app: Flask, root: User) -> None:
    put_library()
    assert ask("authors", helper(kin_app, "authors.delete", "books.delete")).deleted[0].named == ()


# The page


@pytest.fixture
def visitor(kin_app: Flask, alice: User) -> Visitor:
    with kin_app.app_context():
        put_library(books=12)
    return signed_in(kin_app, alice)


def headings(page: Page) -> list[str]:
    return [tag.get_text(strip=True) for tag in page.soup.select("main h2")]


def test_the_page_names_the_first_and_counts_the_others(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MAX_NODES", 10)
    page = visitor.get("/authors/1/delete/")
    assert headings(page) == ["Deleted with it", "Kept, without what points to it"]
    assert page.link("Book 3") == "/books/3/change/"
    assert page.link("Book 12") is None
    assert "The first 10, and what hangs on what" in page.text
    assert len(page.soup.select("main details li")) == 10
    assert page.form().submit("_delete").status == 303
    assert visitor.get("/books/3/change/").status == 404


def test_the_page_of_what_is_needed_offers_no_delete_and_a_forged_one_is_refused(
    kin_app: Flask, visitor: Visitor
) -> None:
    form = visitor.get("/authors/1/delete/").form()
    with kin_app.app_context():
        put(Loan(id=1, name="Summer", book_id=2))
    page = form.submit("_delete")
    assert (page.status, headings(page)[0]) == (409, "These need it")
    assert page.link("Summer") == "/loans/1/change/"
    assert page.link("Back") == "/authors/1/change/"
    assert page.soup.select("main form") == []
    assert visitor.get("/authors/1/delete/").status == 200
    assert visitor.get("/authors/1/change/").status == 200


def test_the_page_of_what_one_may_not_delete_and_of_who_may(kin_app: Flask, visitor: Visitor) -> None:
    form = visitor.get("/authors/1/delete/").form()
    helper = add_user(
        kin_app, "helper", grants=("authors.view", "authors.delete", "notes.view", "notes.delete")
    )
    other = signed_in(kin_app, helper)
    page = other.get("/authors/1/delete/")
    assert (page.status, headings(page)[0]) == (200, "These you may not delete")
    assert page.soup.select("main form") == []
    token = other.get("/notes/1/delete/").form().fields["csrf_token"]
    forged = other.post("/authors/1/delete/", {**form.fields, "csrf_token": token, "_delete": "1"})
    assert (forged.status, headings(forged)[0]) == (403, "These you may not delete")
    assert visitor.get("/authors/1/change/").status == 200
    assert form.submit("_delete").status == 303


def test_the_page_says_that_there_is_too_much(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MAX_ROWS", 5)
    monkeypatch.setattr(atsize, "MAX_AT_SIZE", 5)
    page = visitor.get("/authors/1/delete/")
    assert "Delete some of those first" in page.text
    assert headings(page)[0] == "Would be deleted with it"
    assert page.soup.select("main form") == []
