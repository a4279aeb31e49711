"""From a form to the form of what it leads to and back, without a script: nothing typed is lost, each by permission."""

from typing import Any

import bs4
import pytest
from flask import Flask
from sqlalchemy import select

from tests.account.test_typed import answer, end_sessions
from tests.admin.test_relations import authors, writer
from tests.admin.test_relations_many import with_tags_elsewhere
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book, Loan, Tag
from tests.library.people import Author, Member
from tests.pages import Form, Page, Visitor
from webapp.admin.editing import detours
from webapp.extensions import db

__all__ = ["writer"]

MAY_CHOOSE = ("authors.view", "tags.view", "branches.view")


def ways(page: Page) -> list[str]:
    """What can be done beside the fields, as the buttons are called."""
    return [_called(page, button) for button in page.soup.select("[name=_open]")]


def _called(page: Page, button: bs4.Tag) -> str:
    named = str(button.get("aria-labelledby", "")).split()
    texts = [tag.get_text(" ", strip=True) for id in named if (tag := page.soup.find(id=id)) is not None]
    return " ".join(texts) or button.get_text(" ", strip=True)


def leave(form: Form, way: str, **typed: Any) -> Page:
    return form.fill(**typed).submit("_open", _open=way)


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return len(db.session.scalars(select(model)).all())


def last(app: Flask, model: Any) -> Any:
    with app.app_context():
        return db.session.scalars(select(model).order_by(model.id.desc())).first()


# Through the page and back


def test_a_new_one_is_added_on_the_way_and_chosen_on_return(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    address = f"/books/{book.id}/change/"
    form = as_library_alice.get(address).form()
    other = leave(form, "author:add", title="Typed", pages="many", tags=[])
    assert (other.status, other.title.split(" ·")[0]) == (200, "Add author")
    assert other.form().action == "/authors/add/"
    page = other.form().fill(name="Ana").submit()
    made = last(library_app, Author)
    assert (page.status, made.name) == (200, "Ana")
    assert "Ana was added." in page.messages
    fields = page.form().fields
    assert page.form().action == address
    assert (fields["title"], fields["pages"], fields["tags"]) == ("Typed", "many", [])
    assert fields["author"] == str(made.id)
    assert "Ana" in page.soup.select_one(".field:has(#author)").get_text()  # type: ignore[union-attr]
    assert page.form().fill(pages="7").submit().status == 303
    with library_app.app_context():
        saved = db.session.get_one(Book, book.id)
        assert (saved.title, saved.author_id, saved.tags) == ("Typed", made.id, [])


def test_what_is_wrong_on_the_way_is_told_there_and_the_way_back_is_kept(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    other = leave(as_library_alice.get("/books/add/").form(), "author:add", title="Typed")
    refused = other.form().submit()
    assert (refused.status, refused.errors) == (422, ["Name: Fill in this field."])
    page = refused.form().fill(name="Ana").submit()
    assert page.form().fields["title"] == "Typed"
    assert page.form().fields["author"] == str(last(library_app, Author).id)


def test_one_goes_back_without_saving(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    other = leave(form, "author:change", title="Typed")
    assert other.form().fields["name"] == "Author 001"
    page = other.form().fill(name="").submit("_return")
    assert (page.form().fields["title"], page.form().fields["author"]) == ("Typed", str(book.author_id))
    with library_app.app_context():
        assert db.session.get_one(Author, book.author_id).name == "Author 001"


def test_the_chosen_one_is_changed_on_the_way(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = leave(form, "translator:change", title="Typed").form().fill(name="Renamed").submit()
    assert "Renamed was changed." in page.messages
    assert page.soup.select_one("#translator option[selected]").get_text() == "Renamed"  # type: ignore[union-attr]


def test_nothing_chosen_is_nothing_to_change(as_library_alice: Visitor, book: Book) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = leave(form, "translator:change", translator="", title="Typed")
    assert page.errors == ["Translated by: Choose something first."]
    assert page.form().fields["title"] == "Typed"


@pytest.mark.parametrize("is_large", [False, True])
def test_a_new_one_of_many_comes_to_those_that_are_chosen(
    library_app: Flask, as_library_alice: Visitor, book: Book, is_large: bool
) -> None:
    if is_large:
        with_tags_elsewhere(library_app)
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = leave(form, "tags:add").form().fill(name="brand new").submit()
    assert page.form().submit().status == 303
    with library_app.app_context():
        names = {tag.name for tag in db.session.get_one(Book, book.id).tags}
    assert names == {"old 001", "rare 001", "brand new"}


def test_a_detour_may_begin_on_a_detour(library_app: Flask, as_library_alice: Visitor) -> None:
    with_tags_elsewhere(library_app)
    first = as_library_alice.get("/recordings/add/").form()
    second = leave(first, "artist:add", title="Typed")
    # Nothing there leads elsewhere (Django 42: popups have no actions).
    assert second.soup.select("button[name=_continue], button[name=_addanother], aside") == []
    tag = leave(as_library_alice.get("/tags/add/").form(), "books:add", name="outer")
    author = leave(tag.form(), "author:add", title="Middle", slug="middle")
    book = author.form().fill(name="Inner").submit()
    assert book.form().fields["title"] == "Middle"
    page = book.form().submit()
    assert page.form().fields["name"] == "outer"
    assert page.form().submit().status == 303
    with library_app.app_context():
        saved = db.session.scalars(select(Tag).where(Tag.name == "outer")).one()
        assert [(one.title, one.author.name) for one in saved.books] == [("Middle", "Inner")]


def test_what_ends_a_detour_is_done_once_however_often_it_is_sent(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    other = leave(as_library_alice.get("/books/add/").form(), "author:add", title="Typed")
    form = other.form().fill(name="Ana")
    keys = {form.submit().form().fields["author"] for _time in range(2)}
    assert keys == {str(last(library_app, Author).id)}
    assert count(library_app, Author) == 1


def test_a_stale_form_is_still_stale_after_a_detour(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    address = f"/books/{book.id}/change/"
    other = leave(as_library_alice.get(address).form(), "author:add", title="Mine")
    assert as_library_alice.get(address).form().fill(title="Theirs").submit().status == 303
    page = other.form().fill(name="Ana").submit()
    assert page.form().submit().status == 409


def test_a_new_row_of_an_inline_is_a_place_to_leave_from_too(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    member: Member = world.sample_row(Member)
    world.keep(library_app, member, Loan(member=member, book_id=book.id))
    grown = as_library_alice.get(f"/members/{member.id}/change/").form().submit("_add_loans")
    assert [way for way in ways(grown) if "Book New" in way] == ["Add … Book New", "Change … Book New"]
    other = leave(grown.form(), "loans-1-book:add", first_name="Typed")
    author = (
        leave(other.form(), "author:add", title="New book", slug="new-book").form().fill(name="Ana").submit()
    )
    page = author.form().submit()
    made = last(library_app, Book)
    assert (page.form().fields["first_name"], page.form().fields["loans-1-book"]) == ("Typed", str(made.id))
    assert page.form().submit().status == 303
    with library_app.app_context():
        assert {loan.book_id for loan in db.session.get_one(Member, member.id).loans} == {book.id, made.id}


# By permission (Django 53)


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        (MAY_CHOOSE, ["View … Translated by"]),
        ((*MAY_CHOOSE, "authors.add"), ["Add … Translated by", "View … Translated by"]),
        ((*MAY_CHOOSE, "authors.change"), ["Change … Translated by"]),
        (
            (*MAY_CHOOSE, "authors.add", "authors.change"),
            ["Add … Translated by", "Change … Translated by"],
        ),
        (("tags.view",), []),
    ],
)
def test_the_ways_are_those_that_the_other_model_allows(
    writer: Any, book: Book, grants: tuple[str, ...], expected: list[str]
) -> None:
    """Django 53."""
    page = writer(*grants).get(f"/books/{book.id}/change/")
    assert [way for way in ways(page) if "Translated" in way] == expected


def test_of_several_that_are_chosen_none_is_offered_to_be_changed(
    as_library_alice: Visitor, book: Book
) -> None:
    """Django 53."""
    page = as_library_alice.get(f"/books/{book.id}/change/")
    assert [way for way in ways(page) if "Tags" in way] == ["Add … Tags"]


def test_a_way_that_is_not_offered_leads_nowhere_and_saves_nothing(
    library_app: Flask, writer: Any, book: Book
) -> None:
    """Django 55."""
    form = writer(*MAY_CHOOSE).get(f"/books/{book.id}/change/").form().fill(title="Typed")
    for way in ("author:add", "author:change", "author:delete", "title:add", "x", "tags:change", ""):
        page = form.submit("_open", _open=way)
        assert (page.status, page.form().action) == (200, f"/books/{book.id}/change/"), way
        assert page.form().fields["title"] == "Typed"
    with library_app.app_context():
        assert db.session.get_one(Book, book.id).title != "Typed"


def test_who_may_only_look_is_shown_the_page_and_the_way_back(writer: Any, book: Book) -> None:
    form = writer(*MAY_CHOOSE).get(f"/books/{book.id}/change/").form()
    other = leave(form, "author:view", title="Typed")
    assert other.soup.select("main input:not([type=hidden]), main select") == []
    page = other.form().submit("_return")
    assert page.form().fields["title"] == "Typed"


def test_what_is_hidden_from_the_person_is_not_opened(
    library_app: Flask, writer: Any, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = authors(library_app, 1)[0]
    admin = library_app.extensions["admin"].admin("authors")
    monkeypatch.setattr(admin, "query", lambda user: select(Author).where(Author.id != hidden.id))
    form = writer(*MAY_CHOOSE).get(f"/books/{book.id}/change/").form()
    page = form.submit("_open", _open="translator:view", translator=str(hidden.id))
    assert hidden.name not in page.text
    assert page.form().action == f"/books/{book.id}/change/"


# What goes along


def test_what_goes_along_is_signed_and_belongs_to_one_person(
    library_app: Flask, as_library_alice: Visitor, writer: Any, book: Book
) -> None:
    other = leave(as_library_alice.get(f"/books/{book.id}/change/").form(), "author:add", title="Typed")
    carried = other.form().fields["_back"]
    bob = writer(*MAY_CHOOSE, "authors.add")
    for text in (carried, carried[:-2] + "xx", "x", "é"):
        form = bob.get("/authors/add/").form().fill(name="Ana")
        page = form.submit(_back=text)
        assert (page.status, page.location) == (303, "/authors/")
    assert count(library_app, Author) == 2 + 4


def test_no_secret_goes_along_and_one_is_told_to_give_it_again(app: Flask, as_alice: Visitor) -> None:
    form = as_alice.get("/users/add/").form()
    page = leave(form, "groups:add", username="erin", password="a secret of mine, a long one")
    assert "Passwords and files were not kept" in page.messages
    with app.app_context():
        held = detours.read_signed(detours.PURPOSE, page.form().fields["_back"], 60)
    assert "a secret" not in str(held)
    assert "csrf_token" not in str(held)
    back = page.form().fill(name="New group").submit()
    assert (back.form().fields["username"], back.form().fields["password"]) == ("erin", "")
    assert back.soup.select_one("#groups option[selected]").get_text() == "New group"  # type: ignore[union-attr]


def test_a_session_that_ends_on_a_detour_loses_neither_form(app: Flask, as_alice: Visitor) -> None:
    other = leave(as_alice.get("/users/add/").form(), "groups:add", username="erin")
    form = other.form().fill(name="New group")
    end_sessions(app)
    page = answer(form.submit())
    assert page.form().fields["name"] == "New group"
    assert page.form().submit().form().fields["username"] == "erin"


def test_too_much_to_be_kept_is_said_and_nothing_is_lost(
    as_library_alice: Visitor, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detours, "MAX_LENGTH", 100)
    page = leave(as_library_alice.get(f"/books/{book.id}/change/").form(), "author:add", title="Typed")
    assert "too much to be kept" in page.errors[0]
    assert page.form().fields["title"] == "Typed"


def test_without_a_token_no_detour_begins_or_ends_in_writing(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    other = leave(as_library_alice.get(f"/books/{book.id}/change/").form(), "author:add", title="Typed")
    assert other.form().fill(name="Ana").submit(csrf_token="x").status == 422
    assert count(library_app, Author) == 2


# For the script


def test_a_script_that_saves_is_told_the_key_and_the_text(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    """Django 54: as JSON, whatever the text is."""
    form = as_library_alice.get("/authors/add/").form()
    text = "</script><b>'\"\\ é"
    headers = {"Accept": "application/json, text/html;q=0.9", "Referer": "http://localhost/authors/add/"}
    refused = as_library_alice.client.post("/authors/add/", data={**form.fields, "name": ""}, headers=headers)
    assert (refused.status_code, refused.mimetype) == (422, "text/html")
    answer = as_library_alice.client.post(
        "/authors/add/", data={**form.fields, "name": text}, headers=headers
    )
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.get_json() == {"id": str(last(library_app, Author).id), "text": text}
    # The next page has no message of what the script has said.
    assert as_library_alice.get("/authors/").messages == ""


def test_a_script_is_told_no_key_of_what_the_person_cannot_see(
    library_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("notices.add", "notices.view")))
    headers = {"Accept": "application/json", "Referer": "http://localhost/notices/add/"}
    for is_public, known in (("", False), ("y", True)):
        form = bob.get("/notices/add/").form()
        data = {**form.fields, "code": f"N{known:d}", "title": "T", "is_public": is_public}
        data = {name: value for name, value in data.items() if value != "" or name == "csrf_token"}
        answer = bob.client.post("/notices/add/", data=data, headers=headers)
        assert (answer.status_code, answer.get_json()["id"] is not None) == (200, known)


def test_a_stranger_in_a_dialog_is_told_so_as_json(library_app: Flask) -> None:
    headers = {"Accept": "application/json", "Referer": "http://localhost/authors/add/"}
    answer = library_app.test_client().post("/authors/add/", data={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.mimetype) == (401, "application/json")
    world.keep(library_app, Author(name="one"))
    assert count(library_app, Author) == 1
