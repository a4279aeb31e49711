"""`flask users list`, `create`, `activate`, `deactivate`."""

import json

import pytest
from flask import Flask

from tests.admin.backwards import last_entry
from tests.conftest import add_user, reload
from tests.pages import Visitor
from tests.users.groups import add_group
from tests.users.test_cli import run
from webapp.users import accounts_cli


def names(output: str) -> list[str]:
    return [json.loads(line)["username"] for line in output.splitlines()]


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_people_are_listed_by_name_whatever_is_read_at_a_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(accounts_cli, "BATCH", batch)
    bob = add_user(app, "bob")
    add_user(app, "alice", is_superuser=True)
    add_user(app, "charlie", is_active=False, is_staff=False)
    add_group(app, "Readers", ("users.view",), (bob,))
    lines = run(app, "list").output.splitlines()
    assert [line.split("\t") for line in lines] == [
        ["username", "email", "status", "last sign-in", "groups"],
        ["alice", "alice@example.org", "active superuser", "never", ""],
        ["bob", "bob@example.org", "active staff", "never", "Readers"],
        ["charlie", "charlie@example.org", "inactive", "never", ""],
    ]


def test_the_list_is_narrowed_and_given_to_programs(app: Flask) -> None:
    bob = add_user(app, "bob")
    add_user(app, "alice", is_superuser=True)
    add_user(app, "charlie", is_active=False, is_staff=False)
    add_group(app, "Readers", ("users.view",), (bob,))
    assert names(run(app, "list", "--json").output) == ["alice", "bob", "charlie"]
    assert names(run(app, "list", "--json", "--inactive").output) == ["charlie"]
    assert names(run(app, "list", "--json", "--active", "--staff").output) == ["alice", "bob"]
    assert names(run(app, "list", "--json", "--superusers").output) == ["alice"]
    assert names(run(app, "list", "--json", "--group", "readers").output) == ["bob"]
    (fact,) = run(app, "list", "--json", "--group", "readers").output.splitlines()
    assert json.loads(fact)["groups"] == ["Readers"]
    refused = run(app, "list", "--group", "Nobody")
    assert (refused.exit_code, "There is no group “Nobody”." in refused.output) == (1, True)


def test_a_name_commands_no_terminal(app: Flask) -> None:
    add_user(app, "bob", email="bob\x1b[2J@example.org")
    assert "\x1b" not in run(app, "list").output


def test_somebody_is_added_who_cannot_sign_in_yet(app: Flask) -> None:
    add_group(app, "Readers", ("users.view",), ())
    made = run(
        app, "create", "Bob", "Bob@Example.org", "--full-name", "Bob B.", "--staff", "--group", "readers"
    )
    assert (made.exit_code, "bob was added." in made.output) == (0, True)
    (fact,) = run(app, "list", "--json").output.splitlines()
    assert json.loads(fact) == {
        "username": "bob",
        "email": "bob@example.org",
        "full_name": "Bob B.",
        "is_active": True,
        "is_staff": True,
        "is_superuser": False,
        "last_login_at": None,
        "groups": ["Readers"],
    }
    entry = last_entry(app, "users")
    assert (entry.verb, entry.label) == ("add", "bob")
    assert Visitor(app).sign_in("bob", "").status == 422


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bob", "new@example.org"), "exists already"),
        (("new", "bob@example.org"), "exists already"),
        (("new", "nowhere"), "E-mail"),
        (("", "new@example.org"), "Username"),
        (("new", "new@example.org", "--group", "Nobody"), "There is no group “Nobody”."),
    ],
)
def test_who_cannot_be_added_is_told_why(app: Flask, arguments: tuple[str, ...], told: str) -> None:
    add_user(app, "bob")
    refused = run(app, "create", *arguments)
    assert (refused.exit_code, told in refused.output) == (1, True), refused.output
    assert names(run(app, "list", "--json").output) == ["bob"]


def test_an_account_is_closed_and_opened_again(app: Flask) -> None:
    add_user(app, "alice", is_superuser=True)
    bob = add_user(app, "bob", grants=("users.view",))
    visitor = Visitor(app)
    visitor.sign_in("bob")
    assert visitor.get("/users/").status == 200
    assert "is no longer active" in run(app, "deactivate", "bob").output
    assert visitor.get("/users/").status == 303
    assert last_entry(app, "users").verb == "deactivate"
    assert "was not active" in run(app, "deactivate", "bob").output
    assert "is now active" in run(app, "activate", "bob").output
    assert "is already active" in run(app, "activate", "bob").output
    assert last_entry(app, "users").verb == "activate"
    assert reload(app, bob).is_active


def test_the_last_superuser_is_not_closed(app: Flask) -> None:
    """AZ-18."""
    alice = add_user(app, "alice", is_superuser=True)
    refused = run(app, "deactivate", "alice")
    assert (refused.exit_code, "last active superuser" in refused.output) == (1, True)
    assert reload(app, alice).is_active
    add_user(app, "dora", is_superuser=True)
    assert run(app, "deactivate", "alice").exit_code == 0
