"""The form that `make bench` measures with very many rows behind it, here with fewer: what it reads and sends."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

import webapp.account
import webapp.users
from bench import shelf
from bench.data import DATABASES
from tests.conftest import add_user, counted, make_settings, signed_in
from webapp import create_app
from webapp.extensions import db

FEW, MANY = 10, 400
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
    assert len(statements[MANY]) <= len(statements[FEW]) <= MOST_STATEMENTS, statements[FEW]
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
