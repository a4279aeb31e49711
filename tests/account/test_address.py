"""Another e-mail address for one's own account: confirmed by the new one, stopped by the old one."""

import re
from email.message import EmailMessage
from functools import partial

import pytest
import time_machine
from flask import Flask

from tests.account.browsers import unconfirmed
from tests.account.guessing import entries
from tests.account.letters import letters
from tests.conftest import add_user, reload
from tests.pages import PASSWORD, Page, Visitor
from tests.threads import at_once
from webapp.extensions import db
from webapp.mail.delivery import MAILBOX
from webapp.users.models import User

OTHER = "charlie@example.net"
BASE = "http://127.0.0.1:8000"

pytestmark = pytest.mark.usefixtures("mailbox")


def ask(visitor: Visitor, email: str = OTHER) -> Page:
    return visitor.get("/account/email/").form().fill(email=email).submit()


def link_of(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    assert part is not None
    found = re.search(rf'"{BASE}(/account/email/link/[^"]+)"', part.get_content())
    assert found is not None
    return found[1]


def asked(app: Flask, visitor: Visitor) -> tuple[str, str]:
    """The links in the two letters: that confirms, and that stops."""
    app.extensions.pop(MAILBOX, None)
    assert ask(visitor).status == 303
    confirms, stops = letters(app)
    assert (confirms["To"], stops["To"]) == (OTHER, "charlie@example.org")
    return link_of(confirms), link_of(stops)


def use(app: Flask, link: str, visitor: Visitor | None = None) -> Page:
    page = (visitor or Visitor(app)).get(link, follow=True)
    return page.form().submit(follow=True) if page.address == "/account/email/link/" else page


def address_of(app: Flask, user: User) -> str:
    found = reload(app, user)
    assert found is not None
    return found.email


def test_the_new_address_counts_when_it_is_confirmed(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    page = as_charlie.get("/account/").follow("Change e-mail address")
    assert "charlie@example.org" in page.text
    confirms, _stops = asked(app, as_charlie)
    assert address_of(app, charlie) == "charlie@example.org"
    assert OTHER in as_charlie.get("/account/email/").text
    page = use(app, confirms)
    assert "Your e-mail address was changed" in page.messages
    assert address_of(app, charlie) == OTHER
    assert letters(app)[-1]["To"] == "charlie@example.org"
    assert letters(app)[-1]["Subject"] == "Your e-mail address was changed"
    assert [verb for verb, _label, _ip in entries(app, "email-asked", "change")] == ["email-asked", "change"]
    assert "not valid" in use(app, confirms).messages


def test_opening_the_link_alone_changes_nothing(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    """Programs that look into mail open what is in it."""
    confirms, stops = asked(app, as_charlie)
    for link in (confirms, stops):
        page = Visitor(app).get(link)
        assert (page.status, page.location) == (303, "/account/email/link/")
        assert page.response.headers["Referrer-Policy"] == "no-referrer"
    assert address_of(app, charlie) == "charlie@example.org"
    assert "Your e-mail address was changed" in use(app, confirms).messages


def test_the_old_address_stops_it(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    confirms, stops = asked(app, as_charlie)
    assert "stays as it is" in use(app, stops).messages
    assert "not valid" in use(app, confirms).messages
    assert address_of(app, charlie) == "charlie@example.org"
    assert [verb for verb, _label, _ip in entries(app, "email-stopped")] == ["email-stopped"]


def test_it_has_to_be_confirmed_within_an_hour(
    noon: time_machine.Traveller, app: Flask, charlie: User, as_charlie: Visitor
) -> None:
    confirms, stops = asked(app, as_charlie)
    noon.shift(3601)
    assert "not valid" in use(app, confirms).messages
    assert "stays as it is" in use(app, stops).messages
    assert address_of(app, charlie) == "charlie@example.org"


def test_the_last_link_counts(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    first, _stops = asked(app, as_charlie)
    second, _stops = asked(app, as_charlie)
    assert "not valid" in use(app, first).messages
    assert "Your e-mail address was changed" in use(app, second).messages


def test_who_is_deactivated_confirms_nothing(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    confirms, _stops = asked(app, as_charlie)
    with app.app_context(), db.session.begin():
        db.session.get_one(User, charlie.id).is_active = False
    assert "not valid" in use(app, confirms).messages
    assert address_of(app, charlie) == "charlie@example.org"


def test_an_address_that_is_somebody_elses_is_refused_at_each_step(
    app: Flask, alice: User, charlie: User, as_charlie: Visitor
) -> None:
    page = ask(as_charlie, "ALICE@example.org")
    assert page.status == 422
    assert page.form().fields["email"] == "ALICE@example.org"
    assert ask(as_charlie, "charlie@example.org").status == 422
    assert letters(app) == []
    confirms, _stops = asked(app, as_charlie)
    add_user(app, "zoe", email=OTHER)
    assert "Somebody else has this address" in use(app, confirms).messages
    assert address_of(app, charlie) == "charlie@example.org"


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b@c", "x" * 300 + "@example.org", "a\r\nBcc: b@example.org"]
)
def test_no_address_at_all_is_told_at_the_field(app: Flask, as_charlie: Visitor, email: str) -> None:
    assert ask(as_charlie, email).status == 422
    assert letters(app) == []


def test_the_password_is_asked_for_before(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    """SE-08."""
    unconfirmed(app)
    page = as_charlie.get("/account/email/", follow=True)
    assert page.address.startswith("/account/confirm/")
    page = page.form().fill(password=PASSWORD).submit(follow=True)
    assert page.address == "/account/email/"


def test_a_person_sends_five_links_a_day(app: Flask, as_charlie: Visitor) -> None:
    statuses = [ask(as_charlie, f"charlie{number}@example.net").status for number in range(6)]
    assert statuses == [303] * 5 + [429]
    assert len(letters(app)) == 10


def test_without_mail_it_changes_at_once_and_the_page_says_so(
    app: Flask, charlie: User, as_charlie: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAIL_URL", "")
    assert "changed at once" in as_charlie.get("/account/email/").text
    assert ask(as_charlie).status == 303
    assert address_of(app, charlie) == OTHER


def test_nothing_of_a_link_is_kept(app: Flask, as_charlie: Visitor) -> None:
    confirms, stops = asked(app, as_charlie)
    with app.app_context():
        told = str(db.session.execute(db.text("SELECT * FROM log_entries")).all())
        told += str(db.session.execute(db.text("SELECT * FROM email_changes")).all())
    assert not any(link.rsplit("/", 1)[1] in told for link in (confirms, stops))


@pytest.mark.race
def test_of_two_who_confirm_at_once_one_is_told_so(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    confirms, _stops = asked(app, as_charlie)
    visitors = [Visitor(app), Visitor(app)]
    forms = [visitor.get(confirms, follow=True).form() for visitor in visitors]
    pages = at_once([partial(form.submit, follow=True) for form in forms])
    assert sorted("Your e-mail address was changed" in page.messages for page in pages) == [False, True]
    assert address_of(app, charlie) == OTHER
