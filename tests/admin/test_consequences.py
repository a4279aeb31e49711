"""What goes with a delete, what it empties and what forbids it: told before, and done so."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

import webapp.account
import webapp.users
from tests.admin import kin
from tests.admin.kin import (
    Author,
    Badge,
    Book,
    BookAdmin,
    Box,
    Company,
    Department,
    Employee,
    KinBase,
    Leaf,
    Loan,
    Note,
    Person,
    Prize,
    Review,
    Shelf,
    Sign,
    Tag,
    book_tags,
    votes,
)
from tests.conftest import add_user, counted, make_settings, signed_in
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.admin.editing import collecting
from webapp.admin.editing.deletion import (
    Consequences,
    Deleted,
    Forbidden,
    Protected,
    consequences,
    delete_rows,
)
from webapp.admin.editing.saving import Conflict
from webapp.admin.history import LogEntry
from webapp.admin.options import Rejected
from webapp.admin.site import current_site
from webapp.extensions import db, writing
from webapp.users.models import User

Told = dict[str, dict[str, int]]


@pytest.fixture(scope="session")
def kin_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, kin))
    with made.app_context():
        KinBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def kin_app(app: Flask, kin_engine_app: Flask) -> Iterator[Flask]:
    yield kin_engine_app
    with kin_engine_app.app_context(), db.engine.begin() as connection:
        connection.execute(update(Leaf).values(parent_id=None, next_id=None))
        for table in reversed(KinBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def root(kin_app: Flask, alice: User) -> Iterator[User]:
    """Alice, inside the application."""
    with kin_app.app_context():
        found = db.session.get(User, alice.id)
        assert found is not None
        yield found


def put(*objs: Any) -> None:
    """Write rows in this order."""
    for obj in objs:
        db.session.add(obj)
        db.session.flush()
    db.session.commit()
    db.session.expunge_all()


def ask(name: str, user: User, *keys: Any) -> Consequences:
    model_admin = current_site().admin(name)
    objs = [db.session.get(model_admin.model, key) for key in keys or (1,)]
    return consequences(model_admin, objs, user)


def told(found: Consequences) -> Told:
    groups = {
        "deleted": found.deleted,
        "emptied": found.emptied,
        "protected": found.protected,
        "forbidden": found.forbidden,
    }
    return {name: {one.label: one.number for one in group} for name, group in groups.items() if group}


def go(name: str, user: User, *keys: Any) -> Deleted:
    model_admin = current_site().admin(name)
    objs = [db.session.get(model_admin.model, key) for key in keys or (1,)]
    with writing():
        return delete_rows(model_admin, objs, user)


def number(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def entries(verb: str = "delete") -> list[tuple[str, str]]:
    return [
        (entry.name, entry.key)
        for entry in db.session.scalars(
            select(LogEntry).where(LogEntry.verb == verb, LogEntry.name != "users").order_by(LogEntry.id)
        )
    ]


def put_library(books: int = 2) -> None:
    put(
        Author(id=1, name="Ana"),
        Author(id=2, name="Bia"),
        Tag(id=1, name="old"),
        *(Book(id=one, name=f"Book {one}", author_id=1, editor_id=1) for one in range(1, books + 1)),
        Book(id=1000, name="Edited", author_id=2, editor_id=1),
        Note(id=1, author_id=1),
        *(Review(id=one, book_id=one) for one in range(1, books + 1)),
    )
    with db.session.begin():
        for one in range(1, books + 1):
            db.session.execute(book_tags.insert().values(book_id=one, tag_id=1))
            db.session.execute(votes.insert().values(id=one))


# Each kind of consequence


def test_what_goes_and_what_is_emptied_are_told_apart_and_each_row_counts_once(root: User) -> None:
    put_library()
    found = ask("authors", root)
    assert found.is_allowed
    assert told(found) == {
        "deleted": {"Books": 2, "kin book tags": 2, "kin reviews": 2, "kin votes": 2},
        "emptied": {"Books": 1, "Notes": 1},
    }
    go("authors", root)
    assert [number(model) for model in (Author, Book, Note, Review, votes, book_tags, Tag)] == [
        1,
        1,
        1,
        0,
        0,
        0,
        1,
    ]


def test_the_history_tells_of_each_row_that_an_admin_looks_after(root: User) -> None:
    put_library()
    go("authors", root)
    assert entries() == [("authors", "1"), ("books", "1"), ("books", "2")]
    assert sorted(entries("change")) == [("books", "1000"), ("notes", "1")]
    [changed] = db.session.scalars(select(LogEntry).where(LogEntry.name == "notes"))
    [change] = changed.changes
    assert (change["field"], change["old"], change["new"]) == ("author_id", "1", None)
    [deleted] = db.session.scalars(select(LogEntry).where(LogEntry.name == "books", LogEntry.key == "2"))
    assert {"name": "Book 2"}.items() <= {item["field"]: item["old"] for item in deleted.changes}.items()


def test_a_row_that_a_relationship_may_not_empty_protects(root: User) -> None:
    put(Author(id=1), Prize(author_id=1))
    assert told(ask("authors", root)) == {"protected": {"kin prizes": 1}}
    with pytest.raises(Protected):
        go("authors", root)
    assert (number(Author), entries()) == (1, [])


def test_a_row_of_the_database_protects_also_deep_down(root: User) -> None:
    put_library()
    put(Loan(id=1, name="Summer", book_id=2))
    found = ask("authors", root)
    assert told(found)["protected"] == {"Loans": 1}
    assert [str(loan) for loan in found.protected[0].named] == ["Summer"]
    with pytest.raises(Protected):
        go("authors", root)
    assert number(Book) == 3
    db.session.delete(db.session.get(Loan, 1))
    db.session.commit()
    assert go("authors", root).labels == ("Ana",)


def test_what_stands_between_two_goes_from_both_sides(root: User) -> None:
    put_library()
    assert told(ask("tags", root)) == {"deleted": {"kin book tags": 2}}
    go("tags", root)
    assert (number(book_tags), number(Book)) == (0, 3)


def test_a_tree_goes_whole_and_a_circle_ends(root: User) -> None:
    put(Leaf(id=1), Leaf(id=2, parent_id=1), Leaf(id=3, parent_id=2), Leaf(id=4, next_id=3), Leaf(id=5))
    db.session.execute(update(Leaf).where(Leaf.id == 1).values(parent_id=3, next_id=1))
    db.session.commit()
    assert told(ask("leaves", root)) == {"deleted": {"Leafs": 2}, "emptied": {"Leafs": 1}}
    assert told(ask("leaves", root, 1, 2)) == {"deleted": {"Leafs": 1}, "emptied": {"Leafs": 1}}
    go("leaves", root)
    assert number(Leaf) == 2
    assert entries() == [("leaves", "1"), ("leaves", "2"), ("leaves", "3")]


def test_a_row_of_several_tables_is_one_and_goes_whole(root: User) -> None:
    put(Company(id=1), Department(id=1, company_id=1), Badge(company_id=1))
    put(Employee(id=7, name="Eva", company_id=1, department_id=1), Person(id=8))
    found = ask("companies", root)
    assert told(found) == {"deleted": {"Persons": 1, "kin badges": 1, "kin departments": 1}}
    assert [str(one) for one in found.deleted[0].named] == ["Eva"]
    go("companies", root)
    assert [number(model) for model in (Company, Department, Badge)] == [0, 0, 0]
    assert (number(Person.__table__), number(Employee.__table__)) == (1, 0)
    assert entries() == [("companies", "1"), ("people", "7")]


def test_who_needs_somebody_of_the_same_kind_protects_him(root: User) -> None:
    put(Person(id=1), Employee(id=2, boss_id=1))
    assert told(ask("people", root)) == {"protected": {"Persons": 1}}
    assert ask("people", root, 2).is_allowed
    assert ask("people", root, 1, 2).is_allowed
    go("people", root, 1, 2)
    assert number(Person.__table__) == 0


def test_keys_of_several_columns_and_unique_columns_that_are_no_key(root: User) -> None:
    put(Shelf(id=1, room="a", code="1a"), Shelf(id=1, room="b", code="1b"))
    put(Box(shelf_id=1, shelf_room="a"), Box(shelf_id=1, shelf_room="b"), Sign(shelf_code="1b"))
    assert told(ask("shelves", root, (1, "a"))) == {"deleted": {"kin boxes": 1}}
    assert told(ask("shelves", root, (1, "b"))) == {
        "deleted": {"kin boxes": 1},
        "protected": {"kin signs": 1},
    }
    go("shelves", root, (1, "a"))
    assert (number(Shelf), number(Box)) == (1, 1)


def test_what_needs_each_other_goes_together_and_not_alone(root: User) -> None:
    put_library()
    put(Loan(id=1, book_id=1))
    assert not ask("books", root, 1, 2).is_allowed
    assert ask("loans", root).is_allowed


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


# The unit of work


def test_a_rule_of_what_goes_along_holds(root: User) -> None:
    put_library()
    put(Book(id=50, name="last", author_id=1))
    with pytest.raises(Rejected):
        go("authors", root)
    assert (number(Author), number(Book), entries()) == (2, 4, [])


def test_who_waits_for_the_commit_hears_of_all_that_went(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BookAdmin, "done", [], raising=False)
    put_library()
    go("authors", root).after_commit(root)
    assert BookAdmin.done == ["Book 1", "Book 2"]


def test_a_refusal_leaves_the_transaction_as_it_was(root: User) -> None:
    put_library()
    put(Loan(book_id=1))
    model_admin = current_site().admin("authors")
    ana, bia = db.session.get(Author, 1), db.session.get(Author, 2)
    with writing():
        delete_rows(current_site().admin("notes"), [db.session.get(Note, 1)], root)
        with pytest.raises(Protected):
            delete_rows(model_admin, [ana], root)
        delete_rows(model_admin, [bia], root)
    assert (number(Author), number(Note), entries()) == (
        1,
        0,
        [("notes", "1"), ("authors", "2"), ("books", "1000")],
    )


def test_what_is_gone_already_is_a_conflict(root: User) -> None:
    put_library()
    author = db.session.get(Author, 2)
    go("authors", root, 2)
    with pytest.raises(Conflict), writing():
        delete_rows(current_site().admin("authors"), [author], root)


def test_more_than_is_looked_at_is_refused(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    put_library(books=5)
    assert ask("authors", root).is_allowed
    monkeypatch.setattr(collecting, "MAX_ROWS", 10)
    found = ask("authors", root)
    assert not found.is_complete
    assert not found.is_allowed
    with pytest.raises(Protected):
        go("authors", root)
    assert number(Author) == 2


def statements_for(kin_app: Flask, act: Callable[[], Any]) -> int:
    db.session.expunge_all()
    with counted(kin_app) as statements:
        act()
    # SQLAlchemy writes rows with a counted key one by one to SQLite, many at once to the others.
    return len([statement for statement in statements if "INTO log_entries" not in statement])


def test_three_and_three_hundred_rows_take_the_same_statements(kin_app: Flask, root: User) -> None:
    costs = []
    for books in (3, 300):
        put_library(books)
        asked = statements_for(kin_app, lambda: ask("authors", root))
        done = statements_for(kin_app, lambda: go("authors", root))
        costs.append((asked, done))
        with db.session.begin():
            for table in reversed(KinBase.metadata.sorted_tables):
                db.session.execute(table.delete())
        db.session.expunge_all()
    assert costs[0] == costs[1]
    assert costs[0][0] <= 30


# The page


@pytest.fixture
def visitor(kin_app: Flask, alice: User) -> Visitor:
    with kin_app.app_context():
        put_library(books=12)
    return signed_in(kin_app, alice)


def headings(page: Page) -> list[str]:
    return [tag.get_text(strip=True) for tag in page.soup.select("main h2")]


def test_the_page_names_the_first_and_counts_the_others(visitor: Visitor) -> None:
    page = visitor.get("/authors/1/delete/")
    assert headings(page) == ["Deleted with it", "Kept, without what points to it"]
    assert page.link("Book 3") == "/books/3/change/"
    assert page.link("Book 12") is None
    assert "and 2 more" in page.text
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
    page = visitor.get("/authors/1/delete/")
    assert "Delete some of those first" in page.text
    assert (headings(page), page.soup.select("main form")) == ([], [])
