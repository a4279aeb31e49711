"""`flask check --deploy`: nothing on a good installation, and one code for each thing that is wrong."""

import json
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import add_user, make_settings, stamp
from tests.engines import database_urls, engine_name, fresh_database
from webapp import create_app, database, deployment, readiness, settings
from webapp.deployment import storage
from webapp.extensions import db
from webapp.setting_types import EXAMPLE_KEYS, ROOT

KEY = "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"
OTHER_KEY = "uEa1gDs6pLm3jHf9cBz4wYt7RxN2v8qK"
GOOD = {
    "SECRET_KEY": KEY,
    "BASE_URL": "https://admin.example.org",
    "PROXY_HOPS": "1",
    "MAIL_URL": "smtp://mail.example.org",
}


@pytest.fixture(autouse=True)
def _private_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").touch(0o600)
    monkeypatch.setattr(settings, "ENV_FILE", tmp_path / ".env")
    monkeypatch.delenv("GUNICORN_CMD_ARGS", raising=False)


def installed(url: str, **values: str) -> Flask:
    """A production installation, up to date, with one superuser."""
    app = create_app(make_settings(DATABASE_URL=url, **GOOD | values))
    with app.app_context():
        db.create_all()
        stamp(db.engine)
    add_user(app, "alice", is_superuser=True)
    return app


@pytest.fixture
def app() -> Iterator[Flask]:
    with tempfile.TemporaryDirectory() as folder:
        made = installed(f"sqlite:///{folder}/data.db")
        yield made
        with made.app_context():
            db.engine.dispose()


def codes(app: Flask) -> list[str]:
    return [finding.code for finding in deployment.findings(app)]


def file_of(app: Flask) -> Path:
    path = database.sqlite_file(app.config["SQLALCHEMY_DATABASE_URI"])
    assert path
    return path


@pytest.mark.parametrize("base_url", database_urls(), ids=engine_name)
def test_a_good_installation_has_nothing_to_mend(base_url: str) -> None:
    """CF-03: on each engine."""
    with fresh_database(base_url) as url:
        app = installed(url)
        assert deployment.findings(app) == []
        with app.app_context():
            db.engine.dispose()


CONFIG: list[tuple[str, dict[str, Any]]] = [
    ("D030", {"MAIL_URL": ""}),
    ("D031", {"MAIL_URL": "console"}),
    ("D031", {"MAIL_URL": "memory"}),
    ("D031", {"MAIL_URL": "file:/tmp"}),
    ("D001", {"DEBUG": True}),
    ("D002", {"TESTING": True}),
    ("D002", {"WTF_CSRF_ENABLED": False}),
    ("D003", {"SECRET_KEY": ""}),
    ("D003", {"SECRET_KEY": "short"}),
    ("D003", {"SECRET_KEY": "a" * 64}),
    *(("D003", {"SECRET_KEY": key}) for key in sorted(EXAMPLE_KEYS)),
    ("D004", {"SECRET_KEY_FALLBACKS": [OTHER_KEY, "short"]}),
    ("D004", {"SECRET_KEY_FALLBACKS": [KEY]}),
    ("D005", {"SECRET_KEY_FALLBACKS": [OTHER_KEY]}),
    ("D007", {"TRUSTED_HOSTS": []}),
    ("D007", {"TRUSTED_HOSTS": ["admin.example.org", ".org"]}),
    ("D008", {"TRUSTED_HOSTS": ["admin.example.org", "localhost"]}),
    ("D009", {"SESSION_COOKIE_SECURE": False}),
    ("D009", {"SESSION_COOKIE_HTTPONLY": False}),
    ("D009", {"SESSION_COOKIE_SAMESITE": None}),
    ("D009", {"SESSION_COOKIE_NAME": "session"}),
    ("D012", {"PROXY_HOPS": 0}),
    ("D013", {"BIND_ADDRESS": "0.0.0.0"}),  # noqa: S104 - what a container says
    ("D015", {"MAX_CONTENT_LENGTH": None}),
    ("D015", {"MAX_CONTENT_LENGTH": 10**10}),
    ("D015", {"MAX_FORM_MEMORY_SIZE": None}),
    ("D015", {"MAX_FORM_PARTS": None}),
    ("D028", {"LOGIN_TRIES_PER_ACCOUNT": 11}),
    ("D028", {"LOGIN_TRIES_PER_ADDRESS": 21}),
]


@pytest.mark.parametrize(("code", "values"), CONFIG, ids=lambda value: str(value)[:50])
def test_each_wrong_value_has_its_own_code(app: Flask, code: str, values: dict[str, Any]) -> None:
    """CF-03."""
    app.config.update(values)
    assert codes(app) == [code]


def test_plain_http_is_one_finding_and_no_more(app: Flask) -> None:
    plain = create_app(
        make_settings(
            DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"],
            **GOOD | {"BASE_URL": "http://127.0.0.1:8000", "PROXY_HOPS": "0"},
        )
    )
    assert codes(plain) == ["D006"]


@pytest.mark.parametrize(
    ("code", "header"), [("D010", "Strict-Transport-Security"), ("D011", "Content-Security-Policy")]
)
def test_a_header_that_is_taken_away_is_found(app: Flask, code: str, header: str) -> None:
    def take_away(response: Any) -> Any:
        del response.headers[header]
        return response

    app.after_request_funcs[None].insert(0, take_away)
    assert codes(app) == [code]


@pytest.mark.parametrize(
    "arguments", ["-k sync", "--worker-class=sync --threads 1", "-t 9 --worker-class 'sync'"]
)
def test_a_sync_worker_without_a_proxy_is_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    """OP-06."""
    monkeypatch.setenv("GUNICORN_CMD_ARGS", arguments)
    assert codes(app) == []
    app.config["PROXY_HOPS"] = 0
    assert codes(app) == ["D012", "D014"]
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "-k gthread")
    assert codes(app) == ["D012"]


# Files


def test_a_settings_file_that_others_can_read_is_found(app: Flask) -> None:
    settings.ENV_FILE.chmod(0o640)
    assert codes(app) == ["D016"]
    settings.ENV_FILE.unlink()
    assert codes(app) == []


def test_a_mistyped_name_in_the_environment_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """CF-05."""
    monkeypatch.setenv("PROXY_HOP", "hush-hush")
    (finding,) = deployment.findings(app)
    assert (finding.code, finding.level) == ("D017", "warning")
    assert "is PROXY_HOPS meant?" in finding.message
    assert "hush" not in str(finding)


def test_a_database_in_memory_is_found() -> None:
    app = create_app(make_settings(DATABASE_URL="sqlite://", **GOOD))
    assert codes(app) == ["D018"]


def test_a_network_file_system_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = Path(file_of(app)).parent.resolve()
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"/dev/sda1 / ext4 rw 0 0\nserver:/x {folder} nfs4 rw 0 0\n/dev/x {folder}-2 ext4 rw 0 0\n"
    )
    monkeypatch.setattr(storage, "MOUNTS", mounts)
    assert codes(app) == ["D019"]
    mounts.write_text(f"server:/x / nfs4 rw 0 0\n/dev/sda1 {folder} ext4 rw 0 0\n")
    assert codes(app) == []


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o666])
def test_a_database_that_others_can_open_is_found(app: Flask, mode: int) -> None:
    file_of(app).chmod(mode)
    assert codes(app) == ["D020"]
    file_of(app).chmod(0o640)
    assert codes(app) == []


def test_a_directory_where_everybody_may_exchange_the_database_is_found(app: Flask) -> None:
    folder = file_of(app).parent
    folder.chmod(0o777)
    assert codes(app) == ["D021"]
    folder.chmod(0o1777)
    assert codes(app) == []
    folder.chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql+psycopg://u:p@db.example.org/x", ["D022"]),
        ("postgresql+psycopg://u:p@db.example.org/x?sslmode=prefer", ["D022"]),
        ("postgresql+psycopg://u:p@db.example.org/x?sslmode=verify-full", []),
        ("postgresql+psycopg://u:p@localhost/x", []),
        ("postgresql+psycopg:///x?host=/run/postgresql", []),
        ("postgresql+psycopg:///x?host=db.example.org", ["D022"]),
        ("mariadb+pymysql://u:p@10.0.0.7/x", ["D022"]),
        ("mysql+pymysql://u:p@10.0.0.7/x?ssl_ca=/ca.pem", []),
        ("mysql+pymysql://u:p@127.0.0.1/x", []),
        ("sqlite:////x/y.db", []),
    ],
)
def test_a_line_to_another_machine_has_to_be_encrypted(url: str, found: list[str]) -> None:
    """CF-03; CF-08, the option for TLS."""
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    assert [finding.code for finding in storage.encryption(app)] == found


# The database


def test_a_server_that_does_not_answer_is_found_and_its_password_not_told() -> None:
    url = "postgresql+psycopg://root:hush-hush@127.0.0.1:1/nothing"
    app = create_app(make_settings(DATABASE_URL=url, **GOOD))
    (finding,) = deployment.findings(app)
    assert finding.code == "D023"
    assert "hush" not in str(finding)


def test_a_database_that_cannot_be_written_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "look", lambda *_values: readiness.State(writable=False))
    assert codes(app) == ["D024"]


def test_a_database_that_is_not_up_to_date_is_found(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    (finding,) = deployment.findings(app)
    assert finding.code == "D025"
    assert "flask db upgrade" in finding.message


def test_a_database_that_is_not_there_is_not_made_by_looking(app: Flask, tmp_path: Path) -> None:
    absent = create_app(make_settings(DATABASE_URL=f"sqlite:///{tmp_path}/absent.db", **GOOD))
    assert codes(absent) == ["D025"]
    assert not (tmp_path / "absent.db").exists()


def test_a_connection_without_what_the_program_relies_on_is_found(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    assert codes(app) == ["D026"]


@pytest.mark.parametrize(
    "statement", ["UPDATE users SET is_active = {no}", "UPDATE users SET is_superuser = {no}"]
)
def test_an_installation_without_a_superuser_is_found(app: Flask, statement: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement.format(no="0")))
    assert codes(app) == ["D027"]


# The command


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["check", *arguments])


def test_the_command_ends_with_1_for_errors_and_names_code_and_way_out(app: Flask) -> None:
    """CF-03."""
    assert run(app, "--deploy").exit_code == 0
    app.config["PROXY_HOPS"] = 0
    told = run(app, "--deploy")
    assert told.exit_code == 1
    assert told.output.startswith("D012 error: PROXY_HOPS is 0")
    assert "Set it to the number of your proxies." in told.output
    assert run(app).exit_code == 0


def test_a_warning_is_told_and_does_not_count(app: Flask) -> None:
    app.config["SECRET_KEY_FALLBACKS"] = [OTHER_KEY]
    told = run(app, "--deploy")
    assert told.exit_code == 0
    assert told.output.startswith("D005 warning: ")
    assert OTHER_KEY not in told.output


def test_programs_get_json(app: Flask) -> None:
    """CF-03."""
    assert json.loads(run(app, "--deploy", "--json").output) == []
    app.config["PROXY_HOPS"] = 0
    told = run(app, "--deploy", "--json")
    assert told.exit_code == 1
    (row,) = json.loads(told.output)
    assert set(row) == {"level", "code", "message", "way_out"}
    assert (row["level"], row["code"]) == ("error", "D012")


def test_no_secret_is_told(app: Flask) -> None:
    """CF-04."""
    app.config.update(SECRET_KEY="hush" * 9, SECRET_KEY_FALLBACKS=["hush"])
    assert codes(app) == ["D003", "D004"]
    assert "hush" not in run(app, "--deploy").output


def test_the_guide_lists_every_code_and_no_other() -> None:
    guide = (ROOT / "docs/guide/deploy.md").read_text()
    known = {
        code
        for path in (ROOT / "webapp").rglob("*.py")
        for code in re.findall(r'Finding\(\s*"(D\d{3})"', path.read_text())
    }
    assert len(known) == 31
    assert set(re.findall(r"^\| (D\d{3}) \|", guide, re.M)) == known
