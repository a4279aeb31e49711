"""What a request that only reads is spared on PostgreSQL: the transaction around its statements.

There each statement sees what is committed as it begins, in a transaction or not (READ COMMITTED), so BEGIN and
ROLLBACK would be two more ways to the server and back for each page. The first statement that does more than look
begins one all the same: what a page changes without writing it on purpose is dropped at its end.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from webapp.database import reading

KEY = "looking"


def look(_session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Let *connection*, which a session has just taken, look without a transaction, if the request only reads."""
    if reading.get() and not transaction.nested and connection.dialect.driver == "psycopg":
        driver: Any = connection.connection.driver_connection
        # Who gave the session a connection of their own may have begun one on it.
        if driver.info.transaction_status.name == "IDLE" and not driver.autocommit:
            driver.autocommit = connection.info[KEY] = True


def stop_looking(engine: Engine) -> None:
    """Let connections of *engine* begin a transaction as soon as there is more to do."""
    event.listen(engine, "before_cursor_execute", _begin_if_needed)
    event.listen(engine, "checkin", _come_home)


def _begin_if_needed(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
    if KEY in connection.info and not _only_looks(statement):
        del connection.info[KEY]
        driver: Any = connection.connection.driver_connection
        driver.autocommit = False


def _only_looks(statement: str) -> bool:
    # With FOR UPDATE it locks, and keeps what it has locked until the transaction ends.
    return statement.startswith("SELECT") and " FOR " not in statement


def _come_home(driver: Any, record: Any) -> None:
    # A connection that is given up comes home as None, one that is broken in no state to be told anything.
    if record.info.pop(KEY, False) and driver is not None and driver.info.transaction_status.name == "IDLE":
        driver.autocommit = False
