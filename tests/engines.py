"""The databases that the tests run on: SQLite always, and each server named in TEST_DATABASE_URLS."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    SmallInteger,
    Table,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError

from webapp import append_only, database
from webapp.admin.history import LogEntry
from webapp.database import Base, configure_engine, engine_options

SQLITE = "sqlite://"
MEMORY, MEMORY_NEEDED = Path("/dev/shm"), 2**30  # noqa: S108 - a folder of a name of its own is made in there


# Where PostgreSQL begins to count. The other engines go on behind whatever key a test has given to a row; this one
# would come to the same key by itself, in whichever test it is by then.
FAR = 2_000_000


# What a form carries is typed into tests by hand, so that versions begin at one; test_conflicts_keys tries them as they
# are otherwise.
database.FIRST_VERSIONS = 1


@event.listens_for(Table, "after_create")
def _count_from_far(table: Table, connection: Connection, **_options: object) -> None:
    counted = table.autoincrement_column
    if counted is None or connection.dialect.name != "postgresql" or isinstance(counted.type, SmallInteger):
        return
    name = connection.dialect.identifier_preparer.format_table(table)
    connection.execute(select(func.setval(func.pg_get_serial_sequence(name, counted.name), FAR)))


def database_urls() -> list[str]:
    """The base addresses to test on; `SQLITE` stands for a file in a directory of its own."""
    return [SQLITE, *re.findall(r"[^\s,]+", os.environ.get("TEST_DATABASE_URLS", ""))]


def engine_name(base_url: str) -> str:
    """What pytest calls this database: sqlite, postgresql, mysql, mariadb."""
    return make_url(base_url).get_backend_name()


@contextmanager
def fresh_database(base_url: str) -> Iterator[str]:
    """The address of an empty database, dropped afterwards; the test is skipped where no server answers."""
    if base_url == SQLITE:
        with TemporaryDirectory(prefix="zelador-", dir=_quick_folder()) as directory:
            yield f"sqlite:///{Path(directory) / 'test.db'}"
        return
    url = make_url(base_url)
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"zelador_test_{worker}_{secrets.token_hex(4)}"
    try:
        _administer(url, f"CREATE DATABASE {name} {_creation(url)}")
    except DBAPIError as error:
        pytest.skip(f"{url.render_as_string()} cannot be used: {error.orig}")
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        _drop(url, name)


def empty_tables(engine: Engine) -> None:
    """Delete every row of the system's own tables."""
    with engine.begin() as connection, append_only.opened(connection, LogEntry.__tablename__):
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine as the application makes it, closed afterwards."""
    engine = create_engine(url, **engine_options(url))
    configure_engine(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _quick_folder() -> Path | None:
    """Memory that looks like a disk, where the system has enough of it: each commit waits for the disk twice."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and disk_usage(MEMORY).free > MEMORY_NEEDED:
        return MEMORY
    return None


def _creation(url: URL) -> str:
    if url.get_backend_name() == "postgresql":
        return "TEMPLATE template0 ENCODING 'UTF8'"
    return "CHARACTER SET utf8mb4"


def _drop(url: URL, name: str) -> None:
    if url.get_backend_name() == "postgresql":
        _administer(url, f"DROP DATABASE {name} WITH (FORCE)")
        return
    # A connection that a failed test left open would make MariaDB wait for it.
    left = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"  # noqa: S608 - a name of our own
    for number in _administer(url, left):
        # It may have ended by itself meanwhile.
        with suppress(OperationalError):
            _administer(url, f"KILL {number}")
    _administer(url, f"DROP DATABASE {name}")


def _administer(url: URL, *statements: str) -> list[int]:
    """Run statements outside any transaction; the first column of what the last one answers."""
    patience = {"connect_timeout": 5}
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=patience)
    answer: list[int] = []
    with engine.connect() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
            answer = list(result.scalars()) if result.returns_rows else []
    return answer
