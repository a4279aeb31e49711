"""`flask users import-django`: people, groups and passwords out of a dump, all or nobody."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.account.guessing import entries
from tests.conftest import add_user
from tests.pages import Visitor
from tests.users.test_foreign import HASHES
from webapp.extensions import db
from webapp.users import foreign
from webapp.users.models import Group, User
from webapp.users.passwords import UNUSABLE

TYPES = [
    {"model": "contenttypes.contenttype", "pk": 4, "fields": {"app_label": "auth", "model": "user"}},
    {"model": "contenttypes.contenttype", "pk": 6, "fields": {"app_label": "sessions", "model": "session"}},
]
PERMISSIONS = [
    {"model": "auth.permission", "pk": 13, "fields": {"codename": "view_user", "content_type": 4}},
    {
        "model": "auth.permission",
        "pk": 14,
        "fields": {"codename": "change_user", "content_type": ["auth", "user"]},
    },
    {"model": "auth.permission", "pk": 20, "fields": {"codename": "view_session", "content_type": 6}},
]
GROUPS = [{"model": "auth.group", "pk": 1, "fields": {"name": "Front desk", "permissions": [13, 20]}}]
MARIA: dict[str, Any] = {
    "username": "Maria",
    "password": HASHES["django pbkdf2"],
    "email": "Maria@Example.org",
    "first_name": "Maria",
    "last_name": "Sá",
    "is_active": True,
    "is_staff": True,
    "is_superuser": False,
    "last_login": "2024-03-01T10:00:00.123Z",
    "date_joined": "2020-01-02T03:04:05Z",
    "groups": [1],
    "user_permissions": [14, 99],
}


def person(**fields: Any) -> dict[str, Any]:
    return {"model": "auth.user", "pk": 7, "fields": {**MARIA, **fields}}


def run(app: Flask, tmp_path: Path, dump: Any, *options: str) -> Any:
    path = tmp_path / "dump.json"
    path.write_text(dump if isinstance(dump, str) else json.dumps(dump), encoding="utf-8")
    return app.test_cli_runner().invoke(args=["users", "import-django", str(path), *options])


def people(app: Flask) -> int:
    with app.app_context():
        return int(db.session.scalar(select(func.count()).select_from(User)) or 0)


def test_people_come_with_groups_permissions_and_passwords(app: Flask, tmp_path: Path) -> None:
    told = run(app, tmp_path, [*TYPES, *PERMISSIONS, *GROUPS, person()])
    assert told.exit_code == 0, told.output
    assert "1 people and 1 groups were imported" in told.output
    with app.app_context():
        maria = db.session.scalars(select(User)).one()
        assert (maria.username, maria.email, maria.full_name) == ("maria", "maria@example.org", "Maria Sá")
        assert (maria.is_active, maria.is_staff, maria.is_superuser) == (True, True, False)
        assert maria.last_login_at is not None
        assert (maria.created_at.year, maria.last_login_at.year) == (2020, 2024)
        assert [group.name for group in maria.groups] == ["Front desk"]
        assert maria.permissions == {"users.view", "users.change"}
        assert maria.groups[0].permissions == {"users.view"}
    assert Visitor(app).sign_in("maria").status == 303
    assert [label for _verb, label, _ip in entries(app, "add")] == ["Front desk", "maria"]


def test_what_means_nothing_here_is_told(app: Flask, tmp_path: Path) -> None:
    told = run(app, tmp_path, [*TYPES, *PERMISSIONS, *GROUPS, person(password="md5$salt$abc")])
    assert told.exit_code == 0
    assert "The permission sessions.view_session means nothing here" in told.output
    assert "number 99 (dump auth.permission and contenttypes too)" in told.output
    assert "'md5' is not read here" in told.output
    with app.app_context():
        assert db.session.scalars(select(User.password)).one() == UNUSABLE


def test_natural_keys_are_read_too(app: Flask, tmp_path: Path) -> None:
    keys = {"groups": [["Front desk"]], "user_permissions": [["view_group", "auth", "group"]]}
    groups = [
        {
            "model": "auth.group",
            "fields": {"name": "Front desk", "permissions": [["view_user", "auth", "user"]]},
        }
    ]
    assert run(app, tmp_path, [*groups, person(**keys)]).exit_code == 0
    with app.app_context():
        assert db.session.scalars(select(User)).one().permissions == {"groups.view", "users.view"}


def test_another_model_of_users_is_named(app: Flask, tmp_path: Path) -> None:
    dump = [*GROUPS, {**person(), "model": "accounts.member"}]
    told = run(app, tmp_path, dump)
    assert told.exit_code == 1
    assert "There is no auth.user in it, but accounts.member, auth.group" in told.output
    assert run(app, tmp_path, dump, "--user-model", "accounts.Member").exit_code == 0


def test_a_dry_run_writes_nothing(app: Flask, tmp_path: Path) -> None:
    told = run(app, tmp_path, [*GROUPS, person()], "--dry-run")
    assert (told.exit_code, people(app)) == (0, 0)
    assert "1 people and 1 groups would be imported" in told.output


def test_with_one_problem_nobody_comes_and_all_problems_are_listed(app: Flask, tmp_path: Path) -> None:
    add_user(app, "bob")
    others = [
        person(username="BOB", email="x@example.org"),
        person(username="anna", email="BOB@example.org"),
        person(username="Ana", email="ana@example.org"),
        person(username="ana", email=""),
        person(username="ad min", email="y@example.org"),
        person(username="eva", email="z@example.org", groups=[5]),
    ]
    told = run(app, tmp_path, [*GROUPS, person(), *others])
    assert told.exit_code == 1
    for line in (
        "Nothing was imported",
        "bob: somebody here has this username already",
        "bob@example.org: somebody here has this email already",
        "ana: username of 2 people in the file",
        "ana: E-mail: Fill in this field",
        "ad min: Username: ",
        "eva: is in a group that the file does not hold",
    ):
        assert line in told.output, told.output
    assert people(app) == 1
    assert HASHES["django pbkdf2"] not in told.output


def test_a_group_that_is_here_keeps_what_it_grants(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        db.session.add(Group(name="FRONT desk"))
        db.session.commit()
    told = run(app, tmp_path, [*TYPES, *PERMISSIONS, *GROUPS, person()])
    assert "The group Front desk is here already" in told.output
    with app.app_context():
        group = db.session.scalars(select(Group)).one()
        assert (group.permissions, db.session.scalars(select(User)).one().groups) == (frozenset(), [group])


def test_without_bcrypt_it_says_what_to_install(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign, "bcrypt", None)
    told = run(app, tmp_path, [*GROUPS, person(password=HASHES["django bcrypt"])])
    assert told.exit_code == 1
    assert "pip install bcrypt" in told.output


@pytest.mark.parametrize(
    "dump", ["", "{", "[1]", "{}", '"x"', "[]", '[{"model": "auth.user"}]', "[" * 100_000]
)
def test_what_is_no_dump_is_said_so(app: Flask, tmp_path: Path, dump: str) -> None:
    told = run(app, tmp_path, dump)
    assert told.exit_code == 1
    assert told.output.startswith("Error: dump.json: ")
    assert people(app) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"groups": None, "user_permissions": {}},
        {"groups": [{}], "user_permissions": [[], None, {}]},
        {"last_login": "yesterday", "date_joined": 5},
        {"username": None},
        {"username": ["x"]},
        {"password": None},
        {"password": "x" * 5_000},
        {"first_name": "x" * 5_000},
        {"email": 7},
    ],
)
def test_no_dump_is_too_strange(app: Flask, tmp_path: Path, fields: dict[str, Any]) -> None:
    told = run(app, tmp_path, [*GROUPS, person(**fields)])
    assert told.exit_code in (0, 1)
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
