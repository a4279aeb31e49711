"""People who are invited by mail, and get links by mail, several at once or from a terminal."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.account.browsers import unconfirmed
from tests.account.letters import NEW, enters, is_dead, letters, link_in, use
from tests.conftest import add_user, reload, signed_in
from tests.pages import PASSWORD, Page, Visitor
from tests.users.groups import KEEPER
from tests.users.test_actions import choose, confirmed, noted
from tests.users.test_cli import run
from tests.users.test_user_list import row_of
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.passwords import UNUSABLE

pytestmark = pytest.mark.usefixtures("mailbox")


def invite(visitor: Visitor, **fields: object) -> Page:
    form = visitor.get("/users/add/").form()
    words = {"username": "dora", "email": "dora@example.org", "is_staff": True, "invite": True}
    return form.fill(**{**words, **fields}).submit()  # type: ignore[arg-type]


def dora_in(app: Flask) -> User | None:
    with app.app_context():
        return db.session.scalars(select(User).where(User.username == "dora")).one_or_none()


def test_who_is_invited_sets_the_first_password_by_a_link_from_the_mail(
    app: Flask, as_alice: Visitor
) -> None:
    page = invite(as_alice, full_name="Dora Lima")
    assert (page.errors, page.status) == ([], 303)
    assert "An invitation is on its way to dora@example.org." in as_alice.get("/users/").messages
    dora = dora_in(app)
    assert dora is not None
    assert dora.password == UNUSABLE
    assert row_of(as_alice.get("/users/"), "dora")["Status"] == "Invited"
    (letter,) = letters(app)
    assert (letter["To"], letter["Subject"]) == ("Dora Lima <dora@example.org>", "Your invitation")
    assert "You are invited" in str(letter.get_body(("plain",)))
    link = link_in(letter)
    assert "Your password was set" in use(app, link).messages
    assert enters(app, "dora", NEW)
    assert row_of(as_alice.get("/users/"), "dora")["Status"] == "Active"
    assert is_dead(app, link)
    assert len(letters(app)) == 1, "the first password is no news"


def test_with_the_box_no_password_is_called_required(app: Flask, as_alice: Visitor) -> None:
    fields = as_alice.get("/users/add/").soup.select("#password, #password_confirm")
    assert len(fields) == 2
    assert not any(field.has_attr("required") for field in fields)
    assert "required" not in " ".join(
        label.get_text() for label in as_alice.get("/users/add/").soup.select("label[for^=password]")
    )


def test_an_invitation_and_a_password_are_one_too_many(app: Flask, as_alice: Visitor) -> None:
    page = invite(as_alice, password=NEW, password_confirm=NEW)
    assert page.status == 422
    assert any("Leave this empty" in error for error in page.errors)
    assert page.form().fields["invite"]
    assert dora_in(app) is None
    assert letters(app) == []


def test_neither_invitation_nor_password_is_one_too_few(app: Flask, as_alice: Visitor) -> None:
    page = invite(as_alice, invite=False)
    assert "Password: Fill in this field, or send an invitation." in page.errors
    assert invite(as_alice, invite=False, password=NEW, password_confirm=NEW).status == 303
    assert letters(app) == []


def test_who_may_not_sign_in_is_not_invited(app: Flask, as_alice: Visitor) -> None:
    page = invite(as_alice, is_active=False)
    assert page.status == 422
    assert any("not active" in error for error in page.errors)
    assert dora_in(app) is None
    assert letters(app) == []


def test_without_mail_there_is_no_such_box(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    assert "invite" not in as_alice.get("/users/add/").form().fields
    form = as_alice.get("/users/add/").form()
    words = {"username": "dora", "email": "dora@example.org", "password": NEW, "password_confirm": NEW}
    assert form.submit(is_staff="y", **words).status == 303
    assert enters(app, "dora", NEW)
    assert "send_link" not in as_alice.get("/users/").text


def test_a_name_that_is_taken_is_not_invited(app: Flask, as_alice: Visitor) -> None:
    assert invite(as_alice, username="alice").status == 422
    assert letters(app) == []


# Links to several


def test_links_are_sent_to_several_and_again_to_who_is_invited(app: Flask, as_alice: Visitor) -> None:
    invite(as_alice)
    emil, closed = add_user(app, "emil"), add_user(app, "zoe", is_active=False)
    dora = dora_in(app)
    assert dora is not None
    result = confirmed(choose(as_alice, "send_link", dora, emil, closed))
    assert "zoe is not active" in result.text
    _first, *sent = letters(app)
    subjects = [(letter["To"], letter["Subject"]) for letter in sent]
    assert subjects == [("dora@example.org", "Your invitation"), ("emil@example.org", "Set your password")]
    assert noted(app, "send_link") == ["dora", "emil"]
    assert "Your password was set" in use(app, link_in(sent[1])).messages
    assert enters(app, "emil", NEW)


def test_nobody_sends_a_link_to_who_holds_more(app: Flask, alice: User) -> None:
    keeper = signed_in(app, add_user(app, "bob", grants=KEEPER))
    emil = add_user(app, "emil")
    confirmed(choose(keeper, "send_link", alice, emil))
    assert [letter["To"] for letter in letters(app)] == ["emil@example.org"]


# A new password is due


def test_whose_password_is_due_is_signed_out_and_chooses_another(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    as_charlie, nobody = signed_in(app, charlie), add_user(app, "zoe", password=UNUSABLE)
    result = confirmed(choose(as_alice, "require_new_password", charlie, nobody))
    assert "zoe has no password yet" in result.text
    assert noted(app, "require_new_password") == ["charlie"]
    assert as_charlie.get("/").location.startswith("/login")
    assert row_of(as_alice.get("/users/"), "charlie")["Status"] == "New password due"
    visitor = Visitor(app)
    assert visitor.sign_in("charlie").status == 303
    page = visitor.get("/", follow=True)
    assert page.address == "/account/password/"
    assert "You have to choose a new password" in page.messages
    same = {"current_password": PASSWORD, "password": PASSWORD, "password_confirm": PASSWORD}
    assert page.form().submit(**same).status == 422
    other = {"current_password": PASSWORD, "password": NEW, "password_confirm": NEW}
    assert visitor.get("/account/password/").form().submit(**other).status == 303
    assert visitor.get("/").status == 200
    found = reload(app, charlie)
    assert found is not None
    assert not found.must_change_password


def test_nobody_requires_a_new_password_of_who_holds_more(app: Flask, alice: User) -> None:
    keeper = signed_in(app, add_user(app, "bob", grants=KEEPER))
    emil = add_user(app, "emil")
    confirmed(choose(keeper, "require_new_password", alice, emil))
    found = [reload(app, person) for person in (alice, emil)]
    assert [one and one.must_change_password for one in found] == [False, True]


@pytest.mark.parametrize("action", ["activate", "deactivate", "send_link", "require_new_password"])
def test_what_gives_or_takes_access_asks_for_the_password(app: Flask, as_alice: Visitor, action: str) -> None:
    dora = add_user(app, "dora", is_active=action != "activate")
    unconfirmed(app)
    page = choose(as_alice, action, dora)
    page = page if action == "activate" else page.form().submit("_confirm")
    assert page.status == 401
    assert noted(app, action) == []
    assert page.form().fill(password=PASSWORD).submit().status == 303
    assert noted(app, action) == ["dora"]


# From a terminal


def test_a_link_is_printed_once_for_a_terminal(app: Flask) -> None:
    add_user(app, "dora", password=UNUSABLE)
    link = run(app, "login-link", "Dora").stdout.strip()
    assert link.startswith("http://127.0.0.1:8000/account/set-password/")
    assert noted(app, "link-shown") == ["dora"]
    assert "Your password was set" in use(app, link.removeprefix("http://127.0.0.1:8000")).messages
    assert enters(app, "dora", NEW)


def test_who_is_not_active_gets_no_link_from_a_terminal(app: Flask) -> None:
    add_user(app, "dora", is_active=False)
    answer = run(app, "login-link", "dora")
    assert answer.exit_code == 1
    assert "dora is not active" in answer.output
    assert "http" not in answer.output
