"""A person whom ``query(user)`` leaves out is not there, on any page about people that is or will be (AZ-03)."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.account.browsers import rows
from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from tests.rules.world import rules
from tests.users.groups import KEEPER, change_user
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User

HIDDEN, SHOWN = "zebedeu", "yolanda"


@pytest.fixture
def people(app: Flask, as_alice: Visitor) -> dict[str, User]:
    """Two who are signed in, and of whom the history tells something that could be undone."""
    found = {}
    for name in (SHOWN, HIDDEN):
        found[name] = add_user(app, name)
        signed_in(app, found[name])
        assert change_user(as_alice, found[name], full_name=f"Changed {name}").status == 303
    return found


@pytest.fixture
def as_dora(app: Flask) -> Visitor:
    """May do everything with people, and has done nothing to either of them. A superuser reads the whole history."""
    rights = (*KEEPER, "users.export", "users.end_sessions", "log_entries.view")
    return signed_in(app, add_user(app, "dora", grants=rights))


@pytest.fixture
def _hide(app: Flask, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = UserAdmin.query
    monkeypatch.setattr(UserAdmin, "may_see_deleted", lambda self, user: user.is_superuser)
    monkeypatch.setattr(
        UserAdmin, "query", lambda self, user: everybody(self, user).where(User.username != HIDDEN)
    )


def pages_of_one(app: Flask) -> list[tuple[str, str]]:
    """Every page about one person, by method and address."""
    return [
        (method, rule.rule)
        for rule in rules(app)
        # The bare address of a person leads to the form of anybody.
        if rule.endpoint.startswith("users.") and "<key>/" in rule.rule and not rule.rule.endswith("<key>/")
        for method in ("GET", "POST")
        if method in (rule.methods or ())
    ]


def last_entry_of(app: Flask, name: str) -> LogEntry:
    with app.app_context():
        told = select(LogEntry).where(LogEntry.label == name, LogEntry.name == "users")
        return db.session.scalars(told.order_by(LogEntry.id.desc())).first()  # type: ignore[return-value]


@pytest.mark.usefixtures("_hide")
def test_no_page_of_one_person_is_there(app: Flask, as_dora: Visitor, people: dict[str, User]) -> None:
    token = as_dora.get("/account/").form().fields["csrf_token"]
    sent = {"csrf_token": token, "all": "1", "_version": "2", "password": "x", "_save": "1"}
    asked = 0
    for method, rule in pages_of_one(app):
        for name, person in people.items():
            address = rule.replace("<key>", str(person.id))
            query = f"?_entry={last_entry_of(app, name).id}" if "restore" in rule else ""
            is_get = method == "GET"
            page = as_dora.get(address + query) if is_get else as_dora.post(address + query, sent)
            if name == HIDDEN:
                assert page.status == 404, (method, address)
                assert f"Changed {HIDDEN}" not in page.text
                asked += 1
            else:
                assert page.status != 404, (method, address)
    assert asked >= 12
    assert len(rows(app, people[HIDDEN])) == 1


@pytest.mark.usefixtures("_hide")
@pytest.mark.parametrize(
    "address",
    [
        "/users/",
        "/users/?q=Changed",
        "/users/export/?format=csv&q=Changed",
        "/users/export/?format=json&q=Changed",
        "/search?q=Changed",
        "/",
    ],
)
def test_no_list_and_no_file_tells_of_the_person(as_dora: Visitor, address: str) -> None:
    page = as_dora.get(address)
    assert page.status == 200
    assert HIDDEN not in page.text
    if "q=Changed" in address:
        assert SHOWN in page.text


@pytest.mark.usefixtures("_hide")
def test_nothing_is_undone_to_the_person(app: Flask, as_dora: Visitor, people: dict[str, User]) -> None:
    token = as_dora.get("/account/").form().fields["csrf_token"]
    for name, person in people.items():
        entry = last_entry_of(app, name)
        page = as_dora.get(f"/undo/{entry.request_id}/")
        assert (page.status == 200) is (name == SHOWN)
        assert HIDDEN not in page.text
        as_dora.post(
            f"/undo/{entry.request_id}/", {"csrf_token": token, "_undo": "1", "object": str(entry.id)}
        )
        with app.app_context():
            kept = db.session.get_one(User, person.id).full_name
        assert kept == ("" if name == SHOWN else f"Changed {HIDDEN}")


@pytest.mark.usefixtures("_hide")
@pytest.mark.parametrize("action", ["deactivate", "end_sessions", "delete"])
def test_no_action_reaches_the_person(
    app: Flask, as_dora: Visitor, people: dict[str, User], action: str
) -> None:
    token = as_dora.get("/account/").form().fields["csrf_token"]
    sent = {"csrf_token": token, "action": action, "selected": str(people[HIDDEN].id), "_confirm": "1"}
    as_dora.post("/users/action/", sent)
    with app.app_context():
        assert db.session.get_one(User, people[HIDDEN].id).is_active
    assert len(rows(app, people[HIDDEN])) == 1


@pytest.mark.usefixtures("_hide")
def test_a_reader_of_the_site_s_history_is_told_nothing_of_the_person(
    as_dora: Visitor, people: dict[str, User]
) -> None:
    """AZ-13: where some rows are hidden only a superuser reads all that was told of the model."""
    for address in ("/log_entries/", "/log_entries/?q=zebede", "/log_entries/?q=Changed"):
        page = as_dora.get(address)
        assert page.status == 200, address
        assert HIDDEN not in page.text, address
