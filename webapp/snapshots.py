"""One state of the database, read for as long as it takes: what others write meanwhile is not in it."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select

from webapp.database import MYSQL_NAMES, STATEMENT_TIMEOUT

# Seconds. MariaDB counts the sending of the rows as part of a statement; PostgreSQL limits each look at its cursor.
LONGEST = 3_600

REPEATABLE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection of its own, whose statements all read the database as it is at the first of them."""
    with engine.connect() as connection:
        try:
            _begin(connection)
            yield connection
        except BaseException:
            _leave(connection)
            raise
        if _limits_sending(connection):
            connection.exec_driver_sql(f"SET SESSION max_statement_time = {STATEMENT_TIMEOUT}")


def stream(
    connection: Connection, statement: Select[Any], size: int
) -> Generator[Sequence[Row[Any]], None, None]:
    """The rows of *statement*, *size* at a time, from a cursor that the server keeps: no more of them are here."""
    options = {"stream_results": True, "yield_per": size}
    result = connection.execute(statement, execution_options=options)
    try:
        yield from result.partitions()
    except BaseException:
        _leave(connection)
        raise
    finally:
        result.close()


def _begin(connection: Connection) -> None:
    # SQLite reads one state in each transaction.
    if connection.dialect.name == "postgresql":
        # Rows in the order of an index come at once; the planner would sort them all first, where that ends sooner, and
        # compile the statement before the first of them.
        connection.exec_driver_sql(
            f"{REPEATABLE}; SET LOCAL cursor_tuple_fraction = 0.0001; SET LOCAL jit = off"
        )
    elif connection.dialect.name in MYSQL_NAMES:
        connection.exec_driver_sql(REPEATABLE)
    if _limits_sending(connection):
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {LONGEST}")


def _leave(connection: Connection) -> None:
    """Read no further. A connection to MariaDB is thrown away: it would first send all that was asked for."""
    if connection.dialect.name in MYSQL_NAMES and not connection.invalidated:
        unread = getattr(connection.connection.dbapi_connection, "_result", None)
        if unread is not None:
            # PyMySQL would read the rest all the same, from a line that is closed by then.
            unread.unbuffered_active = False
        connection.invalidate()


def _limits_sending(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))
