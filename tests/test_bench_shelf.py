"""The form that `make bench` measures with very many rows behind it, here with fewer: what it reads and sends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, delete, event, insert, literal, select, text

import webapp.account
import webapp.users
from bench import shelf
from bench.data import DATABASES
from tests.conftest import add_user, counted, make_settings, signed_in
from webapp import create_app
from webapp.admin.editing.chosen import LONG, MAX_COUNT, PAGE_SIZE
from webapp.extensions import db

FEW, MANY = 10, 400
# Of a page of rows, and one more; of two selects with fifty lines each.
MOST_READ = 150
# Of design.md §12: five, one for the relation to many and one for the inline.
MOST_STATEMENTS = 5 + 1 + 1


@pytest.fixture
def shelf_app(app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, shelf))
    yield made
    with made.app_context():
        shelf.ShelfBase.metadata.drop_all(db.engine)
        db.engine.dispose()


def test_a_form_costs_hardly_more_with_many_rows_behind_it_than_with_ten(shelf_app: Flask) -> None:
    visitor = signed_in(shelf_app, add_user(shelf_app, "alice", is_superuser=True))
    statements, sizes = {}, {}
    for size in (FEW, MANY):
        with shelf_app.app_context():
            shelf.ShelfBase.metadata.drop_all(db.engine)
            shelf.fill_engine(db.engine, size)
        assert visitor.get(shelf.ADDRESS).status == 200
        with counted(shelf_app) as found:
            page = visitor.get(shelf.ADDRESS)
        assert page.form().fields["writer"] == str(size // 2)
        statements[size], sizes[size] = list(found), len(page.response.data)
    # Of few it comes along with what may be chosen what is: of many that is one more.
    assert len(statements[MANY]) <= len(statements[FEW]) + 1 <= MOST_STATEMENTS, statements[FEW]
    # Twenty notes of the many, fifty tags and a way to leaf are shown; twice as much as ten of each.
    assert sizes[MANY] < min(60_000, 2 * sizes[FEW])


def test_what_is_chosen_stands_in_the_order_of_its_admin_where_the_relation_says_none(
    shelf_app: Flask,
) -> None:
    visitor = signed_in(shelf_app, add_user(shelf_app, "alice", is_superuser=True))
    with shelf_app.app_context():
        shelf.fill_engine(db.engine, MANY)
    # By name: Tag 1, Tag 10, Tag 100, Tag 101.
    assert visitor.get(shelf.ADDRESS).form().fields["tags"][:4] == ["1", "10", "100", "101"]


@pytest.mark.parametrize("is_late", [False, True])
def test_of_very_many_the_first_are_met_by_a_walk_which_may_give_up(shelf_app: Flask, is_late: bool) -> None:
    visitor = signed_in(shelf_app, add_user(shelf_app, "alice", is_superuser=True))
    with shelf_app.app_context():
        shelf.fill_engine(db.engine, FEW)
        # Every second one, or those that stand behind all that a walk looks at.
        numbers = range(1, 2 * LONG + 201)
        names = [{"id": 2 * FEW + number, "name": f"Mark {number:05}"} for number in numbers]
        chosen = names[LONG + 100 :] if is_late else names[::2]
        db.session.execute(delete(shelf.book_tags))
        db.session.execute(insert(shelf.Tag), names)
        db.session.execute(insert(shelf.book_tags), [{"book_id": 1, "tag_id": one["id"]} for one in chosen])
        db.session.commit()
    keys = [str(one["id"]) for one in chosen]
    visitor.get(shelf.ADDRESS)
    with counted(shelf_app) as statements:
        page = visitor.get(shelf.ADDRESS)
    read = [sql for sql in statements if "shelf_book_tags" in sql]
    # One tells that they are very many, one walks to the first of them, and where that gave up one more sorts them.
    assert len(read) == (3 if is_late else 2), statements
    assert "1,100" in page.soup.select_one("#tags-chosen").get_text()  # type: ignore[union-attr]
    shown = page.form().fields["tags"][:-1]
    assert shown == keys[:PAGE_SIZE]
    second = page.form().submit("tags.page", **{"tags.page": "2"}).form()
    assert second.fields["tags"][:-1] == keys[PAGE_SIZE : 2 * PAGE_SIZE]


def test_what_is_filled_is_known_to_the_planner(shelf_app: Flask) -> None:
    """Without statistics PostgreSQL sorts all children to find the first of them, which no server would do for long."""
    with shelf_app.app_context():
        if db.engine.dialect.name not in DATABASES:
            pytest.skip("It is not measured there")
        known = {
            "sqlite": "SELECT stat FROM sqlite_stat1 WHERE tbl = 'shelf_notes'",
            "postgresql": "SELECT reltuples FROM pg_class WHERE relname = 'shelf_notes'",
        }[db.engine.dialect.name]
        shelf.fill(shelf_app.config["DATABASE_URL"], FEW)
        assert str(db.session.scalar(text(known))).startswith(str(FEW))
        db.session.rollback()


def test_rows_in_a_form_are_read_from_an_index_and_no_more_of_them_than_are_shown(shelf_app: Flask) -> None:
    # So many that a walk through all of a table is never the cheapest way.
    size = 30_000
    visitor = signed_in(shelf_app, add_user(shelf_app, "alice", is_superuser=True))
    with shelf_app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("Only PostgreSQL tells what it has read")
        shelf.fill_engine(db.engine, size)
        with db.engine.begin() as connection:
            # Behind those of the first book: to walk through the notes by their key would be to read these too.
            connection.execute(insert(shelf.Book).values(id=2, title="Another book"))
            notes = select(shelf.Note.id + size, shelf.Note.text, literal(2))
            connection.execute(insert(shelf.Note).from_select(["id", "text", "book_id"], notes))
    shelf.tell_planner(shelf_app.config["DATABASE_URL"])
    visitor.get("/shelf_books/2/change/")
    with shelf_app.app_context():
        with sent(db.engine) as statements:
            fields = visitor.get("/shelf_books/2/change/").form().fields
        notes_read = [most_read(*one) for one in statements if "FROM shelf_notes" in one[0]]
        others_read = [most_read(*one) for one in statements if "FROM shelf_writers" in one[0]]
    assert len([name for name in fields if name.endswith("-text")]) == 20
    assert len(notes_read) == len(others_read) == 1
    assert notes_read[0] < MOST_READ
    assert others_read[0] < MOST_READ


def test_a_walk_to_the_first_of_very_many_reads_no_more_of_what_can_be_chosen(shelf_app: Flask) -> None:
    visitor = signed_in(shelf_app, add_user(shelf_app, "alice", is_superuser=True))
    with shelf_app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("Only PostgreSQL tells what it has read")
        shelf.fill_engine(db.engine, shelf.NOTES)
    shelf.tell_planner(shelf_app.config["DATABASE_URL"])
    with shelf_app.app_context():
        with sent(db.engine) as statements:
            assert "10,000" in visitor.get(shelf.ADDRESS).text
        walks = [one for one in statements if one[0].startswith("SELECT shelf_tags_1.id")]
        # There are twice as many tags as are chosen, and those are counted.
        assert [most_read(*one) <= MAX_COUNT for one in walks] == [True]


@contextmanager
def sent(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """The statements of the block, each with its parameters."""
    found: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        found.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def most_read(statement: str, parameters: Any) -> int:
    """How many rows of one table PostgreSQL reads for *statement*, those that it leaves out among them."""
    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
    answer = db.session.connection().exec_driver_sql(explained, parameters).scalar_one()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return max(_read(plan[0]["Plan"]))


def _read(node: dict[str, Any]) -> Iterator[int]:
    left_out = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    yield int((node["Actual Rows"] + left_out) * node["Actual Loops"])
    for child in node.get("Plans", ()):
        yield from _read(child)
