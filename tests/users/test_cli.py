"""`flask users …`: clear lines, exit codes, and no password where others can read it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.conftest import SECRET_KEY, add_user, reload
from tests.pages import PASSWORD, Visitor
from webapp.extensions import db
from webapp.users.cli import users_cli
from webapp.users.models import User
from webapp.users.passwords import verify_password

NEW = "pomar de figos maduros"
CREATE = ("create-superuser", "--username", "Dora", "--email", "Dora@Example.org")


def run(app: Flask, *arguments: str, typed: str | bytes | None = None, **environment: str) -> Result:
    result = app.test_cli_runner().invoke(args=["users", *arguments], input=typed, env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    assert NEW not in result.output
    assert "argon2" not in result.output
    return result


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input is somebody at a keyboard."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True)


def dora(app: Flask) -> User | None:
    with app.app_context():
        return db.session.scalars(select(User).where(User.username == "dora")).one_or_none()


def test_a_superuser_is_made_with_the_password_from_standard_input(app: Flask) -> None:
    result = run(app, *CREATE, "--password-stdin", typed=NEW + "\n")
    assert result.exit_code == 0
    assert "may now sign in" in result.output
    found = dora(app)
    assert found is not None
    assert (found.email, found.is_staff, found.is_superuser) == ("dora@example.org", True, True)
    assert Visitor(app).sign_in("dora", NEW).status == 303


def test_a_superuser_is_made_with_the_password_from_the_environment(app: Flask) -> None:
    assert run(app, *CREATE, ZELADOR_PASSWORD=NEW).exit_code == 0
    assert verify_password(dora(app).password, NEW)


@pytest.mark.usefixtures("terminal")
def test_at_a_terminal_everything_is_asked_for(app: Flask) -> None:
    result = run(app, "create-superuser", typed=f"Dora\ndora@example.org\n{NEW}\n{NEW}\n")
    assert result.exit_code == 0, result.output
    assert verify_password(dora(app).password, NEW)


@pytest.mark.usefixtures("terminal")
def test_at_a_terminal_the_password_is_asked_for_twice(app: Flask) -> None:
    result = run(app, *CREATE, typed=f"{NEW}\nsomething else\n{NEW}\n{NEW}\n")
    assert result.exit_code == 0
    assert "do not match" in result.output


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        (("create-superuser",), "--username"),
        (("create-superuser", "--username", "dora"), "--email"),
        (CREATE, "--password-stdin or set ZELADOR_PASSWORD"),
    ],
)
def test_without_a_terminal_the_way_out_is_said(app: Flask, arguments: tuple[str, ...], way_out: str) -> None:
    result = run(app, *arguments, typed="")
    assert result.exit_code == 1
    assert "no terminal" in result.output
    assert way_out in result.output
    assert dora(app) is None


@pytest.mark.parametrize(
    ("username", "email", "password", "why"),
    [
        ("do ra", "dora@example.org", NEW, "Username: Use letters"),
        ("x" * 151, "dora@example.org", NEW, "Username: "),
        (" ", "dora@example.org", NEW, "Username: Fill in this field."),
        ("dora", "nobody", NEW, "E-mail: Write an e-mail address"),
        ("dora", "dora@example.org", "short", "Use at least 15 characters"),
        ("dora", "dora@example.org", "", "Use at least 15 characters"),
        ("dora", "dora@example.org", "dora 7391 4820 55", "Do not use the username"),
    ],
)
def test_what_no_form_takes_the_command_does_not_take_either(
    app: Flask, username: str, email: str, password: str, why: str
) -> None:
    arguments = ("create-superuser", "--username", username, "--email", email, "--password-stdin")
    result = run(app, *arguments, typed=password + "\n")
    assert result.exit_code == 1
    assert why in result.output
    with app.app_context():
        assert db.session.scalars(select(User)).all() == []


def test_bytes_that_are_no_text_are_no_password(app: Flask) -> None:
    result = run(app, *CREATE, "--password-stdin", typed=b"\xff\xfe" * 20 + b"\n")
    assert result.exit_code == 1
    assert dora(app) is None


@pytest.mark.parametrize(
    ("username", "email"),
    [("CHARLIE", "new@example.org"), ("new", "Charlie@EXAMPLE.org"), (" charlie ", "new@example.org")],
)
def test_a_name_or_email_taken_in_other_case_is_told_with_the_way_out(
    app: Flask, charlie: User, username: str, email: str
) -> None:
    arguments = ("create-superuser", "--username", username, "--email", email, "--password-stdin")
    result = run(app, *arguments, typed=NEW)
    assert result.exit_code == 1
    assert "exists already" in result.output
    assert "flask users set-password" in result.output
    assert not reload(app, charlie).is_superuser


def test_a_password_is_set_and_open_sessions_end(app: Flask, as_charlie: Visitor) -> None:
    assert as_charlie.get("/").status == 200
    result = run(app, "set-password", "CHARLIE", "--password-stdin", typed=NEW + "\r\n")
    assert result.exit_code == 0
    assert as_charlie.get("/").location == "/login"
    assert Visitor(app).sign_in("charlie", PASSWORD).status == 422
    assert Visitor(app).sign_in("charlie", NEW).status == 303


def test_a_refused_password_leaves_the_old_one_and_the_sessions(app: Flask, as_charlie: Visitor) -> None:
    assert run(app, "set-password", "charlie", "--password-stdin", typed="charlie\n").exit_code == 1
    assert run(app, "set-password", "charlie", typed="").exit_code == 1
    assert as_charlie.get("/").status == 200


@pytest.mark.parametrize("name", ["nobody", "", "x" * 10_000, "\udcff", "' OR 1=1 --"])
@pytest.mark.parametrize(
    "command", [("set-password",), ("grant", "users.view"), ("revoke", "users.view")], ids=lambda c: c[0]
)
def test_a_user_who_does_not_exist_is_said(
    app: Flask, charlie: User, command: tuple[str, ...], name: str
) -> None:
    result = run(app, command[0], name, *command[1:])
    assert result.exit_code == 1
    assert "There is no user" in result.output


def test_a_permission_is_granted_and_revoked(app: Flask, as_charlie: Visitor) -> None:
    assert "now holds users.view" in run(app, "grant", "Charlie", "users.view").output
    assert "already" in run(app, "grant", "charlie", "users.view").output
    assert as_charlie.get("/users/").status == 200
    assert "no longer holds" in run(app, "revoke", "charlie", "users.view").output
    assert "did not hold" in run(app, "revoke", "charlie", "users.view").output
    assert as_charlie.get("/users/").status == 403


def test_an_unknown_permission_is_refused_with_the_known_ones(app: Flask, charlie: User) -> None:
    result = run(app, "grant", "charlie", "users.fly")
    assert result.exit_code == 1
    assert "users.view, users.add, users.change, users.delete" in result.output


def test_a_grant_to_somebody_who_cannot_sign_in_is_done_with_a_note(app: Flask) -> None:
    add_user(app, "emil", is_staff=False)
    result = run(app, "grant", "emil", "users.view")
    assert result.exit_code == 0
    assert "not staff" in result.output


def test_no_command_takes_a_password_on_its_line(app: Flask, charlie: User) -> None:
    """PW-14."""
    for command in users_cli.commands.values():
        for option in command.params:
            assert "password" not in str(option.name) or (isinstance(option, click.Option) and option.is_flag)
    assert app.test_cli_runner().invoke(args=["users", *CREATE, "--password", "x"]).exit_code == 2
    assert app.test_cli_runner().invoke(args=["users", "set-password", "charlie", "x"]).exit_code == 2
    assert verify_password(reload(app, charlie).password, PASSWORD)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system shows no processes in /proc")
def test_what_others_see_of_the_process_holds_no_password(tmp_path: Path) -> None:
    """PW-14: while the command waits for it, and after it came."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'test.db'}",
        "SECRET_KEY": SECRET_KEY,
        "FLASK_APP": "wsgi.py",
    }
    environment.pop("ZELADOR_PASSWORD", None)
    flask = [sys.executable, "-m", "flask"]
    root = Path(__file__).parents[2]
    subprocess.run([*flask, "db", "upgrade"], env=environment, cwd=root, check=True, capture_output=True)  # noqa: S603 - our own command
    with subprocess.Popen(  # noqa: S603 - our own command
        [*flask, "users", *CREATE, "--password-stdin"],
        env=environment,
        cwd=root,
        stdin=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(NEW + "\n")
        process.stdin.flush()
        seen = []
        while process.poll() is None:
            seen.append(Path(f"/proc/{process.pid}/cmdline").read_text())
            time.sleep(0.02)
    assert process.returncode == 0
    assert any("create-superuser" in one for one in seen)
    assert not any(NEW in one for one in seen)


@pytest.mark.parametrize(
    "command",
    [("users", "setup-link"), ("users", "set-password", "alice"), ("users", *CREATE), ("rebuild-search",)],
    ids=" ".join,
)
def test_a_database_without_tables_is_one_line_and_no_traceback(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}",
        "SECRET_KEY": SECRET_KEY,
    }
    environment |= {"ZELADOR_PASSWORD": NEW, "FLASK_APP": "wsgi.py"}
    root = Path(__file__).parents[2]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "flask", *command],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert "flask db upgrade" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert NEW not in done.stdout + done.stderr
