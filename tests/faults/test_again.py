"""A request that the database broke off runs again as a whole, or ends with a calm page: done once, or not at all."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from flask import Flask, request_finished
from sqlalchemy import Connection, event, update
from sqlalchemy.exc import OperationalError

from tests.conftest import make_settings, reload
from tests.faults.calm import at_statement, engine_of, is_calm, knife, statements_of, told_of
from tests.pages import Page, Visitor
from tests.rules.world import dump
from tests.threads import at_once
from webapp import create_app
from webapp.extensions import db, not_again, writing
from webapp.users.models import User
from webapp.web import again
from webapp.web.gate import public
from webapp.web.logs import request_id


@pytest.fixture
def on_server(app: Flask) -> Flask:
    if engine_of(app).dialect.name == "sqlite":
        pytest.skip("SQLite has no line that could be cut")
    return app


@pytest.fixture
def own(app: Flask) -> Iterator[Flask]:
    """A further application on the same database, which may be given addresses of its own."""
    with app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    made = create_app(make_settings(DATABASE_URL=url))
    yield made
    engine_of(made).dispose()


def rename(visitor: Visitor, person: User, name: str) -> Callable[[], Page]:
    """The form of *person*, filled and ready to be sent."""
    form = visitor.get(f"/users/{person.id}/change/").form().fill(full_name=name)
    return form.submit


def test_a_line_that_is_cut_at_any_statement_is_mended_within_the_same_request(
    on_server: Flask, as_alice: Visitor, bob: User
) -> None:
    """DB-06."""
    kept, number = statements_of(on_server, rename(as_alice, bob, "Bob of the count"))
    assert 5 < kept <= number
    engine = engine_of(on_server)
    with knife(engine) as cut:
        for moment in range(number):
            send = rename(as_alice, bob, f"Bob the {moment}")

            def once(connection: Connection, at: int, _statement: str, moment: int = moment) -> None:
                if at == moment:
                    cut(connection)

            with at_statement(engine, once):
                page = send()
            if moment < kept:
                assert page.status == 303, moment
            else:
                assert is_calm(page)
                assert "may have been kept" in page.text
            assert told_of(on_server, bob.id) == (f"Bob the {moment}", moment + 2)


def test_a_line_that_is_cut_again_and_again_gives_a_calm_page_and_changes_nothing(
    on_server: Flask, as_alice: Visitor, bob: User
) -> None:
    """DB-06, DB-11."""
    engine = engine_of(on_server)
    send = rename(as_alice, bob, "Nobody")
    before, tries = dump(on_server), []
    with knife(engine) as cut:

        def at_each_update(connection: Connection, _at: int, statement: str) -> None:
            if statement.startswith("UPDATE users"):
                tries.append(statement)
                cut(connection)

        with at_statement(engine, at_each_update):
            assert is_calm(send())
    assert len(tries) == 1 + again.TRIES
    assert dump(on_server) == before
    assert send().status == 303


def test_a_line_that_is_cut_at_the_commit_is_not_tried_again_because_it_may_be_done(
    on_server: Flask, as_alice: Visitor, bob: User
) -> None:
    """DB-05, DB-06."""
    engine = engine_of(on_server)
    send = rename(as_alice, bob, "Perhaps")
    seen: list[str] = []
    with knife(engine) as cut:

        def at_commit(connection: Connection) -> None:
            if any(statement.startswith("UPDATE users") for statement in seen):
                cut(connection)

        event.listen(engine, "commit", at_commit)
        try:
            with at_statement(engine, lambda _connection, _at, statement: seen.append(statement)):
                assert is_calm(send())
        finally:
            event.remove(engine, "commit", at_commit)
    assert len([statement for statement in seen if statement.startswith("UPDATE users")]) == 1
    assert told_of(on_server, bob.id) == ("", 0)
    assert send().status == 303


def test_a_line_that_is_cut_after_the_answer_is_made_takes_nothing_from_it(
    on_server: Flask, as_alice: Visitor
) -> None:
    """DB-06."""
    engine = engine_of(on_server)
    used: list[Connection] = []
    with knife(engine) as cut:

        def end(_sender: object, **_rest: object) -> None:
            cut(used[-1])

        request_finished.connect(end, on_server)
        try:
            with at_statement(engine, lambda connection, _at, _statement: used.append(connection)):
                assert as_alice.get("/users/").status == 200
        finally:
            request_finished.disconnect(end, on_server)
    assert as_alice.get("/users/").status == 200


@pytest.mark.race
def test_two_requests_that_lock_each_other_out_both_end_well(
    own: Flask, on_server: Flask, alice: User, bob: User
) -> None:
    """DB-05."""
    start, met, done = threading.Barrier(2), [], []

    def cross(first: int, second: int) -> str:
        with writing():
            for key, waits in ((first, True), (second, False)):
                db.session.execute(update(User).where(User.id == key).values(full_name=f"from {first}"))
                if waits and first not in met:
                    met.append(first)
                    start.wait(30)
        done.append(first)
        return "done"

    _add_address(own, "/cross/<int:first>/<int:second>", cross)
    tries = _counted_tries(own)
    pages = at_once(
        [
            lambda: Visitor(own).get(f"/cross/{alice.id}/{bob.id}"),
            lambda: Visitor(own).get(f"/cross/{bob.id}/{alice.id}"),
        ]
    )
    assert [page.status for page in pages] == [200, 200]
    assert sorted(done) == sorted([alice.id, bob.id])
    assert tries[0] == 3
    assert reload(own, alice).full_name == reload(own, bob).full_name


def test_what_was_committed_or_sent_before_is_not_done_twice(own: Flask, alice: User) -> None:
    """DB-05."""
    runs: list[str] = []

    def view(kind: str) -> str:
        runs.append(kind)
        if kind == "commits":
            with writing():
                db.session.execute(update(User).values(full_name="x"))
        elif kind == "commits by itself":
            db.session.get_one(User, alice.id).full_name = str(len(runs))
            db.session.commit()
        elif kind == "sends":
            not_again()
        raise _deadlock(own)

    _add_address(own, "/breaks/<kind>", view)
    for kind, expected in (("commits", 1), ("commits by itself", 1), ("sends", 1), ("nothing", 4)):
        runs.clear()
        assert is_calm(Visitor(own).get(f"/breaks/{kind}"))
        assert len(runs) == expected, kind


def test_who_has_waited_long_is_told_instead_of_waiting_once_more(
    own: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-05."""
    runs: list[int] = []

    def view() -> str:
        runs.append(1)
        raise _deadlock(own)

    _add_address(own, "/late", view)
    monkeypatch.setattr(again, "PATIENCE", -1)
    assert is_calm(Visitor(own).get("/late"))
    assert len(runs) == 1


def test_another_try_has_the_form_and_the_messages_of_the_first(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    """DB-05. A POST is sent once: the person is told once, the hooks run once, the history has one entry."""
    send = rename(as_alice, bob, "Bob in the second try")
    failed: list[str] = []

    def once(_connection: Connection, _at: int, statement: str) -> None:
        if statement.startswith("UPDATE users") and not failed:
            failed.append(statement)
            raise _deadlock(app)

    with at_statement(engine_of(app), once):
        page = send()
    assert failed
    assert page.status == 303
    listed = as_alice.get(page.location)
    assert listed.messages.count("was changed") == 1
    assert told_of(app, bob.id) == ("Bob in the second try", 1)


def test_all_tries_of_a_request_have_one_number_and_the_next_request_another(own: Flask) -> None:
    numbers: list[str] = []

    def view() -> str:
        numbers.append(request_id())
        raise _deadlock(own)

    _add_address(own, "/numbered", view)
    visitor = Visitor(own)
    first = visitor.get("/numbered").response.headers["X-Request-ID"]
    assert numbers == [first] * 4
    assert visitor.get("/numbered").response.headers["X-Request-ID"] != first


def test_an_error_that_another_try_does_not_mend_is_told_at_once(own: Flask) -> None:
    runs: list[int] = []

    def view() -> str:
        runs.append(1)
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    _add_address(own, "/disk", view)
    assert is_calm(Visitor(own).get("/disk"))
    assert len(runs) == 1


def _add_address(app: Flask, rule: str, view: Callable[..., Any]) -> None:
    app.add_url_rule(rule, rule, public(view))


def _counted_tries(app: Flask) -> list[int]:
    """How often Flask is called, in the one number of the list."""
    count, inner = [0], app.wsgi_app.application
    lock = threading.Lock()

    def call(*arguments: Any) -> Any:
        with lock:
            count[0] += 1
        return inner(*arguments)

    app.wsgi_app.application = call
    return count


def _deadlock(app: Flask) -> Exception:
    """The error with which the engine of *app* breaks a transaction off for another's sake."""
    name = engine_of(app).dialect.name
    original: Exception
    if name == "postgresql":
        original = import_module("psycopg.errors").DeadlockDetected("deadlock detected")
    elif name == "sqlite":
        original = sqlite3.OperationalError("database is locked")
        original.sqlite_errorcode = 5 | 2 << 8
    else:
        original = import_module("pymysql.err").OperationalError(
            1213, "Deadlock found when trying to get lock"
        )
    return OperationalError("UPDATE", {}, original)
