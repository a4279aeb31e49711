"""A link that somebody who looks after people gives: to whom he may, and for as long as he may."""

import pytest
from flask import Flask

from tests.account.guessing import entries
from tests.account.letters import NEW, enters, letters, link_in, use
from tests.account.test_password_links import change, delete
from tests.conftest import Entrance, add_user
from tests.pages import Visitor
from webapp.users.models import User, UserGrant
from webapp.users.passwords import UNUSABLE

pytestmark = pytest.mark.usefixtures("mailbox")


def test_an_administrator_sends_a_link_by_mail(app: Flask, as_alice: Visitor, bob: User) -> None:
    """PW-10."""
    page = as_alice.get(f"/users/{bob.id}/password/").follow("Send a password link instead")
    assert "48 hours" in page.text
    page = page.form().submit(follow=True)
    assert "on its way to bob@example.org" in page.messages
    (letter,) = letters(app)
    assert letter["To"] == "bob@example.org"
    use(app, link_in(letter))
    assert enters(app, "bob", NEW)
    assert [label for _verb, label, _ip in entries(app, "link-sent")] == ["bob"]


def test_where_no_mail_is_sent_the_link_is_shown_once(
    app: Flask, as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    page = as_alice.get(f"/users/{bob.id}/link/")
    assert "/account/set-password/" not in page.text
    page = page.form().submit()
    assert page.status == 200
    link = page.soup.select_one("code").text.strip().removeprefix("http://127.0.0.1:8000")  # type: ignore[union-attr]
    use(app, link)
    assert enters(app, "bob", NEW)
    assert [label for _verb, label, _ip in entries(app, "link-shown")] == ["bob"]
    assert letters(app) == []


def test_who_has_no_password_yet_sets_the_first_by_a_link(app: Flask, as_alice: Visitor) -> None:
    dora = add_user(app, "dora", password=UNUSABLE)
    as_alice.get(f"/users/{dora.id}/link/").form().submit()
    use(app, link_in(letters(app)[0]))
    assert enters(app, "dora", NEW)


def test_nobody_gives_a_link_to_who_holds_more(
    app: Flask, enter: Entrance, alice: User, charlie: User
) -> None:
    """AZ-16."""
    helper = enter(app, add_user(app, "helper", grants=("users.view", "users.change")))
    assert helper.get(f"/users/{alice.id}/link/").status == 403
    form = helper.get(f"/users/{charlie.id}/link/").form()
    form.action = f"/users/{alice.id}/link/"
    assert form.submit().status == 403
    assert letters(app) == []
    form.action = f"/users/{charlie.id}/link/"
    assert form.submit().status == 303
    assert [letter["To"] for letter in letters(app)] == ["charlie@example.org"]


def test_who_rises_meanwhile_gets_no_link(app: Flask, enter: Entrance, charlie: User) -> None:
    helper = enter(app, add_user(app, "helper", grants=("users.view", "users.change")))
    form = helper.get(f"/users/{charlie.id}/link/").form()
    change(app, charlie, is_superuser=True)
    assert form.submit().status in (403, 422)
    # He is told of the new right, and not how to set a password.
    told = [letter.get_body(("plain",)).get_content() for letter in letters(app)]  # type: ignore[union-attr]
    assert not any("/account/set-password/" in text for text in told)


RISES = {
    "who got it rises": lambda app, helper, charlie: change(app, charlie, is_superuser=True),
    "who got it is granted more": lambda app, helper, charlie: change(
        app, charlie, grants=[UserGrant(permission="groups.view")]
    ),
    "who gave it is shut out": lambda app, helper, charlie: change(app, helper, is_active=False),
    "who gave it is gone": lambda app, helper, charlie: delete(app, helper),
}


@pytest.mark.parametrize("what", RISES)
@pytest.mark.parametrize("is_open", [False, True])
def test_a_link_that_was_given_is_worth_no_more_than_who_gave_it(
    app: Flask, enter: Entrance, charlie: User, monkeypatch: pytest.MonkeyPatch, what: str, is_open: bool
) -> None:
    """AZ-16, AZ-23: who is shown a link and keeps it does not come in by it as somebody who holds more."""
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    helper = add_user(app, "helper", grants=("users.view", "users.change"))
    page = enter(app, helper).get(f"/users/{charlie.id}/link/").form().submit()
    link = page.soup.select_one("code").text.strip().removeprefix("http://127.0.0.1:8000")  # type: ignore[union-attr]
    visitor = Visitor(app)
    assert visitor.get(link).location == "/account/set-password/"
    form = visitor.get("/account/set-password/").form().fill(password=NEW, password_confirm=NEW)
    RISES[what](app, helper, charlie)
    assert "not valid" in (form.submit(follow=True).messages if is_open else use(app, link).messages)
    assert not enters(app, "charlie", NEW)
    assert enters(app, "charlie")


def test_who_is_not_active_gets_no_link_and_it_is_said(app: Flask, as_alice: Visitor) -> None:
    dora = add_user(app, "dora", is_active=False)
    page = as_alice.get(f"/users/{dora.id}/link/").form().submit()
    assert page.status == 422
    assert "Activate the account first" in page.text
    assert letters(app) == []


def test_one_does_not_send_a_link_to_oneself(as_alice: Visitor, alice: User) -> None:
    assert as_alice.get(f"/users/{alice.id}/link/").location == "/account/password/"
