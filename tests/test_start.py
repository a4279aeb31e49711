"""Starting with a wrong setting or a wrong declaration is refused in a few lines, by every way of starting."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.setting_types import ROOT
from webapp.settings import Settings

pytestmark = pytest.mark.slow

KEY = "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"
RIGHT = {"DATABASE_URL": "sqlite://", "SECRET_KEY": KEY}
WRONG = {**RIGHT, "DATABASE_URL": "oracle://hushhush@h/db"}
LINE = "DATABASE_URL names an unknown engine: use sqlite, postgresql, mysql or mariadb\n"


def run(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project as a person does, with `values` in the environment."""
    return run_python("-m", *command, **values)


def run_code(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` with the right settings; Flask finds the application as it does for a person."""
    return run_python("-c", code, *arguments, **RIGHT)


def run_python(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    return subprocess.run(  # noqa: S603 - the commands are those below
        [sys.executable, *command],
        cwd=ROOT,
        env=inherited | values,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("flask", "--help"),
        ("flask", "db", "upgrade"),
        ("flask", "run", "--port", "0"),
        ("flask", "--debug", "run", "--port", "0", "--no-reload"),
        ("gunicorn", "wsgi:app"),
    ],
    ids=" ".join,
)
def test_a_wrong_setting_is_one_line_and_no_traceback(command: tuple[str, ...]) -> None:
    result = run(*command, **WRONG)
    assert result.returncode == 1
    assert result.stderr == LINE
    assert "hush" not in result.stdout


@pytest.mark.parametrize(
    "command", [("flask", "--help"), ("gunicorn", "--check-config", "wsgi:app")], ids=" ".join
)
def test_right_settings_start(command: tuple[str, ...]) -> None:
    result = run(*command, **RIGHT)
    assert result.stderr == ""
    assert result.returncode == 0


def test_no_variable_turns_the_protection_of_forms_off() -> None:
    """WB-17: nor anything else that is no setting."""
    code = (
        "from wsgi import app\n"
        "print(app.testing, app.debug, app.config.get('WTF_CSRF_ENABLED'), app.config['SESSION_COOKIE_HTTPONLY'])\n"
        "print(app.test_client().post('/login', data={'username': 'alice'}).status_code)"
    )
    tried = ("TESTING", "WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT", "SESSION_COOKIE_HTTPONLY", "DEBUG")
    values = {f"{start}{name}": "0" if "_" in name else "1" for name in tried for start in ("", "FLASK_")}
    del values["FLASK_DEBUG"]
    result = run_python("-c", code, **RIGHT, **values)
    assert result.stdout.splitlines() == ["False False True True", "400"], result.stderr


def test_a_mistyped_name_in_the_environment_is_told_at_the_start() -> None:
    """CF-05."""
    result = run("gunicorn", "--check-config", "wsgi:app", **RIGHT, PROXY_HOP="hush-hush")
    assert result.returncode == 0
    assert "PROXY_HOP in the environment is no setting and is not read; is PROXY_HOPS meant?" in result.stderr
    assert "hush" not in result.stderr


# A mistake in a declaration, and the `flask` command after it.
MISTAKEN = """
from flask.cli import main
from webapp.users.admin import UserAdmin
UserAdmin.list_display = ("usernam", "email")
UserAdmin.get_queryset = lambda self, request: None
main()
"""


@pytest.mark.parametrize("command", [("check",), ("--app", "wsgi", "check"), ("db", "upgrade")], ids=" ".join)
def test_wrong_declarations_are_a_line_each_and_no_traceback(command: tuple[str, ...]) -> None:
    result = run_code(MISTAKEN, *command)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "UserAdmin.get_queryset: It is no word of ModelAdmin and does nothing. Write query(self, user). (admin.E534)",
        "UserAdmin.list_display[0]: 'usernam' is no column, attribute or method of User or UserAdmin. "
        "Did you mean 'username'? (admin.E108)",
    ]


def test_right_declarations_are_found_right_without_a_database() -> None:
    nowhere = {**RIGHT, "DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"}
    result = run("flask", "check", **nowhere)
    assert result.stderr == ""
    database, declarations = result.stdout.splitlines()
    assert database.startswith("The database does not answer: ")
    ending = r"[0-9]+ models? checked, no problems in the declarations; for the database see above\."
    assert re.fullmatch(ending, declarations)
    assert result.returncode == 0


@pytest.mark.parametrize(
    ("values", "bind"),
    [
        ({}, "127.0.0.1:8000"),
        ({"PORT": "9000", "BIND_ADDRESS": "0.0.0.0"}, "0.0.0.0:9000"),  # noqa: S104 - what a container says
        ({"BIND_ADDRESS": "::1"}, "[::1]:8000"),
    ],
)
def test_gunicorn_listens_where_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], bind: str
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name, raising=False)
    for name, value in (RIGHT | values).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(Settings.model_config, "env_file", None)
    config = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert config["bind"] == bind
    assert config["preload_app"] is True
    assert config["control_socket_disable"] is True


@pytest.mark.parametrize(
    ("options", "values", "told"),
    [
        ((), {"FLASK_DEBUG": "1"}, "FLASK_DEBUG is on"),
        (("--reload",), {}, "--reload is on"),
        (("-e", "SPOIL=TESTING"), {}, "TESTING is on"),
        (("-e", "SPOIL=WTF_CSRF_ENABLED"), {}, "WTF_CSRF_ENABLED is off"),
    ],
)
def test_the_server_for_people_refuses_what_belongs_on_a_developers_desk(
    tmp_path: Path, options: tuple[str, ...], values: dict[str, str], told: str
) -> None:
    """WB-17."""
    (tmp_path / "spoiled.py").write_text(
        "import os\nfrom wsgi import app\n"
        "name = os.environ.get('SPOIL')\nif name: app.config[name] = name == 'TESTING'\n"
    )
    command = ("gunicorn", "--pythonpath", str(tmp_path), "-b", "127.0.0.1:0", *options, "spoiled:app")
    result = run(*command, **RIGHT, **values)
    assert result.returncode == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_nothing_in_the_environment_turns_the_protection_off() -> None:
    """WB-17: no setting is read that is not declared, so none of Flask's or Flask-WTF's comes in that way."""
    names = ("WTF_CSRF_ENABLED", "TESTING", "DEBUG", "PROPAGATE_EXCEPTIONS")
    code = "from wsgi import app; print(app.debug, app.testing, app.config.get('WTF_CSRF_ENABLED'))"
    values = {f"{prefix}{name}": "0" for name in names for prefix in ("", "FLASK_")}
    result = run_python("-c", code, **RIGHT, **values)
    assert result.stdout == "False False True\n"


def test_the_committed_flask_file_holds_no_setting_and_no_debug() -> None:
    names = re.findall(r"^(\w+)=", Path(ROOT / ".flaskenv").read_text(), re.M)
    assert names == ["FLASK_APP", "FLASK_RUN_PORT"]
