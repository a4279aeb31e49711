"""What sessions leave behind that ended by themselves: some of it goes at each sign-in, whosever it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select

from tests.conftest import came_in
from webapp.account import sessions
from webapp.account.models import UserSession
from webapp.database import now
from webapp.extensions import db
from webapp.users.models import User

Fill = Callable[..., None]


@pytest.fixture
def fill(app: Flask, bob: User) -> Fill:
    """Bob's sessions, so many of them ended, and he does not come again."""

    def make(ended: int, opened: int = 0) -> None:
        moment = now()
        seen = [moment - timedelta(days=2)] * ended + [moment] * opened
        rows = [
            {
                "token_hash": f"{number:064}",
                "user_id": bob.id,
                "created_at": at,
                "last_seen_at": at,
                "ip": "::1",
                "user_agent": "",
            }
            for number, at in enumerate(seen)
        ]
        with app.app_context():
            db.session.execute(insert(UserSession), rows)
            db.session.commit()

    return make


def left(app: Flask, bob: User) -> int:
    with app.app_context():
        return len(db.session.scalars(select(UserSession.id).where(UserSession.user_id == bob.id)).all())


def test_they_go_when_anybody_signs_in_and_open_ones_stay(
    app: Flask, alice: User, bob: User, fill: Fill
) -> None:
    fill(3, opened=2)
    came_in(app, alice)
    assert left(app, bob) == 2


def test_of_very_many_no_more_go_at_once_than_nobody_notices(
    app: Flask, alice: User, bob: User, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SWEPT", 10)
    fill(25)
    for expected in (15, 5, 0):
        came_in(app, alice)
        assert left(app, bob) == expected


def test_a_row_that_somebody_holds_is_left_to_him_and_not_waited_for(
    app: Flask, alice: User, bob: User, fill: Fill
) -> None:
    fill(3)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("Whoever writes on SQLite is alone")
        held = select(UserSession.id).where(UserSession.user_id == bob.id).limit(1).with_for_update()
        with db.engine.begin() as connection:
            connection.execute(held)
            came_in(app, alice)
            assert left(app, bob) == 1
    came_in(app, alice)
    assert left(app, bob) == 0
