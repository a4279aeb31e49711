"""Passwords that are known from breaches are refused where the owner has a file of them (PW-06)."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask

from tests.pages import Visitor
from tests.users.test_cli import run
from webapp.settings import ConfigurationError, load_settings
from webapp.users.breaches import is_breached
from webapp.users.policy import password_problems

KNOWN = [f"couve {number} na horta da avó" for number in range(400)]
REASON = "known from a breach"


def line(password: str, number: int = 3) -> str:
    return f"{hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()}:{number}"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "breaches.txt"
    path.write_text("\r\n".join(sorted(line(one, len(one) ** 3) for one in KNOWN)) + "\r\n")
    return str(path)


def test_each_password_of_the_file_is_found_and_no_other(file: str) -> None:
    assert all(is_breached(file, one) for one in KNOWN)
    assert not any(is_breached(file, f"{one} e outra coisa") for one in KNOWN)
    assert not is_breached(None, KNOWN[0])


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_a_short_file_is_searched_to_both_ends(tmp_path: Path, number: int, ending: str) -> None:
    path = tmp_path / "few.txt"
    path.write_text("\n".join(sorted(line(one).lower() for one in KNOWN[:number])) + ending)
    assert [is_breached(str(path), one) for one in KNOWN[: number + 1]] == [True] * number + [False]


def test_forms_and_commands_refuse_one_with_the_reason(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setitem(app.config, "BREACHED_PASSWORDS", file)
    form = as_alice.get("/users/add/").form().fill(username="dora", email="dora@example.org")
    page = form.submit(password=KNOWN[7], password_confirm=KNOWN[7])
    assert page.status == 422
    assert any(REASON in error for error in page.errors)
    told = run(app, "set-password", "alice", ZELADOR_PASSWORD=KNOWN[7])
    assert (told.exit_code, REASON in told.output) == (1, True)
    other = KNOWN[7] + " e mais"
    assert form.submit(password=other, password_confirm=other).status == 303


def test_without_a_file_none_is_refused_for_it(app: Flask) -> None:
    with app.test_request_context():
        assert password_problems(KNOWN[7], min_length=15) == []


def test_a_file_that_went_away_refuses_nobody_and_is_told(
    app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not is_breached(str(tmp_path / "gone.txt"), KNOWN[7])
    told = capsys.readouterr()
    assert "breached passwords could not be read" in told.err + told.out
    assert KNOWN[7] not in told.err + told.out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "BREACHED_PASSWORDS is no file that can be read here"),
        (b"", "BREACHED_PASSWORDS is no file of SHA-1 hashes"),
        (b"password\n123456\n", "BREACHED_PASSWORDS is no file of SHA-1 hashes"),
    ],
)
def test_what_is_no_such_file_is_told_at_start(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "passwords.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason):
        load_settings(
            _env_file=None,
            DATABASE_URL="sqlite://",
            SECRET_KEY="Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu",
            BREACHED_PASSWORDS=str(path),
        )
