"""More than is looked at at once is deleted in batches: as if it were one step, and all of it or nothing."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from tests.admin.conftest import empty_kin
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
    Review,
    Shelf,
    ask,
    entries,
    go,
    number,
    put,
    put_library,
)
from tests.conftest import add_user, counted, signed_in
from webapp.admin.editing import atsize, collecting
from webapp.admin.editing.deletion import Forbidden, Protected
from webapp.admin.history import LogEntry
from webapp.admin.options import Rejected
from webapp.extensions import db
from webapp.users.models import User

BOOKS = 60


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few rows are looked at together that everything here is too much."""
    monkeypatch.setattr(collecting, "MAX_ROWS", 6)
    monkeypatch.setattr(atsize, "BATCH", 3)


@pytest.fixture
def many(kin_app: Flask, root: User) -> User:
    """An author of sixty books, each with its tag, its review and a vote."""
    put(Author(id=1, name="Ana"), Author(id=2, name="Bia"))
    rows = [{"id": one, "name": f"Book {one}", "author_id": 1} for one in range(1, BOOKS + 1)]
    db.session.execute(insert(Book), rows)
    db.session.execute(
        insert(Review), [{"id": one, "name": "", "book_id": one} for one in range(1, BOOKS + 1)]
    )
    db.session.commit()
    return root


def put_everything() -> None:
    put_library(books=3)
    put(Leaf(id=1), Leaf(id=2, parent_id=1), Leaf(id=3, parent_id=2), Leaf(id=4, parent_id=2), Leaf(id=5))
    put(*(Leaf(id=one, parent_id=3) for one in range(6, 16)))
    put(Company(id=1), Company(id=2), Department(id=1, company_id=1), Department(id=2, company_id=1))
    put(*(Badge(id=one, company_id=1 + one % 2) for one in range(1, 10)))
    put(
        Employee(id=1, company_id=1, department_id=1),
        *(Employee(id=one, company_id=1) for one in range(2, 9)),
    )
    put(Shelf(id=1, room="a", code="x"), *(Box(id=one, shelf_id=1, shelf_room="a") for one in range(1, 9)))


def everything() -> dict[str, list[Any]]:
    """All rows that there are, and what the history tells of those that are not."""
    found = {
        table.name: sorted(map(tuple, db.session.execute(select(table))), key=repr)
        for table in KinBase.metadata.sorted_tables
    }
    told = [
        (entry.name, entry.key, entry.verb, repr(entry.changes))
        for entry in db.session.scalars(select(LogEntry))
    ]
    return {**found, "told": sorted(one for one in told if one[0] != "users")}


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("authors", (1,)),
        ("authors", (1, 2)),
        ("books", (1, 2, 3)),
        ("leaves", (1,)),
        ("leaves", (1, 5)),
        ("companies", (1,)),
        ("companies", (1, 2)),
        ("shelves", ((1, "a"),)),
    ],
)
def test_in_batches_just_that_is_deleted_emptied_and_told_that_is_in_one_step(
    kin_app: Flask, root: User, request: pytest.FixtureRequest, name: str, keys: tuple[Any, ...]
) -> None:
    put_everything()
    go(name, root, *keys)
    in_one_step = everything()
    db.session.rollback()
    with db.engine.begin() as connection:
        empty_kin(connection)
    before = db.session.scalars(select(LogEntry.id).order_by(LogEntry.id.desc())).first() or 0
    db.session.rollback()
    put_everything()
    request.getfixturevalue("small")
    assert not ask(name, root, *keys).is_complete
    assert ask(name, root, *keys).is_allowed
    go(name, root, *keys)
    in_batches = everything()
    newer = db.session.scalars(select(LogEntry).where(LogEntry.id > before))
    told = sorted((entry.name, entry.key, entry.verb, repr(entry.changes)) for entry in newer)
    assert {**in_batches, "told": told} == in_one_step


@pytest.mark.usefixtures("small")
def test_memory_is_that_of_a_batch_and_statements_grow_with_batches(
    kin_app: Flask, many: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BookAdmin, "after_commit", BookAdmin.__mro__[1].after_commit)
    most = 0
    carried = atsize.collect_below

    def watched(rows: Any) -> Any:
        nonlocal most
        most = max(most, len(db.session.identity_map))
        return carried(rows)

    monkeypatch.setattr(atsize, "collect_below", watched)
    with counted(kin_app) as statements:
        done = go("authors", many)
    assert (number(Book), number(Review), number(Author)) == (0, 0, 1)
    assert len(entries()) == BOOKS + 1
    assert most <= 20
    assert [str(obj) for _admin, obj in done.rows] == ["Ana"]
    assert len(statements) <= 20 * BOOKS / atsize.BATCH + 40


@pytest.mark.usefixtures("small")
def test_whose_admin_asks_for_it_is_told_of_each_when_it_is_committed(kin_app: Flask, many: User) -> None:
    assert len(go("authors", many).rows) == BOOKS + 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("last", "refusal"), [("kept", Forbidden), ("the last one", Rejected), ("lent", Protected)]
)
def test_where_one_of_the_last_may_not_go_nothing_goes(
    kin_app: Flask, many: User, last: str, refusal: type[Exception]
) -> None:
    db.session.execute(update(Book).where(Book.id == BOOKS).values(name=last))
    db.session.commit()
    if last == "lent":
        put(Loan(id=1, name="Summer", book_id=BOOKS))
    with pytest.raises(refusal):
        go("authors", many)
    db.session.expire_all()
    assert (number(Book), number(Author), entries()) == (BOOKS, 2, [])


@pytest.mark.usefixtures("small")
def test_who_may_not_delete_what_goes_with_it_is_told_before_and_refused(kin_app: Flask, many: User) -> None:
    made = add_user(kin_app, "helper", grants=("authors.delete", "authors.view", "books.view"))
    helper = db.session.get_one(User, made.id)
    found = ask("authors", helper)
    assert ([one.label for one in found.forbidden], found.is_allowed) == (["Books"], False)
    with pytest.raises(Forbidden):
        go("authors", helper)
    allowed = db.session.get_one(
        User, add_user(kin_app, "emil", grants=("authors.delete", "books.delete")).id
    )
    assert ask("authors", allowed).is_allowed
    go("authors", allowed)
    assert number(Book) == 0


@pytest.mark.usefixtures("small")
def test_the_page_counts_it_says_that_it_takes_time_and_does_it(kin_app: Flask, many: User) -> None:
    dora = signed_in(kin_app, add_user(kin_app, "dora", is_superuser=True))
    page = dora.get("/authors/1/delete/")
    assert "it may take minutes" in page.text
    assert page.form().submit("_delete", follow=True).status == 200
    assert number(Book) == 0
    # What went with it comes after it, by which it is known what comes back with it.
    assert entries()[0] == ("authors", "1")


@pytest.mark.slow
def test_more_than_ten_thousand_go_in_one_step(kin_app: Flask, many: User) -> None:
    rows = [{"id": one, "name": f"Book {one}", "author_id": 1} for one in range(100, 11_000)]
    db.session.execute(insert(Book), rows)
    db.session.commit()
    go("authors", many)
    assert (number(Book), number(Author)) == (0, 1)
    assert len(entries()) == BOOKS + len(rows) + 1
