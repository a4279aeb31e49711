"""One statement with a time limit of its own: who waits for it would rather have no answer than a late one."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import OperationalError

from webapp.database import MYSQL_NAMES, STATEMENT_TIMEOUT, reading

# What the servers' drivers call it when a statement has taken too long.
POSTGRESQL_LIMIT = "57014"
MARIADB_LIMIT = 1969
# SQLite is asked after so many steps of its machine whether to go on: some thousand times a second.
STEPS = 10_000


class TookTooLong(Exception):
    """The statement was broken off."""


def scalar_within(seconds: float, engine: Engine, statement: Select[Any]) -> Any:
    """The one value that *statement* gives, on a connection of its own: no other transaction suffers when it fails.

    :raises TookTooLong: after *seconds*.
    """
    token = reading.set(True)
    try:
        with engine.connect() as connection, _limited(connection, seconds):
            return connection.execute(statement).scalar_one()
    except OperationalError as error:
        if _is_limit(error.orig):
            raise TookTooLong from error
        raise
    finally:
        reading.reset(token)


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "postgresql":
        # Until the end of the transaction, which ends with the connection.
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
        yield
    elif connection.dialect.name == "sqlite":
        deadline = monotonic() + seconds
        driver.set_progress_handler(lambda: monotonic() > deadline, STEPS)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)
    elif connection.dialect.name in MYSQL_NAMES and getattr(connection.dialect, "is_mariadb", False):
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {seconds}")
        try:
            yield
        finally:
            if not connection.invalidated:
                connection.exec_driver_sql(f"SET SESSION max_statement_time = {STATEMENT_TIMEOUT}")
    else:
        yield


def _is_limit(error: Any) -> bool:
    return (
        getattr(error, "sqlstate", None) == POSTGRESQL_LIMIT
        or getattr(error, "sqlite_errorname", None) == "SQLITE_INTERRUPT"
        or next(iter(getattr(error, "args", ())), None) == MARIADB_LIMIT
    )
