"""Psycopg tells SQLAlchemy of each column what it needs to know, and no less."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from webapp.extensions import db


@pytest.fixture
def line(app: Flask) -> Iterator[Any]:
    """A connection as the driver has it."""
    with app.app_context():
        if db.engine.driver != "psycopg":
            pytest.skip("only psycopg is told")
        with db.engine.connect() as connection:
            yield connection.connection.driver_connection


def test_a_row_is_described_by_name_and_type_as_psycopg_does(line: Any) -> None:
    from psycopg import Cursor

    asked = 'SELECT 1::int AS one, \'a\'::text AS "a b", now() AS "Köln", NULL::jsonb AS nothing'
    brief = line.execute(asked)
    whole = Cursor(line).execute(asked)
    assert [tuple(column)[:2] for column in brief.description] == [
        (column.name, column.type_code) for column in whole.description
    ]
    assert {len(column) for column in brief.description} == {7}
    assert brief.fetchone() == whole.fetchone()


def test_what_gives_no_rows_is_described_by_nothing(line: Any) -> None:
    assert line.execute("CREATE TEMPORARY TABLE brief (id int)").description is None
    assert line.execute("INSERT INTO brief VALUES (1)").description is None
    assert line.cursor().description is None
    line.rollback()


def test_rows_keep_their_names_on_the_way_through_sqlalchemy(line: Any) -> None:
    row = db.session.execute(text('SELECT 1 AS one, 2 AS "Two", 3 AS one')).one()
    assert (row._fields, tuple(row)) == (("one", "Two", "one"), (1, 2, 3))
    db.session.rollback()
