"""What PostgreSQL plans once for a connection, and what it plans for the values of each question."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text

from webapp.extensions import db
from webapp.plans import SETTLED, THRESHOLD
from webapp.users.models import User

OFTEN = THRESHOLD + 6


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    with app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("only PostgreSQL plans what its driver has prepared")
        # On a connection that is used again something is prepared already.
        db.engine.dispose()
        with db.engine.connect() as connection:
            yield connection


def prepared(connection: Connection) -> list[tuple[str, int]]:
    """What is prepared about people on this connection: the statement, and how often its one plan was taken."""
    rows = connection.execute(text("SELECT statement, generic_plans FROM pg_prepared_statements")).all()
    return [(statement, number) for statement, number in rows if "FROM users" in statement]


def test_a_question_by_a_key_is_planned_once(connection: Connection) -> None:
    by_key = select(User.id).where(User.id == 1)
    for _time in range(OFTEN):
        connection.execute(by_key.execution_options(**SETTLED))
    ((_statement, times),) = prepared(connection)
    assert times > 0


def test_what_is_searched_for_is_planned_for_its_words(connection: Connection) -> None:
    for word in "abcdefghijk"[:OFTEN]:
        connection.execute(select(User.id).where(User.username.like(f"{word}%")))
    assert prepared(connection) == []
