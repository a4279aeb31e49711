"""`flask users can`, `join` and `leave`: who may what and why, told at a terminal."""

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, signed_in
from tests.users.groups import add_group, held, members
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.admin import GroupAdmin, UserAdmin
from webapp.users.models import User


def run(app: Flask, *arguments: str) -> Result:
    result = app.test_cli_runner().invoke(args=["users", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_what_is_held_directly_is_said_so(app: Flask, bob: User) -> None:
    result = run(app, "can", "BOB", "users.view")
    assert (result.exit_code, result.output) == (0, "Yes: bob holds users.view directly.\n")


def test_what_comes_through_groups_is_said_with_their_names(app: Flask, charlie: User) -> None:
    add_group(app, "Readers", ("users.view",), (charlie,))
    add_group(app, "Writers", ("users.view", "users.add"), (charlie,))
    result = run(app, "can", "charlie", "users.view")
    assert result.exit_code == 0
    assert "through the group Readers." in result.output
    assert "through the group Writers." in result.output


def test_who_may_change_may_also_view(app: Flask) -> None:
    add_user(app, "dora", grants=("users.change",))
    result = run(app, "can", "dora", "users.view")
    assert result.exit_code == 0
    assert "dora holds users.change directly, and who may change may also view." in result.output
    assert run(app, "can", "dora", "users.delete").exit_code == 1


def test_what_is_not_held_is_said_with_the_way_out(app: Flask, charlie: User) -> None:
    result = run(app, "can", "charlie", "users.view")
    assert result.exit_code == 1
    assert result.output.startswith("No: charlie holds users.view neither directly nor through a group.")
    assert "flask users grant charlie users.view" in result.output


def test_a_superuser_may_everything(app: Flask, alice: User) -> None:
    result = run(app, "can", "alice", "groups.delete")
    assert (result.exit_code, result.output) == (0, "Yes: alice is a superuser, who may do everything.\n")


def test_who_is_not_active_may_nothing_whatever_he_holds(app: Flask) -> None:
    add_user(app, "dora", is_active=False, is_superuser=True, grants=("users.view",))
    result = run(app, "can", "dora", "users.view")
    assert result.exit_code == 1
    assert result.output.startswith("No: dora is not active.")


def test_who_cannot_sign_in_is_noted(app: Flask) -> None:
    add_user(app, "emil", is_staff=False, grants=("users.view",))
    result = run(app, "can", "emil", "users.view")
    assert result.exit_code == 0
    assert "Note: emil is not staff and cannot sign in here." in result.output


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (
            "users.fly",
            "There are: users.view, users.add, users.change, users.delete, users.export, users.end_sessions.",
        ),
        ("user.view", "Did you mean: users.view"),
        ("", "There are: users.view"),
        ("\udcff", "There are: users.view"),
    ],
)
def test_a_permission_that_there_is_not_is_told_with_those_that_there_are(
    app: Flask, charlie: User, word: str, told: str
) -> None:
    result = run(app, "can", "charlie", word)
    assert result.exit_code == 1
    assert "no permission" in result.output
    assert told in result.output


def test_a_permission_no_longer_known_is_told_to_be_held_still(app: Flask) -> None:
    add_user(app, "dora", grants=("ghosts.view",))
    result = run(app, "can", "dora", "ghosts.view")
    assert result.exit_code == 1
    assert "Still, dora holds it directly." in result.output


def test_what_is_switched_off_for_everybody_is_said(
    app: Flask, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GroupAdmin, "can_delete", False)
    result = run(app, "can", "alice", "groups.delete")
    assert result.exit_code == 1
    assert "In GroupAdmin can_delete is switched off." in result.output


def test_a_rule_of_the_admin_s_own_is_named(app: Flask, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserAdmin, "can", lambda self, user, verb, obj=None: False)
    result = run(app, "can", "bob", "users.view")
    assert result.exit_code == 1
    assert "UserAdmin.can() that decides otherwise" in result.output


# Groups


def test_somebody_joins_and_leaves_a_group_with_an_entry_each(app: Flask, charlie: User) -> None:
    group = add_group(app, "Readers", ("users.view",))
    assert "charlie is now in the group Readers." in run(app, "join", "Charlie", "readers").output
    assert "already" in run(app, "join", "charlie", "Readers").output
    assert held(app, charlie) == {"users.view"}
    assert "no longer" in run(app, "leave", "charlie", "READERS").output
    assert "was not" in run(app, "leave", "charlie", "Readers").output
    assert members(app, group) == []
    with app.app_context():
        entries = db.session.execute(select(LogEntry.verb, LogEntry.origin).order_by(LogEntry.id)).all()
    assert [tuple(entry) for entry in entries] == [("join", "cli"), ("leave", "cli")]
    alice = signed_in(app, add_user(app, "alice", is_superuser=True))
    lines = alice.get(f"/users/{charlie.id}/history/").soup.select(".timeline-line")
    told = [" ".join(line.get_text().split()).split(" ", 1)[1] for line in lines]
    assert told == ["took a group from charlie", "gave a group to charlie"]


@pytest.mark.parametrize("command", ["join", "leave"])
@pytest.mark.parametrize("name", ["Nobody", "", "\udcff", "x" * 10_000])
def test_a_group_that_does_not_exist_is_said(app: Flask, charlie: User, command: str, name: str) -> None:
    result = run(app, command, "charlie", name)
    assert result.exit_code == 1
    assert "There is no group" in result.output
