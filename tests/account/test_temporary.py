"""A password that somebody else has set works for a day, and only to set one of one's own."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.account.letters import NEW, enters
from tests.conftest import reload, signed_in
from tests.pages import PASSWORD, Visitor
from tests.rules.world import rules
from webapp.extensions import db
from webapp.users.links import GIVEN, password_link
from webapp.users.models import User
from webapp.users.passwords import hash_password
from webapp.users.service import set_password
from webapp.web.gate import is_public

GIVEN_PASSWORD = "figueira torta no quintal"


def give(as_alice: Visitor, bob: User) -> None:
    form = as_alice.get(f"/users/{bob.id}/password/").form()
    page = form.fill(password=GIVEN_PASSWORD, password_confirm=GIVEN_PASSWORD).submit(follow=True)
    assert "for 24 hours and one sign-in" in page.messages


def came_with(app: Flask, bob: User) -> Visitor:
    visitor = Visitor(app)
    assert visitor.sign_in("bob", GIVEN_PASSWORD).status == 303
    return visitor


def choose(visitor: Visitor, password: str = NEW) -> object:
    form = visitor.get("/account/password/").form()
    form.fill(current_password=GIVEN_PASSWORD, password=password, password_confirm=password)
    return form.submit(follow=True)


def test_every_page_leads_to_the_one_where_another_is_set(app: Flask, as_alice: Visitor, bob: User) -> None:
    """PW-10."""
    give(as_alice, bob)
    visitor = came_with(app, bob)
    led = []
    for rule in rules(app):
        view = app.view_functions[rule.endpoint]
        if is_public(view) or rule.endpoint == "account.password" or "GET" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<key>", str(bob.id)).replace("<int(max=2147483647):number>", "1")
        page = visitor.get(path)
        led.append((rule.endpoint, page.status, page.location))
    assert len(led) > 20
    others = [one for one in led if one[1:] != (303, "/account/password/") and not one[0].endswith(".lookup")]
    assert [one for one in others if one[1] != 404] == []
    page = visitor.get("/users/", follow=True)
    assert "Choose one of your own" in page.messages


def test_the_first_password_of_who_is_added_is_temporary_too(app: Flask, as_alice: Visitor) -> None:
    """PW-10, AZ-16: who adds somebody does not come in as him when he has risen."""
    form = as_alice.get("/users/add/").form()
    assert "choose another one at the first sign-in" in str(form.tag)
    form.fill(username="bob", email="bob@example.org", is_staff=True)
    assert form.submit(password=GIVEN_PASSWORD, password_confirm=GIVEN_PASSWORD).status == 303
    with app.app_context():
        bob = db.session.scalars(select(User).where(User.username == "bob")).one()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=25)):
        assert not enters(app, "bob", GIVEN_PASSWORD)
    visitor = came_with(app, bob)
    assert visitor.get("/").location == "/account/password/"
    choose(visitor)
    assert visitor.get("/").status == 200


def test_who_has_to_choose_is_offered_no_way_back_that_leads_here_again(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    assert as_alice.get("/account/password/").link("Cancel") == "/account/"
    with app.app_context():
        db.session.execute(update(User).where(User.id == bob.id).values(must_change_password=True))
        db.session.commit()
    page = signed_in(app, bob).get("/account/password/")
    assert page.status == 200
    assert "Cancel" not in [tag.get_text(strip=True) for tag in page.soup.select("main a")]


def test_nothing_is_written_before_another_is_set(app: Flask, as_alice: Visitor, bob: User) -> None:
    """PW-10."""
    give(as_alice, bob)
    visitor = came_with(app, bob)
    field = visitor.get("/account/password/").form().fields["csrf_token"]
    page = visitor.post(
        "/account/", {"csrf_token": field, "full_name": "Changed", "_version": "1", "_save": "1"}
    )
    assert page.location == "/account/password/"
    found = reload(app, bob)
    assert found is not None
    assert found.full_name == ""


def test_a_script_is_told_in_its_own_way(app: Flask, as_alice: Visitor, bob: User) -> None:
    give(as_alice, bob)
    page = came_with(app, bob).get("/users/lookup/?field=groups")
    assert page.status == 403
    assert "Choose one of your own" in page.response.json["error"]


def test_once_another_is_set_everything_is_open(app: Flask, as_alice: Visitor, bob: User) -> None:
    give(as_alice, bob)
    visitor = came_with(app, bob)
    choose(visitor)
    assert visitor.get("/users/").status == 200
    assert enters(app, "bob", NEW)
    found = reload(app, bob)
    assert found is not None
    assert found.password_temporary_until is None


def test_the_same_one_again_is_no_other(app: Flask, as_alice: Visitor, bob: User) -> None:
    """PW-10: it cannot stay."""
    give(as_alice, bob)
    page = choose(came_with(app, bob), GIVEN_PASSWORD)
    assert any("Choose one of your own" in error for error in page.errors)  # type: ignore[attr-defined]


def test_it_is_dead_after_a_day(
    app: Flask, noon: time_machine.Traveller, as_alice: Visitor, bob: User
) -> None:
    """PW-10."""
    give(as_alice, bob)
    noon.shift(24 * 3600 - 1)
    assert enters(app, "bob", GIVEN_PASSWORD)
    noon.shift(1)
    page = Visitor(app).sign_in("bob", GIVEN_PASSWORD)
    assert page.status == 422
    assert page.errors == Visitor(app).sign_in("bob", "nobody sets this password").errors


def test_who_signs_out_gets_out(app: Flask, as_alice: Visitor, bob: User) -> None:
    give(as_alice, bob)
    visitor = came_with(app, bob)
    field = visitor.get("/account/password/").form().fields["csrf_token"]
    assert visitor.post("/logout", {"csrf_token": field}).location == "/login"


def test_a_link_makes_a_password_ones_own(app: Flask, as_alice: Visitor, bob: User) -> None:
    give(as_alice, bob)
    with app.app_context():
        given = db.session.get(User, bob.id)
        assert given is not None
        link = password_link(given, GIVEN).removeprefix("http://127.0.0.1:8000")
    form = Visitor(app).get(link, follow=True).form()
    form.fill(password=NEW, password_confirm=NEW).submit()
    visitor = Visitor(app)
    visitor.sign_in("bob", NEW)
    assert visitor.get("/users/").status == 200


@pytest.mark.usefixtures("bob")
def test_one_that_is_set_in_a_terminal_is_not_temporary(app: Flask, bob: User) -> None:
    with app.app_context():
        set_password(bob, hash_password(PASSWORD + "2"))
    visitor = Visitor(app)
    visitor.sign_in("bob", PASSWORD + "2")
    assert visitor.get("/users/").status == 200
