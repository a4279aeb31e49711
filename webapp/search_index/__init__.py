"""Indexes that find a piece of text inside columns: declared in a model, kept by the database itself.

SQLite has one as a full-text table of trigrams that triggers keep up to date, PostgreSQL as an index of the extension
pg_trgm. MariaDB has none. Who searches looks whether it is there (:func:`is_there`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    Enum,
    Integer,
    String,
    Table,
    TypeDecorator,
    event,
    inspect,
)
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import SchemaItem

from webapp.patience import wait_without_end
from webapp.search_index import postgresql, sqlite
from webapp.search_index.names import CannotSearchError, name_of

__all__ = [
    "CannotSearchError",
    "SearchIndex",
    "create",
    "creation",
    "drop",
    "existing",
    "index_of",
    "is_part",
    "is_there",
    "key_of",
    "name_of",
    "reason_against",
    "removal",
    "renew",
    "set_aside",
]

_ENGINES: dict[str, Any] = {"sqlite": sqlite, "postgresql": postgresql}
_there: "WeakKeyDictionary[Engine, set[str]]" = WeakKeyDictionary()


class SearchIndex(SchemaItem):
    """``SearchIndex("title", "isbn")`` in a model's ``__table_args__``: these columns are searched through an index.

    The table needs a key of one whole number, which the index remembers rows by.
    """

    __visit_name__ = "search_index"

    def __init__(self, *columns: str) -> None:
        if not columns:
            raise ArgumentError("A SearchIndex needs the names of the columns that it is for.")
        self.columns = columns

    def _set_parent(self, parent: Any, **_options: Any) -> None:
        table: Table = parent
        for name in self.columns:
            if name not in table.c:
                raise ArgumentError(f"SearchIndex of {table.name}: there is no column {name!r}.")
            if not _is_text(table.c[name].type):
                raise ArgumentError(f"SearchIndex of {table.name}: {name!r} holds no text.")
        key = list(table.primary_key.columns)
        if len(key) != 1 or not isinstance(key[0].type, Integer):
            raise ArgumentError(f"SearchIndex of {table.name}: the table's key is not one whole number.")
        table.info["search_index"] = self
        event.listen(table, "after_create", self._create)
        event.listen(table, "before_drop", self._drop)

    def _create(self, table: Table, connection: Connection, **_options: Any) -> None:
        if reason_against(connection) is None:
            create(connection, table.name, self.columns, table.primary_key.columns[0].name)

    def _drop(self, table: Table, connection: Connection, **_options: Any) -> None:
        drop(connection, table.name)


def _is_text(column_type: Any) -> bool:
    stored = column_type.impl_instance if isinstance(column_type, TypeDecorator) else column_type
    return isinstance(stored, String) and not isinstance(stored, Enum)


def index_of(table: Any) -> SearchIndex | None:
    """The search index that *table*, or what else a model is mapped to, declares; a join declares none."""
    return table.info.get("search_index") if isinstance(table, Table) else None


def is_there(connection: Connection, table_name: str) -> bool:
    """Whether the table has its index; that it has is remembered for as long as the program runs."""
    known = _there.setdefault(connection.engine, set())
    if table_name not in known and table_name in existing(connection):
        known.add(table_name)
    return table_name in known


def existing(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The tables that have a whole search index, and its columns."""
    engine = _ENGINES.get(connection.dialect.name)
    found: dict[str, tuple[str, ...]] = engine.existing(connection) if engine else {}
    return found


def is_part(connection: Connection, name: str) -> bool:
    """Whether this table or index of the database is, or is a part of, a search index."""
    engine = _ENGINES.get(connection.dialect.name)
    return engine is not None and name in engine.parts(connection)


def reason_against(connection: Connection) -> str | None:
    """Why this database can have no search index: a sentence; ``None`` where it can."""
    engine = _ENGINES.get(connection.dialect.name)
    reason: str | None = (
        engine.reason_against(connection)
        if engine
        else "MariaDB has no index that finds a text inside others."
    )
    return reason


def create(
    connection: Connection,
    table_name: str,
    columns: Sequence[str],
    key: str = "id",
    *,
    accents_apart: bool = False,
) -> None:
    """Make the index anew and fill it; nothing on MariaDB.

    :param accents_apart: as it was made at first on PostgreSQL, for a version of the program that looks for it so.
    :raises CannotSearchError: where the database has no means for it, or forbids it.
    """
    if engine := _ENGINES.get(connection.dialect.name):
        engine.allow(connection)
        _run(
            connection,
            creation(connection.dialect, table_name, columns, key, accents_apart=accents_apart),
        )


def drop(connection: Connection, table_name: str) -> None:
    """Remove the index, if it is there."""
    _run(connection, removal(connection.dialect, table_name))
    _there.get(connection.engine, set()).discard(table_name)


@contextmanager
def set_aside(connection: Connection, table_name: str) -> Iterator[None]:
    """Go without the index while very many rows are written, and make it anew at the end: row by row takes longer."""
    columns = existing(connection).get(table_name)
    if not columns:
        yield
        return
    key = key_of(connection, table_name)
    drop(connection, table_name)
    yield
    renew(connection, table_name, columns, key)


def renew(connection: Connection, table_name: str, columns: Sequence[str], key: str) -> None:
    """The same as :func:`create`, however long it takes: in a command, whose connection serves nobody afterwards."""
    wait_without_end(connection)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    create(connection, table_name, columns, key)


def key_of(connection: Connection, table_name: str) -> str:
    """The one column of the table's key."""
    [key] = inspect(connection).get_pk_constraint(table_name)["constrained_columns"]
    return key


def creation(
    dialect: Dialect, table_name: str, columns: Sequence[str], key: str, *, accents_apart: bool = False
) -> list[str]:
    """The statements that make the index anew, whether or not it is there."""
    engine = _ENGINES.get(dialect.name)
    quote = dialect.identifier_preparer.quote
    if engine is None:
        return []
    made = engine.creation(quote, table_name, columns, key, accents_apart=accents_apart)
    return [*removal(dialect, table_name), *made]


def removal(dialect: Dialect, table_name: str) -> list[str]:
    """The statements that remove the index, whether or not it is there."""
    engine = _ENGINES.get(dialect.name)
    statements: list[str] = engine.removal(dialect.identifier_preparer.quote, table_name) if engine else []
    return statements


def _run(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
