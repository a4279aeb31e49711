"""A real gunicorn and a real nginx, each on a port of its own, and somebody who calls them without any manners."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bs4 import BeautifulSoup

from tests.conftest import SECRET_KEY, add_user, make_settings
from tests.pages import PASSWORD
from webapp import create_app
from webapp.database import Base
from webapp.extensions import db
from webapp.setting_types import ROOT

PATIENCE = 60


def until(condition: Callable[[], Any]) -> Any:
    """Wait for *condition* to be true, and give what it gave."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline, "nothing came of it"
        time.sleep(0.02)
    return result


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@dataclass
class Caller:
    """Somebody at another address of this machine, so that servers can tell them from each other."""

    port: int
    tls: bool = False
    address: str = "127.0.0.2"
    host: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        connection = self._connection()
        sent = {"Host": self.host, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            sent |= {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            for value in response.headers.get_all("Set-Cookie", []):
                name, _, rest = value.partition("=")
                self.cookies[name] = rest.partition(";")[0]
            text = response.read().decode("utf-8", "replace")
            return Answer(response.status, dict(response.headers), text)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def sign_in(self, username: str, **headers: str) -> Answer:
        field = BeautifulSoup(self.get("/login").text, "html.parser").select_one("input[name=csrf_token]")
        assert field is not None
        form = {"csrf_token": str(field["value"]), "username": username, "password": PASSWORD, "_login": "1"}
        scheme = "https" if self.tls else "http"
        return self.call(
            "POST", "/login", urlencode(form), Referer=f"{scheme}://{self.host}/login", **headers
        )

    def raw(self, *lines: str) -> bytes:
        """Send these lines as a request, and give the line of the answer that tells the status."""
        with self.open_socket() as line:
            line.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
            return line.makefile("rb").readline()

    def open_socket(self) -> socket.socket:
        plain = socket.create_connection(
            ("127.0.0.1", self.port), timeout=PATIENCE, source_address=(self.address, 0)
        )
        return _anything_goes().wrap_socket(plain, server_hostname=self.host) if self.tls else plain

    def _connection(self) -> HTTPConnection:
        origin = (self.address, 0)
        if self.tls:
            return HTTPSConnection(
                "127.0.0.1",
                self.port,
                timeout=PATIENCE,
                source_address=origin,
                context=_anything_goes(),
            )
        return HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE, source_address=origin)


def _anything_goes() -> ssl.SSLContext:
    """The certificate is one that the test has made itself."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@dataclass
class Gunicorn:
    """A running server with its folder: `go` lets waiting requests on, `log` is what it wrote."""

    process: subprocess.Popen[bytes]
    port: int
    folder: Path
    url: str

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def lines(self, event: str = "request") -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]
        return [row for row in rows if row["event"] == event]

    def caller(self, **options: Any) -> Caller:
        return Caller(self.port, **options)

    def go(self) -> None:
        (self.folder / "go").touch()

    def begun(self, name: str) -> int:
        """Wait until the request of this name is at work, and give the process that it is in."""
        return int(until(lambda: (path := self.folder / f"begun-{name}").exists() and path.read_text()))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def running_gunicorn(folder: Path, url: str, **settings: str) -> Iterator[Gunicorn]:
    """Serve `tests.deploy.program` with the project's own `gunicorn.conf.py` until the block ends."""
    make_tables(url)
    port = free_port()
    values = {
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "PORT": str(port),
        "LOG_FORMAT": "json",
        "TEST_FOLDER": str(folder),
        **settings,
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    command = [sys.executable, "-m", "gunicorn", "tests.deploy.program:app"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this Python, and the project's own server
            command, cwd=ROOT, env=environment | values, stdout=log, stderr=log
        )
    server = Gunicorn(process, port, folder, url)
    try:
        until(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, server.log
        yield server
    finally:
        server.go()
        process.send_signal(signal.SIGQUIT)  # without grace, which one test waits for and the others need not
        process.wait(PATIENCE)


def make_tables(url: str) -> None:
    """All tables, and Alice, a superuser."""
    app = create_app(make_settings(DATABASE_URL=url))
    with app.app_context():
        Base.metadata.create_all(db.engine)
    add_user(app, "alice", is_superuser=True)
    with app.app_context():
        db.engine.dispose()
