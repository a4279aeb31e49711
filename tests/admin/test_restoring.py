"""What the history gives back of an object that is there: a value, or a version."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import change, delete, found, kept, last_entry, losses, pairs, restore
from tests.admin.samples import Part
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book, Tag
from tests.library.kinds import Specimen
from tests.library.people import Author
from tests.library.places import Branch
from tests.pages import Visitor
from webapp.admin.changes import MAX_VALUE_LENGTH, pack
from webapp.admin.editing.takingback import joined
from webapp.admin.history import Change, LogEntry, changes_of
from webapp.extensions import db

LONG = "x" * (MAX_VALUE_LENGTH + 1)

# A change


def test_a_value_comes_back_as_a_change_of_its_own(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    change(as_library_alice, "books", book.id, title="Wrong", pages="7", language="en")
    history = as_library_alice.get(f"/books/{book.id}/history/")
    page = history.follow("Restore …")
    assert pairs(page) == {
        "Title": ("Wrong", "Book 001"),
        "Pages": ("7", "401"),
        "Language": ("en", "pt"),
    }
    done = page.form().fill(field=["title", "language"]).submit("_restore")
    assert (done.status, done.location) == (303, f"/books/{book.id}/change/")
    row = found(library_app, Book, book.id)
    assert (row.title, row.pages, row.language) == ("Book 001", 7, "pt")
    entry = last_entry(library_app, "books")
    assert [(one.field, one.old, one.new) for one in changes_of(entry)] == [
        ("title", "Wrong", "Book 001"),
        ("language", "en", "pt"),
    ]
    assert (entry.verb, entry.actor_label) == ("change", "alice")


def test_a_version_is_all_as_it_was_after_an_entry(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    change(as_library_alice, "books", book.id, title="First", pages="1")
    first = last_entry(library_app, "books")
    change(as_library_alice, "books", book.id, title="Second", stage="2")
    change(as_library_alice, "books", book.id, title="Third", pages="3")
    page = restore(as_library_alice, "books", book.id, first, whole=True)
    assert pairs(page) == {"Title": ("Third", "First"), "Pages": ("3", "1"), "Stage": ("Lost", "Worn")}
    assert page.form().submit("_restore").status == 303
    row = found(library_app, Book, book.id)
    assert (row.title, row.pages, row.stage) == ("First", 1, 1)


def test_a_version_from_before_a_delete_and_a_restore_names_what_was_lost_and_nothing_that_is_as_it_was(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    change(as_library_alice, "books", book.id, title="First", pages="1")
    first = last_entry(library_app, "books")
    change(as_library_alice, "books", book.id, title="Second")
    before = kept(library_app, Book, book.id)
    delete(as_library_alice, "books", book.id)
    deletion = last_entry(library_app, "books", "delete")
    assert restore(as_library_alice, "books", book.id, deletion).form().submit("_restore").status == 303
    # Nobody can type a price: it was named as lost when the book came back.
    assert kept(library_app, Book, book.id) == before | {"price": None}
    page = restore(as_library_alice, "books", book.id, first, whole=True)
    assert pairs(page) == {"Title": ("Second", "First")}
    assert losses(page).keys() == {"Price"}


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("kind", "before", "after", "is_told"),
    [
        ("text", "a", "a", False),
        ("text", "a", "b", True),
        ("text", LONG, LONG, False),
        ("text", LONG, f"{LONG}x", True),
        ("json", {"a": 1}, {"a": 1}, False),
        ("json", {"a": 1}, {"a": True}, True),
        ("relation", ("1", "was called so"), ("1", "is called so"), False),
        ("relation", ("1", "one"), ("2", "two"), True),
        ("secret", None, None, True),
    ],
)
def test_what_comes_again_is_no_difference(
    app: Flask, kind: str, before: Any, after: Any, is_told: bool
) -> None:
    with app.app_context():
        told = [(before, None), (None, after)]
        entries = [LogEntry(verb="change", changes=[pack(Change("note", kind, *values))]) for values in told]
        assert [change.field for change in joined(entries)] == (["note"] if is_told else [])


def test_an_addition_gives_back_what_the_object_began_with(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    as_library_alice.get("/tags/add/").form().fill(name="first").submit()
    key = last_entry(library_app, "tags").key
    change(as_library_alice, "tags", key, name="second")
    pages = as_library_alice.get(f"/tags/{key}/history/").soup.select("a[href*=restore]")
    page = as_library_alice.get(str(pages[-1]["href"]))
    assert pairs(page) == {"Name": ("second", "first")}
    assert page.form().submit("_restore").status == 303
    assert found(library_app, Tag, int(key)).name == "first"


def test_relations_come_back_and_who_is_gone_is_named(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    with library_app.app_context():
        row = db.session.get(Book, book.id)
        assert row is not None
        old, rare = row.tags
        old_author, translator = row.author_id, row.translator_id
        other = Author(name="Another")
        db.session.add(other)
        db.session.commit()
        other_id, old_id, rare_id = other.id, old.id, rare.id
    change(as_library_alice, "books", book.id, tags=[], author=str(other_id), translator="")
    entry = last_entry(library_app, "books")
    delete(as_library_alice, "tags", rare_id)
    page = restore(as_library_alice, "books", book.id, entry)
    assert pairs(page)["Author"] == ("Another", "Author 001")
    assert pairs(page)["Tags"] == ("empty", "old 001")
    assert "“rare 001” is not there any more" in losses(page)["Tags"]
    assert page.form().submit("_restore").status == 303
    with library_app.app_context():
        row = db.session.get(Book, book.id)
        assert row is not None
        assert (row.author_id, row.translator_id) == (old_author, translator)
        assert [tag.id for tag in row.tags] == [old_id]


@pytest.mark.parametrize("way", ["undo", "restore", "whole"])
@pytest.mark.parametrize("title", ["Dom Casmurro", "Quincas Borba"])
def test_a_relation_that_led_nowhere_leads_nowhere_again(
    library_app: Flask, as_library_alice: Visitor, book: Book, way: str, title: str
) -> None:
    branch = Branch(name="Centre")
    world.keep(library_app, branch)
    change(as_library_alice, "books", book.id, title="Dom Casmurro", branch="")
    before = last_entry(library_app, "books")
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = form.fill(branch=str(branch.id), title=title).submit(follow=True)
    assert found(library_app, Book, book.id).branch_id == branch.id
    entry = last_entry(library_app, "books")
    if way == "undo":
        page.undo()
    else:
        asked = before if way == "whole" else entry
        page = restore(as_library_alice, "books", book.id, asked, whole=way == "whole")
        assert pairs(page)["Branch"] == ("Centre", "empty")
        assert page.form().submit("_restore").status == 303
    now = found(library_app, Book, book.id)
    assert (now.branch_id, now.title) == (None, "Dom Casmurro")
    [change_of_branch] = [
        one for one in changes_of(last_entry(library_app, "books")) if one.field == "branch"
    ]
    assert change_of_branch.new is None


def test_what_is_read_only_stays_and_is_named(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    as_library_alice.post(
        "/books/action/",
        {
            **as_library_alice.get(f"/books/{book.id}/change/").form().fields,
            "action": "withdraw",
            "selected": str(book.id),
            "_confirm": "1",
        },
    )
    entry = last_entry(library_app, "books")
    assert entry.verb == "withdraw"
    page = restore(as_library_alice, "books", book.id, entry)
    assert "Nothing to restore" in page.text
    assert "not changed in the form" in losses(page)["Withdrawn at"]
    forged = as_library_alice.post(
        f"/books/{book.id}/restore/?_entry={entry.id}",
        {**page.form().fields, "field": "withdrawn_at"},
    )
    assert forged.status == 422
    assert found(library_app, Book, book.id).withdrawn_at is not None


def test_the_form_refuses_as_ever_and_keeps_what_was_ticked(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    first, second, _third = books
    change(as_library_alice, "books", first.id, isbn="1234567890123", title="Wrong")
    entry = last_entry(library_app, "books")
    change(as_library_alice, "books", second.id, isbn=first.isbn)
    page = restore(as_library_alice, "books", first.id, entry)
    refused = page.form().submit("_restore")
    assert refused.status == 422
    assert any("ISBN" in line and "taken already" in line for line in refused.errors)
    assert found(library_app, Book, first.id).title == "Wrong"
    assert refused.form().fields["field"] == ["title", "isbn"]
    assert refused.form().fill(field="title").submit("_restore").status == 303
    assert found(library_app, Book, first.id).title == first.title


def test_who_edits_meanwhile_loses_nothing(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    change(as_library_alice, "books", book.id, title="Wrong", pages="7")
    page = restore(as_library_alice, "books", book.id, last_entry(library_app, "books"))
    change(as_library_alice, "books", book.id, title="Another's")
    refused = page.form().submit("_restore")
    assert refused.status == 409
    assert found(library_app, Book, book.id).title == "Another's"
    assert pairs(refused)["Title"] == ("Another's", "Book 001")
    assert refused.form().submit("_restore").status == 303
    assert found(library_app, Book, book.id).title == "Book 001"


def test_a_model_without_a_version_is_compared_by_what_was_shown(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    tag = world.sample_row(Tag)
    world.keep(library_app, tag)
    change(as_library_alice, "tags", tag.id, name="wrong")
    page = restore(as_library_alice, "tags", tag.id, last_entry(library_app, "tags"))
    change(as_library_alice, "tags", tag.id, name="another's")
    assert page.form().submit("_restore").status == 409
    assert found(library_app, Tag, tag.id).name == "another's"


def test_every_kind_of_value_comes_back(library_app: Flask, as_library_alice: Visitor) -> None:
    specimen, empty = world.sample_row(Specimen), Specimen(name="empty")
    world.keep(library_app, specimen, empty)
    before = kept(library_app, Specimen, specimen.id)
    form = as_library_alice.get(f"/specimens/{empty.id}/change/").form().fields
    mine = as_library_alice.get(f"/specimens/{specimen.id}/change/").form()
    mine.fields = {
        **form,
        **{name: mine.fields[name] for name in ("csrf_token", "_version") if name in mine.fields},
    }
    mine.fields |= {"small": "3", "is_good": "y"}
    assert mine.submit().status == 303
    page = restore(as_library_alice, "specimens", specimen.id, last_entry(library_app, "specimens"))
    assert page.form().submit("_restore").status == 303, page.text
    assert kept(library_app, Specimen, specimen.id) == before


@pytest.mark.one_engine
def test_a_secret_is_not_given_back_and_the_rest_is(parts: Flask, keeper: Visitor) -> None:
    with parts.app_context():
        entry = LogEntry(
            at=db.session.scalar(select(LogEntry.at)) or world.MOMENT,
            actor_label="",
            origin="cli",
            verb="change",
            name="parts",
            key="1",
            label="Bolt",
            changes=[
                {"field": "token", "kind": "secret", "old": None, "new": None},
                {"field": "name", "kind": "text", "old": "Screw", "new": "Bolt"},
                {"field": "note", "kind": "text", "old": "x" * 10_000, "new": ""},
            ],
        )
        db.session.add(entry)
        db.session.commit()
        number = entry.id
    page = keeper.get(f"/parts/1/restore/?_entry={number}")
    assert len(losses(page)) == 2
    assert page.form().submit("_restore").status == 303
    assert found(parts, Part, 1).name == "Screw"


# Who may


def test_it_takes_the_right_to_change(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    change(as_library_alice, "books", book.id, title="Wrong")
    entry = last_entry(library_app, "books")
    reader = signed_in(library_app, add_user(library_app, "rui", grants=("books.view",)))
    assert reader.get(f"/books/{book.id}/history/").link("Restore …") is None
    assert restore(reader, "books", book.id, entry).status == 403
    editor = signed_in(library_app, add_user(library_app, "eva", grants=("books.change",)))
    assert restore(editor, "books", book.id, entry).form().submit("_restore").status == 303
    assert found(library_app, Book, book.id).title == "Book 001"


@pytest.mark.parametrize(
    "query", ["", "?_entry=", "?_entry=x", "?_entry=999999999", "?_entry=9999999999999999999"]
)
def test_an_address_of_no_entry_is_told(as_library_alice: Visitor, book: Book, query: str) -> None:
    assert as_library_alice.get(f"/books/{book.id}/restore/{query}").status in (400, 404)


def test_an_entry_of_another_object_is_none_of_this(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    change(as_library_alice, "books", books[0].id, title="Wrong")
    entry = last_entry(library_app, "books")
    assert restore(as_library_alice, "books", books[1].id, entry).status == 404
    assert restore(as_library_alice, "books", books[0].id, entry).status == 200
