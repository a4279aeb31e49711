"""Starting with a wrong setting is refused with one line, by every way of starting."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.setting_types import ROOT
from webapp.settings import Settings

KEY = "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"
RIGHT = {"DATABASE_URL": "sqlite://", "SECRET_KEY": KEY}
WRONG = {**RIGHT, "DATABASE_URL": "oracle://hushhush@h/db"}
LINE = "DATABASE_URL names an unknown engine: use sqlite, postgresql, mysql or mariadb\n"


def run(*command: str, **values: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project as a person does, with `values` in the environment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    return subprocess.run(  # noqa: S603 - the commands are those below
        [sys.executable, "-m", *command],
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


def test_the_committed_flask_file_holds_no_setting_and_no_debug() -> None:
    names = re.findall(r"^(\w+)=", Path(ROOT / ".flaskenv").read_text(), re.M)
    assert names == ["FLASK_APP", "FLASK_RUN_PORT"]
