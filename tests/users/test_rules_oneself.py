"""The rules about oneself and the last superuser, asked one by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.users.asking import RIGHTS, person, refusal
from webapp.extensions import db
from webapp.users import rules
from webapp.users.models import User
from webapp.web.confirming import ConfirmFirst, note_asked_twice


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield
        db.session.rollback()


def question(rule: Any, *arguments: Any, **options: Any) -> str | None:
    """What is asked twice; ``None`` where nothing is."""
    try:
        rule(*arguments, **options)
    except ConfirmFirst as asked:
        return asked.why
    return None


@pytest.mark.parametrize("name", RIGHTS)
def test_who_takes_a_right_from_himself_is_asked_twice(name: str) -> None:
    alice, dora = (person(who, is_superuser=True) for who in ("alice", "dora"))
    assert question(rules.ask_about_oneself, alice, alice) is None
    setattr(alice, name, False)
    with db.session.no_autoflush:
        assert str(name.removeprefix("is_").title()) in str(question(rules.ask_about_oneself, alice, alice))
        assert question(rules.ask_about_oneself, dora, alice) is None
        assert question(rules.ask_about_oneself, None, alice) is None
        note_asked_twice()
        assert question(rules.ask_about_oneself, alice, alice) is None


def test_who_deletes_himself_is_asked_twice() -> None:
    alice, dora = (person(who, is_superuser=True) for who in ("alice", "dora"))
    assert "delete" in str(question(rules.ask_about_oneself, alice, alice, leaves=True))
    assert question(rules.ask_about_oneself, dora, alice, leaves=True) is None


def test_a_right_that_one_never_had_is_not_lost() -> None:
    bob = person("bob")
    bob.full_name = "Bob"
    assert question(rules.ask_about_oneself, bob, bob) is None
    bob.is_superuser = True
    assert question(rules.ask_about_oneself, bob, bob) is None


LAST = ("This is the last active superuser. Make somebody else a superuser first.", None)


def left_by(target: User, **options: bool) -> tuple[str, str | None] | None:
    return refusal(rules.keep_a_superuser, db.session(), target, **options)


@pytest.mark.parametrize("name", RIGHTS)
def test_the_last_superuser_keeps_each_right_until_there_is_another(name: str) -> None:
    alice = person("alice", is_superuser=True)
    person("dora", **{right: right != name for right in RIGHTS})
    db.session.refresh(alice)
    assert left_by(alice) is None
    assert left_by(alice, leaves=True) == LAST
    setattr(alice, name, False)
    assert left_by(alice) == LAST
    db.session.rollback()
    person("emil", is_superuser=True)
    db.session.refresh(alice)
    assert left_by(alice, leaves=True) is None
    setattr(alice, name, False)
    assert left_by(alice) is None


@pytest.mark.parametrize("name", RIGHTS)
def test_what_the_last_superuser_was_is_known_also_where_nobody_has_read_it(name: str) -> None:
    alice = person("alice", is_superuser=True)
    db.session.expire(alice)
    assert left_by(alice, leaves=True) == LAST
    db.session.expire(alice)
    setattr(alice, name, False)
    assert left_by(alice) == LAST
    assert question(rules.ask_about_oneself, alice, alice) is not None


@pytest.mark.parametrize("name", RIGHTS)
def test_who_could_not_do_everything_may_lose_rights_and_go_also_where_nobody_can(name: str) -> None:
    zoe = person("zoe", **{right: right != name for right in RIGHTS})
    db.session.refresh(zoe)
    assert left_by(zoe, leaves=True) is None
    for right in RIGHTS:
        setattr(zoe, right, False)
    assert left_by(zoe) is None


def test_while_nobody_can_do_everything_it_is_said() -> None:
    session = db.session()
    assert not rules.superuser_exists(session)
    for name in RIGHTS:
        person(f"no-{name}", **{one: one != name for one in RIGHTS})
    assert not rules.superuser_exists(session)
    alice = person("alice", is_superuser=True)
    assert rules.superuser_exists(session)
    assert not rules.superuser_exists(session, but=alice)
    person("dora", is_superuser=True)
    assert rules.superuser_exists(session, but=alice)
