"""Who has forgotten the password asks for a link, and nobody learns from the answer who exists."""

from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.account.guessing import entries, from_address
from tests.account.letters import NEW, ask, asked_link, enters, letters, link_in, use
from tests.conftest import add_user, counted
from tests.pages import PASSWORD, Visitor
from webapp.extensions import db
from webapp.mail.outbox import OUTBOX
from webapp.users.models import User
from webapp.users.passwords import UNUSABLE

RESET_EVENTS = ("reset-asked", "reset")

pytestmark = pytest.mark.usefixtures("mailbox")


@pytest.fixture
def maria(app: Flask) -> User:
    return add_user(app, "maria", full_name="Maria Sá")


# The whole way


def test_who_has_forgotten_the_password_sets_another_by_a_link_from_the_mail(app: Flask, maria: User) -> None:
    visitor = Visitor(app)
    page = visitor.get("/login").follow("Forgot your password?")
    page = page.form().fill(username="Maria").submit(follow=True)
    assert page.address == "/login"
    assert "a mail with a link is on its way" in page.messages
    (letter,) = letters(app)
    assert letter["To"] == "Maria Sá <maria@example.org>"
    page = use(app, link_in(letter), visitor=visitor)
    assert page.address == "/login"
    assert "Your password was set" in page.messages
    assert visitor.get("/").location.startswith("/login")
    assert not enters(app, "maria", PASSWORD)
    assert enters(app, "maria", NEW)
    assert [verb for verb, _label, _ip in entries(app, *RESET_EVENTS)] == ["reset-asked", "reset"]


@pytest.mark.parametrize("typed", ["maria", "MARIA@example.org", "maria@example.org", " maria "])
def test_a_name_or_an_address_will_do(app: Flask, maria: User, typed: str) -> None:
    assert asked_link(app, typed)


def test_the_mail_goes_to_the_address_of_the_account_and_an_address_comes_before_a_name(app: Flask) -> None:
    """CVE-2019-19844: who takes another's address as a name gets nothing of the other's."""
    add_user(app, "bob@example.net", email="eve@example.com")
    add_user(app, "bob", email="bob@example.net")
    ask(app, "bob@example.net")
    assert [letter["To"] for letter in letters(app)] == ["bob@example.net"]


def test_the_letter_is_in_the_persons_language(app: Flask, maria: User) -> None:
    add_user(app, "joana", locale="pt_BR")
    ask(app, "joana")
    (letter,) = letters(app)
    assert letter["Subject"] == "Defina sua senha"


def test_the_history_tells_from_where_it_was_asked_and_holds_no_link(app: Flask, maria: User) -> None:
    link = asked_link(app, "maria")
    [(_verb, label, ip)] = entries(app, "reset-asked")
    assert (label, ip) == ("maria", "127.0.0.1")
    with app.app_context():
        told = db.session.execute(db.text("SELECT * FROM log_entries")).all()
    assert link.rsplit("/", 1)[1] not in str(told)


# What nobody learns


STRANGE = ["", "nobody", "nobody@example.org", "x" * 5_000, "ma\0ria", "\ud800", "' OR 1=1 --", "%", "@"]


def kinds(app: Flask) -> list[str]:
    add_user(app, "inactive", is_active=False)
    add_user(app, "nostaff", is_staff=False)
    add_user(app, "unusable", password=UNUSABLE)
    return ["nobody", "inactive", "nostaff", "unusable"]


def test_every_answer_is_the_same_and_only_who_may_sign_in_gets_a_letter(app: Flask, maria: User) -> None:
    """LG-12, PW-12, CVE-2024-39329."""
    answers = []
    for typed in ("maria", *kinds(app)):
        page = ask(app, typed)
        answers.append((page.status, page.location, page.visitor.get("/login").messages))
    assert len(set(answers)) == 1
    assert [letter["To"] for letter in letters(app)] == ["Maria Sá <maria@example.org>"]


def test_the_request_asks_the_database_the_same_whoever_it_is(app: Flask, maria: User) -> None:
    """LG-12: all that depends on the account is done after the answer."""
    asked = []
    for typed in ("maria", *kinds(app)):
        form = Visitor(app).get("/account/forgotten/").form().fill(username=typed)
        waiting = app.extensions[OUTBOX]
        held: list[Any] = []
        with pytest.MonkeyPatch.context() as patch, counted(app) as statements:
            patch.setattr(waiting, "put", held.append)
            form.submit()
        assert len(held) == 1
        asked.append([statement.split(" WHERE ")[0] for statement in statements])
    # The first try from an address is an insert, the next ones replace it.
    assert asked[1:] == [asked[1]] * (len(asked) - 1)
    assert [len(one) for one in asked] == [len(asked[0])] * len(asked)
    assert not any("users" in statement for one in asked for statement in one)


@pytest.mark.usefixtures("dead_mail_server")
def test_a_mail_server_that_fails_changes_nothing_of_the_answer(app: Flask, maria: User) -> None:
    """LG-12, CVE-2024-45231."""
    known, unknown = ask(app, "maria"), ask(app, "nobody")
    assert (known.status, known.location) == (unknown.status, unknown.location) == (303, "/login")


@pytest.mark.parametrize("typed", STRANGE[1:])
def test_no_name_is_too_strange(app: Flask, typed: str) -> None:
    page = (
        Visitor(app).get("/account/forgotten/").form().submit(username=typed.encode("utf-8", "surrogatepass"))
    )
    # Half a character is no text, and refused before anybody looks at it.
    assert page.status == (400 if typed == "\ud800" else 303)
    assert letters(app) == []


def test_nothing_typed_is_told(app: Flask) -> None:
    page = ask(app, "")
    assert page.status == 422
    assert any("Fill in this field" in error for error in page.errors)


def test_without_mail_the_page_says_whom_to_ask(
    app: Flask, maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    page = Visitor(app).get("/login").follow("Forgot your password?")
    assert page.status == 200
    assert "Ask an administrator" in page.text
    assert page.forms == []


# How often


def test_an_account_gets_five_links_a_day(app: Flask, maria: User, noon: time_machine.Traveller) -> None:
    """LG-12."""
    for number in range(7):
        page = ask(app, "maria", from_address(app, f"203.0.113.{number}"))
        assert page.status == 303
    assert len(letters(app)) == 5
    noon.shift(24 * 3600 + 1)
    ask(app, "maria", from_address(app, "203.0.113.99"))
    assert len(letters(app)) == 6


def test_an_address_waits_after_ten(app: Flask, maria: User) -> None:
    pages = [ask(app, "nobody", from_address(app, "203.0.113.9")) for _ in range(11)]
    assert [page.status for page in pages] == [303] * 10 + [429]
    assert "Retry-After" in pages[-1].response.headers
    assert any("Too many failed tries" in error for error in pages[-1].errors)
    assert ask(app, "maria", from_address(app, "203.0.113.10")).status == 303
