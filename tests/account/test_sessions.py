"""Open sign-ins: recognised, limited in time, and ended from the next request on."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_login import encode_cookie
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from tests.conftest import came_in, counted, reload
from tests.pages import PASSWORD, Visitor
from webapp.account import sessions
from webapp.account.models import UserSession
from webapp.extensions import db
from webapp.users.models import User

ROOT = Path(__file__).parents[2]


def cookie(visitor: Visitor) -> str:
    return str(visitor.client.get_cookie("session").value)


def contents(app: Flask, visitor: Visitor) -> dict[str, Any]:
    serializer = app.session_interface.get_signing_serializer(app)
    return dict(serializer.loads(cookie(visitor)))


def with_cookie(app: Flask, value: str, name: str = "session") -> Visitor:
    visitor = Visitor(app)
    visitor.client.set_cookie(name, value)
    return visitor


def is_signed_in(visitor: Visitor) -> bool:
    page = visitor.get("/")
    assert page.status in (200, 303)
    return page.status == 200


def rows(app: Flask) -> list[UserSession]:
    with app.app_context():
        return [*db.session.scalars(select(UserSession).order_by(UserSession.id))]


# Two visitors


def test_two_visitors_do_not_share_an_identity(app: Flask, alice: User, bob: User) -> None:
    """The canary for pytest-flask's shared context, under which the second is taken for the first."""
    as_alice = came_in(app, alice)
    assert "alice" in as_alice.get("/account/").text
    assert not is_signed_in(Visitor(app))
    as_bob = came_in(app, bob)
    assert "alice" not in as_bob.get("/account/").text
    assert "alice" in as_alice.get("/account/").text


@pytest.mark.parametrize(("overridden", "outcome"), [(True, "1 passed"), (False, "1 failed")])
def test_the_canary_sings_where_pytest_flasks_context_is_not_overridden(
    tmp_path: Path, overridden: bool, outcome: str
) -> None:
    fixtures = "from tests.conftest import *\nfrom tests.conftest import _quick_hashes\n"
    if overridden:
        fixtures += "from tests.conftest import _push_request_context\n"
    (tmp_path / "conftest.py").write_text(fixtures)
    name = test_two_visitors_do_not_share_an_identity.__name__
    (tmp_path / "test_canary.py").write_text(f"from tests.account.test_sessions import {name}\n")
    environment = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URLS"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        str(ROOT / "pyproject.toml"),
    ]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, "--rootdir", str(ROOT), str(tmp_path / "test_canary.py")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout, done.stdout + done.stderr


# The token


def test_the_cookie_carries_256_random_bits_and_the_database_their_sha256(
    app: Flask, as_alice: Visitor
) -> None:
    """SE-01."""
    token = contents(app, as_alice)[sessions.TOKEN]
    assert len(token) == 43  # 32 bytes in base64
    (row,) = rows(app)
    assert row.token_hash == sha256(token.encode()).hexdigest()
    with app.app_context():
        for table in db.metadata.sorted_tables:
            assert token not in str(db.session.execute(select(table)).all())


def test_no_two_sign_ins_share_a_token(app: Flask, alice: User) -> None:
    """SE-01."""
    tokens = {contents(app, came_in(app, alice))[sessions.TOKEN] for _ in range(20)}
    assert len(tokens) == 20


def test_what_the_database_holds_opens_no_session(app: Flask, as_alice: Visitor) -> None:
    """SE-01."""
    serializer = app.session_interface.get_signing_serializer(app)
    (row,) = rows(app)
    for value in (row.token_hash, str(row.user_id), str(row.id), "", "x" * 5000, "\0", "\udcff"):
        stolen = with_cookie(app, serializer.dumps({sessions.TOKEN: value}))
        assert not is_signed_in(stolen), value
    same = with_cookie(app, serializer.dumps(contents(app, as_alice)))
    assert is_signed_in(same)


@pytest.mark.parametrize("name", ["session", "__Host-session", "remember_token"])
def test_a_cookie_that_we_did_not_sign_is_a_strangers(app: Flask, alice: User, name: str) -> None:
    """SE-02."""
    forged = "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbb"
    for value in ("1", f"{alice.id}|" + "0" * 128, forged, '{"_user_id": "1"}', "é|é"):
        assert not is_signed_in(with_cookie(app, value, name))


def test_a_session_is_opened_by_its_own_cookie_only(app: Flask, as_alice: Visitor) -> None:
    """SE-09."""
    with app.app_context():
        remembered = encode_cookie(contents(app, as_alice)[sessions.TOKEN])
    assert not is_signed_in(with_cookie(app, remembered, "remember_token"))
    assert is_signed_in(with_cookie(app, cookie(as_alice)))


def test_signing_in_changes_the_token_and_what_was_before_is_dead(app: Flask, alice: User) -> None:
    """SE-02."""
    visitor = Visitor(app)
    form = visitor.get("/login").form().fill(username="alice", password=PASSWORD)
    before, form_token = cookie(visitor), contents(app, visitor)["csrf_token"]
    assert form.submit("_login").status == 303
    assert is_signed_in(visitor)
    visitor.get("/account/")
    assert contents(app, visitor)["csrf_token"] != form_token
    assert not is_signed_in(with_cookie(app, before))


def test_signing_in_again_in_the_same_browser_ends_the_session_before(app: Flask, as_alice: Visitor) -> None:
    before = cookie(as_alice)
    token = as_alice.get("/account/password/").form().fields["csrf_token"]
    data = {"csrf_token": token, "username": "alice", "password": PASSWORD}
    assert as_alice.post("/login", data).status == 303
    assert is_signed_in(as_alice)
    assert not is_signed_in(with_cookie(app, before))
    assert len(rows(app)) == 1


def test_signing_out_deletes_the_row_and_a_replayed_cookie_is_a_strangers(
    app: Flask, as_alice: Visitor, as_bob: Visitor
) -> None:
    """SE-03."""
    token = as_alice.get("/account/password/").form().fields["csrf_token"]
    before = cookie(as_alice)
    assert as_alice.post("/logout", {"csrf_token": token}).status == 303
    assert not is_signed_in(as_alice)
    assert not is_signed_in(with_cookie(app, before))
    assert is_signed_in(as_bob)
    assert len(rows(app)) == 1


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask, alice: User) -> None:
    """SE-10."""
    visitor = Visitor(app)
    answer = visitor.sign_in("alice").response
    (header,) = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("session=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in header.split(";")}
    assert "Domain" not in header
    assert "Expires" not in header


def test_where_somebody_signed_in_from_is_kept_short_and_printable(app: Flask, alice: User) -> None:
    visitor = Visitor(app)
    form = visitor.get("/login").form().fill(username="alice", password=PASSWORD)
    visitor.client.post("/login", data=form.fields, headers={"User-Agent": "Browser\t1.0 " + "x" * 900})
    (row,) = rows(app)
    assert row.ip == "127.0.0.1"
    assert row.user_agent.startswith("Browser1.0 xxx")
    assert len(row.user_agent) == 255


# Time


def later(**span: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=False)


def test_a_session_ends_when_nothing_was_asked_for_too_long(app: Flask, as_alice: Visitor) -> None:
    """SE-06."""
    idle = app.config["SESSION_IDLE_MINUTES"]
    assert idle <= 60  # NIST SP 800-63B-4 §2.2.3
    with later(minutes=idle - 1):
        assert is_signed_in(as_alice)
    with later(minutes=2 * idle - 2):
        assert is_signed_in(as_alice)
    with later(minutes=3 * idle - 1):
        assert not is_signed_in(as_alice)


def test_a_session_ends_after_twelve_hours_however_busy(app: Flask, as_alice: Visitor) -> None:
    """SE-06."""
    for minutes in range(25, 12 * 60, 25):
        with later(minutes=minutes):
            assert is_signed_in(as_alice), minutes
    with later(minutes=12 * 60 - 1):
        assert is_signed_in(as_alice)
    with later(minutes=12 * 60 + 1):
        assert not is_signed_in(as_alice)


def test_the_limits_are_the_settings(app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "SESSION_IDLE_MINUTES", 5)
    with later(minutes=4):
        assert is_signed_in(as_alice)
    with later(minutes=10):
        assert not is_signed_in(as_alice)


def test_rows_that_have_ended_go_when_anybody_signs_in(app: Flask, alice: User, bob: User) -> None:
    """SE-12."""
    came_in(app, alice)
    came_in(app, bob)
    with later(hours=13):
        came_in(app, alice)
        assert [row.user_id for row in rows(app)] == [alice.id]


def test_last_seen_is_written_at_most_once_a_minute(app: Flask, as_alice: Visitor) -> None:
    """SE-16."""
    (opened,) = rows(app)
    with counted(app) as statements:
        for _ in range(5):
            as_alice.get("/account/")
    assert [one for one in statements if one.startswith("UPDATE")] == []
    with later(seconds=61), counted(app) as statements:
        for _ in range(5):
            as_alice.get("/account/")
    assert len([one for one in statements if one.startswith("UPDATE")]) == 1
    assert timedelta(seconds=60) < rows(app)[0].last_seen_at - opened.last_seen_at < timedelta(seconds=90)


def test_a_page_is_shown_though_last_seen_could_not_be_written(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    with later(seconds=90):
        monkeypatch.setattr(sessions, "writing", busy)
        assert is_signed_in(as_alice)
        monkeypatch.undo()
        assert is_signed_in(as_alice)


def test_noting_last_seen_writes_nothing_that_a_page_left_undone(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    def careless(response: Any) -> Any:
        db.session.get_one(User, alice.id).full_name = "never meant to be kept"
        return response

    # After-request functions run from the last one registered to the first.
    app.after_request_funcs[None].append(careless)
    try:
        with later(seconds=90):
            assert is_signed_in(as_alice)
    finally:
        app.after_request_funcs[None].remove(careless)
    assert reload(app, alice).full_name == ""


# From the next request on


@pytest.mark.parametrize(
    "change",
    [
        lambda user: update(User).where(User.id == user.id).values(is_active=False),
        lambda user: update(User).where(User.id == user.id).values(is_staff=False),
        lambda user: delete(User.__table__).where(User.__table__.c.id == user.id),
        lambda user: delete(UserSession).where(UserSession.user_id == user.id),
    ],
    ids=["deactivated", "no longer staff", "deleted", "session ended"],
)
def test_what_ends_a_sign_in_works_on_the_next_request(
    app: Flask, as_alice: Visitor, as_bob: Visitor, bob: User, change: Callable[[User], Any]
) -> None:
    """SE-05."""
    assert is_signed_in(as_bob)
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(change(bob))
    assert not is_signed_in(as_bob)
    assert as_bob.get("/users/?q=x").location == "/login?next=/users/?q%3Dx"
    assert is_signed_in(as_alice)


def test_deactivating_in_the_form_ends_the_sign_in_and_activating_lets_in_again(
    app: Flask, as_alice: Visitor, as_bob: Visitor, bob: User
) -> None:
    address = f"/users/{bob.id}/change/"
    assert as_alice.get(address).form().fill(is_active=False).submit().status == 303
    assert not is_signed_in(as_bob)
    assert Visitor(app).sign_in("bob").status == 422
    assert as_alice.get(address).form().fill(is_active=True).submit().status == 303
    assert Visitor(app).sign_in("bob").status == 303


def test_taking_superuser_away_works_on_the_next_request(app: Flask, as_alice: Visitor, alice: User) -> None:
    """SE-05."""
    assert as_alice.get("/users/add/").status == 200
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(is_superuser=False))
    assert as_alice.get("/users/add/").status == 403
