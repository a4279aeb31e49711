"""A form whose object was deleted meanwhile loses nothing: who deleted it, what was typed, and the ways on."""

import pytest
from flask import Flask

from tests.admin.backwards import delete, found
from tests.admin.bands import Band, Gig, Hall
from tests.admin.behaviours import count
from tests.admin.test_inlines import form_of, kept, more, towns, with_new_door
from tests.conftest import add_user, signed_in
from tests.library.books import Book
from tests.pages import Page, Visitor
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import User

GONE = "not there any more"
RESTORE, AS_NEW = "Restore it with what you typed …", "Save as new …"


def typed(page: Page) -> dict[str, str]:
    """What the page says was typed, by label."""
    pairs = zip(page.soup.select(".facts dt"), page.soup.select(".facts dd"), strict=True)
    return {label.get_text(" ", strip=True): value.get_text() for label, value in pairs}


def ways(page: Page) -> list[str]:
    return [button.get_text(strip=True) for button in page.soup.select("main [formaction]")]


def go(page: Page, label: str) -> Page:
    """Press the button that leads on."""
    [button] = [one for one in page.soup.select("main [formaction]") if one.get_text(strip=True) == label]
    return page.visitor.post(str(button["formaction"]), page.form().fields, came_from=page.address)


def tags_of(app: Flask, key: int) -> set[int]:
    with app.app_context():
        return {tag.id for tag in db.session.get_one(Book, key).tags}


@pytest.fixture
def gone(library_app: Flask, as_library_alice: Visitor, book: Book) -> Page:
    """Alice has typed a title and a summary when Dora deletes the book."""
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    form.fill(title="Written anew", summary="One line\nand another")
    delete(signed_in(library_app, add_user(library_app, "dora", is_superuser=True)), "books", book.id)
    return form.submit()


def test_it_says_who_deleted_it_and_when_and_shows_all_that_was_typed(gone: Page) -> None:
    assert gone.status == 409
    assert GONE in gone.title
    assert "dora deleted" in gone.messages
    assert gone.soup.select_one("[role=alert] time") is not None
    assert typed(gone)["Title"] == "Written anew"
    assert typed(gone)["Summary"].splitlines() == ["One line", "and another"]
    assert ways(gone) == [RESTORE, AS_NEW]


def test_it_comes_back_with_what_was_typed_and_what_it_held(
    library_app: Flask, gone: Page, book: Book
) -> None:
    page = go(gone, RESTORE)
    assert page.status == 200
    form = page.form()
    assert (form.fields["title"], form.fields["isbn"]) == ("Written anew", book.isbn)
    assert found(library_app, Book, book.id) is None
    assert form.submit("_restore").status == 303
    with library_app.app_context():
        back = db.session.get_one(Book, book.id)
        assert (back.title, back.isbn) == ("Written anew", book.isbn)


def test_a_tag_that_was_taken_off_or_put_on_meanwhile_is_so_in_what_comes_back(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    book, mine = books[0], sorted(tags_of(library_app, books[0].id))
    other = min(set.union(*(tags_of(library_app, one.id) for one in books)) - set(mine))
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    form.fields["tags"] = [str(mine[0]), str(other)]
    delete(as_library_alice, "books", book.id)
    assert go(form.submit(), RESTORE).form().submit("_restore").status == 303
    assert tags_of(library_app, book.id) == {mine[0], other}


def test_it_is_saved_as_new_from_a_form_that_holds_what_was_typed(
    library_app: Flask, gone: Page, book: Book
) -> None:
    page = go(gone, AS_NEW)
    assert (page.status, page.errors) == (200, [])
    assert page.form().action == "/books/add/"
    assert (page.form().fields["title"], page.form().fields["summary"]) == (
        "Written anew",
        "One line\nand another",
    )
    assert count(library_app, Book) == 0
    assert page.form().submit().status == 303
    assert count(library_app, Book) == 1


def test_rows_below_it_are_shown_and_go_along_into_a_new_one(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = more(form_of(as_band_alice), "gigs")
    form.fill(**{"name": "Again", "gigs-0-town": "Changed", "gigs-2-town": "Third", "gigs-1-_delete": True})
    delete(as_band_alice, "bands", 1)
    page = form.submit()
    assert page.status == 409
    assert {"Gig 1 · Town": "Changed", "Gig 3 · Town": "Third"}.items() <= typed(page).items()
    kept(go(page, AS_NEW).form().submit())
    with band_app.app_context():
        new = db.session.query(Band).filter_by(name="Again").one().id
    assert towns(band_app, new) == ["Changed", "Third"]


def test_who_may_not_add_has_what_was_typed_to_copy(library_app: Flask, book: Book) -> None:
    emil = signed_in(library_app, add_user(library_app, "emil", grants=("books.change",)))
    dora = signed_in(library_app, add_user(library_app, "dora", is_superuser=True))
    form = emil.get(f"/books/{book.id}/change/").form().fill(title="Written anew")
    delete(dora, "books", book.id)
    page = form.submit()
    assert (page.status, ways(page), typed(page)["Title"]) == (409, [], "Written anew")
    # Nor does the address of the button help.
    address = f"/books/{book.id}/restore/?_entry=1&_look=1"
    assert emil.post(address, page.form().fields).status in (403, 404)


def test_who_may_not_know_how_it_went_is_told_only_that_there_is_none(
    library_app: Flask, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    emil = signed_in(library_app, add_user(library_app, "emil", grants=("books.change", "books.add")))
    dora = signed_in(library_app, add_user(library_app, "dora", is_superuser=True))
    form = emil.get(f"/books/{book.id}/change/").form().fill(title="Written anew")
    delete(dora, "books", book.id)
    with library_app.app_context():
        admin = current_site().admin("books")
    monkeypatch.setattr(admin, "may_see_deleted", lambda user: bool(user.is_superuser))
    page = form.submit()
    assert (page.status, ways(page), typed(page)["Title"]) == (404, [AS_NEW], "Written anew")
    assert "dora" not in page.text


def test_what_stands_in_no_history_is_404_with_what_was_typed(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    with app.app_context():
        db.session.delete(db.session.get_one(User, bob.id))
        db.session.commit()
    page = form.submit()
    assert (page.status, typed(page)["Full name"]) == (404, "Robert")
    assert "Perhaps it was deleted" in page.messages


def test_no_password_stands_on_the_page(app: Flask, as_alice: Visitor, bob: User) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    delete(as_alice, "users", bob.id)
    page = form.submit(password="nobody sees this")
    assert page.status == 409
    assert "nobody sees this" not in page.text
    assert "Passwords and files are not kept" in page.messages


def test_a_key_that_is_free_is_taken_again_with_what_was_typed(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = with_new_door(band_app, as_band_alice)
    delete(as_band_alice, "halls", "Acre,1")
    page = form.submit()
    assert page.status == 409
    new = go(page, AS_NEW).form()
    assert (new.fields["town"], new.fields["number"]) == ("Acre", "1")
    kept(new.submit())
    assert found(band_app, Hall, ("Acre", 1)) is not None


def test_what_is_sent_with_nothing_typed_is_404_as_ever(as_alice: Visitor) -> None:
    assert as_alice.get("/users/999999/change/").status == 404
