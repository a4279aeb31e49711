"""Passwords that came from Django or from a Flask application work, and are hashed anew at the first sign-in."""

import time

import pytest
from flask import Flask

from tests.conftest import add_user, reload
from tests.pages import PASSWORD, Visitor
from webapp.users import foreign, passwords
from webapp.users.foreign import Slowest, is_foreign
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, verify_password

# Made by Django 5.2 and Werkzeug 3.1 themselves.
HASHES = {
    "django pbkdf2": "pbkdf2_sha256$10000$seasaltseasaltseasalt1$4BledjHe2nj/ohl8tVg7cMJnblb9l7lpG/6yyCSEe2I=",
    "django argon2": "argon2$argon2id$v=19$m=1024,t=2,p=8$c2Vhc2FsdHNlYXNhbHQ$T/cito3+6ErfgZIMkMnQHWxq"
    "/SB8nDF8LyI3MVH6G6Y",
    "django bcrypt": "bcrypt_sha256$$2b$04$L4GBO1M1fm1qz64bKeUwPureERwDgZ.w3vzYDsqeMl4svGF.RkJ1.",
    "werkzeug scrypt": "scrypt:16384:8:1$SMGQUAZJRcUda0zF$35b32f558a450bc425dfd840a2485f8e88a0d56fc0b52864d8e78ae804bb9"
    "21d7e862f2c150a77b8574a31fbbff2d045c699f40891c331fd906105104922fe7c",
    "werkzeug pbkdf2": "pbkdf2:sha256:1000$hLqCgPBqgRx6xo6r$8d19f04ed6c0391c8ee43cd004f6dbe148d60cdf8595e21ce177f8b0"
    "9123a599",
}


@pytest.fixture(autouse=True)
def _nothing_met(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "slowest", Slowest())


def moved(app: Flask, kind: str) -> User:
    return add_user(app, "maria", password=PasswordHash(HASHES[kind]))


@pytest.mark.parametrize("kind", HASHES)
def test_a_hash_of_another_system_is_compared(kind: str) -> None:
    assert PasswordHash(HASHES[kind]).is_usable
    assert PasswordHash(HASHES[kind]).is_stale
    assert verify_password(HASHES[kind], PASSWORD)
    for wrong in (PASSWORD + " ", PASSWORD[:-1], PASSWORD.upper(), "x", "\ud800", "\0"):
        assert not verify_password(HASHES[kind], wrong)


@pytest.mark.parametrize("kind", HASHES)
def test_the_first_sign_in_hashes_it_anew_and_changes_nothing_else(app: Flask, kind: str) -> None:
    """PW-02."""
    maria = moved(app, kind)
    assert Visitor(app).sign_in("maria", "nobody has this password").status == 422
    assert reload(app, maria).password == HASHES[kind]  # type: ignore[union-attr]
    assert Visitor(app).sign_in("maria").status == 303
    after = reload(app, maria)
    assert after is not None
    assert after.password.startswith("$argon2id$")
    assert (after.version, after.updated_at) == (maria.version, maria.updated_at)
    assert Visitor(app).sign_in("maria").status == 303


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        PASSWORD,
        "pbkdf2_sha256$99999999999$salt$aGFzaA==",
        "pbkdf2_sha256$1000$salt$",
        "pbkdf2_sha1$1000$salt$aGFzaA==",
        "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        "argon2$argon2i$v=19$m=1024,t=2,p=8$c2Vh$T/ci",
        "argon2$argon2id$v=19$m=99999999,t=2,p=8$c2Vh$T/ci",
        "bcrypt$$2b$04$L4GBO1M1fm1qz64bKeUwPureERwDgZ.w3vzYDsqeMl4svGF.RkJ1.",
        "bcrypt_sha256$$2b$31$L4GBO1M1fm1qz64bKeUwPureERwDgZ.w3vzYDsqeMl4svGF.RkJ1.",
        "scrypt:1073741824:8:1$salt$00",
        "pbkdf2:md5:1000$salt$00",
        "plain$$password",
        HASHES["django pbkdf2"] + "\n",
    ],
)
def test_what_is_no_such_hash_is_never_compared(text: str) -> None:
    """Also one that would take hours, or all of the memory."""
    assert not PasswordHash(text).is_usable
    assert not verify_password(text, PASSWORD)


def test_without_the_package_a_bcrypt_hash_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "bcrypt", None)
    assert not is_foreign(HASHES["django bcrypt"])
    assert not verify_password(HASHES["django bcrypt"], PASSWORD)
    assert verify_password(HASHES["django pbkdf2"], PASSWORD)


@pytest.mark.parametrize("kind", HASHES)
def test_beside_a_foreign_hash_one_of_ours_is_computed_as_always(calls: list[str], kind: str) -> None:
    """PW-02, LG-06."""
    for stored in (HASHES[kind], None, "!"):
        calls.clear()
        verify_password(stored, "nobody has this password")
        assert calls == ["verify"]


def test_once_a_foreign_hash_was_met_no_refusal_is_quicker_than_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PW-02: the time tells not which accounts came from elsewhere."""
    slow = 0.2

    def compare(stored: str, password: str) -> bool:
        time.sleep(slow)
        return False

    moved(app, "django pbkdf2")
    add_user(app, "ours")
    add_user(app, "inactive", is_active=False)
    monkeypatch.setattr(passwords, "matches", compare)
    assert Visitor(app).sign_in("maria", "nobody has this password").status == 422
    for username in ("maria", "ours", "nobody", "inactive"):
        began = time.perf_counter()
        assert Visitor(app).sign_in(username, "nobody has this password").status == 422
        assert time.perf_counter() - began >= slow


def test_where_none_is_met_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign.time, "sleep", lambda seconds: pytest.fail("waits"))
    assert not verify_password(None, PASSWORD)
    assert not verify_password("!", PASSWORD)


def test_the_wait_is_bounded_and_forgotten_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    clock = [1_000_000.0]
    monkeypatch.setattr(foreign.time, "sleep", waited.append)
    monkeypatch.setattr(foreign.time, "monotonic", lambda: clock[0])
    one = Slowest()
    one.met(600.0)
    one.wait(time.perf_counter())
    assert 1.5 < waited.pop() <= 2.0
    clock[0] += 24 * 3600 + 1
    one.wait(time.perf_counter())
    assert waited == []
