"""Very many rows at once: what keeps a table quick to read makes it slow to fill."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, exc, inspect, text

from webapp.database import MYSQL_NAMES, wait_without_end
from webapp.search_index import set_aside

# Below this, building indexes anew takes longer than keeping them up to date.
WORTHWHILE = 50_000
# Rows that are made ready together.
AT_ONCE = 1_000
# Mebibytes. SQLite's own 2 make it write the same pages of a unique index again and again, and PostgreSQL's 64 hold
# neither an index of parts of words nor what two processes sort.
INDEX_MEMORY = 256
# Mebibytes of rows that SQLite sorts at once for an index, and how many threads help: with room for all it takes none.
SORTED_AT_ONCE, SORTING = 16, 2


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
    _sort_in_parts(connection)
    for index in sorted(dropped, key=lambda index: str(index.name)):
        index.create(connection)


def insert_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert *rows* of values for the columns of those *names*, in the quickest way that the driver has. Values pass
    their columns' types as ever; the other columns are left to the database."""
    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote
    target = f"{quote(table.name)} ({', '.join(map(quote, names))})"
    types = [table.columns[name].type.dialect_impl(dialect) for name in names]
    ready = _ready([kind.bind_processor(dialect) for kind in types], iter(rows))
    if dialect.driver == "psycopg":
        _copy(connection, f"COPY {target} FROM STDIN", ready)
    elif values := list(ready):
        place = "?" if dialect.paramstyle == "qmark" else "%s"
        places = ", ".join([place] * len(names))
        statement = f"INSERT INTO {target} VALUES ({places})"  # noqa: S608 - names of a table, places for values
        connection.exec_driver_sql(statement, values)


def _ready(processors: Sequence[Any], rows: Iterator[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """*rows* as the driver takes them, made so column by column."""
    while some := list(islice(rows, AT_ONCE)):
        columns = zip(processors, zip(*some, strict=True), strict=True)
        yield from zip(*(map(process, one) if process else one for process, one in columns), strict=True)


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """The same by PostgreSQL's COPY, which takes a fifth of the time."""
    cursor: Any = connection.connection.cursor()
    with _told_as_ever(connection, statement), cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _told_as_ever(connection: Connection, statement: str) -> Iterator[None]:
    """Raise the driver's error as SQLAlchemy does, without the row that PostgreSQL repeats in it."""
    errors: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except errors.Error as error:
        told = type(error)(str(error).partition("\nDETAIL:")[0])
        raise exc.DBAPIError.instance(statement, None, told, errors.Error, hide_parameters=True) from None


def _take_time(connection: Connection) -> None:
    wait_without_end(connection)
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}MB'"))
    elif connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA cache_size = -{INDEX_MEMORY * 1024}"))


def _sort_in_parts(connection: Connection) -> None:
    """Let SQLite sort the rows for an index in several threads at once, as it does with more than it may hold."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA cache_size = -{SORTED_AT_ONCE * 1024}"))
        connection.execute(text(f"PRAGMA threads = {SORTING}"))
