"""“Undo” in the message right after a change, an action or a delete."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.admin.backwards import change, found, kept, last_entry, losses, pairs
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book
from tests.library.people import Author, Member
from tests.library.places import Branch
from tests.pages import Form, Page, Visitor
from tests.threads import at_once
from webapp.admin.editing import steps
from webapp.admin.history import LogEntry
from webapp.admin.options import Rejected
from webapp.extensions import db
from webapp.users.models import User


def save(visitor: Visitor, name: str, key: object, **values: Any) -> Page:
    """The page after a change."""
    return visitor.get(f"/{name}/{key}/change/").form().fill(**values).submit(follow=True)


def act(visitor: Visitor, name: str, action: str, keys: list[int], **more: Any) -> Page:
    form = visitor.get(f"/{name}/").form(f"/{name}/action/")
    form.fields |= {"action": action, "selected": [str(key) for key in keys], "_confirm": "1", **more}
    return form.submit("_go", follow=True)


def type_five(visitor: Visitor, books: list[Book]) -> Page:
    """Type into the cells of the list that each of *books* has five pages."""
    page = visitor.get("/books/")
    form = Form(page, page.soup.select_one("form#edit"))  # type: ignore[arg-type]
    for control in page.soup.select("[form=edit]:not(button)"):
        form.take(control)
    form.fields |= {f"{one.id}:pages": "5" for one in books}
    return form.submit()


def entries(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(LogEntry)) or 0


def test_a_change_is_undone_at_once_and_the_undo_too(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    page = save(as_library_alice, "books", book.id, title="Wrong", pages="7")
    undone = page.undo()
    assert (undone.status, undone.location) == (303, "/books/")
    again = as_library_alice.get(undone.location)
    assert again.messages == "Undone: Book 001."
    row = found(library_app, Book, book.id)
    assert (row.title, row.pages) == ("Book 001", 401)
    assert entries(library_app) == 2
    assert again.undo().status == 303
    assert found(library_app, Book, book.id).title == "Wrong"


def test_nothing_changed_has_nothing_to_undo(as_library_alice: Visitor, book: Book) -> None:
    page = save(as_library_alice, "books", book.id)
    assert page.soup.select("form[data-undo]") == []


def test_a_later_edit_is_not_written_over(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    page = save(as_library_alice, "books", book.id, title="Wrong")
    change(as_library_alice, "books", book.id, title="Another's")
    asked = page.undo()
    assert asked.status == 303
    page = as_library_alice.get(asked.location)
    assert "Somebody has changed it since." in page.text
    assert "Nothing to undo" in page.text
    assert found(library_app, Book, book.id).title == "Another's"


def test_an_edit_of_another_field_stays_beside_it(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    page = save(as_library_alice, "books", book.id, title="Wrong")
    change(as_library_alice, "books", book.id, pages="9")
    assert page.undo().location == "/books/"
    row = found(library_app, Book, book.id)
    assert (row.title, row.pages) == ("Book 001", 9)


def test_what_was_added_is_deleted_on_the_page_that_asks(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    page = as_library_alice.get("/authors/add/").form().fill(name="New").submit(follow=True)
    key = last_entry(library_app, "authors").key
    asked = page.undo()
    assert (asked.status, asked.location) == (303, f"/authors/{key}/delete/")
    assert found(library_app, Author, int(key)) is not None


def test_a_delete_is_undone_through_the_form_of_what_went(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    member = world.sample_row(Member)
    world.keep(library_app, member)
    before = kept(library_app, Member, member.id)
    page = as_library_alice.get(f"/members/{member.id}/delete/").form().submit("_delete", follow=True)
    entry = last_entry(library_app, "members")
    asked = page.undo()
    assert asked.location == f"/members/{member.id}/restore/?_entry={entry.id}"
    assert as_library_alice.get(asked.location).form().submit("_restore").status == 303
    assert kept(library_app, Member, member.id) == before
    with library_app.app_context():
        row = db.session.get(Member, member.id)
        assert row is not None
        assert row.card is not None


def test_an_action_on_many_is_undone_but_where_somebody_changed_it(app: Flask, as_alice: Visitor) -> None:
    people = [add_user(app, name) for name in ("ana", "bia", "caio")]
    page = act(as_alice, "users", "deactivate", [one.id for one in people])
    assert "done for 3 users" in page.messages
    change(as_alice, "users", people[1].id, is_active=True)
    asked = page.undo()
    assert asked.location.startswith("/undo/")
    page = as_alice.get(asked.location)
    assert page.text.count("Somebody has changed it since.") == 1
    done = page.form().submit("_undo", follow=True)
    assert "Undone: 2 users." in done.messages
    assert [found(app, type(one), one.id).is_active for one in people] == [True, True, True]


def test_an_action_that_nobody_touched_is_undone_at_once(app: Flask, as_alice: Visitor) -> None:
    people = [add_user(app, name) for name in ("ana", "bia", "caio")]
    done = act(as_alice, "users", "deactivate", [one.id for one in people]).undo()
    assert as_alice.get(done.location).messages == "Undone: 3 users."
    assert all(found(app, type(one), one.id).is_active for one in people)


def test_who_is_not_ticked_stays(app: Flask, as_alice: Visitor) -> None:
    people = [add_user(app, name) for name in ("ana", "bia")]
    act(as_alice, "users", "deactivate", [one.id for one in people])
    number = last_entry(app, "users").request_id
    form = as_alice.get(f"/undo/{number}/").form()
    form.fields["object"] = form.fields["object"][0]
    assert form.submit("_undo").status == 303
    assert [found(app, type(one), one.id).is_active for one in people] == [True, False]
    form = as_alice.get(f"/undo/{number}/").form()
    del form.fields["object"]
    assert form.submit("_undo").status == 422


def test_many_that_were_deleted_come_back_together(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    page = act(as_library_alice, "books", "delete", [one.id for one in books])
    asked = page.undo()
    page = as_library_alice.get(asked.location)
    assert list(losses(page)) == ["Price"]
    assert "Undone: 3 books." in page.form().submit("_undo", follow=True).messages
    for one in books:
        row = kept(library_app, Book, one.id)
        assert (row["title"], row["isbn"], row["author_id"]) == (one.title, one.isbn, one.author_id)


def test_more_than_a_page_holds_is_not_offered_and_where_instead_is_said(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [add_user(app, name) for name in ("ana", "bia", "caio")]
    with monkeypatch.context() as patch:
        patch.setattr(steps, "MAX_OBJECTS", 2)
        page = act(as_alice, "users", "deactivate", [one.id for one in people])
    assert page.soup.select("form[data-undo]") == []
    assert "from its own history only" in page.messages
    address = f"/undo/{last_entry(app, 'users').request_id}/"
    monkeypatch.setattr(steps, "MAX_OBJECTS", 2)
    assert as_alice.get(address).status == 422
    monkeypatch.setattr(steps, "MAX_OBJECTS", 3)
    assert as_alice.get(address).status == 200


def test_who_was_put_into_a_group_is_taken_out_unless_somebody_has_done_so(
    app: Flask, as_alice: Visitor
) -> None:
    people = [add_user(app, name) for name in ("ana", "bia")]
    as_alice.get("/groups/add/").form().fill(name="Readers").submit()
    key = last_entry(app, "groups").key
    page = act(as_alice, "users", "add_to_group", [one.id for one in people], group=key)
    change(as_alice, "users", people[1].id, groups=[])
    page = as_alice.get(page.undo().location)
    assert page.text.count("Somebody has changed it since.") == 1
    assert page.form().submit("_undo").status == 303
    with app.app_context():
        assert [db.session.get_one(User, one.id).groups for one in people] == [[], []]


def test_cells_of_a_list_are_undone(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], edited_books: None
) -> None:
    page = as_library_alice.get(type_five(as_library_alice, books).location)
    assert [found(library_app, Book, one.id).pages for one in books] == [5, 5, 5]
    page.undo()
    assert [found(library_app, Book, one.id).pages for one in books] == [401, 402, 403]


def test_what_a_delete_emptied_leads_there_again(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    key = book.branch_id
    page = as_library_alice.get(f"/branches/{key}/delete/").form().submit("_delete", follow=True)
    assert found(library_app, Book, book.id).branch_id is None
    entry = last_entry(library_app, "branches")
    alone = as_library_alice.get(f"/branches/{key}/restore/?_entry={entry.id}")
    assert alone.link("Undo all of it instead") == f"/undo/{entry.request_id}/"
    assert page.undo().location == "/branches/"
    assert found(library_app, Branch, key) is not None
    assert found(library_app, Book, book.id).branch_id == key


def test_what_happened_in_the_rows_of_a_form_is_undone_with_it(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/authors/{book.author_id}/change/").form()
    pages = next(name for name in form.fields if name.endswith("pages") and form.fields[name] == "401")
    form.fields[pages] = "5"
    done = form.submit(follow=True).undo()
    assert as_library_alice.get(done.location).messages == "Undone: Book 001."
    assert found(library_app, Book, book.id).pages == 401


@pytest.mark.race
def test_of_one_who_undoes_and_one_who_edits_at_once_nobody_s_edit_is_lost(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    editor = signed_in(library_app, add_user(library_app, "dora", is_superuser=True))
    save(as_library_alice, "books", book.id, title="Wrong")
    number = last_entry(library_app, "books").request_id
    undo = as_library_alice.get(f"/undo/{number}/").form()
    edit = editor.get(f"/books/{book.id}/change/").form().fill(title="Another's")
    undone, edited = at_once([lambda: undo.submit("_undo"), edit.submit])
    title = found(library_app, Book, book.id).title
    if edited.status == 303:
        assert title == "Another's"
    else:
        # She was later, and is shown what is there now.
        assert (edited.status, title) == (409, "Book 001")
    is_told = undone.status == 409 and "Somebody has changed it since." in undone.text
    # Who undoes was later by so much that there was nothing left to try.
    assert undone.status == 303 or (is_told and edited.status == 303)


def test_what_cannot_be_undone_any_more_is_told_without_asking_for_a_choice(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    save(as_library_alice, "books", book.id, title="Wrong")
    form = as_library_alice.get(f"/undo/{last_entry(library_app, 'books').request_id}/").form()
    save(as_library_alice, "books", book.id, title="Later")
    page = form.submit("_undo")
    assert (page.status, page.soup.h1.get_text(strip=True)) == (409, "Nothing to undo")  # type: ignore[union-attr]
    assert "Somebody has changed it since." in page.text
    assert "Choose at least one record." not in page.text
    assert found(library_app, Book, book.id).title == "Later"


def test_what_an_action_did_to_some_is_undone_from_the_page_that_tells_of_the_others(
    app: Flask, as_alice: Visitor, alice: User, bob: User
) -> None:
    page = act(as_alice, "users", "deactivate", [alice.id, bob.id])
    assert (page.status, "These were left as they are" in page.text) == (200, True)
    assert as_alice.get(page.undo().location).messages == "Undone: bob."
    assert found(app, User, bob.id).is_active


# Who may


def test_another_one_s_request_takes_the_same_rights(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    save(as_library_alice, "books", book.id, title="Wrong")
    address = f"/undo/{last_entry(library_app, 'books').request_id}/"
    nobody = signed_in(library_app, add_user(library_app, "rui"))
    assert nobody.get(address).status == 404
    reader = signed_in(library_app, add_user(library_app, "lia", grants=("books.view",)))
    page = reader.get(address)
    assert "You may not do this to it." in page.text
    token = page.form().fields["csrf_token"]
    entry = last_entry(library_app, "books")
    forged = reader.post(address, {"csrf_token": token, "_undo": "1", "object": str(entry.id)})
    assert forged.status == 409
    assert found(library_app, Book, book.id).title == "Wrong"
    editor = signed_in(library_app, add_user(library_app, "eva", grants=("books.change",)))
    page = editor.get(address)
    assert pairs(page) == {"Title": ("Wrong", "Book 001")}
    assert page.form().submit("_undo").status == 303
    assert found(library_app, Book, book.id).title == "Book 001"


def test_an_unknown_request_is_not_there(as_library_alice: Visitor) -> None:
    assert as_library_alice.get("/undo/0123456789abcdef/").status == 404
    assert as_library_alice.get("/undo/%00/").status in (400, 404)


def test_without_the_token_nothing_is_undone(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    save(as_library_alice, "books", book.id, title="Wrong")
    address = f"/undo/{last_entry(library_app, 'books').request_id}/"
    as_library_alice.post(address, {"_message": "1"})
    assert found(library_app, Book, book.id).title == "Wrong"


def test_a_hook_refuses_one_and_the_others_come_back(
    library_app: Flask,
    as_library_alice: Visitor,
    books: list[Book],
    word: Callable[..., None],
    edited_books: None,
) -> None:
    type_five(as_library_alice, books)
    number = last_entry(library_app, "books").request_id

    def clean(form: Any, obj: Any, user: Any) -> None:
        if obj.id == books[0].id:
            raise Rejected("Not this one.")

    word("books", clean=clean)
    page = as_library_alice.get(f"/undo/{number}/").form().submit("_undo", follow=True)
    assert "Undone: 2 books." in page.messages
    assert "Not this one." in page.messages
    assert [found(library_app, Book, one.id).pages for one in books] == [5, 402, 403]
