"""A deleted object comes back from its history, with what went with it."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from tests.admin.backwards import change, delete, found, kept, last_entry, losses, restore
from tests.admin.kin import Leaf
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book, Loan, Reservation
from tests.library.people import Card, Employee, Librarian, Member
from tests.pages import Visitor
from webapp.extensions import db


def test_a_deleted_object_comes_back_under_its_key_with_its_relations(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    before = kept(library_app, Book, book.id)
    with library_app.app_context():
        tags = sorted(tag.name for tag in db.session.get(Book, book.id).tags)  # type: ignore[union-attr]
    delete(as_library_alice, "books", book.id)
    assert found(library_app, Book, book.id) is None
    page = as_library_alice.get(f"/books/{book.id}/history/").follow("Restore this object")
    # A type of the developer's own has no field.
    assert list(losses(page)) == ["Price"]
    done = page.form().submit("_restore", follow=True)
    assert "was restored" in done.messages
    assert kept(library_app, Book, book.id) | {"price": None} == before | {"price": None}
    with library_app.app_context():
        row = db.session.get(Book, book.id)
        assert row is not None
        assert sorted(tag.name for tag in row.tags) == tags
    assert last_entry(library_app, "books").verb == "add"


def test_what_was_deleted_with_it_comes_back_too(library_app: Flask, as_library_alice: Visitor) -> None:
    member, book, other = world.sample_row(Member), world.sample_row(Book), world.sample_row(Book, 2)
    world.keep(library_app, member, book, other)
    world.keep(
        library_app,
        Loan(member_id=member.id, book_id=book.id, note="by hand"),
        Loan(member_id=member.id, book_id=other.id),
        Reservation(member_id=member.id, book_id=book.id),
    )
    before = kept(library_app, Loan, (member.id, book.id))
    with library_app.app_context():
        card_id = db.session.scalar(select(Card.id))
    delete(as_library_alice, "members", member.id)
    page = restore(as_library_alice, "members", member.id, last_entry(library_app, "members"))
    boxes = [tag.get_text(" ", strip=True) for tag in page.soup.select("main li label")]
    assert len(boxes) == 4
    loan = next(tag["value"] for tag in page.soup.select("input[name=kin]") if "Book 002" in str(tag.parent))
    form = page.form()
    form.fields["kin"] = [value for value in form.fields["kin"] if value != loan]
    assert form.submit("_restore").status == 303
    assert kept(library_app, Loan, (member.id, book.id)) == before
    assert found(library_app, Loan, (member.id, other.id)) is None
    assert found(library_app, Card, card_id).member_id == member.id
    with library_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Reservation)) == 1


def parents(app: Flask) -> dict[int, int | None]:
    """By key what each leaf hangs on."""
    with app.app_context():
        return {leaf.id: leaf.parent_id for leaf in db.session.scalars(select(Leaf).order_by(Leaf.id))}


def test_what_hung_on_it_by_a_key_without_a_relation_comes_back_too(kin_app: Flask) -> None:
    alice = signed_in(kin_app, add_user(kin_app, "alice", is_superuser=True))
    hanging = {1: 3, 2: 1, 3: None, 4: None}
    for key in (3, 1, 2, 4):
        world.keep(kin_app, Leaf(id=key, name=f"Leaf {key}", parent_id=hanging[key]))
    page = alice.get("/leaves/3/delete/").form().submit("_delete", follow=True)
    assert parents(kin_app) == {4: None}
    asked = alice.get(page.undo().location)
    boxes = [tag.get_text(" ", strip=True) for tag in asked.soup.select("main li label")]
    assert [box[-6:] for box in boxes] == ["Leaf 1", "Leaf 2"]
    assert asked.form().submit("_restore").status == 303
    assert parents(kin_app) == hanging


def test_what_hung_on_each_other_by_a_key_without_a_relation_is_undone_in_its_order(kin_app: Flask) -> None:
    alice = signed_in(kin_app, add_user(kin_app, "alice", is_superuser=True))
    hanging = {1: 3, 2: 1, 3: None}
    for key in (3, 1, 2):
        world.keep(kin_app, Leaf(id=key, name=f"Leaf {key}", parent_id=hanging[key]))
    form = alice.get("/leaves/").form("/leaves/action/")
    form.fields |= {"action": "delete", "selected": ["1", "2", "3"], "_confirm": "1"}
    page = form.submit("_go", follow=True)
    assert parents(kin_app) == {}
    asked = page.undo()
    alice.get(asked.location).form().submit("_restore" if "restore" in asked.location else "_undo")
    assert parents(kin_app) == hanging


def test_all_comes_back_or_nothing(library_app: Flask, as_library_alice: Visitor) -> None:
    member, other = world.sample_row(Member), world.sample_row(Member, 2)
    world.keep(library_app, member, other)
    delete(as_library_alice, "members", member.id)
    entry = last_entry(library_app, "members")
    world.keep(library_app, Card(number="M000001", member_id=other.id))
    page = restore(as_library_alice, "members", member.id, entry)
    refused = page.form().fill(first_name="Anna").submit("_restore")
    assert refused.status == 422
    assert any("taken already" in line for line in refused.errors)
    assert found(library_app, Member, member.id) is None
    form = refused.form()
    assert form.fields["first_name"] == "Anna"
    form.fields.pop("kin")
    assert form.submit("_restore").status == 303
    assert found(library_app, Member, member.id).first_name == "Anna"


def test_a_taken_key_or_value_is_told_and_a_free_one_is_typed(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    first, second, _third = books
    delete(as_library_alice, "books", first.id)
    entry = last_entry(library_app, "books")
    change(as_library_alice, "books", second.id, isbn=first.isbn)
    refused = restore(as_library_alice, "books", first.id, entry).form().submit("_restore")
    assert refused.status == 422
    assert "taken already" in refused.errors[0]
    assert refused.form().fill(isbn="1").submit("_restore").status == 303
    assert found(library_app, Book, first.id).isbn == "1"
    # It is there: what is restored now is no deleted object any more.
    assert restore(as_library_alice, "books", first.id, entry).status == 409


def test_two_who_restore_at_once_make_one(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    delete(as_library_alice, "books", book.id)
    entry = last_entry(library_app, "books")
    first = restore(as_library_alice, "books", book.id, entry).form()
    second = restore(as_library_alice, "books", book.id, entry).form()
    assert first.submit("_restore").status == 303
    again = second.submit("_restore")
    assert again.status == 409
    with library_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Book)) == 1


def test_rows_of_one_table_come_back_as_what_they_were(library_app: Flask, as_library_alice: Visitor) -> None:
    librarian, employee = world.sample_row(Librarian), world.sample_row(Employee)
    world.keep(library_app, librarian, employee)
    before = kept(library_app, Librarian, librarian.id)
    for name, obj in (("librarians", librarian), ("employees", employee)):
        delete(as_library_alice, name, obj.id)
        page = restore(as_library_alice, name, obj.id, last_entry(library_app, name))
        assert page.form().submit("_restore").status == 303
    assert kept(library_app, Librarian, librarian.id) == before
    assert type(found(library_app, Employee, employee.id)) is Employee


def test_the_page_that_restores_leads_to_no_other_form(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    """Its buttons would send what is to be restored."""
    delete(as_library_alice, "books", book.id)
    page = restore(as_library_alice, "books", book.id, last_entry(library_app, "books"))
    assert page.soup.select_one("main [name=author]") is not None
    assert page.soup.select("[name=_open]") == []


def test_restoring_takes_the_right_to_add(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    delete(as_library_alice, "books", book.id)
    entry = last_entry(library_app, "books")
    reader = signed_in(library_app, add_user(library_app, "rui", grants=("books.change",)))
    page = reader.get(f"/books/{book.id}/history/")
    assert (page.status, page.link("Restore this object")) == (200, None)
    assert restore(reader, "books", book.id, entry).status == 403
    rights = ("books.add", "books.view", "authors.view", "tags.view", "branches.view")
    adder = signed_in(library_app, add_user(library_app, "eva", grants=rights))
    assert restore(adder, "books", book.id, entry).form().submit("_restore").status == 303


def test_what_a_query_hides_is_hidden_when_it_is_gone(
    library_app: Flask, as_library_alice: Visitor, word: Callable[..., None]
) -> None:
    """AZ-03."""
    notice = world.keep(library_app, world.sample_row(world.Notice))
    assert notice is None
    delete(as_library_alice, "notices", "notice_20001_2Fa")
    assert as_library_alice.get("/notices/notice_20001_2Fa/history/").status == 200
    other = signed_in(library_app, add_user(library_app, "eva", grants=("notices.view", "notices.add")))
    assert other.get("/notices/notice_20001_2Fa/history/").status == 404
    entry = last_entry(library_app, "notices")
    assert restore(other, "notices", "notice_20001_2Fa", entry).status == 404
    assert (
        restore(as_library_alice, "notices", "notice_20001_2Fa", entry).form().submit("_restore").status
        == 303
    )


def test_what_a_form_would_make_of_other_fields_comes_back_as_it_was(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    books = [world.sample_row(Book, number) for number in (1, 2)]
    world.keep(library_app, *books)
    page = as_library_alice.get("/books/")
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="delete", selected=[str(book.id) for book in books])
    undo = asked.form().submit("_confirm", follow=True).undo()
    # It asks first, because the price does not come back.
    undo = as_library_alice.get(undo.location).form().submit("_undo", follow=True)
    assert "Undone: 2 books." in undo.messages
    assert [found(library_app, Book, book.id).slug for book in books] == ["book-1", "book-2"]
