"""A server that is stopped, killed or out of reach while people work: calm pages, and it heals by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event

import webapp.database
import webapp.patience
from tests.conftest import add_user, make_settings, signed_in
from tests.faults.calm import (
    PROMPT,
    at_statement,
    engine_of,
    is_calm,
    promptly,
    settled,
    statements_of,
    told_of,
)
from tests.faults.ledger import load, violations
from tests.faults.line import Line, line_to
from tests.faults.servers import Server
from tests.pages import Visitor
from webapp import create_app


def test_the_waits_for_a_server_that_is_down_are_shorter_together_than_what_is_promised() -> None:
    """DB-07: an idle connection is asked whether it lives, and then a new one is tried."""
    assert webapp.patience.PING + webapp.database.CONNECT_TIMEOUT <= PROMPT


def probed(app: Flask, address: str) -> list[tuple[int, str]]:
    """What a probe is told under several names of the host, each time in time."""
    found = []
    for host in ("127.0.0.1:8000", "10.0.0.7", "pod-7.cluster.local"):
        answer = promptly(lambda host=host: app.test_client().get(address, headers={"Host": host}))  # type: ignore[misc]
        assert "Set-Cookie" not in answer.headers
        found.append((answer.status_code, answer.text))
    return found


@pytest.mark.parametrize("stop", ["freeze", "kill"])
def test_the_probes_tell_of_a_server_that_is_down_and_of_one_that_is_back(
    served: Flask, server: Server, stop: str
) -> None:
    """OP-01."""
    assert probed(served, "/readyz") == [(200, "ok\n")] * 3
    getattr(server, stop)()
    try:
        assert probed(served, "/readyz") == [(503, "The database does not answer.\n")] * 3
        assert probed(served, "/healthz") == [(200, "ok\n")] * 3
    finally:
        server.thaw() if stop == "freeze" else server.start()
    deadline = monotonic() + 60
    while probed(served, "/readyz") != [(200, "ok\n")] * 3:
        assert monotonic() < deadline


def test_a_server_that_stands_still_under_load_is_told_of_and_found_again(
    served: Flask, server: Server, at_server: Visitor
) -> None:
    """DB-06, DB-07, DB-10."""
    with load(served) as ledger:
        ledger.wait_for("acknowledged", 3)
        server.freeze()
        try:
            for address in ("/users/", "/users/add/"):
                assert is_calm(promptly(partial(at_server.get, address)))
        finally:
            server.thaw()
        ledger.wait_for("acknowledged", 6)
    assert ledger.strange == []
    assert violations(served, ledger) == []


def test_a_server_that_is_killed_under_load_and_started_again_has_all_that_was_acknowledged(
    served: Flask, server: Server, at_server: Visitor
) -> None:
    """DB-07, DB-10."""
    with load(served) as ledger:
        for _ in range(2):
            ledger.wait_for("acknowledged", 4)
            server.kill()
            try:
                ledger.wait_for("calm", 3)
                assert is_calm(promptly(partial(at_server.get, "/users/")))
            finally:
                server.start()
            ledger.wait_for("acknowledged", 4)
    assert ledger.strange == []
    assert violations(served, ledger) == []
    assert at_server.get("/users/").status == 200


@contextmanager
def by_line(server: Server) -> Iterator[tuple[Line, Flask]]:
    with line_to(server.url) as (line, url):
        app = create_app(make_settings(DATABASE_URL=url))
        yield line, app
        line.release()
        engine_of(app).dispose()


def test_a_line_that_is_reset_at_any_statement_leaves_all_or_nothing(served: Flask, server: Server) -> None:
    """DB-06."""
    alice, bob = add_user(served, "alice", is_superuser=True), add_user(served, "bob")
    with by_line(server) as (line, app):
        visitor = signed_in(app, alice)
        form = visitor.get(f"/users/{bob.id}/change/").form().fill(full_name="Bob of the count")
        kept, _number = statements_of(app, form.submit)
        for moment in range(kept):
            form = visitor.get(f"/users/{bob.id}/change/").form().fill(full_name=f"Bob the {moment}")

            def at(_connection: Connection, number: int, _statement: str, moment: int = moment) -> None:
                if number == moment:
                    line.cut()

            with at_statement(engine_of(app), at):
                page = form.submit()
            assert page.status == 303, (moment, page.text)
            assert told_of(served, bob.id) == (f"Bob the {moment}", moment + 2)


@pytest.mark.parametrize("moment", ["SELECT", "UPDATE users", "INSERT INTO log_entries", "COMMIT"])
def test_a_server_that_stands_still_at_a_statement_of_a_save_leaves_all_or_nothing(
    served: Flask, server: Server, moment: str
) -> None:
    """DB-06."""
    alice, bob = add_user(served, "alice", is_superuser=True), add_user(served, "bob")
    app = create_app(make_settings(DATABASE_URL=server.url))
    visitor = signed_in(app, alice)
    form = visitor.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    seen: list[str] = []

    def at(_connection: Connection, _number: int, statement: str) -> None:
        seen.append(statement)
        if statement.startswith(moment):
            server.freeze()

    def at_commit(_connection: Connection) -> None:
        if moment == "COMMIT" and any(statement.startswith("INSERT INTO log_entries") for statement in seen):
            server.freeze()

    event.listen(engine_of(app), "commit", at_commit)
    try:
        with at_statement(engine_of(app), at):
            page = promptly(form.submit)
    finally:
        event.remove(engine_of(app), "commit", at_commit)
        server.thaw()
    assert page.status == 503
    assert ("may have been kept" in page.text) == (moment == "COMMIT")
    settled(served, bob.id)
    told = told_of(served, bob.id)
    assert told == ("", 0) or (told == ("Robert", 1) and moment == "COMMIT")
    form = visitor.get(f"/users/{bob.id}/change/").form().fill(full_name="Bob again")
    assert form.submit().status == 303
    assert told_of(served, bob.id) == ("Bob again", told[1] + 1)
    engine_of(app).dispose()


def test_a_line_that_goes_silent_in_a_transaction_is_given_up_and_nothing_is_kept(
    served: Flask, server: Server
) -> None:
    """DB-06: neither a reset nor a goodbye arrives, as behind a firewall that has forgotten the line."""
    alice, bob = add_user(served, "alice", is_superuser=True), add_user(served, "bob")
    with by_line(server) as (line, app):
        visitor = signed_in(app, alice)
        form = visitor.get(f"/users/{bob.id}/change/").form().fill(full_name="Nobody")

        def hold(_connection: Connection, _number: int, statement: str) -> None:
            if statement.startswith("UPDATE users"):
                line.hold()

        with at_statement(engine_of(app), hold):
            assert is_calm(promptly(form.submit))
        line.cut()
        line.release()
        assert told_of(served, bob.id) == ("", 0)
        assert form.submit().status == 303


def test_an_idle_line_that_went_silent_is_noticed_when_it_is_needed(served: Flask, server: Server) -> None:
    """DB-06, DB-07."""
    alice = add_user(served, "alice", is_superuser=True)
    with by_line(server) as (line, app):
        visitor = signed_in(app, alice)
        line.hold()
        assert is_calm(visitor.get("/users/"))
        line.cut()
        line.release()
        assert visitor.get("/users/").status == 200


def test_a_statement_that_takes_too_long_is_ended_by_the_server(
    served: Flask, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-08."""
    monkeypatch.setattr(webapp.database, "STATEMENT_TIMEOUT", 1)
    alice = add_user(served, "alice", is_superuser=True)
    app = create_app(make_settings(DATABASE_URL=server.url))
    visitor = signed_in(app, alice)
    sleep = (
        "SELECT pg_sleep(30)"
        if engine_of(app).dialect.name == "postgresql"
        else "SELECT SLEEP(30) FROM users"
    )
    slow: list[str] = []

    def at(connection: Any, _number: int, statement: str) -> None:
        if "FROM users" in statement and not slow:
            slow.append(statement)
            connection.exec_driver_sql(sleep)

    with at_statement(engine_of(app), at):
        assert is_calm(visitor.get("/users/"))
    assert slow
    assert visitor.get("/users/").status == 200
    engine_of(app).dispose()
