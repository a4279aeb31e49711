"""The database itself refuses to change or delete what happened, on every engine."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from webapp import append_only
from webapp.admin.history import LogEntry, record
from webapp.extensions import db

TABLE = LogEntry.__tablename__


@pytest.fixture
def connection(app: Flask) -> Iterator[Connection]:
    """Where there is one entry."""
    with app.app_context():
        record(db.session(), verb="change", name="users", key="1", label="bob")
        db.session.commit()
        with db.engine.connect() as opened:
            yield opened


def entries(connection: Connection) -> int | None:
    return connection.scalar(select(func.count()).select_from(LogEntry))


@pytest.mark.parametrize(
    "statement",
    [
        update(LogEntry).values(label="forged"),
        update(LogEntry).values(label=LogEntry.label),
        delete(LogEntry),
        delete(LogEntry).where(LogEntry.verb == "change"),
    ],
)
def test_an_entry_is_neither_changed_nor_deleted(connection: Connection, statement: object) -> None:
    with pytest.raises(IntegrityError, match="log_entries is append-only"), connection.begin_nested():
        connection.execute(statement)  # type: ignore[call-overload]
    assert connection.scalar(select(LogEntry.label)) == "bob"


def test_an_entry_is_not_replaced_by_another_of_its_number(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        pytest.skip("PostgreSQL knows no REPLACE")
    words = ("actor_label", "origin", "verb", "name", "label", "changes")
    key = connection.dialect.identifier_preparer.quote("key")
    replace = (
        f"REPLACE INTO {TABLE} (id, at, {key}, {', '.join(words)}) SELECT id, at, {key}, {', '.join(words)}"
    )
    with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
        connection.execute(text(f"{replace} FROM {TABLE}"))
    assert connection.scalar(select(LogEntry.label)) == "bob"


def test_postgresql_does_not_empty_it_at_once(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL has a trigger for it")
    with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
        connection.execute(text(f"TRUNCATE {TABLE}"))


def test_whoever_opens_it_deletes_and_still_changes_nothing(connection: Connection) -> None:
    with append_only.opened(connection, TABLE):
        with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
            connection.execute(update(LogEntry).values(label="forged"))
        connection.execute(delete(LogEntry))
    assert entries(connection) == 0
    assert append_only.existing(connection) == {TABLE}


def test_after_the_block_it_is_closed_again_also_where_that_failed(
    app: Flask, connection: Connection
) -> None:
    with append_only.opened(connection, TABLE):
        pass
    with pytest.raises(IntegrityError, match="append-only"), connection.begin_nested():
        connection.execute(delete(LogEntry))
    connection.rollback()
    with pytest.raises(ZeroDivisionError), connection.begin(), append_only.opened(connection, TABLE):
        raise ZeroDivisionError
    with connection.begin():
        if connection.dialect.name != "postgresql":
            with pytest.raises(ZeroDivisionError), append_only.opened(connection, TABLE):
                raise ZeroDivisionError
    with pytest.raises(IntegrityError, match="append-only"):
        connection.execute(delete(LogEntry))


def test_new_entries_come_as_before(app: Flask, connection: Connection) -> None:
    connection.rollback()
    with app.app_context():
        for _number in range(3):
            record(db.session(), verb="add", name="users", key="1", label="x")
        db.session.commit()
    assert entries(connection) == 4


def test_where_no_triggers_may_be_made_the_way_out_is_said(app: Flask) -> None:
    """As on MariaDB with a binary log, for whoever is no administrator."""

    def refuse(*_arguments: object) -> None:
        raise OperationalError("CREATE TRIGGER", {}, Exception(1419, "You do not have the SUPER privilege"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(append_only, "_run", refuse)
        result = app.test_cli_runner().invoke(args=["history", "protect"])
    assert result.exit_code == 1
    assert "log_bin_trust_function_creators" in result.output
