"""Can this program work with its database: does it answer, may it be written to, is its schema ours?

Nothing here changes anything. Who asks has a connection of its own, so that a pool that is used up, or a session of
the application, has no part in the answer.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock, Thread
from time import monotonic
from typing import Any

from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from flask import Flask
from sqlalchemy import Connection, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from webapp.database import MYSQL_NAMES, engine_options, reason, sqlite_file
from webapp.mariadb import unfit

# Seconds: what a load balancer's probe is kept waiting for, and what a start is.
PROBE_WAIT = 1.0
START_WAIT = 5.0
# After so long the question is asked anew.
GIVEN_UP = 15.0

UPGRADE = "flask db upgrade"


@dataclass(frozen=True)
class State:
    """What was found; revisions that the database lacks, and those it has that this program does not know.

    :ivar unfit: what is wrong with the database itself, a sentence each.
    """

    answers: bool = True
    writable: bool = True
    pending: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    detail: str = ""
    unfit: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        return self.answers and self.writable and not (self.pending or self.unknown or self.unfit)

    def public_lines(self) -> list[str]:
        """What anybody may read: no revision, no address, no word of the database's own."""
        if not self.answers:
            return ["The database does not answer."]
        lines = [] if self.writable else ["The database cannot be written to."]
        if self.pending:
            lines.append(f"The database is older than this program. Run: {UPGRADE}")
        if self.unknown:
            lines.append(f"The database is newer than this program. Install the newer one and run: {UPGRADE}")
        if self.unfit:
            lines.append("The database is not set up as this program needs it. Run: flask check")
        return lines

    def lines(self) -> list[str]:
        """What a deployer reads."""
        if not self.answers:
            return [f"The database does not answer: {self.detail}."]
        lines = [] if self.writable else ["The database cannot be written to."]
        if self.pending:
            lines.append(f"The database lacks {named(self.pending)}. Run: {UPGRADE}")
        if self.unknown:
            lines.append(unknown_revisions(self.unknown))
        return [*lines, *self.unfit]


def named(revisions: tuple[str, ...]) -> str:
    """ "revision 7", "revisions 6 and 7", "7 revisions, 1 to 7"."""
    if len(revisions) == 1:
        return f"the revision {revisions[0]}"
    return f"{len(revisions)} revisions, {revisions[0]} to {revisions[-1]}"


def unknown_revisions(revisions: Iterable[str]) -> str:
    return (
        f"The database is at revision {', '.join(revisions)}, which this program does not know: "
        f"a newer one upgraded it. Install that one and run: {UPGRADE}; or restore a backup from before"
    )


class Probe:
    """Asks the database, and waits for the answer only so long.

    One question at a time is open: a server that hangs keeps few threads, however many probes come.
    """

    def __init__(self, url: str, directory: str) -> None:
        self._url = url
        self._directory = directory
        self._lock = Lock()
        self._open: Future[State] | None = None
        self._asked = (0, 0.0)

    def ask(self, wait: float) -> State:
        with self._lock:
            process, moment = self._asked
            # A thread does not come along into a worker, nor back from a network that lost its answer.
            is_lost = process != os.getpid() or monotonic() - moment > GIVEN_UP
            if self._open is None or self._open.done() or is_lost:
                self._open = Future()
                self._asked = os.getpid(), monotonic()
                Thread(target=self._answer, args=(self._open,), name="readiness", daemon=True).start()
            question = self._open
        try:
            return question.result(timeout=wait)
        except Late:
            return State(answers=False, detail="it keeps us waiting")

    def _answer(self, question: Future[State]) -> None:
        try:
            question.set_result(look(self._url, self._directory))
        except BaseException as error:
            question.set_exception(error)


def init_app(app: Flask) -> None:
    app.extensions["readiness"] = Probe(
        app.config["SQLALCHEMY_DATABASE_URI"], app.config["MIGRATIONS_DIRECTORY"]
    )


def of(app: Flask, wait: float = PROBE_WAIT) -> State:
    """What *app* finds; an answer that is not there in time is "does not answer"."""
    probe: Probe = app.extensions["readiness"]
    return probe.ask(wait)


def at_start(app: Flask) -> list[str]:
    """What a deployer is told when the application starts; of a database in memory there is nothing to tell."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    in_memory = make_url(url).get_backend_name() == "sqlite" and not sqlite_file(url)
    return [] if in_memory else of(app, START_WAIT).lines()


def knows(app: Flask) -> Callable[[str], bool]:
    """Whether the program of *app* has a revision."""
    return partial(is_known, ScriptDirectory(app.config["MIGRATIONS_DIRECTORY"]))


def look(url: str, directory: str) -> State:
    script = ScriptDirectory(directory)
    # To open an SQLite file that is not there makes one.
    if (path := sqlite_file(url)) and not path.exists():
        return compared(script, ())
    try:
        with _connected(url) as connection:
            found = compared(script, _heads(connection))
            faults = tuple(unfit(connection))
            connection.rollback()
            return replace(found, writable=_is_writable(connection), unfit=faults)
    except DBAPIError as error:
        return State(answers=False, detail=reason(error))


def _heads(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table("alembic_version"):
        return ()
    return tuple(connection.scalars(text("SELECT version_num FROM alembic_version")))


def compared(script: ScriptDirectory, heads: tuple[str, ...]) -> State:
    """The revisions of a database beside those of the program."""
    unknown = tuple(head for head in heads if not is_known(script, head))
    if unknown:
        return State(unknown=unknown)
    pending = [item.revision for item in script.iterate_revisions("heads", heads or "base")]
    return State(pending=tuple(reversed(pending)))


def is_known(script: ScriptDirectory, revision: str) -> bool:
    try:
        found = script.revision_map.get_revision(revision)
    except RevisionError:
        return False
    # Alembic takes the beginning of a number for the number.
    return found is not None and found.revision == revision


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    options: dict[str, Any] = dict(engine_options(url).get("connect_args", {}))
    backend = make_url(url).get_backend_name()
    if backend in MYSQL_NAMES:
        options |= {"connect_timeout": 1, "read_timeout": 1, "write_timeout": 1}
    elif backend == "postgresql":
        # Less than two seconds are none to its library.
        options |= {"connect_timeout": 2, "options": "-c statement_timeout=1000 -c lock_timeout=1000"}
    else:
        options |= {"timeout": 0}
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=options)
    if backend == "sqlite":
        event.listen(engine, "connect", _begin_nothing)
    with engine.connect() as connection:
        yield connection


def _begin_nothing(connection: Any, record: Any) -> None:
    connection.isolation_level = None


def _is_writable(connection: Connection) -> bool:
    """Whether writing is allowed: a standby, a replica and a read-only disk answer questions all the same."""
    if connection.dialect.name == "postgresql":
        return bool(connection.scalar(text("SELECT current_setting('transaction_read_only') = 'off'")))
    if connection.dialect.name in MYSQL_NAMES:
        return str(connection.scalar(text("SELECT @@global.read_only"))).upper() in {"0", "OFF"}
    try:
        # Of a file that is read-only SQLite tells at the first change, not where the transaction begins.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            connection.exec_driver_sql("CREATE TABLE readiness_probe (id INTEGER)")
        finally:
            connection.exec_driver_sql("ROLLBACK")
    except OperationalError as error:
        # Somebody writes at this moment: then it can be written to.
        return "locked" in str(error.orig)
    return True
