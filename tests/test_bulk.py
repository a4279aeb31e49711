"""Very many rows at once: what they are, and that the table is afterwards what it was."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Connection, Table, inspect, select
from sqlalchemy.exc import IntegrityError

from webapp import bulk
from webapp.bulk import filled_at_once, insert_rows
from webapp.database import MYSQL_NAMES
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, hash_password

USERS = cast(Table, User.__table__)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WORTHWHILE", 3)


def somebody(name: str, password: PasswordHash) -> dict[str, Any]:
    return {
        "username": name,
        "email": f"{name}@example.org",
        "full_name": "Tab\there, \\N and “quotation”\nmarks",
        "password": password,
        "is_staff": name == "alice",
        "created_at": datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC),
        "last_login_at": None if name == "bob" else datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    }


def insert(connection: Connection, *people: dict[str, Any]) -> None:
    insert_rows(connection, USERS, list(people[0]), (list(one.values()) for one in people))


def indexes(connection: Connection) -> dict[str | None, tuple[object, ...]]:
    found = inspect(connection).get_indexes("users")
    return {index["name"]: (*index["column_names"], index["unique"]) for index in found}


def test_what_goes_in_comes_out_as_from_an_ordinary_insert(app: Flask) -> None:
    password = hash_password("a long password of nobody")
    with app.app_context(), db.engine.begin() as connection:
        insert(connection, somebody("Alice", password), somebody("bob", password))
        connection.execute(USERS.insert(), [somebody("Charlie", password), somebody("dave", password)])
    with app.app_context():
        first, second, third, fourth = db.session.scalars(select(User).order_by(User.id))
        assert [user.username for user in (first, second, third)] == ["alice", "bob", "charlie"]
        for name in ("full_name", "password", "created_at", "theme", "version", "is_active"):
            assert getattr(first, name) == getattr(third, name), name
        assert first.created_at == datetime(2026, 3, 4, 5, 6, 7, 890, tzinfo=UTC)
        assert first.last_login_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert (second.last_login_at, fourth.full_name) == (None, second.full_name)


def test_more_than_are_made_ready_at_once_all_go_in_and_none_is_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    password = hash_password("a long password of nobody")
    with app.app_context(), db.engine.begin() as connection:
        insert_rows(connection, USERS, ["username"], ())
        insert(connection, *(somebody(f"person{number}", password) for number in range(5)))
        written = connection.scalars(select(USERS.c.username).order_by(USERS.c.id)).all()
    assert written == [f"person{number}" for number in range(5)]


def test_indexes_are_away_meanwhile_and_the_same_afterwards(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        before = indexes(connection)
        with filled_at_once(connection, USERS, 3):
            meanwhile = indexes(connection)
        assert len(before) > 5
        assert indexes(connection) == before
        if connection.dialect.name in MYSQL_NAMES:
            assert meanwhile == before
        else:
            assert [name for name, (*_columns, unique) in meanwhile.items() if not unique] == []


def test_for_a_few_rows_they_stay(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        before = indexes(connection)
        with filled_at_once(connection, USERS, 2):
            assert indexes(connection) == before


def test_nothing_is_left_of_what_fails(app: Flask) -> None:
    """No two rows with one name, no row of the batch, and every index."""
    password = hash_password("a long password of nobody")
    with app.app_context():
        before = indexes(db.session.connection())
        db.session.rollback()
        with (
            pytest.raises(IntegrityError) as told,
            db.engine.begin() as connection,
            filled_at_once(connection, USERS, 3),
        ):
            insert(connection, somebody("alice", password), somebody("alice", password))
        assert db.engine.dialect.name != "postgresql" or "alice" not in str(told.value)
        assert indexes(db.session.connection()) == before
        assert db.session.scalars(select(User)).all() == []
