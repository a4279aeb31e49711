"""Who has forgotten the password gets a link by mail, and nobody learns from it who exists."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests.account.guessing import entries, fail, from_address
from tests.account.letters import NEW, ask, asked_link, enters, is_dead, letters, link_in, use
from tests.conftest import Entrance, add_user, came_in, counted, make_settings, reload
from tests.pages import PASSWORD, Visitor
from tests.threads import at_once
from webapp import create_app
from webapp.extensions import db
from webapp.mail.delivery import MAILBOX
from webapp.mail.outbox import OUTBOX
from webapp.users.links import FORGOTTEN, GIVEN, password_link
from webapp.users.models import User, UserGrant
from webapp.users.passwords import UNUSABLE, PasswordHash, verify_password

RESET_EVENTS = ("reset-asked", "reset")


@pytest.fixture(autouse=True)
def _mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mail that stays here."""
    monkeypatch.setitem(app.config, "MAIL_URL", "memory")
    app.extensions.pop(MAILBOX, None)
    yield
    assert app.extensions[OUTBOX].flush(10)


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


def test_a_mail_server_that_fails_changes_nothing_of_the_answer(
    app: Flask, maria: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LG-12, CVE-2024-45231."""
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp+plain://localhost:1")
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


# The link


def test_the_token_leaves_the_address_at_once_and_goes_to_nobody(app: Flask, maria: User) -> None:
    """LG-14."""
    visitor, link = Visitor(app), asked_link(app, "maria")
    page = visitor.get(link)
    assert (page.status, page.location) == (303, "/account/set-password/")
    assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert page.response.headers["Cache-Control"] == "no-store"
    form = visitor.get(page.location)
    token = link.rsplit("/", 1)[1]
    assert form.status == 200
    assert token not in form.text
    assert form.response.headers["Referrer-Policy"] == "same-origin"


def test_no_line_of_the_log_holds_a_link(app: Flask, maria: User, capsys: pytest.CaptureFixture[str]) -> None:
    """LG-14."""
    link = asked_link(app, "maria")
    use(app, link)
    token = link.rsplit("/", 1)[1]
    told = capsys.readouterr().err
    assert "/account/set-password/…" in told
    assert token not in told


def test_the_link_begins_with_base_url_whatever_the_host_is_said_to_be(app: Flask, maria: User) -> None:
    """WB-14, CVE-2012-4520."""
    visitor = Visitor(app)
    form = visitor.get("/account/forgotten/").form().fill(username="maria")
    data = {**form.fields, "_save": "1"}
    for headers in ({"X-Forwarded-Host": "evil.example"}, {"Host": "evil.example"}):
        visitor.client.post("/account/forgotten/", data=data, headers=headers)
    for letter in letters(app):
        assert link_in(letter)
        assert "evil" not in letter.as_string()
    assert len(letters(app)) == 1


def test_it_signs_nobody_in_and_ends_every_session(app: Flask, maria: User) -> None:
    """LG-13, SE-04."""
    link = asked_link(app, "maria")
    with app.app_context():
        elsewhere = came_in(app, maria)
    # Signing in has ended the link, so another one.
    assert is_dead(app, link)
    link = asked_link(app, "maria")
    assert use(app, link, visitor=elsewhere).address == "/login"
    assert elsewhere.get("/").location.startswith("/login")


def test_it_opens_an_account_that_was_guessed_at_too_often(app: Flask, maria: User) -> None:
    fail(app, "maria")
    assert Visitor(app).sign_in("maria").status == 429
    use(app, asked_link(app, "maria"))
    assert enters(app, "maria", NEW)


def deactivate(app: Flask, maria: User) -> None:
    change(app, maria, is_active=False)


def change(app: Flask, user: User, **values: Any) -> None:
    with app.app_context():
        found = db.session.get(User, user.id)
        for name, value in values.items():
            setattr(found, name, value)
        db.session.commit()


def delete(app: Flask, user: User) -> None:
    with app.app_context():
        db.session.delete(db.session.get(User, user.id))
        db.session.commit()


ENDS = {
    "its use": lambda app, maria: use(app, asked_link(app, "maria")),
    "a sign-in": lambda app, maria: came_in(app, maria),
    "another password": lambda app, maria: change(app, maria, password=NEW),
    "the same password again": lambda app, maria: change(app, maria, password=PASSWORD),
    "another address": lambda app, maria: change(app, maria, email="m@example.org"),
    "deactivation": deactivate,
    "deletion": delete,
}


@pytest.mark.parametrize("what", ENDS)
def test_a_link_is_dead_after(app: Flask, maria: User, what: str) -> None:
    """LG-13."""
    link = asked_link(app, "maria")
    ENDS[what](app, maria)
    assert is_dead(app, link)
    assert use(app, link).address == "/account/forgotten/"


@pytest.mark.parametrize("what", ["a sign-in", "another address", "deactivation", "deletion"])
def test_a_form_that_a_link_opened_is_dead_after(app: Flask, maria: User, what: str) -> None:
    """LG-13."""
    visitor = Visitor(app)
    form = visitor.get(asked_link(app, "maria"), follow=True).form()
    ENDS[what](app, maria)
    page = form.fill(password=NEW, password_confirm=NEW).submit(follow=True)
    assert "not valid" in page.messages
    found = reload(app, maria)
    assert found is None or verify_password(found.password, PASSWORD)


def test_a_link_works_again_and_again_until_a_password_is_set(app: Flask, maria: User) -> None:
    """A program that opens the links of a mail before its reader does uses nothing up."""
    link = asked_link(app, "maria")
    assert [Visitor(app).get(link).location for _ in range(3)] == ["/account/set-password/"] * 3
    page = use(app, link, "short")
    assert page.status == 422
    assert any("at least 15" in error for error in page.errors)
    use(app, link)
    assert enters(app, "maria", NEW)


def test_a_link_lives_for_an_hour_and_one_that_was_given_as_long_as_the_setting_says(
    app: Flask, maria: User, noon: time_machine.Traveller
) -> None:
    """LG-13."""
    with app.app_context():
        links = [
            password_link(maria, purpose).removeprefix("http://127.0.0.1:8000")
            for purpose in (FORGOTTEN, GIVEN)
        ]
    for seconds, alive in ((3_590, [True, True]), (20, [False, True]), (47 * 3_600, [False, False])):
        noon.shift(seconds)
        found = [Visitor(app).get(link).location == "/account/set-password/" for link in links]
        assert found == alive
        noon.shift(1)


@pytest.mark.parametrize("token", ["x", "a.b.c", "%00", "%F0%9F%8C%B5", "x" * 5_000])
def test_what_is_no_link_opens_nothing(app: Flask, maria: User, token: str) -> None:
    page = Visitor(app).get(f"/account/set-password/{token}", follow=True)
    assert page.status in (200, 404)
    assert Visitor(app).get("/account/set-password/").status == 303


def test_a_link_that_was_changed_opens_nothing(app: Flask, maria: User) -> None:
    link = asked_link(app, "maria")
    for wrong in (link[:-1], link + "A", link.replace(".", "", 1), link[:-3] + "AAA"):
        assert Visitor(app).get(wrong).location != "/account/set-password/"


@pytest.mark.race
def test_of_two_who_use_a_link_at_once_one_sets_the_password(app: Flask, maria: User) -> None:
    """LG-13."""
    link = asked_link(app, "maria")
    passwords = [f"pomar de figos {word}" for word in ("verdes", "maduros", "secos", "caídos")]
    forms = [
        Visitor(app).get(link, follow=True).form().fill(password=one, password_confirm=one)
        for one in passwords
    ]
    pages = at_once([form.submit for form in forms])
    assert sorted(page.location for page in pages) == ["/account/forgotten/"] * 3 + ["/login"]
    assert sum(enters(app, "maria", one) for one in passwords) == 1
    assert len(entries(app, "reset")) == 1


def test_a_link_survives_a_change_of_key_and_not_its_removal(app: Flask, maria: User) -> None:
    """SE-15."""
    link = asked_link(app, "maria")
    former, new = app.config["SECRET_KEY"], "another key for tests: 4bWc8xNq1Zs6Ty0K"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "SECRET_KEY", new)
        assert Visitor(app).get(link).location == "/account/forgotten/"
        patch.setitem(app.config, "SECRET_KEY_FALLBACKS", [former])
        assert Visitor(app).get(link).location == "/account/set-password/"


# What an administrator gives


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


def test_links_of_two_installations_are_strangers(app: Flask, maria: User) -> None:
    other = create_app(
        make_settings(DATABASE_URL="sqlite://", SECRET_KEY="another key for tests: 4bWc8xNq1Zs6Ty0K")
    )
    with other.app_context():
        link = password_link(maria, GIVEN).removeprefix("http://127.0.0.1:8000")
        db.engine.dispose()
    assert is_dead(app, link)
    assert PasswordHash(reload(app, maria).password).is_usable  # type: ignore[union-attr]
