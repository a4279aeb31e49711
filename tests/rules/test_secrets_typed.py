"""What is typed into any field, or set in any setting, is in no log, error or output: also where something breaks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Page, Visitor
from tests.rules.typed import fill_every_form
from webapp import create_app
from webapp.database import Base
from webapp.extensions import db
from webapp.setting_types import ROOT
from webapp.settings import ConfigurationError, Settings, load_settings
from webapp.web.logs import configure

pytestmark = pytest.mark.slow

CANARY = "canary"
KEY = "canary-of-the-key-8hW2nQ9xLr4Vb8Zt"
FORMER_KEY = "canary-of-the-former-key-Lr4Vb8Zt"
URL = "postgresql+psycopg://root:canary-of-the-database@127.0.0.1:1/x"


@pytest.fixture(params=["json", "console"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application of the test's own, because the test breaks its database."""
    app = create_app(make_settings(DATABASE_URL=f"sqlite:///{tmp_path}/test.db", LOG_FORMAT=request.param))
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        Base.metadata.create_all(db.engine)
    yield app
    with app.app_context():
        db.engine.dispose()
    configure("INFO", "console")


def test_what_is_typed_is_in_no_line_of_the_log(world: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    """PW-08: CF-04, CF-06, IN-08: with everything right, with a view that breaks, and with a database that breaks."""
    alice = add_user(world, "alice", is_superuser=True)
    bob = add_user(world, "bob")
    visitor = signed_in(world, alice)
    answered = fill_every_form(world, visitor, bob.id, CANARY)
    assert len(answered) > 5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webapp.admin.history.LogEntry.__init__", lambda *values, **named: 1 / 0)
        answered += [*fill_every_form(world, visitor, bob.id, CANARY), add_group(visitor)]
        stranger = Visitor(world)
        stranger.sign_in(CANARY, f"{CANARY}-password")
    with world.app_context(), db.engine.begin() as connection:
        connection.execute(text("DROP TABLE log_entries"))
    answered += [*fill_every_form(world, visitor, bob.id, CANARY), add_group(visitor)]
    written = capsys.readouterr().err
    assert "ZeroDivisionError" in written
    assert "no such table: log_entries" in written
    assert CANARY not in written
    assert [page for page in answered if f"{CANARY}-password-password" in page.text] == []


def add_group(visitor: Visitor) -> Page:
    return visitor.get("/groups/add/").form().fill(name=CANARY).submit()


def test_a_canary_that_reaches_the_log_would_be_noticed(
    world: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    world.logger.warning("somebody typed %s", CANARY)
    assert CANARY in capsys.readouterr().err


# Settings


@pytest.mark.parametrize("name", Settings.model_fields)
@pytest.mark.parametrize(
    "value", ["canary", "canary\nof/it:@[", "canary://canary:canary@canary/?canary#canary"]
)
def test_no_error_of_a_setting_repeats_its_value(name: str, value: str) -> None:
    """CF-04, CF-05."""
    told = what_comes_of(**{"DATABASE_URL": "sqlite://", "SECRET_KEY": KEY, name: value})
    # Names that everybody may see: a page shows the one, and the other is a host of ours.
    if name not in ("SITE_NAME", "TRUSTED_HOSTS"):
        assert "canary" not in told
    assert name in told


def what_comes_of(**values: str) -> str:
    try:
        return repr(load_settings(_env_file=None, **values)) + "SECRET_KEY DATABASE_URL"
    except ConfigurationError as error:
        return f"{error!r} {error.__cause__}"


def commands(group: click.Group, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*before, name))
        elif (*before, name) not in {("run",), ("shell",)}:
            yield (*before, name)


def arguments(group: click.Command, path: tuple[str, ...]) -> list[str]:
    """A canary for each argument that the command takes."""
    command = group
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    return ["users.view" for one in command.params if isinstance(one, click.Argument) and one.nargs == 1]


def test_no_command_tells_a_secret_whatever_becomes_of_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CF-04: every `flask` command, with a database that does not answer, and with a key that is not good enough."""
    monkeypatch.chdir(tmp_path)
    app = create_app(make_settings(DATABASE_URL=URL, SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=FORMER_KEY))
    known = [*commands(app.cli)]
    assert {("check",), ("db", "upgrade"), ("users", "create-superuser")} <= {*known}
    for path in known:
        more = ["--deploy", "--json"] if path == ("check",) else []
        for given in (["--help"], [*arguments(app.cli, path), *more], ["--no-such-option"]):
            result = app.test_cli_runner().invoke(args=[*path, *given], input="\n\n")
            told = result.output + repr(result.exception) + repr(getattr(result.exception, "__cause__", None))
            assert CANARY not in told, path
    captured = capsys.readouterr()
    assert CANARY not in captured.err + captured.out


def test_no_traceback_of_a_process_tells_a_secret(tmp_path: Path) -> None:
    """CF-04: nobody catches what this raises."""
    code = (
        "from wsgi import app\n"
        "from webapp.extensions import db\n"
        "with app.app_context():\n"
        "    print(app, db.engine, dict(app.extensions), app.extensions['admin'])\n"
        "    db.session.execute(db.text('SELECT 1'), {'x': 'canary'})\n"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    values = {"DATABASE_URL": URL, "SECRET_KEY": KEY, "SECRET_KEY_FALLBACKS": FORMER_KEY}
    (tmp_path / "program.py").write_text(code)
    done = subprocess.run(  # noqa: S603 - this Python, with the program above
        [sys.executable, str(tmp_path / "program.py")],
        env=inherited | values | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "OperationalError" in done.stderr
    assert CANARY not in done.stdout + done.stderr.replace("{'x': 'canary'}", "")
