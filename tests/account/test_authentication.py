"""Is this the person? One way, one cost and one answer, whatever the reason why not."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select, update

from tests.conftest import add_user, came_in, reload
from tests.pages import PASSWORD, Page, Visitor
from webapp.account import signing_in
from webapp.account.authentication import authenticate
from webapp.account.models import LoginTries, UserSession
from webapp.admin.history import LogEntry
from webapp.database import now
from webapp.extensions import db
from webapp.users import service
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, hash_password, verify_password

USERS = User.__table__
WRONG = "pomar de figos maduros"


def nobody(app: Flask) -> None:
    pass


def right_but_inactive(app: Flask) -> None:
    add_user(app, "maria", is_active=False)


def right_but_not_staff(app: Flask) -> None:
    add_user(app, "maria", is_staff=False, is_superuser=True)


def wrong(app: Flask) -> None:
    add_user(app, "maria", password=hash_password(WRONG))


def unusable(app: Flask) -> None:
    add_user(app, "maria", password=PasswordHash("!"))


def plain_text_in_the_column(app: Flask) -> None:
    add_user(app, "maria", password=PasswordHash(PASSWORD))


def right_but_temporary_and_over(app: Flask) -> None:
    add_user(app, "maria", password_temporary_until=now() - timedelta(seconds=1))


REASONS = [
    nobody,
    wrong,
    right_but_inactive,
    right_but_not_staff,
    unusable,
    plain_text_in_the_column,
    right_but_temporary_and_over,
]


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_costs_one_comparison(
    app: Flask, stranger: Visitor, calls: list[str], reason: Callable[[Flask], None]
) -> None:
    """PW-12, LG-06."""
    reason(app)
    form = stranger.get("/login").form().fill(username="maria", password=PASSWORD)
    calls.clear()
    assert form.submit("_login").status == 422
    assert calls == ["verify"]


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_is_nobody(app: Flask, reason: Callable[[Flask], None]) -> None:
    reason(app)
    with app.app_context():
        assert authenticate("maria", PASSWORD) is None


def test_a_sign_in_costs_one_comparison_too(
    app: Flask, alice: User, stranger: Visitor, calls: list[str]
) -> None:
    form = stranger.get("/login").form().fill(username="alice", password=PASSWORD)
    calls.clear()
    assert form.submit("_login").status == 303
    assert calls == ["verify"]


@pytest.mark.parametrize("password", ["", "x" * 1025])
def test_what_cannot_be_a_password_costs_nothing_whoever_it_is_for(
    app: Flask, alice: User, stranger: Visitor, calls: list[str], password: str
) -> None:
    for username in ("alice", "nobody"):
        form = stranger.get("/login").form().fill(username=username, password=password)
        assert form.submit("_login").status == 422
    assert calls == []


def normalised(page: Page) -> tuple[int, list[tuple[str, str]], str]:
    """The answer without what differs between any two: the form's token, the request's number, the signed cookie."""
    headers = [
        (name, "…" if name in ("X-Request-ID", "Set-Cookie", "Date") else value)
        for name, value in page.response.headers
    ]
    return page.status, headers, re.sub(r'(name="?csrf_token"?[^>]*value=)[^ >]*', r"\1…", page.text)


def test_every_refusal_reads_the_same_to_the_byte(app: Flask, alice: User) -> None:
    """LG-05."""
    answers = []
    for reason in REASONS:
        reason(app)
        answers.append(normalised(Visitor(app).sign_in("maria")))
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(USERS.delete().where(USERS.c.username == "maria"))
            connection.execute(LoginTries.__table__.delete())
    assert answers[0][0] == 422
    assert "do not belong to an account that may sign in here" in answers[0][2]
    assert all(answer == answers[0] for answer in answers)


def test_the_same_page_lets_the_right_person_in(app: Flask) -> None:
    add_user(app, "maria")
    assert Visitor(app).sign_in("maria").status == 303


@pytest.mark.parametrize("typed", ["ALICE", " alice ", "\uff41lice"])
def test_capitals_widths_and_blanks_of_the_name_make_no_difference(
    alice: User, stranger: Visitor, typed: str
) -> None:
    """LG-07."""
    assert stranger.sign_in(typed).status == 303


@pytest.mark.parametrize("typed", [PASSWORD + " ", " " + PASSWORD, PASSWORD.upper(), PASSWORD[:-1]])
def test_the_password_is_compared_as_it_was_typed(alice: User, stranger: Visitor, typed: str) -> None:
    """PW-07."""
    assert stranger.sign_in("alice", typed).status == 422
    assert stranger.sign_in("alice", PASSWORD).status == 303


@pytest.mark.parametrize(
    "typed", ["x" * 151, "x" * 60_000, "a\0b", "a\ud800b", "' OR 1=1 --", "%", "alice\n"]
)
def test_no_name_that_can_be_typed_makes_a_fault(app: Flask, alice: User, typed: str) -> None:
    with app.app_context():
        expected = "alice" if typed == "alice\n" else None
        assert getattr(authenticate(typed, PASSWORD), "username", None) == expected
    form = Visitor(app).get("/login").form().fill(username=typed.replace("\ud800", "\ufffd"), password=WRONG)
    assert form.submit("_login").status == 422


# What the history tells


def failures(app: Flask) -> list[tuple[str, str, str, str]]:
    with app.app_context():
        entries = db.session.scalars(select(LogEntry).order_by(LogEntry.id))
        return [(entry.verb, entry.name, entry.key, entry.label) for entry in entries]


@pytest.mark.parametrize("is_active", [True, False])
def test_a_refusal_is_an_entry_of_the_person_and_the_one_that_locks_is_another(
    app: Flask, monkeypatch: pytest.MonkeyPatch, is_active: bool
) -> None:
    """LG-10."""
    monkeypatch.setitem(app.config, "LOGIN_TRIES_PER_ACCOUNT", 2)
    maria = add_user(app, "maria", is_active=is_active)
    failed, locked = (
        (verb, "users", str(maria.id), "maria") for verb in ("sign-in-failed", "sign-in-locked")
    )
    Visitor(app).sign_in("MARIA", WRONG)
    assert failures(app) == [failed]
    Visitor(app).sign_in("maria", WRONG)
    assert failures(app) == [failed, failed, locked]


def test_tries_as_nobody_tell_only_whether_the_name_was_the_same(app: Flask) -> None:
    for name in ("nobody", "NOBODY", "somebody"):
        Visitor(app).sign_in(name, WRONG)
    first, second, other = failures(app)
    assert first == second != other
    assert {(verb, name, label) for verb, name, _key, label in (first, other)} == {
        ("sign-in-failed", "users", "")
    }
    assert {len(first[2]), len(other[2])} == {16}


# Re-hashing


def weak(password: str = PASSWORD) -> PasswordHash:
    return PasswordHash(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password))


def test_a_hash_of_old_parameters_is_made_anew_at_sign_in_and_nothing_else_changes(
    app: Flask, stranger: Visitor
) -> None:
    """PW-02."""
    before = add_user(app, "maria", password=weak())
    assert stranger.sign_in("maria").status == 303
    after = reload(app, before)
    assert after.password != before.password
    assert not PasswordHash(after.password).is_stale
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert after.last_login_at > before.created_at
    assert Visitor(app).sign_in("maria").status == 303


def test_a_wrong_password_makes_no_hash_anew(app: Flask, stranger: Visitor) -> None:
    before = add_user(app, "maria", password=weak())
    assert stranger.sign_in("maria", WRONG).status == 422
    assert reload(app, before).password == before.password


def test_a_sign_in_with_todays_parameters_leaves_the_hash(app: Flask, alice: User, stranger: Visitor) -> None:
    assert stranger.sign_in("alice").status == 303
    after = reload(app, alice)
    assert (after.password, after.version, after.updated_at) == (
        alice.password,
        alice.version,
        alice.updated_at,
    )


def test_a_form_that_was_open_while_its_subject_signed_in_is_not_stale(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="C. C.")
    came_in(app, charlie)
    assert form.submit().status == 303


# What happens while the password is being compared


def meanwhile(monkeypatch: pytest.MonkeyPatch, app: Flask, happens: Callable[[], None]) -> None:
    """Let something happen elsewhere after a password was found right and before the session opens."""
    real = signing_in.authenticate

    def and_then(username: str, password: str) -> User | None:
        user = real(username, password)
        db.session.commit()
        with app.app_context():
            happens()
        return user

    monkeypatch.setattr(signing_in, "authenticate", and_then)


def test_a_password_changed_while_it_was_compared_opens_no_session_and_does_not_come_back(
    app: Flask, stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = add_user(app, "maria", password=weak())

    def reset() -> None:
        service.set_password(maria, hash_password(WRONG))

    meanwhile(monkeypatch, app, reset)
    assert stranger.sign_in("maria").status == 422
    assert stranger.get("/").status == 303
    assert verify_password(reload(app, maria).password, WRONG)
    with app.app_context():
        assert db.session.scalars(select(UserSession)).all() == []


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_staff": False}, None])
def test_who_is_shut_out_or_deleted_while_signing_in_stays_out(
    app: Flask, stranger: Visitor, monkeypatch: pytest.MonkeyPatch, values: dict[str, bool] | None
) -> None:
    add_user(app, "maria")

    def shut_out() -> None:
        with db.engine.begin() as connection:
            connection.execute(USERS.delete() if values is None else update(USERS).values(values))

    meanwhile(monkeypatch, app, shut_out)
    assert stranger.sign_in("maria").status == 422
