"""Databases in the state that a deployer finds them in, and the deployer's commands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, make_url

from tests.engines import database_urls, engine_name, fresh_database, opened
from tests.migrations.revisions import NEWEST
from tests.migrations.rows import Deploy, Run, Start
from webapp import create_app
from webapp.extensions import db
from webapp.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "a key for tests only, of forty-four letters."


@pytest.fixture(params=database_urls(), ids=engine_name)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database on each engine in turn."""
    with fresh_database(request.param) as address:
        yield address


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with opened(url) as engine:
        yield engine


@pytest.fixture
def app(url: str) -> Iterator[Flask]:
    app = create_app(Settings(_env_file=None, DATABASE_URL=url, SECRET_KEY=SECRET_KEY))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def deploy(app: Flask) -> Deploy:
    """Run `flask db …` in this process: deploy("upgrade", "0001")."""

    def run(*arguments: str, exit_code: int = 0) -> Result:
        result = app.test_cli_runner().invoke(args=["db", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result

    return run


@pytest.fixture
def start(url: str) -> Iterator[Start]:
    """Start `flask db …` in a process of its own."""
    started: list[subprocess.Popen[str]] = []
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "FLASK_APP": "wsgi",
        "FLASK_SKIP_DOTENV": "1",
    }

    def run(*arguments: str, address: str = url) -> "subprocess.Popen[str]":
        process = subprocess.Popen(  # noqa: S603 - the arguments are this file's tests' own
            [sys.executable, "-W", "error", "-m", "flask", "db", *arguments],
            cwd=ROOT,
            env={**environment, "DATABASE_URL": address},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def another(tmp_path: Path) -> Callable[[str], str]:
    """A copy of the migrations with one revision more, which does what is given."""

    def write(body: str) -> str:
        following = f"{int(NEWEST) + 1:04}"
        copy = shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
        (copy / "versions" / f"{following}_another.py").write_text(
            f"from alembic import op\nrevision = '{following}'\ndown_revision = '{NEWEST}'\n"
            f"def upgrade():\n    {body}\n"
        )
        return str(copy)

    return write


@pytest.fixture
def file(url: str) -> Path:
    return Path(str(make_url(url).database))


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a `flask …` command in this process: run("backup", "file.db")."""

    def invoke(*arguments: object, exit_code: int = 0) -> Result:
        result = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
        assert result.exit_code == exit_code, result.output
        return result

    return invoke
