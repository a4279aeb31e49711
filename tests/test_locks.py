"""How transactions of several threads and processes wait for each other."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout
from sqlalchemy.orm import Session

from tests.engines import SQLITE, database_urls, engine_name, fresh_database, opened
from tests.threads import at_once
from webapp import database
from webapp.database import exclusive, reading

only_sqlite = pytest.mark.parametrize("engine", [SQLITE], ids=engine_name, indirect=True)


@pytest.fixture(params=database_urls(), ids=engine_name)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each kind of database in turn, with an empty table of things."""
    with fresh_database(request.param) as url, opened(url) as engine:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE things (total INTEGER NOT NULL)"))
        yield engine


@pytest.fixture
def as_reader() -> Iterator[None]:
    token = reading.set(True)
    yield
    reading.reset(token)


@only_sqlite
def test_a_transaction_takes_the_write_lock_when_it_begins(engine: Engine) -> None:
    with engine.connect() as first, impatient(engine) as other:
        first.execute(text("SELECT 1"))
        with other.connect() as second, pytest.raises(OperationalError, match="locked"):
            second.execute(text("SELECT 1"))


@only_sqlite
@pytest.mark.usefixtures("as_reader")
def test_a_transaction_that_only_reads_leaves_the_lock_to_a_writer(engine: Engine) -> None:
    count = text("SELECT count(*) FROM things")
    with engine.connect() as first, impatient(engine) as other:
        assert first.execute(count).scalar() == 0
        token = reading.set(False)
        with other.begin() as second:
            second.execute(text("INSERT INTO things (total) VALUES (1)"))
        reading.reset(token)
        assert first.execute(count).scalar() == 0
        first.rollback()
        assert first.execute(count).scalar() == 1


@contextmanager
def impatient(engine: Engine) -> Iterator[Engine]:
    """A second engine on the same SQLite file, which gives up at once instead of after five seconds."""
    with opened(str(engine.url)) as other:
        event.listen(other, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 0"))
        yield other


@pytest.mark.race
def test_writers_that_read_before_they_write_wait_and_lose_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO things (total) VALUES (0)"))

    def add_ten() -> None:
        for _ in range(10):
            with Session(engine) as session, exclusive(session, "total"):
                total = session.scalar(text("SELECT total FROM things"))
                session.execute(text("UPDATE things SET total = :total"), {"total": total + 1})
                session.commit()

    at_once([add_ten] * 4)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT total FROM things")).scalar() == 40


def test_a_lock_that_another_transaction_keeps_is_an_error_after_a_while_and_free_after_its_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 1)
    taken, finish = Event(), Event()

    def hold() -> None:
        with Session(engine) as session, exclusive(session, "one"):
            taken.set()
            finish.wait(30)
            session.rollback()

    with ThreadPoolExecutor(1) as elsewhere, opened(engine.url.render_as_string(False)) as hasty:
        held = elsewhere.submit(hold)
        taken.wait(30)
        refused = pytest.raises((OperationalError, DatabaseTimeout))
        with Session(hasty) as session, refused, exclusive(session, "one"):
            pass
        finish.set()
        held.result()
        with Session(hasty) as session, exclusive(session, "one"):
            session.commit()


def test_a_lock_taken_twice_is_free_after_the_end_all_the_same(engine: Engine) -> None:
    with Session(engine) as session, exclusive(session, "one"), exclusive(session, "one"):
        session.commit()
    with (
        opened(engine.url.render_as_string(False)) as other,
        Session(other) as session,
        exclusive(session, "one"),
    ):
        session.commit()


def test_locks_of_two_names_do_not_meet_on_a_server(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time, whatever the name")
    with Session(engine) as one, Session(engine) as two, exclusive(one, "one"), exclusive(two, "two"):
        assert one.scalar(text("SELECT 1")) == two.scalar(text("SELECT 1")) == 1


@pytest.mark.usefixtures("as_reader")
def test_a_request_that_reads_cannot_ask_for_a_lock(engine: Engine) -> None:
    with Session(engine) as session, pytest.raises(RuntimeError, match="writes"), exclusive(session, "one"):
        pass
