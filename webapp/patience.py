"""How long we wait for a server that says nothing.

Its own timeouts do not help when it is stopped or something on the way swallows what is sent: without an end of ours
a thread would wait for ever. The end is short while a connection is only asked whether it still lives, and a little
later than the server's own while a statement runs; but a server that answers nobody is given up before (heartbeat.py).
"""

from random import uniform
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError

from webapp.heartbeat import Heartbeat

# Seconds.
PING = 2
MARGIN = 2
# A connection that was of use so lately is not asked whether it lives: a request that meets a dead one runs again.
FRESH = 0.5
# How long one who waits for SQLite's write lock sleeps at most before asking again.
NAP = 0.005

KEY = "patience"
#: The option of a statement that is answered at once by any server that lives: the first one of a request, which so is
#: the question whether it does.
QUICK = "quick"
HOME = "home since"


def limit_waiting(engine: Engine, statement_timeout: int) -> None:
    """Give up a connection of *engine* on which no answer comes: after :data:`PING`, or what a statement may take."""
    allowed = statement_timeout + MARGIN
    heartbeat = Heartbeat(engine)

    def connected(connection: Any, record: Any) -> None:
        if engine.driver == "psycopg":
            _limit_psycopg(connection, record)
        _set(connection, record, allowed)

    def came_home(connection: Any, record: Any) -> None:
        record.info[HOME] = monotonic()
        heartbeat.leave(connection)
        _set(connection, record, PING)

    def handed_out(connection: Any, record: Any, _proxy: Any) -> None:
        # One that is new has not been home.
        if monotonic() - record.info.get(HOME, monotonic()) > FRESH:
            _ping(engine, connection)
        _set(connection, record, allowed)
        heartbeat.watch(connection)

    def before(
        connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool
    ) -> None:
        info = connection.info
        wanted = PING if context and context.execution_options.get(QUICK) else allowed
        # What may take as long as it takes, still may.
        if info.get(KEY) not in (wanted, None):
            _set(connection.connection.dbapi_connection, info, wanted)
        if info.get(KEY) is None:
            heartbeat.leave(connection.connection.dbapi_connection)
        else:
            heartbeat.watch(connection.connection.dbapi_connection)

    event.listen(engine, "connect", connected)
    event.listen(engine, "checkin", came_home)
    event.listen(engine, "checkout", handed_out)
    event.listen(engine, "before_cursor_execute", before)


def wait_without_end(connection: Connection) -> None:
    """Let what is done on *connection* take as long as it takes, as a change of the schema does."""
    _set(connection.connection.dbapi_connection, connection.connection.info, None)


def begin_writing(connection: Connection) -> None:
    """Take SQLite's write lock, waiting as long as *connection*'s ``busy_timeout`` says.

    SQLite's own wait asks less and less often, down to ten times a second, so that whoever has just come takes the
    lock and whoever waits longest never has it. Here all ask equally often.
    """
    driver: Any = connection.connection.driver_connection
    (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
    deadline = monotonic() + patience / 1000
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while monotonic() < deadline and _is_locked(driver):
            sleep(uniform(0, NAP))  # noqa: S311 - nobody gains by guessing it
        if not driver.in_transaction:
            # By SQLAlchemy, which tells of its errors as of all others.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout = {patience}")


def _is_locked(driver: Any) -> bool:
    """Whether somebody else has the write lock; if nobody has, *driver*'s connection may have it now."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except driver.OperationalError as error:
        return "locked" in str(error)
    return False


def _ping(engine: Engine, connection: Any) -> None:
    """Have the pool give up *connection*, and all that are as old, if no answer comes.

    SQLAlchemy's own ping comes before each use: a third of what a page asks a server was whether it is there.
    """
    dialect = engine.dialect
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            raise InvalidatePoolError from error
        raise


def _set(connection: Any, record: Any, seconds: int | None) -> None:
    # A connection that is given up comes home as None.
    if connection is None:
        return
    info = record if isinstance(record, dict) or record is None else record.info
    if info is not None:
        info[KEY] = seconds
    if hasattr(connection, "_read_timeout"):
        # PyMySQL looks at it before each answer, and has no other door to it after the connection is made.
        connection._read_timeout = seconds


def _limit_psycopg(connection: Any, record: Any) -> None:
    """psycopg 3 asks its connection to wait for an answer, and takes a limit for each time."""
    wait = connection.wait

    def wait_with_limit(generator: Any, *arguments: Any, **options: Any) -> Any:
        options.setdefault("timeout", record.info.get(KEY))
        try:
            return wait(generator, *arguments, **options)
        except Exception:
            # Nobody knows any more which answer comes next, so it is of no use to anybody.
            if connection.info.transaction_status.name == "ACTIVE":
                connection.close()
            raise

    connection.wait = wait_with_limit
