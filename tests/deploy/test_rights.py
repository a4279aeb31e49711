"""What is taken from somebody holds in every process of the server on the next request, whoever took it and where."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import SECRET_KEY, add_user, close, make_settings
from tests.deploy.servers import Gunicorn, running_gunicorn
from webapp import create_app
from webapp.setting_types import ROOT

pytestmark = pytest.mark.slow

# Enough for each of two processes to answer some of them.
MANY = 24


def flask_users(running: Gunicorn, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    environment |= {"DATABASE_URL": running.url, "SECRET_KEY": SECRET_KEY, "FLASK_APP": "wsgi.py"}
    subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "flask", "users", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )


def test_a_command_in_another_process_holds_in_both_workers_at_once(tmp_path: Path) -> None:
    """AZ-20, SE-05."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with running_gunicorn(tmp_path, url) as running:
        app = create_app(make_settings(DATABASE_URL=url))
        add_user(app, "bob", grants=("users.view",))
        close(app)
        bob, alice = running.caller(), running.caller(address="127.0.0.3")
        assert bob.sign_in("bob").status == alice.sign_in("alice").status == 303

        def statuses(path: str) -> set[int]:
            # At once, because one process answers whoever comes alone.
            with ThreadPoolExecutor(8) as pool:
                return {answer.status for answer in pool.map(bob.get, [path] * MANY)}

        assert statuses("/users/") == {200}
        flask_users(running, "revoke", "bob", "users.view")
        assert statuses("/users/") == {403}
        flask_users(running, "grant", "bob", "users.view")
        assert statuses("/users/") == {200}
        flask_users(running, "deactivate", "bob")
        assert statuses("/users/") == {303}
        flask_users(running, "activate", "bob")
        # The session does not live again.
        assert statuses("/users/") == {303}
        assert alice.get("/users/").status == 200
