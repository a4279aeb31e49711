"""`flask users …` asks for no permission, and each command that changes something is told in the history (AZ-24)."""

import getpass
import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.account.guessing import fail
from tests.conftest import add_user, signed_in
from tests.users.groups import add_group
from tests.users.test_cli import NEW
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.cli import users_cli
from webapp.users.rules import superuser_exists

# What each command writes, with the entries that tell of it. Whoever adds a command writes it down here.
WRITES = {
    "create-superuser": (["--username", "dora", "--email", "dora@example.org"], [("add", "dora")]),
    "create": (["dora", "dora@example.org"], [("add", "dora")]),
    "set-password": (["alice"], [("password", "alice")]),
    "grant": (["bob", "users.change"], [("grant", "bob")]),
    "revoke": (["bob", "users.view"], [("revoke", "bob")]),
    "join": (["bob", "Readers"], [("join", "bob")]),
    "leave": (["charlie", "Readers"], [("leave", "charlie")]),
    "activate": (["zoe"], [("activate", "zoe")]),
    "deactivate": (["bob"], [("deactivate", "bob")]),
    "login-link": (["bob"], [("link-shown", "bob")]),
    "end-sessions": (["bob"], [("end_sessions", "bob")]),
    "unlock": (["charlie"], [("unlock", "charlie")]),
    "import-django": (["dump.json"], [("add", "dora")]),
}
READS = {
    "list": [],
    "can": ["bob", "users.view"],
    "setup-link": [],
}
DUMP = [
    {
        "model": "auth.user",
        "pk": 1,
        "fields": {
            "username": "dora",
            "password": "!",
            "email": "dora@example.org",
            "is_superuser": False,
            "is_staff": True,
            "is_active": True,
        },
    }
]


@pytest.fixture
def _people(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody for each command, and a dump in the folder that it is run in."""
    add_user(app, "alice", is_superuser=True)
    bob, charlie = add_user(app, "bob", grants=("users.view",)), add_user(app, "charlie")
    add_user(app, "zoe", is_active=False)
    add_group(app, "Readers", ("users.view",), (charlie,))
    signed_in(app, bob)
    fail(app, "charlie")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZELADOR_PASSWORD", NEW)
    Path("dump.json").write_text(json.dumps(DUMP))


def entries(app: Flask) -> list[LogEntry]:
    with app.app_context():
        return [*db.session.scalars(select(LogEntry).order_by(LogEntry.id))]


def test_every_command_is_known_to_write_or_to_read() -> None:
    assert {*WRITES, *READS} == {*users_cli.commands}


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize("command", WRITES)
def test_a_command_that_writes_is_told_with_who_ran_it(app: Flask, command: str) -> None:
    """AZ-24."""
    arguments, expected = WRITES[command]
    before = len(entries(app))
    done = app.test_cli_runner().invoke(args=["users", command, *arguments])
    assert done.exit_code == 0, done.output
    told = entries(app)[before:]
    assert [(one.verb, one.label) for one in told] == expected
    assert {(one.origin, one.actor_label, one.actor_key) for one in told} == {
        ("cli", f"cli:{getpass.getuser()}", None)
    }


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize("command", READS)
def test_a_command_that_reads_leaves_no_entry(app: Flask, command: str) -> None:
    before = len(entries(app))
    app.test_cli_runner().invoke(args=["users", command, *READS[command]])
    assert len(entries(app)) == before


# On alice, who is the last superuser.
AT_THE_LAST = {
    **{name: arguments for name, (arguments, _told) in WRITES.items()},
    "grant": ["alice", "users.view"],
    "revoke": ["alice", "users.view"],
    "join": ["alice", "Readers"],
    "leave": ["alice", "Readers"],
    "activate": ["alice"],
    "deactivate": ["alice"],
    "end-sessions": ["alice"],
    "unlock": ["alice"],
}


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize("command", AT_THE_LAST)
def test_no_command_takes_the_last_superuser_away(app: Flask, command: str) -> None:
    """AZ-18, AZ-24."""
    if command == "import-django":
        # The dump says of the same person that he is closed, and no superuser.
        fields = {**DUMP[0]["fields"], "username": "alice", "is_active": False}  # type: ignore[dict-item]
        Path("dump.json").write_text(json.dumps([{**DUMP[0], "fields": fields}]))
    app.test_cli_runner().invoke(args=["users", command, *AT_THE_LAST[command]])
    with app.app_context():
        assert superuser_exists(db.session())
