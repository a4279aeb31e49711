"""What `/readyz`, a start and `flask check` say of the database's revision, and what people see meanwhile."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, make_url, text

from tests.conftest import make_settings
from tests.engines import SQLITE
from tests.migrations.revisions import LAST_BUT_ONE, LAST_BUT_TWO, NEWEST
from tests.migrations.rows import Deploy
from webapp import create_app, readiness
from webapp.setting_types import ROOT

pytestmark = pytest.mark.slow

OLD = "The database is older than this program. Run: flask db upgrade\n"
NEW = "The database is newer than this program. Install the newer one and run: flask db upgrade\n"
SILENT = "The database does not answer.\n"
READ_ONLY = "The database cannot be written to.\n"


def ready(app: Flask) -> tuple[int, str]:
    response = app.test_client().get("/readyz", headers={"Host": "10.0.0.7"})
    assert response.mimetype == "text/plain"
    assert "Set-Cookie" not in response.headers
    return response.status_code, response.text


def at_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


def test_it_is_ready_when_every_revision_is_there_and_not_before(deploy: Deploy, app: Flask) -> None:
    """OP-01, MG-07."""
    assert ready(app) == (503, OLD)
    deploy("upgrade", LAST_BUT_TWO)
    assert ready(app) == (503, OLD)
    deploy("upgrade")
    assert ready(app) == (200, "ok\n")


def test_a_probe_makes_no_database(app: Flask, url: str) -> None:
    ready(app)
    if make_url(url).get_backend_name() == "sqlite":
        assert not Path(str(make_url(url).database)).exists()


def test_a_revision_that_the_program_does_not_know_is_not_ready(
    deploy: Deploy, app: Flask, engine: Engine
) -> None:
    """MG-07. Neither is the beginning of one, which Alembic would take for it."""
    deploy("upgrade")
    for revision in ("9999", "000"):
        at_revision(engine, revision)
        assert ready(app) == (503, NEW)


def test_a_database_that_may_not_be_written_to_is_not_ready(
    deploy: Deploy, app: Flask, engine: Engine, url: str
) -> None:
    """OP-01."""
    deploy("upgrade")
    if engine.dialect.name == "sqlite":
        file = str(make_url(url).database)
        app = create_app(make_settings(DATABASE_URL=f"sqlite:///file:{file}?mode=ro&uri=true"))
    elif engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            database = make_url(url).database
            connection.execute(text(f"ALTER DATABASE {database} SET default_transaction_read_only = on"))
    else:
        pytest.skip("read_only is the whole server's, which others use")
    assert ready(app) == (503, READ_ONLY)


def test_a_database_that_somebody_writes_to_is_ready(deploy: Deploy, app: Flask, engine: Engine) -> None:
    """OP-01. On SQLite there is one writer at a time, which is no reason to take a process out of service."""
    deploy("upgrade")
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET version = version"))
        assert ready(app) == (200, "ok\n")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything, like a server that is stopped (SIGSTOP)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield listener.getsockname()[1]


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "mariadb+pymysql"])
def test_a_server_that_hangs_keeps_no_probe_waiting_and_few_threads(driver: str, silent_port: int) -> None:
    """OP-01. `/healthz` asks no database."""
    app = create_app(make_settings(DATABASE_URL=f"{driver}://canary:canary@127.0.0.1:{silent_port}/canary"))
    began = time.monotonic()
    assert [ready(app) for _ in range(2)] == [(503, SILENT)] * 2
    assert time.monotonic() - began < 20  # one probe left to the driver alone would wait longer than that
    assert app.test_client().get("/healthz").status_code == 200


def test_one_question_is_open_at_a_time_and_a_lost_one_is_asked_anew(
    app: Flask, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OP-01. In a worker the thread of the process before it does not exist."""
    deploy("upgrade")
    asked: list[int] = []
    answer = threading.Event()

    def hang(*_: object) -> readiness.State:
        asked.append(1)
        answer.wait(60)
        return readiness.State()

    with monkeypatch.context() as patch:
        patch.setattr(readiness, "look", hang)
        assert not readiness.of(app, 0.01).answers
        assert not readiness.of(app, 0.01).answers
        assert len(asked) == 1
        patch.setattr(readiness.os, "getpid", lambda: -1)
        assert not readiness.of(app, 0.01).answers
        assert len(asked) == 2
        answer.set()
        assert readiness.of(app, 60).is_ready
    assert ready(app) == (200, "ok\n")


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "mariadb+pymysql"])
def test_a_server_that_is_not_there_is_told_without_its_address(
    driver: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """OP-01, MG-14."""
    app = create_app(make_settings(DATABASE_URL=f"{driver}://canary:canary@127.0.0.1:1/canary"))
    assert ready(app) == (503, SILENT)
    assert app.test_client().get("/healthz").text == "ok\n"
    log = capsys.readouterr().err
    assert "not ready" in log
    assert "canary:canary" not in log


# Old schema and new program, new schema and old program


def test_pages_of_a_program_that_is_newer_than_its_schema_are_calm_and_tell_nothing(
    deploy: Deploy, app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    """MG-07. What the old schema has still works; the rest is 503 until somebody upgrades."""
    deploy("upgrade", "0002")
    client = app.test_client()
    page = client.get("/login")
    assert page.status_code in (200, 503)
    sent = client.get("/setup/wrong")
    for response in (page, sent):
        assert response.status_code < 500 or response.status_code == 503
        for word in ("0002", NEWEST, "user_sessions", "SELECT", "Traceback"):
            assert word not in response.text
    deploy("upgrade")
    assert client.get("/login").status_code == 200


def test_pages_of_a_program_that_is_older_than_its_schema_go_on(
    deploy: Deploy, app: Flask, another: Callable[[str], str]
) -> None:
    """MG-07. A revision expands first, so that the release before still works on the new schema."""
    deploy("upgrade")
    deploy("upgrade", "-d", another("op.execute('ALTER TABLE users ADD COLUMN pet VARCHAR(20)')"))
    assert ready(app) == (503, NEW)
    assert app.test_client().get("/login").status_code == 200
    assert app.test_client().get("/").status_code == 303


# What a deployer reads


def test_check_names_the_revisions_and_the_command(deploy: Deploy, app: Flask, engine: Engine) -> None:
    """MG-07."""

    def told() -> str:
        result = app.test_cli_runner().invoke(args=["check"])
        assert result.exit_code == 0
        return result.output

    deploy("upgrade", LAST_BUT_TWO)
    assert f"The database lacks 2 revisions, {LAST_BUT_ONE} to {NEWEST}. Run: flask db upgrade\n" in told()
    deploy("upgrade", LAST_BUT_ONE)
    assert f"The database lacks the revision {NEWEST}. Run: flask db upgrade\n" in told()
    deploy("upgrade")
    assert "revision" not in told()
    at_revision(engine, "9999")
    assert "The database is at revision 9999, which this program does not know" in told()


def test_an_upgrade_of_an_unknown_revision_is_one_line_and_changes_nothing(
    deploy: Deploy, engine: Engine
) -> None:
    """MG-07."""
    deploy("upgrade")
    at_revision(engine, "9999")
    told = deploy("upgrade", exit_code=1).output
    assert "Error: The database is at revision 9999, which this program does not know" in told
    assert "Traceback" not in told


STARTS = {
    "gunicorn": ["gunicorn", "--check-config", "wsgi:app"],
    "flask run": ["flask", "run", "--port", "0"],
}


@pytest.mark.parametrize("url", [SQLITE], indirect=True)
@pytest.mark.parametrize("command", STARTS.values(), ids=STARTS)
def test_a_start_names_the_revisions_and_upgrades_nothing(
    deploy: Deploy, app: Flask, url: str, command: list[str]
) -> None:
    """MG-07: no web worker migrates."""
    deploy("upgrade", LAST_BUT_ONE)
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": app.config["SECRET_KEY"]}
    with subprocess.Popen(  # noqa: S603 - the commands are those above
        [sys.executable, "-m", *command], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = next((line for line in process.stderr if "lacks" in line), "")
        process.terminate()
        process.communicate()
    assert f"The database lacks the revision {NEWEST}. Run: flask db upgrade" in line
    assert ready(app) == (503, OLD)


@pytest.mark.parametrize("url", [SQLITE], indirect=True)
def test_a_start_on_a_database_that_is_up_to_date_says_nothing(deploy: Deploy, app: Flask, url: str) -> None:
    deploy("upgrade")
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": app.config["SECRET_KEY"]}
    command = [sys.executable, "-m", *STARTS["gunicorn"]]
    done = subprocess.run(  # noqa: S603 - the command above
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
