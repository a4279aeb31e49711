"""A disk that is full or only reads, on SQLite; a pool with nothing left; and what many at once leave behind."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

import webapp.database
from tests.conftest import add_user, make_settings, signed_in
from tests.engines import opened
from tests.faults.calm import FULL, at_statement, engine_of, is_calm, told_of
from tests.pages import Visitor
from tests.rules.world import dump
from webapp import create_app
from webapp.database import exclusive
from webapp.extensions import db
from webapp.users.models import User

pytestmark = pytest.mark.slow


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Flask]:
    """An application on an SQLite file of its own."""
    app = create_app(make_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'own.db'}"))
    with app.app_context():
        db.create_all()
    yield app
    engine_of(app).dispose()


@contextmanager
def no_space(app: Flask) -> Iterator[None]:
    """Let the file of *app* grow no further, as on a full disk."""
    engine = engine_of(app)

    def limit(connection: Any, _record: Any, _proxy: Any = None) -> None:
        # A number below the present one means the present one.
        connection.execute("PRAGMA max_page_count = 1")

    engine.dispose()
    event.listen(engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(engine, "checkout", limit)
        engine.dispose()


def test_a_disk_that_is_full_keeps_nothing_by_half_and_works_when_there_is_room(on_disk: Flask) -> None:
    """DB-09."""
    alice = signed_in(on_disk, add_user(on_disk, "alice", is_superuser=True))
    bob = add_user(on_disk, "bob")
    count = 0
    with no_space(on_disk):
        # What is free in the last pages is used up first.
        while True:
            form = alice.get(f"/users/{bob.id}/change/").form().fill(full_name="B" * 100 + str(count))
            before = dump(on_disk)
            page = form.submit()
            if page.status != 303:
                break
            count += 1
            assert count < 200
        assert is_calm(page, FULL)
        assert dump(on_disk) == before
        assert alice.get("/users/").status == 200
    assert form.submit().status == 303
    assert told_of(on_disk, bob.id)[1] == count + 1
    with on_disk.app_context():
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_file_that_only_reads_refuses_changes_calmly_and_shows_pages(on_disk: Flask) -> None:
    """DB-09."""
    alice = signed_in(on_disk, add_user(on_disk, "alice", is_superuser=True))
    bob = add_user(on_disk, "bob")
    form = alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Nobody")
    engine = engine_of(on_disk)

    def forbid(connection: Any, _record: Any, _proxy: Any) -> None:
        # Root writes where nobody may, so that the file's own mode would show nothing here.
        connection.execute("PRAGMA query_only = ON")

    before = dump(on_disk)
    event.listen(engine, "checkout", forbid)
    assert is_calm(form.submit())
    assert alice.get("/users/").status == 200
    event.remove(engine, "checkout", forbid)
    engine.dispose()
    assert dump(on_disk) == before
    assert form.submit().status == 303


def test_an_error_of_the_disk_at_any_statement_leaves_everything_as_it_was(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    """DB-11: on each engine, what was written before the failing statement is gone."""
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Nobody")
    before, reached = dump(app), 0
    for moment in range(40):
        failed: list[str] = []

        def fail(
            _connection: Any, number: int, statement: str, moment: int = moment, failed: Any = failed
        ) -> None:
            if number == moment:
                failed.append(statement)
                raise OperationalError(statement, {}, Exception("disk I/O error"))

        with at_statement(engine_of(app), fail):
            page = form.submit()
        if page.status == 303 or told_of(app, bob.id)[1]:
            break
        assert failed
        assert is_calm(page)
        assert dump(app) == before
        reached += 1
    assert reached > 4
    assert told_of(app, bob.id) == ("Nobody", 1)


def test_a_pool_with_nothing_left_is_told_calmly_and_serves_when_something_comes_back(
    app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-08."""
    assert webapp.database.POOL_TIMEOUT <= 5
    monkeypatch.setattr(webapp.database, "POOL_TIMEOUT", 0.2)
    with app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    small = create_app(make_settings(DATABASE_URL=url))
    visitor = signed_in(small, alice)
    engine = engine_of(small)
    with ExitStack() as stack:
        for _ in range(engine.pool.size() + engine.pool._max_overflow):  # type: ignore[attr-defined]
            stack.enter_context(engine.connect())
        page = visitor.get("/users/")
        assert is_calm(page)
        found = visitor.client.get("/search?q=a", headers={"Accept": "application/json"})
        assert (found.status_code, found.headers["Retry-After"]) == (503, "5")
        assert set(found.get_json()) == {"error", "request_id"}
    assert visitor.get("/users/").status == 200
    engine.dispose()


def test_a_wait_for_a_lock_that_another_holds_ends_with_a_calm_page_and_nothing_kept(
    app: Flask, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-05, DB-08: MariaDB leaves the transaction open then; committing it would keep half."""
    monkeypatch.setattr(webapp.database, "LOCK_TIMEOUT", 1)
    monkeypatch.setattr("webapp.web.again.TRIES", 1)
    with app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    hasty = create_app(make_settings(DATABASE_URL=url))
    form = signed_in(hasty, alice).get(f"/users/{bob.id}/change/").form().fill(full_name="Nobody")
    with Session(engine_of(app)) as other:
        other.scalars(select(User).where(User.id == bob.id).with_for_update()).one()
        assert is_calm(form.submit())
        other.rollback()
    assert told_of(app, bob.id) == ("", 0)
    assert form.submit().status == 303
    engine_of(hasty).dispose()


# Of several processes

PROCESSES, TIMES = 4, 100


def count_up(url: str, times: int) -> list[str]:
    """Add one so many times, each in a transaction that reads before it writes; what was told where that failed."""
    failed = []
    with opened(url) as engine:
        for number in range(times):
            try:
                with Session(engine) as session, exclusive(session, "total"):
                    total = session.scalar(text("SELECT total FROM things"))
                    session.execute(text("UPDATE things SET total = :total"), {"total": total + 1})
                    session.commit()
            except Exception as error:
                failed.append(f"{number}: {error!r}")
            # Between two requests of a process there is always something else to do.
            sleep(0.002)
    return failed


def test_processes_that_read_before_they_write_are_never_told_that_it_is_locked(tmp_path: Path) -> None:
    """SQ-02."""
    url = f"sqlite:///{tmp_path / 'things.db'}"
    with opened(url) as engine, engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (total INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO things VALUES (0)"))
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as processes:
        failures = list(processes.map(count_up, [url] * PROCESSES, [TIMES] * PROCESSES))
    assert failures == [[]] * PROCESSES
    with opened(url) as engine, engine.connect() as connection:
        assert connection.scalar(text("SELECT total FROM things")) == PROCESSES * TIMES


def test_the_command_line_tells_sqlite_what_the_server_tells_it(on_disk: Flask) -> None:
    """SQ-01: in a command, as in a request and in another thread (see tests/test_database.py)."""
    found: dict[str, Any] = {}

    def look() -> None:
        for name in ("foreign_keys", "journal_mode", "busy_timeout", "synchronous"):
            found[name] = db.session.scalar(text(f"PRAGMA {name}"))

    on_disk.cli.command("look")(look)
    result = on_disk.test_cli_runner().invoke(args=["look"])
    assert result.exit_code == 0, result.output
    assert found == {
        "foreign_keys": 1,
        "journal_mode": "wal",
        "busy_timeout": 5000,
        "synchronous": 2,
    }
