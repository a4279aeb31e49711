"""One state of the database, read for as long as it takes: what others write meanwhile is not in it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from webapp.database import MYSQL_NAMES, STATEMENT_TIMEOUT

# Seconds. MariaDB counts the sending of the rows as part of a statement; PostgreSQL limits each look at its cursor.
LONGEST = 3_600


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection of its own, whose statements all read the database as it is at the first of them.

    Left by an exception it is thrown away: before anything else MariaDB would send all that was asked for.
    """
    with engine.connect() as connection:
        try:
            _begin(connection)
            yield connection
        except BaseException:
            connection.invalidate()
            raise
        if _limits_sending(connection):
            connection.exec_driver_sql(f"SET SESSION max_statement_time = {STATEMENT_TIMEOUT}")


def _begin(connection: Connection) -> None:
    # SQLite reads one state in each transaction.
    if connection.dialect.name in {"postgresql", *MYSQL_NAMES}:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    if _limits_sending(connection):
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {LONGEST}")


def _limits_sending(connection: Connection) -> bool:
    return bool(getattr(connection.dialect, "is_mariadb", False))
