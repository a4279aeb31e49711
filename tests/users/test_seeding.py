"""`flask seed …`: made-up people, many at once, and a demo that only goes where nobody is."""

import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import OperationalError

from tests.conftest import add_user
from tests.pages import Visitor
from webapp import bulk, search_index
from webapp.admin.history import LogEntry, changes_of
from webapp.admin.site import current_site
from webapp.database import fold
from webapp.extensions import db
from webapp.users import crowd, demo
from webapp.users.models import Group, User
from webapp.users.names import username_problems
from webapp.users.plausible import PLACES, YEARS, people
from webapp.users.policy import password_problems

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def seed(app: Flask, *arguments: str) -> Result:
    result = app.test_cli_runner().invoke(args=["seed", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "argon2" not in result.output
    return result


def number_of_people(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(User)) or 0


# The people


def test_the_same_people_come_each_time_and_others_from_another_seed() -> None:
    first, again, other = (list(islice(people(NOON, number), 200)) for number in (1, 1, 2))
    assert first == again
    assert first != other


def test_everybody_is_different_and_could_have_been_typed_into_the_form() -> None:
    some = list(islice(people(NOON), 5000))
    assert len({one.username for one in some}) == len({one.email for one in some}) == 5000
    for one in some:
        assert username_problems(one.username) == []
        assert (fold(one.username), fold(one.email)) == (one.username, one.email)
        assert one.email.split("@")[1].endswith(("example.org", "example.net"))
        assert 0 < len(one.full_name) <= 150
        assert unicodedata.is_normalized("NFC", one.full_name)


def test_they_come_from_many_places_and_are_in_different_states() -> None:
    some = list(islice(people(NOON), 500))
    written = "".join(one.full_name for one in some)
    kinds = {unicodedata.bidirectional(letter) for letter in written}
    assert {"L", "R", "AL"} <= kinds
    assert any("CJK" in unicodedata.name(letter) for letter in written if letter.isalpha())
    assert any(not one.full_name.isascii() and one.full_name[0].isascii() for one in some)
    assert {one.is_active for one in some} == {one.is_staff for one in some} == {True, False}
    assert {one.timezone for one in some} == {"", *(place.zone for place in PLACES)}
    assert max(one.created_at for one in some) - min(one.created_at for one in some) > timedelta(days=900)


def test_nobody_was_here_before_being_there_or_comes_from_the_future() -> None:
    for one in islice(people(NOON), 2000):
        assert NOON - timedelta(days=365 * YEARS) <= one.created_at < NOON
        assert one.last_login_at is None or one.created_at <= one.last_login_at <= NOON


# flask seed users


def test_so_many_are_added_as_were_asked_for_with_one_entry_and_one_hash(
    app: Flask, calls: list[str]
) -> None:
    result = seed(app, "users", "--count", "25")
    assert (result.exit_code, result.output) == (0, "25 people were added. None of them can sign in.\n")
    assert number_of_people(app) == 25
    assert calls == ["hash"]
    with app.app_context():
        (entry,) = db.session.scalars(select(LogEntry))
        assert (entry.verb, entry.name, entry.label, entry.origin) == ("seed", "users", "25 users", "cli")
        one = db.session.scalars(select(User).limit(1)).one()
        assert (one.version, one.updated_at) == (1, one.created_at)


def test_more_are_added_where_some_are_already(app: Flask) -> None:
    first = next(people(NOON))
    add_user(app, first.username, email="taken@example.com")
    for _time in range(2):
        assert seed(app, "users", "--count", "20").exit_code == 0
    assert number_of_people(app) == 41


def test_an_email_that_somebody_has_is_passed_over(app: Flask) -> None:
    add_user(app, "owner", email=next(people(NOON)).email)
    assert seed(app, "users", "--count", "3").exit_code == 0
    assert number_of_people(app) == 4


@pytest.mark.parametrize("count", ["0", "-5", "1000001"])
def test_a_number_that_makes_no_sense_is_refused_with_the_way_out(app: Flask, count: str) -> None:
    result = seed(app, "users", "--count", count)
    assert result.exit_code == 1
    assert "Give a number from 1 to 1,000,000" in result.output
    assert number_of_people(app) == 0


def test_who_comes_while_somebody_else_writes_is_told_to_come_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not to bring a database up to date that is."""

    def locked(*_arguments: object) -> None:
        error = sqlite3.OperationalError("database is locked")
        error.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("INSERT", {}, error)

    monkeypatch.setattr(crowd, "insert_people", locked)
    result = seed(app, "users", "--count", "3")
    assert result.exit_code == 1
    assert "database is locked. Somebody else is at work there" in result.output
    assert "upgrade" not in result.output


@pytest.mark.parametrize(("few", "sizes"), [(crowd.FEW, [20, 20, 5]), (-1, [10, 10, 10, 10, 5])])
def test_many_are_written_in_batches_and_the_progress_is_told(
    app: Flask, monkeypatch: pytest.MonkeyPatch, few: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(crowd, "BATCH", 10)
    monkeypatch.setattr(crowd, "TELL_EVERY", 20)
    monkeypatch.setattr(crowd, "FEW", few)
    batches: list[int] = []

    def insert_rows(
        connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        assert isinstance(rows, Iterator)
        made_up = list(rows)
        batches.append(len(made_up))
        bulk.insert_rows(connection, table, names, made_up)

    monkeypatch.setattr(crowd, "insert_rows", insert_rows)
    result = seed(app, "users", "--count", "45")
    assert result.stderr == "20 of 45\n40 of 45\n"
    assert (batches, number_of_people(app)) == (sizes, 45)


@pytest.mark.parametrize("few", [0, crowd.FEW])
def test_names_that_are_taken_are_known_by_heart_or_asked_for(
    app: Flask, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(crowd, "FEW", few)
    for _time in range(2):
        assert seed(app, "users", "--count", "20").exit_code == 0
    assert number_of_people(app) == 40


def test_very_many_are_found_as_well(app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search index is set aside for them, and made anew."""
    monkeypatch.setattr(bulk, "WORTHWHILE", 20)
    seed(app, "users", "--count", "30")
    with app.app_context():
        name = db.session.scalars(select(User.username).where(User.username != "alice")).first()
        connection = db.session.connection()
        has_none = search_index.reason_against(connection) is not None
        assert ("users" in search_index.existing(connection)) is not has_none
    assert as_alice.get(f"/users/?q=={name}").column() == [name]


def test_nobody_is_left_when_it_is_stopped_half_way(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "BATCH", 10)
    monkeypatch.setattr(crowd, "TELL_EVERY", 10)

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with app.app_context():
        with pytest.raises(KeyboardInterrupt):
            crowd.add_people(30, stop)
        db.session.rollback()
    assert number_of_people(app) == 0


# flask seed demo


@pytest.fixture
def shown(app: Flask) -> str:
    """What the command says on an empty database."""
    result = seed(app, "demo")
    assert result.exit_code == 0, result.output
    return result.output


def test_the_demo_has_people_groups_and_a_way_in(app: Flask, shown: str) -> None:
    with app.app_context():
        secret = demo.password()
        assert f"Sign in as alice with the password {secret}" in shown
        assert password_problems(secret, min_length=15, username="alice") == []
        groups = db.session.scalars(select(Group)).all()
        assert len(groups) == len(demo.GROUPS) == 6
        for _name, permissions, _size in demo.GROUPS:
            assert set(permissions) <= set(current_site().permissions())
        members = select(func.count()).select_from(User).where(User.groups.any())
        assert (db.session.scalar(members) or 0) > 100
    assert number_of_people(app) == demo.PEOPLE
    visitor = Visitor(app)
    with app.app_context():
        alice = db.session.scalars(select(User).where(User.username == "alice")).one()
        assert (alice.theme, alice.density) == ("auto", "")
    assert visitor.sign_in("alice", secret).status == 303
    for address in ("/", "/users/", "/groups/", "/users/?is_active=false"):
        assert visitor.get(address).status == 200


def test_its_history_is_of_the_last_weeks_in_order_and_true(app: Flask, shown: str) -> None:
    with app.app_context():
        entries = db.session.scalars(select(LogEntry).order_by(LogEntry.id)).all()
        assert len(entries) > 100
        assert [one.at for one in entries] == sorted(one.at for one in entries)
        moment = entries[-1].at
        assert moment - entries[0].at > timedelta(weeks=demo.WEEKS - 1)
        assert {"seed", "add", "sign-in", "change", "add_to_group", "password"} <= {
            one.verb for one in entries
        }
        there = {str(one.id): one.created_at for one in db.session.scalars(select(User))}
        assert all(one.at >= there[one.key] for one in entries if one.name == "users")
        assert all(one.at >= there[one.actor_key] for one in entries if one.actor_key)
        last: dict[tuple[str, str], object] = {}
        for entry in entries:
            if entry.verb in ("change", "add_to_group"):
                assert entry.changes, entry.verb
            for change in changes_of(entry) if entry.name == "users" else ():
                if change.field in ("full_name", "is_active", "theme"):
                    last[entry.key, change.field] = change.new
        assert last
        for (key, name), value in last.items():
            assert getattr(db.session.get_one(User, int(key)), name) == value


def test_the_demo_is_made_once_and_tells_the_password_again(app: Flask, shown: str) -> None:
    again = seed(app, "demo")
    assert again.exit_code == 0
    assert again.output.splitlines() == ["The demo is here already.", shown.splitlines()[-1]]
    assert number_of_people(app) == demo.PEOPLE


@pytest.mark.parametrize("username", ["bob", "alice"])
def test_the_demo_goes_nowhere_where_there_are_people(app: Flask, username: str) -> None:
    add_user(app, username, is_superuser=True)
    result = seed(app, "demo")
    assert result.exit_code == 1
    assert "only goes into an empty one" in result.output
    assert "password" not in result.output
    assert number_of_people(app) == 1


def test_another_secret_key_is_another_password(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        one = demo.password()
        monkeypatch.setitem(app.config, "SECRET_KEY", "another key")
        assert demo.password() != one
