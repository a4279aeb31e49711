"""The sessions of others (SE-07): looked at and ended by who holds `users.end_sessions`, and not of who holds more."""

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.account.browsers import FIREFOX, rows, signed_in_with, unconfirmed
from tests.conftest import add_user, reload, signed_in
from tests.pages import PASSWORD, Visitor
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User

RIGHT = ("users.view", "users.end_sessions")


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.get("/").status == 200


@pytest.fixture
def keeper(app: Flask) -> Visitor:
    return signed_in(app, add_user(app, "keeper", grants=RIGHT))


def test_who_holds_the_right_sees_and_ends_the_sessions_of_others(
    app: Flask, keeper: Visitor, bob: User, as_bob: Visitor
) -> None:
    other = signed_in_with(app, bob, FIREFOX)
    page = keeper.get(f"/users/{bob.id}/change/").follow("Sessions")
    assert "Sessions of bob" in page.title
    assert "Firefox on Linux" in page.text
    assert page.form().submit("session", session=str(rows(app, bob)[1].id)).status == 303
    assert (is_signed_in(as_bob), is_signed_in(other)) == (True, False)


def test_all_sessions_of_somebody_are_ended_at_once(app: Flask, keeper: Visitor, bob: User) -> None:
    visitors = [signed_in(app, bob) for _ in range(3)]
    page = keeper.get(f"/users/{bob.id}/sessions/").form().submit("all", follow=True)
    assert "3 sessions were ended." in page.messages
    assert "No open sessions" in page.text
    assert not any(is_signed_in(one) for one in visitors)
    assert is_signed_in(keeper)


@pytest.mark.parametrize("grants", [("users.view",), ("users.view", "users.change")])
def test_without_the_right_there_is_no_such_page(
    app: Flask, bob: User, as_bob: Visitor, charlie: User, grants: tuple[str, ...]
) -> None:
    clerk = signed_in(app, add_user(app, "clerk", grants=grants))
    assert clerk.get(f"/users/{bob.id}/change/").link("Sessions") is None
    page = clerk.get(f"/users/{bob.id}/sessions/")
    assert page.status == 403
    assert "users.end_sessions" in page.text
    token = clerk.get("/account/").form().fields["csrf_token"]
    assert clerk.post(f"/users/{bob.id}/sessions/", {"csrf_token": token, "all": "1"}).status == 403
    assert is_signed_in(as_bob)


@pytest.mark.parametrize("stronger", [{"is_superuser": True}, {"grants": ("groups.view",)}])
def test_nobody_ends_the_sessions_of_who_holds_more(
    app: Flask, keeper: Visitor, stronger: dict[str, object]
) -> None:
    """AZ-16."""
    dora = add_user(app, "dora", **stronger)  # type: ignore[arg-type]
    as_dora = signed_in(app, dora)
    number = rows(app, dora)[0].id
    token = keeper.get("/account/").form().fields["csrf_token"]
    assert keeper.get(f"/users/{dora.id}/sessions/").status == 403
    for sent in ({"all": "1"}, {"session": str(number)}):
        assert keeper.post(f"/users/{dora.id}/sessions/", {"csrf_token": token, **sent}).status == 403
    action = {"csrf_token": token, "action": "end_sessions", "selected": str(dora.id), "_confirm": "1"}
    keeper.post("/users/action/", action)
    assert is_signed_in(as_dora)


def test_the_number_of_somebody_elses_session_is_no_way_around(
    app: Flask, keeper: Visitor, bob: User, as_alice: Visitor, alice: User
) -> None:
    signed_in(app, bob)
    page = (
        keeper.get(f"/users/{bob.id}/sessions/").form().submit("session", session=str(rows(app, alice)[0].id))
    )
    assert page.status == 404
    assert is_signed_in(as_alice)


def test_the_own_sessions_are_on_the_own_page(app: Flask, as_alice: Visitor, alice: User) -> None:
    assert as_alice.get(f"/users/{alice.id}/sessions/").location == "/account/sessions/"


def test_ending_wants_the_password(app: Flask, keeper: Visitor, bob: User, as_bob: Visitor) -> None:
    unconfirmed(app)
    page = (
        keeper.get(f"/users/{bob.id}/sessions/").form().submit("session", session=str(rows(app, bob)[0].id))
    )
    assert page.status == 401
    assert is_signed_in(as_bob)
    assert page.form("/account/confirm/").fill(password=PASSWORD).submit("_confirm").status == 303
    assert not is_signed_in(as_bob)


def test_the_action_ends_them_for_all_that_are_ticked_and_leaves_the_own_one(
    app: Flask, as_alice: Visitor, alice: User, bob: User, as_bob: Visitor, as_charlie: Visitor, charlie: User
) -> None:
    other = signed_in(app, alice)
    token = as_alice.get("/users/").tree.xpath("string(.//input[@name = 'csrf_token']/@value)")
    chosen = [str(one.id) for one in (alice, bob)]
    sent = {"csrf_token": token, "action": "end_sessions", "selected": chosen}
    assert as_alice.post("/users/action/", sent).form().submit("_confirm").status == 303
    people = (as_alice, other, as_bob, as_charlie)
    assert [is_signed_in(one) for one in people] == [True, False, False, True]
    with app.app_context():
        verbs = db.session.execute(select(LogEntry.verb, LogEntry.label).order_by(LogEntry.label)).all()
    assert [tuple(one) for one in verbs] == [("end_sessions", "alice"), ("end_sessions", "bob")]


# Ended by what happens to the person (SE-04, SE-05)


@pytest.mark.parametrize("name", ["is_active", "is_staff", "is_superuser"])
def test_who_loses_a_right_loses_the_sessions_and_they_do_not_live_again_with_it(
    app: Flask, as_alice: Visitor, name: str
) -> None:
    dora = add_user(app, "dora", is_superuser=True)
    as_dora = signed_in(app, dora)
    address = f"/users/{dora.id}/change/"
    assert as_alice.get(address).form().fill(**{name: False}).submit().status == 303
    assert rows(app, dora) == []
    assert as_alice.get(address).form().fill(**{name: True}).submit().status == 303
    assert not is_signed_in(as_dora)
    assert is_signed_in(as_alice)


def test_gaining_a_right_ends_no_session(app: Flask, as_alice: Visitor, bob: User, as_bob: Visitor) -> None:
    assert as_alice.get(f"/users/{bob.id}/change/").form().fill(is_superuser=True).submit().status == 303
    assert is_signed_in(as_bob)


def test_the_action_that_deactivates_ends_them_for_good(
    app: Flask, as_alice: Visitor, bob: User, as_bob: Visitor
) -> None:
    token = as_alice.get("/users/").tree.xpath("string(.//input[@name = 'csrf_token']/@value)")
    for action in ("deactivate", "activate"):
        sent = {"csrf_token": token, "action": action, "selected": str(bob.id)}
        page = as_alice.post("/users/action/", sent)
        if page.status == 200:
            page = page.form().submit("_confirm")
        assert page.status == 303
    assert reload(app, bob).is_active
    assert not is_signed_in(as_bob)


def test_a_new_password_set_by_an_administrator_ends_them(
    app: Flask, as_alice: Visitor, bob: User, as_bob: Visitor
) -> None:
    """SE-04."""
    new = "sete gatos na janela"
    form = as_alice.get(f"/users/{bob.id}/password/").form()
    assert form.fill(password=new, password_confirm=new).submit().status == 303
    assert not is_signed_in(as_bob)


# The command line


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["users", *arguments])


def test_the_command_ends_all_sessions_and_the_history_tells_it(
    app: Flask, bob: User, as_bob: Visitor, as_alice: Visitor
) -> None:
    result = run(app, "end-sessions", "BOB")
    assert (result.exit_code, result.output) == (0, "1 session of bob ended.\n")
    assert not is_signed_in(as_bob)
    assert is_signed_in(as_alice)
    with app.app_context():
        told = db.session.scalars(select(LogEntry)).one()
    assert (told.verb, told.origin, told.label) == ("end_sessions", "cli", "bob")
    assert run(app, "end-sessions", "bob").output == "0 sessions of bob ended.\n"


def test_the_command_names_who_is_not_there(app: Flask) -> None:
    result = run(app, "end-sessions", "nobody")
    assert (result.exit_code, result.output) == (1, "Error: There is no user “nobody”.\n")
