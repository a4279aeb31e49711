"""The application as it is deployed: gunicorn in a process of its own, on a database made by `flask db upgrade`."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from flask import Flask
from sqlalchemy import insert, select

from tests.conftest import SECRET_KEY, make_settings, signed_in
from tests.engines import empty_tables
from webapp import APPS, create_app
from webapp.account.setup import setup_link
from webapp.extensions import db
from webapp.setting_types import ROOT
from webapp.settings import Settings
from webapp.users.models import User

STARTS_WITHIN = 90


@dataclass(frozen=True)
class Site:
    """A running server, and an application on the same database to prepare and to look behind the pages."""

    url: str
    app: Flask

    def setup_link(self) -> str:
        with self.app.app_context():
            return setup_link()

    def add_people(self, names: Sequence[tuple[str, str]]) -> None:
        """Add users who cannot sign in, each a username and a full name, in one statement."""
        rows = [
            {
                "username": username,
                "email": f"{username}@example.org",
                "password": "!",
                "full_name": full_name,
                "is_active": number % 5 != 0,
            }
            for number, (username, full_name) in enumerate(names)
        ]
        with self.app.app_context():
            db.session.execute(insert(User.__table__), rows)
            db.session.commit()

    def session_of(self, username: str) -> str:
        """The cookie of somebody who has just signed in."""
        with self.app.app_context():
            user = db.session.scalars(select(User).where(User.username == username)).one()
        cookie = signed_in(self.app, user).client.get_cookie("session")
        assert cookie is not None
        return cookie.value

    def empty(self) -> None:
        with self.app.app_context():
            empty_tables(db.engine)


@contextmanager
def running_site(
    folder: Path,
    program: str = "wsgi:app",
    apps: Sequence[Any] = APPS,
    *,
    is_debug: bool = False,
    **settings: str,
) -> Iterator[Site]:
    """Make a database in *folder* and serve it until the block ends.

    :param program: what gunicorn loads, an application of *apps*. :param is_debug: by Flask's own server, under debug.
    :param settings: further ones.
    """
    port = _free_port()
    values = {
        "DATABASE_URL": f"sqlite:///{folder / 'site.db'}",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "LOG_LEVEL": "ERROR",
        **settings,
    }
    environment = {**_environment(**values), "FLASK_DEBUG": "1" if is_debug else "0"}
    serve = ["flask", "run", "--no-reload", "--port", str(port)] if is_debug else ["gunicorn", program]
    (folder / "site.db").write_bytes(_upgraded())
    log = folder / "server.log"
    with log.open("wb") as output:
        run = {"cwd": ROOT, "env": environment, "stdout": output, "stderr": subprocess.STDOUT}
        server = subprocess.Popen([sys.executable, "-m", *serve], **run)  # noqa: S603 - a list made here
        try:
            _wait_until_it_answers(server, values["BASE_URL"], log)
            yield from _site(values, apps)
        finally:
            server.terminate()
            server.wait(STARTS_WITHIN)


@cache
def _upgraded() -> bytes:
    """A database made by `flask db upgrade`: the same for every site, and making it takes longer than many a test."""
    with TemporaryDirectory(prefix="zelador-") as folder:
        path = Path(folder) / "site.db"
        subprocess.run(
            [sys.executable, "-m", "flask", "db", "upgrade"],
            cwd=ROOT,
            env=_environment(DATABASE_URL=f"sqlite:///{path}", LOG_LEVEL="ERROR"),
            check=True,
        )
        return path.read_bytes()


def _environment(**settings: str) -> dict[str, str]:
    """The variables of a process with these settings; the developer's own, or those of .env, do not reach it."""
    foreign = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    own = {"SECRET_KEY": SECRET_KEY, "FLASK_APP": "wsgi", "FLASK_SKIP_DOTENV": "1"}
    return {**foreign, **settings, **own}


def _site(values: dict[str, str], apps: Sequence[Any]) -> Iterator[Site]:
    app = create_app(make_settings(**values), apps)
    yield Site(values["BASE_URL"], app)
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            with urlopen(f"{url}/healthz", timeout=5):  # noqa: S310 - an address of our own
                return
        except OSError as error:  # not listening yet, or too busy to answer in time
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{log.read_text()}") from error
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
