"""Very many rows at once: what keeps a table quick to read makes it slow to fill."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, exc, insert, inspect, text

from webapp.database import MYSQL_NAMES, wait_without_end
from webapp.search_index import set_aside

# Below this, building indexes anew takes longer than keeping them up to date.
WORTHWHILE = 50_000
# Kibibytes. SQLite's own 2 MiB make it write the same pages of a unique index again and again.
SQLITE_CACHE = 256 * 1024


@contextmanager
def filled_at_once(connection: Connection, table: Table, count: int) -> Iterator[None]:
    """Within the caller's transaction *count* rows go into *table*: its indexes that are no rule of uniqueness, the
    search index among them, are dropped before and built at the end, from which a million rows take a third less.

    Others who look at the table wait for the transaction on PostgreSQL. MariaDB ends a transaction with each index
    that is dropped, so there they stay, as they do where *count* is small.
    """
    if count < WORTHWHILE or connection.dialect.name in MYSQL_NAMES:
        yield
        return
    _take_time(connection)
    there = {index["name"] for index in inspect(connection).get_indexes(table.name)}
    dropped = [index for index in table.indexes if index.name in there and not index.unique]
    for index in dropped:
        index.drop(connection)
    with set_aside(connection, table.name):
        yield
    for index in sorted(dropped, key=lambda index: str(index.name)):
        index.create(connection)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert *rows*, which all name the same columns, in the quickest way that the driver has."""
    if connection.dialect.driver == "psycopg":
        _copy(connection, table, rows)
    else:
        connection.execute(insert(table), rows)


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """The same by PostgreSQL's COPY, which takes a fifth of the time; values pass their columns' types as ever."""
    dialect, names = connection.dialect, list(rows[0])
    processors = [
        table.columns[name].type.dialect_impl(dialect).bind_processor(dialect) or _itself for name in names
    ]
    quote = dialect.identifier_preparer.quote
    statement = f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN"
    cursor: Any = connection.connection.cursor()
    with _told_as_ever(connection, statement), cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([process(row[name]) for process, name in zip(processors, names, strict=True)])


@contextmanager
def _told_as_ever(connection: Connection, statement: str) -> Iterator[None]:
    """Raise the driver's error as SQLAlchemy does, without the row that PostgreSQL repeats in it."""
    errors: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except errors.Error as error:
        told = type(error)(str(error).partition("\nDETAIL:")[0])
        raise exc.DBAPIError.instance(statement, None, told, errors.Error, hide_parameters=True) from None


def _itself(value: Any) -> Any:
    return value


def _take_time(connection: Connection) -> None:
    wait_without_end(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    elif connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA cache_size = -{SQLITE_CACHE}"))
