"""What is too long for an entry of the history: taking it back overwrites nobody, and what is lost is told."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import change, delete, found, losses
from tests.admin.bands import BandAdmin, Song, SongInline
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book, Loan, Tag
from tests.library.people import Author, Member
from tests.pages import Page, Visitor
from webapp.admin import changes
from webapp.admin.changes import MAX_RELATED, MAX_VALUE_LENGTH, unpack
from webapp.admin.editing import collecting
from webapp.admin.editing.chosen import PAGE_SIZE
from webapp.admin.loading import MAX_RELATED as MAX_ADDED
from webapp.extensions import db

LONG = "x" * (MAX_VALUE_LENGTH + 2_000)


@pytest.fixture
def author(library_app: Flask) -> Author:
    author = Author(name="Machado", biography="short")
    world.keep(library_app, author)
    return author


def save_long(visitor: Visitor, author: Author, text: str = LONG) -> Page:
    """The page after *author* got a long biography."""
    form = visitor.get(f"/authors/{author.id}/change/").form()
    return form.fill(biography=text).submit(follow=True)


# Texts


def test_a_later_edit_behind_what_was_kept_is_not_written_over(
    library_app: Flask, as_library_alice: Visitor, library_dora: Visitor, author: Author
) -> None:
    page = save_long(as_library_alice, author)
    hers = f"{LONG[:-900]}Dora wrote this"
    change(library_dora, "authors", author.id, biography=hers)
    asked = as_library_alice.get(page.undo().location)
    assert "Somebody has changed it since." in asked.text
    assert found(library_app, Author, author.id).biography == hers


@pytest.mark.parametrize("length", [MAX_VALUE_LENGTH - 1, MAX_VALUE_LENGTH, MAX_VALUE_LENGTH + 1])
def test_a_long_text_that_nobody_has_touched_since_is_undone(
    library_app: Flask, as_library_alice: Visitor, author: Author, length: int
) -> None:
    page = save_long(as_library_alice, author, LONG[:length])
    assert page.undo().location == "/authors/"
    assert found(library_app, Author, author.id).biography == "short"


def test_a_text_that_just_fits_comes_back_whole(
    library_app: Flask, as_library_alice: Visitor, author: Author
) -> None:
    save_long(as_library_alice, author, LONG[:MAX_VALUE_LENGTH])
    assert save_long(as_library_alice, author, "short").undo().location == "/authors/"
    assert found(library_app, Author, author.id).biography == LONG[:MAX_VALUE_LENGTH]


# Relations to many


def with_tags(app: Flask, book: Book, number: int) -> None:
    with app.app_context():
        db.session.get_one(Book, book.id).tags = [Tag(name=f"tag {place}") for place in range(number)]
        db.session.commit()


def tags_of(app: Flask, book: Book) -> set[str]:
    with app.app_context():
        return {tag.name for tag in db.session.get_one(Book, book.id).tags}


def revival(visitor: Visitor, book: Book) -> Page:
    """The page to restore *book*, which was deleted just before."""
    delete(visitor, "books", book.id)
    return visitor.get(visitor.get("/books/").undo().location)


def test_more_than_a_form_takes_at_once_come_back_and_the_page_is_small(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    with_tags(library_app, book, 250)
    before = tags_of(library_app, book)
    page = revival(as_library_alice, book)
    assert "Tags" not in losses(page)
    assert len(list(filter(None, page.form().fields["tags"]))) == PAGE_SIZE
    assert len(page.text) < 60_000
    assert page.form().submit("_restore").status == 303
    assert tags_of(library_app, book) == before


def test_so_do_those_of_several_that_were_deleted_at_once(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    other = world.sample_row(Book, 2)
    world.keep(library_app, other)
    with_tags(library_app, book, 250)
    form = as_library_alice.get("/books/").form("/books/action/")
    form.fields |= {"action": "delete", "selected": [str(book.id), str(other.id)], "_confirm": "1"}
    page = form.submit("_go", follow=True)
    asked = as_library_alice.get(page.undo().location)
    assert asked.form().submit("_undo").status == 303
    assert len(tags_of(library_app, book)) == 250


def test_what_is_taken_off_and_put_to_it_on_any_page_is_done_and_the_others_come_back(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    with_tags(library_app, book, 120)
    other = Tag(name="other")
    world.keep(library_app, other)
    form = revival(as_library_alice, book).form()
    chosen = form.fields["tags"]
    page = form.fill(tags=[*chosen[1:], str(other.id)]).submit("tags.page", **{"tags.page": "2"})
    form = page.form()
    assert not set(filter(None, form.fields["tags"])) & set(chosen)
    assert form.submit("_restore").status == 303
    names = tags_of(library_app, book)
    assert len(names) == 120
    assert "other" in names


def test_nobody_puts_more_to_it_than_a_form_takes(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    with_tags(library_app, book, 250)
    others = [Tag(name=f"other {number}") for number in range(MAX_ADDED + 1)]
    world.keep(library_app, *others)
    form = revival(as_library_alice, book).form()
    form.fill(tags=[*form.fields["tags"], *(str(tag.id) for tag in others)])
    page = form.submit("_restore")
    assert page.status == 422
    assert "At most 200 can be added or taken off at once." in page.text


@pytest.mark.parametrize("number", [MAX_RELATED, MAX_RELATED + 1])
def test_more_than_an_entry_keeps_are_told_as_lost_and_the_others_come_back(
    library_app: Flask, as_library_alice: Visitor, book: Book, number: int
) -> None:
    with_tags(library_app, book, number)
    page = revival(as_library_alice, book)
    told = {} if number == MAX_RELATED else {"Tags": "Of very many only 1,000 were kept."}
    assert {label: text for label, text in losses(page).items() if label == "Tags"} == told
    assert page.form().submit("_restore").status == 303
    assert len(tags_of(library_app, book)) == MAX_RELATED


def test_of_an_entry_that_does_not_say_it_a_full_relation_counts_as_cut() -> None:
    many = [[str(number), "tag"] for number in range(MAX_RELATED)]
    packed = {"field": "tags", "kind": "relations", "old": many, "new": []}
    assert unpack(packed).is_cut
    assert not unpack({**packed, "old": many[1:]}).is_cut
    assert not unpack({**packed, "is_cut": False}).is_cut


# Before a change


@pytest.mark.parametrize(("length", "is_told"), [(MAX_VALUE_LENGTH, False), (MAX_VALUE_LENGTH + 1, True)])
def test_before_a_text_is_written_over_it_is_said_what_of_it_is_kept(
    library_app: Flask, as_library_alice: Visitor, author: Author, length: int, is_told: bool
) -> None:
    save_long(as_library_alice, author, LONG[:length])
    page = as_library_alice.get(f"/authors/{author.id}/change/")
    note = page.soup.select_one("#biography-note")
    assert (note is not None) is is_told
    if note is not None:
        assert note.text == "Of what is here now the history keeps the first 10,000 characters."
        field = page.soup.select_one("#biography")
        assert field is not None
        assert "biography-note" in str(field["aria-describedby"])


def test_so_it_is_in_rows(
    library_app: Flask, as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_VALUE_LENGTH", 100)
    member, books = world.sample_row(Member), [world.sample_row(Book, number) for number in (1, 2)]
    world.keep(library_app, member, *books)
    lengths = zip((100, 101), books, strict=True)
    loans = [Loan(member_id=member.id, book_id=one.id, note="x" * length) for length, one in lengths]
    world.keep(library_app, *loans)
    page = as_library_alice.get(f"/members/{member.id}/change/")
    notes = page.soup.select("[id$=note-note]")
    assert [note.text for note in notes] == [
        "Of what is here now the history keeps the first 100 characters."
    ]
    field = page.soup.select_one(f"[aria-describedby~={notes[0]['id']}]")
    assert field is not None
    assert field["value"] == loans[1].note


# Before a delete


def warnings(page: Page) -> str:
    """What the page says of values that the history does not keep whole."""
    assert page.status == 200, page.text
    text = page.soup.get_text(" ", strip=True)
    return text.partition("Too long for the history, which keeps the beginning")[2]


def test_before_a_delete_it_is_said_what_is_not_kept_whole(
    library_app: Flask, as_library_alice: Visitor, author: Author
) -> None:
    address = f"/authors/{author.id}/delete/"
    for text, is_told in ((LONG, True), (LONG[:MAX_VALUE_LENGTH], False)):
        save_long(as_library_alice, author, text)
        assert ("Authors: Biography" in warnings(as_library_alice.get(address))) is is_told
    save_long(as_library_alice, author)
    delete(as_library_alice, "authors", author.id)
    page = as_library_alice.get(as_library_alice.get("/authors/").undo().location)
    assert losses(page)["Biography"] == "Only its beginning was kept."


def test_so_it_is_before_an_action(library_app: Flask, as_library_alice: Visitor, author: Author) -> None:
    save_long(as_library_alice, author)
    form = as_library_alice.get("/authors/").form("/authors/action/")
    form.fields |= {"action": "delete", "selected": [str(author.id)]}
    assert "Authors: Biography" in warnings(form.submit("_go"))


def test_of_what_goes_along_it_is_said_too(
    library_app: Flask, as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_VALUE_LENGTH", 100)
    member, books = world.sample_row(Member), [world.sample_row(Book, number) for number in (1, 2, 3)]
    world.keep(library_app, member, *books)
    lengths = zip((100, 101, 102), books, strict=True)
    world.keep(
        library_app,
        *(Loan(member_id=member.id, book_id=one.id, note="x" * length) for length, one in lengths),
    )
    assert "Loans: Note 2" in warnings(as_library_alice.get(f"/members/{member.id}/delete/"))
    reader = signed_in(library_app, add_user(library_app, "eva", grants=("members.delete", "members.view")))
    # He may not delete it with what goes along, so nothing is lost.
    assert warnings(reader.get(f"/members/{member.id}/delete/")) == ""


@pytest.mark.parametrize("hides", [None, "query", "can", "form"])
def test_of_rows_that_nobody_is_registered_for_who_may_see_them_is_told(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch, hides: str | None
) -> None:
    monkeypatch.setattr(changes, "MAX_VALUE_LENGTH", 10)
    if hides == "query":
        monkeypatch.setattr(SongInline, "query", lambda self, user: select(Song).where(Song.place < 3))
    elif hides == "can":
        monkeypatch.setattr(
            SongInline, "can", lambda self, user, verb, obj=None: obj is None or obj.place < 3
        )
    elif hides == "form":
        monkeypatch.setattr(BandAdmin, "get_inlines", lambda self, user, obj=None: ())
    lengths = (10, 11, 12, 13)
    made = [Song(title="x" * long, place=place, band_id=1) for place, long in enumerate(lengths, 1)]
    world.keep(band_app, *made)
    told = warnings(as_band_alice.get("/bands/1/delete/"))
    if hides == "form":
        assert "Songs" not in told
    else:
        assert f"Songs: Title {1 if hides else 3}" in told


@pytest.mark.parametrize("number", [MAX_RELATED, MAX_RELATED + 1])
def test_before_a_delete_it_is_said_what_leads_to_more_than_an_entry_keeps(
    library_app: Flask, as_library_alice: Visitor, book: Book, number: int
) -> None:
    with_tags(library_app, book, number)
    page = as_library_alice.get(f"/books/{book.id}/delete/")
    told = page.soup.get_text(" ", strip=True).partition(
        "Too many for the history, which keeps the first 1,000"
    )[2]
    assert ("Books: Tags 1" in told) is (number > MAX_RELATED)


@pytest.mark.parametrize(("grants", "is_told"), [((), False), (("tags.view",), True)])
def test_nothing_is_said_of_what_one_may_not_see(
    library_app: Flask, book: Book, grants: tuple[str, ...], is_told: bool
) -> None:
    with_tags(library_app, book, MAX_RELATED + 1)
    eva = add_user(library_app, "eva", grants=("books.delete", "books.view", *grants))
    page = signed_in(library_app, eva).get(f"/books/{book.id}/delete/")
    assert "Yes, delete" in page.text
    assert ("Books: Tags" in page.text) is is_told


def test_so_it_is_where_too_much_goes_along_to_be_looked_at(
    library_app: Flask, as_library_alice: Visitor, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "MAX_ROWS", 100)
    with_tags(library_app, book, MAX_RELATED + 1)
    page = as_library_alice.get(f"/books/{book.id}/delete/")
    assert "it may take minutes" in page.text
    assert "Books: Tags" in page.text
