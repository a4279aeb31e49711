"""How a page looks when the database does not answer, and what is done to connections."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, func, select, text

from tests.pages import Page
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User

Answer = TypeVar("Answer")

# Seconds within which somebody is told that the database is down.
PROMPT = 5.0
FULL = "The disk of the database is full, so nothing was saved."
INSIDE = ("Traceback", "sqlalchemy", "psycopg", "pymysql", "sqlite", "SELECT", "127.0.0.1", "canary")


def is_calm(page: Page, told: str = "The database does not answer") -> bool:
    """The page of a database that does not answer: nothing of what is inside, and when to come back."""
    return (
        page.status == 503
        and page.response.headers["Retry-After"] == "5"
        and page.soup.select_one("h1") is not None
        and told in page.text
        and page.response.headers["X-Request-ID"] in page.text
        and not any(word in page.text for word in INSIDE)
    )


def promptly(send: Callable[[], Answer]) -> Answer:
    """The answer, which must be there within :data:`PROMPT` seconds: that is what is promised of a database that is
    down, and the one bound in seconds that a test looks at."""
    began = monotonic()
    answer = send()
    taken = monotonic() - began
    assert taken <= PROMPT, taken
    return answer


def engine_of(app: Flask) -> Engine:
    with app.app_context():
        return db.engine


def told_of(app: Flask, key: object) -> tuple[str | None, int]:
    """The full name of the user of *key*, and how often the history tells of a change of it."""
    with app.app_context():
        entries = select(func.count()).where(
            LogEntry.name == "users", LogEntry.key == str(key), LogEntry.verb == "change"
        )
        # One statement sees one state, also while a server that stood still ends what it had begun.
        both = select(User.full_name, entries.scalar_subquery()).where(User.id == key)
        name, number = db.session.execute(both).one()
        return name, number


def settled(app: Flask, key: object) -> None:
    """Wait until nobody writes the user of *key*: a server that stood still may end a commit after all, also when
    whoever sent it has long gone, and holds the row until then."""
    with app.app_context():
        db.session.execute(select(User.id).where(User.id == key).with_for_update()).one()
        db.session.rollback()


@contextmanager
def at_statement(engine: Engine, act: Callable[[Connection, int, str], None]) -> Iterator[None]:
    """Have ``act(connection, number, statement)`` called before each statement; 0 is the first of the block."""
    count = iter(range(10**9))

    def call(connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        act(connection, next(count), statement)

    event.listen(engine, "before_cursor_execute", call)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", call)


def statements_of(app: Flask, send: Callable[[], Page]) -> tuple[int, int]:
    """How many statements *send* takes until its last commit, and how many in all."""
    seen: list[str] = []
    commits: list[int] = []
    engine = engine_of(app)

    def note_commit(_connection: Connection) -> None:
        commits.append(len(seen))

    event.listen(engine, "commit", note_commit)
    with at_statement(engine, lambda _connection, _number, statement: seen.append(statement)):
        assert send().status == 303
    event.remove(engine, "commit", note_commit)
    return commits[-1], len(seen)


@contextmanager
def knife(engine: Engine) -> Iterator[Callable[[Connection], None]]:
    """A function that has the server end a connection, and waits until it is ended."""
    other = create_engine(engine.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with other.connect() as aside:

        def cut(connection: Connection) -> None:
            driver: Any = connection.connection.driver_connection
            if engine.dialect.name == "postgresql":
                pid = driver.info.backend_pid
                assert aside.scalar(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
                return
            number = driver.thread_id()
            aside.execute(text(f"KILL {number}"))
            left = text("SELECT count(*) FROM information_schema.processlist WHERE id = :id")
            while aside.scalar(left, {"id": number}):
                sleep(0.01)

        yield cut
    # What is asked next is no request, which would run again where it meets a connection that was cut.
    engine.dispose()
