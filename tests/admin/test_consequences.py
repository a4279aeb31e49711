"""What goes with a delete, what it empties and what forbids it: found before, and done so."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

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
    ask,
    book_tags,
    entries,
    go,
    number,
    put,
    put_library,
    told,
    votes,
)
from tests.conftest import counted
from webapp.admin.editing import atsize, collecting, unkept
from webapp.admin.editing.deletion import Protected, delete_rows
from webapp.admin.editing.versions import Conflict
from webapp.admin.history import LogEntry
from webapp.admin.options import Rejected
from webapp.admin.site import current_site
from webapp.extensions import db, writing
from webapp.users.models import User

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


def test_more_than_goes_in_batches_is_refused(root: User, monkeypatch: pytest.MonkeyPatch) -> None:
    put_library(books=5)
    before = ask("authors", root)
    assert before.is_allowed
    monkeypatch.setattr(collecting, "MAX_ROWS", 10)
    monkeypatch.setattr(atsize, "MAX_AT_SIZE", 10)
    found = ask("authors", root)
    assert not found.is_complete
    assert told(found) == told(before)
    assert not found.is_allowed
    with pytest.raises(Protected):
        go("authors", root)
    assert number(Author) == 2


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("authors", (1,)),
        ("authors", (1, 2)),
        ("tags", (1,)),
        ("books", (1, 2)),
        ("leaves", (1,)),
        ("leaves", (1, 2)),
        ("companies", (1,)),
        ("shelves", ((1, "a"),)),
    ],
)
def test_what_is_too_much_to_look_at_is_counted_by_the_database_as_if_it_were_looked_at(
    root: User, monkeypatch: pytest.MonkeyPatch, name: str, keys: tuple[Any, ...]
) -> None:
    put_library(books=3)
    put(Loan(id=1, book_id=2), Prize(id=1, author_id=2))
    put(Leaf(id=1), Leaf(id=2, parent_id=1), Leaf(id=3, parent_id=2), Leaf(id=4, next_id=3), Leaf(id=5))
    db.session.execute(update(Leaf).where(Leaf.id == 1).values(parent_id=3, next_id=1))
    db.session.commit()
    put(Company(id=1), Department(id=1, company_id=1), Badge(company_id=1), Badge(company_id=1))
    put(Employee(id=1, company_id=1, department_id=1), Employee(id=2, boss_id=1))
    put(Shelf(id=1, room="a", code="x"), Shelf(id=2, room="a", code="y"))
    put(Box(shelf_id=1, shelf_room="a"), Box(shelf_id=2, shelf_room="a"), Sign(shelf_code="x"))
    before = ask(name, root, *keys)
    assert before.is_complete
    monkeypatch.setattr(collecting, "MAX_ROWS", 0)
    found = ask(name, root, *keys)
    assert not found.is_complete
    assert told(found) == told(before)


def branches(nodes: Any) -> Any:
    """The keys in a tree."""
    return {node.obj.id: branches(node.nodes) for node in nodes}


def test_what_hangs_on_what_is_a_tree_in_which_each_stands_once(root: User) -> None:
    put(Leaf(id=1), Leaf(id=2, parent_id=1), Leaf(id=3, parent_id=2), Leaf(id=4, parent_id=2), Leaf(id=5))
    db.session.execute(update(Leaf).where(Leaf.id == 1).values(parent_id=3))
    db.session.commit()
    assert branches(ask("leaves", root).tree) == {2: {3: {}, 4: {}}}
    assert branches(ask("leaves", root, 1, 3, 5).tree) == {1: {2: {4: {}}}}


def statements_for(kin_app: Flask, act: Callable[[], Any]) -> int:
    db.session.expunge_all()
    with counted(kin_app) as statements:
        act()
    # SQLAlchemy writes rows with a counted key one by one to SQLite, many at once to the others.
    return len([statement for statement in statements if "INTO log_entries" not in statement])


def test_three_and_three_hundred_rows_take_the_same_statements(
    kin_app: Flask, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of few it is known unasked that none leads to more than an entry keeps.
    monkeypatch.setattr(unkept, "MAX_RELATED", 0)
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
