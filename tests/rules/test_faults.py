"""A database that is away, back, read-only or cut off in the middle: a calm page, and it heals by itself."""

import shutil
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

import webapp.database
from tests.conftest import add_user, make_settings, signed_in
from tests.engines import SQLITE, database_urls, engine_name, fresh_database
from tests.faults.calm import is_calm
from tests.pages import Page, Visitor
from tests.rules.world import fields_for, token
from webapp import create_app
from webapp.extensions import db
from webapp.users.models import User
from webapp.web.gate import public

SERVERS = [url for url in database_urls() if url != SQLITE]
NOBODY_LISTENS = "postgresql+psycopg://person:canary-of-the-database@127.0.0.1:1/zelador"


def own_fields(person: User) -> dict[str, str]:
    """A change of the superuser's own name that keeps the sign-in."""
    return {**fields_for("users.change", person), "is_staff": "y", "is_superuser": "y"}


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    "url", [NOBODY_LISTENS, NOBODY_LISTENS.replace("postgresql+psycopg", "mariadb+pymysql")]
)
def test_a_server_that_does_not_answer_gives_a_calm_page(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app(make_settings(DATABASE_URL=url))
    for method in ("get", "head"):
        page = Page(Visitor(app), getattr(app.test_client(), method)("/login"))
        assert page.status == 503
    assert is_calm(Visitor(app).get("/login"))
    assert Visitor(app).get("/").status == 303
    assert Visitor(app).get("/healthz").status == 200
    assert Visitor(app).get("/static/0/app.css", follow=True).status == 200
    log = capsys.readouterr().err
    assert "database does not answer" in log
    assert "canary" not in log
    dispose(app)


def test_a_directory_that_is_gone_and_back(other_app: Flask, tmp_path: Path) -> None:
    alice = signed_in(other_app, add_user(other_app, "alice", is_superuser=True))
    assert alice.get("/users/").status == 200
    dispose(other_app)
    away = tmp_path.with_name(f"{tmp_path.name}-away")
    tmp_path.rename(away)
    try:
        assert is_calm(alice.get("/users/"))
        assert is_calm(Visitor(other_app).get("/login"))
    finally:
        away.rename(tmp_path)
    assert alice.get("/users/").status == 200


def test_a_disk_that_only_reads_shows_everything_and_writes_nothing(other_app: Flask, tmp_path: Path) -> None:
    person = add_user(other_app, "alice", is_superuser=True)
    alice = signed_in(other_app, person)
    form_token = token(alice)
    dispose(other_app)
    copy = tmp_path / "copy.db"
    shutil.copy(tmp_path / "other.db", copy)
    read_only = create_app(make_settings(DATABASE_URL=f"sqlite:///file:{copy}?mode=ro&uri=true"))
    alice.app, alice.client.application = read_only, read_only
    try:
        assert alice.get("/users/").status == 200
        data = {**own_fields(person), "csrf_token": form_token}
        assert is_calm(alice.post(f"/users/{person.id}/change/", data))
        assert alice.get(f"/users/{person.id}/change/").status == 200
    finally:
        dispose(read_only)


def test_a_database_that_is_busy_is_waited_for_and_then_named(
    other_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = add_user(other_app, "alice", is_superuser=True)
    alice = signed_in(other_app, person)
    data = {**own_fields(person), "csrf_token": token(alice)}
    dispose(other_app)
    monkeypatch.setattr(webapp.database, "LOCK_TIMEOUT", 0)
    with other_app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE users SET theme = theme")
        assert is_calm(alice.post(f"/users/{person.id}/change/", data))
        assert alice.get("/users/").status == 200
    assert alice.post(f"/users/{person.id}/change/", data).status == 303


# On servers


@pytest.fixture(params=SERVERS or [None], ids=lambda url: engine_name(url) if url else "none")
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param is None:
        pytest.skip("TEST_DATABASE_URLS names no server")
    with fresh_database(request.param) as url:
        yield url


class Relay(socketserver.ThreadingTCPServer):
    """Passes bytes on to a database server, until it is stopped."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, target: tuple[str, int]) -> None:
        self.target = target
        self.open: list[socket.socket] = []
        super().__init__(("127.0.0.1", port), _Pass)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Pass(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as other:
            self.server.open += [self.request, other]
            threading.Thread(target=_copy, args=(other, self.request), daemon=True).start()
            _copy(self.request, other)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay(port: int, url: str) -> Iterator[None]:
    address = make_url(url)
    default = 5432 if address.get_backend_name() == "postgresql" else 3306
    server = Relay(port, (address.host or "127.0.0.1", address.port or default))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield
    finally:
        server.stop()


def test_a_server_that_goes_and_comes_back_is_found_again(server_url: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = make_url(server_url).set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
    app = create_app(make_settings(DATABASE_URL=url))
    assert is_calm(Visitor(app).get("/login"))
    with relay(port, server_url):
        with app.app_context():
            db.create_all()
        alice = signed_in(app, add_user(app, "alice", is_superuser=True))
        assert alice.get("/users/").status == 200
    assert is_calm(alice.get("/users/"))
    with relay(port, server_url):
        # The connections of before are dead; that is noticed before it hurts.
        assert alice.get("/users/").status == 200
        page = alice.get("/users/add/").form().fill(username="dora", email="dora@example.org")
        password = fields_for("users.password")["password"]
        assert page.fill(password=password, password_confirm=password).submit().status == 303
        dispose(app)


def test_a_connection_that_the_server_cuts_is_replaced(server_url: str) -> None:
    app = create_app(make_settings(DATABASE_URL=server_url))
    with app.app_context():
        db.create_all()
    alice = signed_in(app, add_user(app, "alice", is_superuser=True))
    assert alice.get("/users/").status == 200
    with connection_killer(server_url) as kill:
        kill()
    assert alice.get("/users/").status == 200
    with app.app_context():
        assert db.session.query(User).count() == 1
    dispose(app)


@contextmanager
def connection_killer(url: str) -> Iterator[Callable[[], None]]:
    """A function that ends every other connection to the database of *url*."""
    app = create_app(make_settings(DATABASE_URL=url))
    with app.app_context(), db.engine.connect() as connection:

        def cut() -> None:
            if connection.dialect.name == "postgresql":
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                return
            others = "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
            for number in connection.execute(text(others)).scalars().all():
                connection.execute(text(f"KILL {number}"))

        yield cut
    dispose(app)


@pytest.mark.parametrize("base_url", database_urls(), ids=engine_name)
def test_a_database_that_was_not_upgraded_says_so_to_the_deployer(
    base_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with fresh_database(base_url) as url:
        app = create_app(make_settings(DATABASE_URL=url))
        app.config["PROPAGATE_EXCEPTIONS"] = False
        page = Visitor(app).get("/login")
        assert page.status == 503
        assert page.response.headers["Retry-After"] == "5"
        assert "not up to date" in page.text
        assert "users" not in page.soup.get_text()
        assert "run flask db upgrade" in capsys.readouterr().err
        with app.app_context():
            db.create_all()
        assert Visitor(app).get("/login").status == 200
        dispose(app)


def test_a_statement_that_is_wrong_is_no_missing_table(other_app: Flask) -> None:
    error = ProgrammingError("SELECT", {}, Exception("syntax error at or near FROM"))

    def fail() -> str:
        raise error

    other_app.config["PROPAGATE_EXCEPTIONS"] = False
    other_app.add_url_rule("/wrong", "wrong", public(fail))
    assert Visitor(other_app).get("/wrong").status == 500
