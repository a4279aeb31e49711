"""People are told by mail what happens to their accounts (LG-11)."""

import pytest
from flask import Flask

from tests.account.browsers import FIREFOX
from tests.account.letters import NEW, letters
from tests.conftest import add_user, came_in
from tests.pages import PASSWORD, Visitor
from tests.users.test_actions import choose, confirmed
from tests.users.test_cli import run
from webapp.users.models import User

pytestmark = pytest.mark.usefixtures("mailbox")


def told(app: Flask) -> list[tuple[str, str]]:
    return [(letter["To"], letter["Subject"]) for letter in letters(app)]


def test_a_sign_in_in_a_further_browser_is_told(app: Flask, charlie: User) -> None:
    first = came_in(app, charlie)
    assert told(app) == [], "the first one is where he begins"
    first.client.delete_cookie("session")
    assert first.sign_in("charlie").status == 303
    assert told(app) == [], "he has been there before"
    other = Visitor(app)
    other.client.environ_base |= {"HTTP_USER_AGENT": FIREFOX, "REMOTE_ADDR": "203.0.113.9"}
    assert other.sign_in("charlie").status == 303
    assert told(app) == [("charlie@example.org", "You have signed in with another browser")]
    body = letters(app)[0].get_body(("plain",))
    assert body is not None
    assert "Firefox on Linux, 203.0.113.9, " in body.get_content()


def test_a_sign_in_that_is_refused_is_not_told(app: Flask, charlie: User) -> None:
    came_in(app, charlie)
    assert Visitor(app).sign_in("charlie", "something else altogether").status == 422
    assert told(app) == []


def test_another_password_is_told_whoever_sets_it(
    app: Flask, as_alice: Visitor, charlie: User, as_charlie: Visitor
) -> None:
    words = {"password": NEW, "password_confirm": NEW}
    as_charlie.get("/account/password/").form().submit(current_password=PASSWORD, **words)
    assert told(app) == [("charlie@example.org", "Your password was changed")]
    as_alice.get(f"/users/{charlie.id}/password/").form().submit(**words)
    assert len(told(app)) == 2
    result = app.test_cli_runner().invoke(
        args=["users", "set-password", "charlie", "--password-stdin"], input=f"{NEW} 2\n"
    )
    assert result.exit_code == 0
    assert told(app) == [("charlie@example.org", "Your password was changed")] * 3


def test_another_address_is_told_to_the_old_one(app: Flask, as_alice: Visitor, charlie: User) -> None:
    page = as_alice.get(f"/users/{charlie.id}/change/").form().fill(email="other@example.org").submit()
    assert page.status == 303
    assert told(app) == [("charlie@example.org", "Your e-mail address was changed")]


def test_other_rights_are_told(app: Flask, as_alice: Visitor, charlie: User) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form()
    assert form.fill(is_superuser=True).submit().status == 303
    assert told(app) == [("charlie@example.org", "What you may do was changed")]


def test_what_is_refused_or_no_change_is_not_told(app: Flask, as_alice: Visitor, charlie: User) -> None:
    add_user(app, "dora")
    form = as_alice.get(f"/users/{charlie.id}/change/").form()
    assert form.fill(email="dora@example.org", is_superuser=True).submit().status == 422
    assert as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="C.").submit().status == 303
    assert told(app) == []


def test_of_several_who_are_changed_together_nobody_hears_what_was_refused(
    app: Flask, as_alice: Visitor, alice: User, charlie: User
) -> None:
    confirmed(choose(as_alice, "deactivate", alice, charlie))
    assert told(app) == []


def test_it_can_be_switched_off(
    app: Flask, as_alice: Visitor, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECURITY_MAILS", False)
    came_in(app, charlie)
    came_in(app, charlie)
    as_alice.get(f"/users/{charlie.id}/change/").form().fill(email="other@example.org").submit()
    run(app, "deactivate", "charlie")
    assert told(app) == []


@pytest.mark.usefixtures("dead_mail_server")
def test_a_mail_server_that_fails_changes_nothing(app: Flask, charlie: User) -> None:
    came_in(app, charlie)
    assert came_in(app, charlie).get("/").status == 200
