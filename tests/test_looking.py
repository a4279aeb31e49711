"""On PostgreSQL what only reads needs no transaction, and nothing else is without one."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from tests.faults.calm import engine_of
from tests.pages import Visitor
from webapp import patience
from webapp.database import reading
from webapp.extensions import db, writing
from webapp.users.models import User


@pytest.fixture
def on_postgresql(app: Flask) -> Flask:
    if engine_of(app).dialect.name != "postgresql":
        pytest.skip("only PostgreSQL has such connections")
    return app


def in_transaction() -> bool:
    driver: Any = db.session.connection().connection.driver_connection
    return bool(driver.info.transaction_status.name != "IDLE")


def lock() -> None:
    db.session.execute(select(User.id).with_for_update())


def nest() -> None:
    with db.session.begin_nested():
        db.session.scalar(select(User.id))


def touch() -> None:
    db.session.execute(update(User).values(full_name="Nobody"))


def flush() -> None:
    db.session.scalars(select(User)).one().full_name = "Nobody"
    db.session.flush()


def plain() -> None:
    db.session.execute(text("UPDATE users SET full_name = 'Nobody'"))


@pytest.mark.parametrize("do", [lock, nest, touch, flush, plain])
def test_what_does_more_than_look_is_in_a_transaction_and_kept_by_nobody(
    on_postgresql: Flask, alice: User, do: Callable[[], None]
) -> None:
    with on_postgresql.test_request_context():
        reading.set(True)
        assert db.session.scalar(select(User.full_name)) == ""
        assert not in_transaction()
        do()
        assert in_transaction()
    with on_postgresql.app_context():
        assert db.session.scalar(select(User.full_name)) == ""


def test_what_is_written_on_purpose_is_in_a_transaction_and_so_is_all_without_a_request(
    on_postgresql: Flask, alice: User
) -> None:
    with on_postgresql.test_request_context():
        reading.set(True)
        assert db.session.scalar(select(User.full_name)) == ""
        with writing():
            assert db.session.scalar(select(User.full_name)) == ""
            assert in_transaction()
            touch()
        assert db.session.scalar(select(User.full_name)) == "Nobody"
    with on_postgresql.app_context():
        assert db.session.scalar(select(User.full_name)) == "Nobody"
        assert in_transaction()


def test_a_connection_is_asked_whether_it_lives_when_it_has_rested(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(app)
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no line that could be cut")
    pings: list[object] = []
    real = type(engine.dialect).do_ping
    monkeypatch.setattr(
        type(engine.dialect), "do_ping", lambda dialect, line: pings.append(line) or real(dialect, line)
    )
    taken: list[object] = []
    note = lambda *_details: taken.append(1)  # noqa: E731 - to be taken off again
    event.listen(engine, "checkout", note)
    for fresh, asked in ((60, 0), (-1, 1)):
        monkeypatch.setattr(patience, "FRESH", fresh)
        pings.clear()
        taken.clear()
        assert as_alice.get("/users/").status == 200
        assert len(pings) == asked * len(taken)
        assert taken
    event.remove(engine, "checkout", note)
