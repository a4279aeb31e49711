"""What all models and connections share: the base class, what each engine is told, and locks across processes.

The column types are in :mod:`webapp.column_types` and are had from here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import randbelow
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, event, exc, make_url, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column, registry

from webapp.column_types import (
    MYSQL_NAMES,
    ExactDecimal,
    ExactString,
    FoldedString,
    UtcDateTime,
    fold,
    lowered,
    now,
    utcnow,
)
from webapp.discretion import hide_values, make_private
from webapp.driver_errors import has_no_room, is_passing, reason
from webapp.patience import begin_writing, limit_waiting, wait_without_end
from webapp.plans import plan_settled_once
from webapp.postgresql import adapt_psycopg
from webapp.texts import lazy_gettext as _l

__all__ = [
    "MYSQL_NAMES",
    "Base",
    "ExactDecimal",
    "ExactString",
    "FoldedString",
    "Timestamped",
    "UtcDateTime",
    "Versioned",
    "advisory_key",
    "configure_engine",
    "engine_options",
    "exclusive",
    "fold",
    "has_no_room",
    "is_passing",
    "named_lock",
    "now",
    "reading",
    "reason",
    "sqlite_file",
    "take_named_lock",
    "utcnow",
    "wait_without_end",
]

# Seconds. The server gives up before the person does, so that a page can say what happened.
CONNECT_TIMEOUT = 3
POOL_TIMEOUT = 5
LOCK_TIMEOUT = 5
STATEMENT_TIMEOUT = 30
IDLE_IN_TRANSACTION_TIMEOUT = 60

# By itself MariaDB sorts by the first 1,024 bytes of a text: what differs behind them would tie, each time in another
# order. Fifteen such keys have to fit into its buffer, which has two million.
SORTED_BYTES = 16_384

MARIADB_SQL_MODE = (
    "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)

# MariaDB's number for a broken CHECK constraint, MySQL's, and both's for a column that was left out and must not be,
# and for what a trigger refuses.
VIOLATIONS = frozenset({4025, 3819, 1364, 1644})

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

reading: ContextVar[bool] = ContextVar("reading", default=False)
"""True while a request only reads: its SQLite transactions then begin without the write lock."""


metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Base(DeclarativeBase):
    """What every model inherits. Flask-SQLAlchemy is given this class, so `Base.metadata is db.metadata`."""

    metadata = metadata
    registry = registry(metadata=metadata, type_annotation_map={datetime: UtcDateTime()})


class Timestamped:
    """When a row was made and last changed, also where plain SQL inserts it."""

    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime(), default=now, server_default=utcnow(), sort_order=90, info={"label": _l("Created")}
    )
    updated_at: Mapped[datetime] = mapped_column(
        UtcDateTime(),
        default=now,
        onupdate=now,
        server_default=utcnow(),
        sort_order=91,
        info={"label": _l("Changed")},
    )


class Versioned:
    """A row that counts its changes: saving over a change that one has not seen raises StaleDataError.

    It counts from somewhere: one that gets the key of another, which is gone or comes back, would else be taken for it
    by whoever has a form of that one open.
    """

    version: Mapped[int] = mapped_column(server_default="1", sort_order=99)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version, "version_id_generator": _next_version}


# So many that two of them hardly ever meet, and few enough to be short where a form has many.
FIRST_VERSIONS = 10**6


def _next_version(version: int | None) -> int:
    return randbelow(FIRST_VERSIONS) + 1 if version is None else version + 1


def engine_options(url: str) -> dict[str, Any]:
    """Keyword arguments of create_engine for this database; an in-memory SQLite is left its own pool."""
    address = make_url(url)
    options: dict[str, Any] = {"hide_parameters": True}
    if address.get_backend_name() == "sqlite":
        in_memory = address.database in {None, "", ":memory:"} or address.query.get("mode") == "memory"
        return options if in_memory else {**options, "pool_timeout": POOL_TIMEOUT}
    connect: dict[str, Any] = {"connect_timeout": CONNECT_TIMEOUT}
    if address.get_backend_name() in MYSQL_NAMES:
        # The greeting of a server that is stopped never comes; patience.py says how long later answers may take.
        connect |= {"charset": "utf8mb4", "read_timeout": CONNECT_TIMEOUT}
    return {**options, "pool_timeout": POOL_TIMEOUT, "connect_args": connect}


def sqlite_file(url: str) -> Path | None:
    """The file of this database, if it is SQLite's and no database in memory."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or "pool_timeout" not in engine_options(url):
        return None
    return Path(str(address.database).removeprefix("file:"))


def configure_engine(engine: Engine) -> None:
    """Have every connection of this engine told what its kind of database needs; harmless when repeated."""
    # First, because what the last listener makes of an error is what is raised.
    event.listen(engine, "handle_error", hide_values, retval=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", make_private)
        event.listen(engine, "connect", _tell_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "postgresql":
        limit_waiting(engine, STATEMENT_TIMEOUT)
        event.listen(engine, "connect", _tell_postgresql)
        if engine.driver == "psycopg":
            plan_settled_once(engine)
    elif engine.dialect.name in MYSQL_NAMES:
        limit_waiting(engine, STATEMENT_TIMEOUT)
        event.listen(engine, "connect", _tell_mariadb)
        event.listen(engine, "handle_error", _name_refusal, retval=True)
        event.listen(engine, "reset", _release_mariadb)


@contextmanager
def exclusive(session: Session, name: str) -> Iterator[None]:
    """Let one transaction at a time, of all processes, go on from here; the lock ends with the transaction.

    SQLite's writing transactions are alone already (BEGIN IMMEDIATE). When another one keeps the lock for
    longer than LOCK_TIMEOUT, SQLAlchemy's TimeoutError or OperationalError is raised.
    """
    if reading.get():
        raise RuntimeError("exclusive() belongs to a request that writes.")
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory_key(name)})
    elif connection.dialect.name in MYSQL_NAMES:
        lock = named_lock(connection, name)
        held = connection.info.setdefault("exclusive", set())
        # Taken twice it would have to be given back twice.
        if lock not in held and not take_named_lock(connection, lock, LOCK_TIMEOUT):
            raise exc.TimeoutError(f"Another transaction holds the lock {name!r}.")
        held.add(lock)
    yield


def advisory_key(name: str) -> int:
    """PostgreSQL's number (signed, 64 bits) of the lock of this name; its locks are a database's own."""
    return int.from_bytes(sha256(f"zelador/{name}".encode()).digest()[:8], signed=True)


def named_lock(connection: Connection, name: str) -> str:
    """MariaDB's name of the lock of this name: its locks are the whole server's, hence the database in it."""
    return "zelador." + sha256(f"{connection.engine.url.database}/{name}".encode()).hexdigest()[:40]


def take_named_lock(connection: Connection, lock: str, seconds: int) -> bool:
    """Wait for a lock of MariaDB, at most so long; whether it was taken."""
    taken = connection.execute(text("SELECT GET_LOCK(:lock, :wait)"), {"lock": lock, "wait": seconds})
    return taken.scalar() == 1


def _tell_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT * 1000}")
    cursor.execute("PRAGMA foreign_keys = ON")
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    # trusted_schema stays as it is: without it no trigger may write to the full-text table of a search index.
    cursor.close()
    # SQLite's own knows ASCII only, so that a search for "élodie" would not find "ÉLODIE".
    connection.create_function("lower", 1, lowered, deterministic=True)


def _write_ahead(cursor: Any) -> None:
    """Turn the write-ahead log on. The change of mode does not heed busy_timeout, so we wait ourselves."""
    deadline = monotonic() + LOCK_TIMEOUT
    while cursor.execute("PRAGMA journal_mode").fetchone()[0] not in {"wal", "memory", "off"}:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except Exception as error:
            if "locked" not in str(error) or monotonic() > deadline:
                raise
            sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between, whatever
    # the timeout (SQLITE_BUSY_SNAPSHOT); one that takes the write lock first waits its turn.
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        return
    if reading.get():
        # By the driver, because nothing can be in its way, and SQLAlchemy's way is as long as a statement's.
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN")
    else:
        begin_writing(connection)


def _tell_postgresql(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SET timezone = 'UTC';"
        "SET default_transaction_isolation = 'read committed';"
        # What is prepared may be planned once (plans.py), whatever this server does elsewhere.
        "SET plan_cache_mode = 'auto';"
        f"SET statement_timeout = '{STATEMENT_TIMEOUT}s';"
        f"SET lock_timeout = '{LOCK_TIMEOUT}s';"
        f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_TIMEOUT}s'"
    )
    cursor.close()
    connection.commit()
    if hasattr(connection, "adapters"):
        adapt_psycopg(connection)


def _tell_mariadb(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET NAMES utf8mb4")
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    cursor.execute(
        f"SET SESSION sql_mode = '{MARIADB_SQL_MODE}', SESSION time_zone = '+00:00',"
        f" SESSION default_storage_engine = 'InnoDB', SESSION max_sort_length = {SORTED_BYTES},"
        f" SESSION innodb_lock_wait_timeout = {LOCK_TIMEOUT}, SESSION lock_wait_timeout = {LOCK_TIMEOUT}"
    )
    # MySQL has none for statements that write, and another name for those that read.
    if "MariaDB" in connection.get_server_info():
        cursor.execute(f"SET SESSION max_statement_time = {STATEMENT_TIMEOUT}")
    cursor.close()
    connection.commit()


def _name_refusal(context: ExceptionContext) -> BaseException | None:
    """Tell of a row that breaks a rule as on the other engines: MariaDB's driver tells some like a lost connection."""
    error = context.sqlalchemy_exception
    # An error of the driver may come without any code.
    code = next(iter(getattr(context.original_exception, "args", ())), None)
    if isinstance(error, exc.OperationalError) and code in VIOLATIONS:
        return exc.IntegrityError(
            error.statement, error.params, context.original_exception, hide_parameters=True
        )
    return None


def _release_mariadb(connection: Any, record: Any, state: Any) -> None:
    """Give exclusive()'s locks back when the connection goes home, that is after the commit or rollback."""
    locks = record.info.pop("exclusive", ()) if record is not None else ()
    if locks and not state.terminate_only:
        cursor = connection.cursor()
        for lock in locks:
            cursor.execute("SELECT RELEASE_LOCK(%s)", (lock,))
        cursor.close()
