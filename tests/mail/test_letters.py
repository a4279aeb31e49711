"""What a letter says, to whom, in which language, and that nothing in it becomes a header."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.conftest import close, make_settings
from webapp import create_app
from webapp.mail import Recipient, compose
from webapp.texts import lazy_gettext as _l

pytestmark = pytest.mark.one_engine


@pytest.fixture(scope="module")
def posting() -> Iterator[Flask]:
    values = {"BASE_URL": "https://admin.example.org", "SITE_NAME": "Zeladoria São João"}
    app = create_app(make_settings(DATABASE_URL="sqlite://", MAIL_URL="memory", **values))
    yield app
    close(app)


def letter(
    app: Flask, email: str = "bob@example.org", name: str = "", locale: str = "", **values: Any
) -> Any:
    subject = values.pop("subject", _l("A test"))
    with app.app_context():
        return compose(Recipient(email, name, locale), "test", subject, **values)


def read(made: EmailMessage) -> EmailMessage:
    """The letter as whoever gets it reads it."""
    return cast(EmailMessage, message_from_bytes(made.as_bytes(), policy=policy.default))


def body(made: EmailMessage, kind: str) -> str:
    part = read(made).get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_letter_is_a_text_and_the_same_as_html(posting: Flask) -> None:
    made = letter(posting)
    assert read(made).get_content_type() == "multipart/alternative"
    assert "mail from this system arrives" in body(made, "plain")
    assert "mail from this system arrives" in body(made, "html")
    assert "– Zeladoria São João" in body(made, "plain")


def test_a_letter_is_in_the_language_of_whoever_gets_it(posting: Flask) -> None:
    made = letter(posting, locale="pt_BR")
    assert read(made)["Subject"] == "Um teste"
    assert 'lang="pt-BR"' in body(made, "html")
    assert body(made, "plain") != body(letter(posting), "plain")
    # Whatever the request is read in.
    with posting.test_request_context(headers={"Accept-Language": "pt-BR"}):
        assert compose(Recipient("bob@example.org"), "test", _l("A test"))["Subject"] == "A test"


@pytest.mark.parametrize("locale", ["xx", "../..", "", "en_GB"])
def test_a_language_that_there_is_not_is_the_sites(posting: Flask, locale: str) -> None:
    assert letter(posting, locale=locale)["Subject"] == "A test"


def test_a_letter_loads_nothing_from_anywhere(posting: Flask) -> None:
    """WB-19."""
    soup = BeautifulSoup(body(letter(posting), "html"), "html.parser")
    assert soup.select("[src], [srcset], [style], [background], link, style, script, img, iframe, form") == []


def test_it_says_who_sends_it_and_that_a_program_does(posting: Flask) -> None:
    made = read(letter(posting))
    assert str(made["From"]) == "Zeladoria São João <no-reply@admin.example.org>"
    assert made["Message-ID"].endswith("@admin.example.org>")
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["Date"]


def test_the_sender_is_the_settings(posting: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(posting.config, "MAIL_FROM", "Helpdesk <help@exämple.org>")
    assert str(letter(posting)["From"]) == "Helpdesk <help@xn--exmple-cua.org>"


# Headers

HOSTILE = [
    "Bob\r\nBcc: eve@example.net",
    "Bob\nBcc: eve@example.net",
    "Bob\rBcc: eve@example.net",
    "Bob\u2028Bcc: eve@example.net",
    "Bob\x85Bcc: eve@example.net",
    "Bob\0\x1b[2J",
    '"Bob" <eve@example.net>, x',
    "Bob, eve@example.net",
    "Bob <eve@example.net>",
    "=?utf-8?q?Bob=0D=0ABcc=3A_eve=40example=2Enet?=",
    "x" * 5_000,
    "Bób " * 500,
    "\u202eBob",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_a_header_or_another_recipient(posting: Flask, name: str) -> None:
    """IN-08, CVE-2021-32052."""
    made = letter(posting, name=name)
    raw = made.as_bytes()
    assert sorted(read(made).keys()) == sorted(read(letter(posting)).keys())
    assert [one.addr_spec for one in read(made)["To"].addresses] == ["bob@example.org"]
    assert not re.search(rb"(?im)^bcc:", raw)
    head = raw.split(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) < 998


@pytest.mark.parametrize("subject", ["A\r\nBcc: eve@example.net", "A\nB", "A\rB"])
def test_no_subject_becomes_a_header(posting: Flask, subject: str) -> None:
    """IN-08."""
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        letter(posting, subject=subject)


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.org\r\nBcc: eve@example.net",
        "bob@example.org, eve@example.net",
        "bob@example.org\n",
        "<bob@example.org>",
        "bob",
        "@example.org",
        "",
        "bob@exa mple.org",
        "bob@example.org>\r\nDATA",
    ],
)
def test_what_is_no_one_address_is_refused(posting: Flask, address: str) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        letter(posting, address)


def test_a_host_with_accents_is_written_as_servers_know_it(posting: Flask) -> None:
    made = letter(posting, "bob@bücher.example.org", "Bób Büch")
    assert [one.addr_spec for one in made["To"].addresses] == ["bob@xn--bcher-kva.example.org"]
    assert made.as_bytes().isascii()
    assert read(made)["To"].addresses[0].display_name == "Bób Büch"


def test_an_address_with_accents_before_the_at_stays_what_it_is(posting: Flask) -> None:
    made = letter(posting, "jürgen@example.org")
    assert [one.addr_spec for one in made["To"].addresses] == ["jürgen@example.org"]
    assert "jürgen@example.org".encode() in made.as_bytes()
