"""Letters leave over TLS that is verified, within a time, or not at all. The servers are real."""

import os
import socket
import ssl
import stat
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import close, make_settings
from tests.mail.servers import (
    PASSWORD,
    USERNAME,
    Inbox,
    answering,
    authenticator,
    certificate,
    context_of,
    free_port,
    server,
)
from webapp import create_app
from webapp.mail import NotSent, Recipient, compose, deliver, delivery
from webapp.texts import lazy_gettext as _l

pytestmark = pytest.mark.one_engine

USER = f"{USERNAME}:p%40ss%2Fword%3A%207hW2"


@pytest.fixture(scope="module")
def posting() -> Iterator[Flask]:
    """An application that sends mail, and asks no database for it."""
    app = create_app(make_settings(DATABASE_URL="sqlite://", MAIL_URL="memory"))
    yield app
    close(app)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("mail"))


def send(app: Flask, url: str) -> None:
    app.config["MAIL_URL"] = url
    with app.app_context():
        deliver(compose(Recipient("bob@example.org", "Bob"), "test", _l("A test")))


def why_not(app: Flask, url: str) -> str:
    with pytest.raises(NotSent) as caught:
        send(app, url)
    assert "bob" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


# What arrives


def test_a_letter_arrives_over_starttls_with_user_and_password(
    posting: Flask, inbox: Inbox, good: Path
) -> None:
    """CF-10."""
    demands = {"require_starttls": True, "auth_required": True, "authenticator": authenticator}
    with server(inbox, tls_context=context_of(good), **demands) as port:
        send(posting, f"smtp://{USER}@localhost:{port}?ca={good}")
    assert (inbox.recipients, inbox.signed_in) == (["bob@example.org"], [True])
    (letter,) = inbox.letters
    assert (letter["Subject"], letter["To"]) == ("A test", "Bob <bob@example.org>")


def test_a_letter_arrives_over_tls_from_the_first_byte(posting: Flask, inbox: Inbox, good: Path) -> None:
    with server(inbox, ssl_context=context_of(good)) as port:
        send(posting, f"smtps://localhost:{port}?ca={good}")
    assert len(inbox.letters) == 1


def test_a_letter_arrives_in_clear_text_on_this_machine_where_that_is_asked_for(
    posting: Flask, inbox: Inbox
) -> None:
    with server(inbox) as port:
        send(posting, f"smtp+plain://localhost:{port}")
    assert len(inbox.letters) == 1


# What does not leave


def test_a_server_without_tls_gets_nothing(posting: Flask, inbox: Inbox) -> None:
    """CF-10: STARTTLS was left out, by the server or by somebody in between, and there is no falling back."""
    with server(inbox) as port:
        assert "STARTTLS" in why_not(posting, f"smtp://localhost:{port}")
        assert "breaks off" in why_not(posting, f"smtps://localhost:{port}")
    assert inbox.letters == []


@pytest.mark.parametrize(
    "answer", [b"454 TLS not available\r\n", b"220 go ahead\r\nnonsense\r\n", b"250 ok\r\n"]
)
def test_starttls_that_is_offered_and_broken_off_sends_nothing(posting: Flask, answer: bytes) -> None:
    """CF-10."""
    heard: list[bytes] = []

    def talk(line: socket.socket) -> None:
        line.sendall(b"220 here\r\n")
        heard.append(line.recv(1000))
        line.sendall(b"250-here\r\n250 STARTTLS\r\n")
        heard.append(line.recv(1000))
        line.sendall(answer)
        heard.append(line.recv(1000))
        line.close()

    with answering(talk) as port:
        why_not(posting, f"smtp://{USER}@localhost:{port}")
    assert heard[1] == b"STARTTLS\r\n"
    assert not any(word in b"".join(heard[2:]) for word in (b"MAIL", b"AUTH", b"EHLO"))


def test_what_a_server_said_before_the_encryption_is_not_read_after_it(
    posting: Flask, inbox: Inbox, good: Path
) -> None:
    """CVE-2011-0411: somebody in between adds answers to the one that begins the encryption."""

    def talk(line: socket.socket) -> None:
        line.sendall(b"220 here\r\n")
        line.recv(1000)
        line.sendall(b"250-here\r\n250 STARTTLS\r\n")
        line.recv(1000)
        line.sendall(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n")
        secure = context_of(good).wrap_socket(line, server_side=True)
        said.append(secure.recv(1000))
        secure.sendall(b"250 here\r\n")
        said.append(secure.recv(1000))
        secure.close()

    said: list[bytes] = []
    with answering(talk) as port:
        why_not(posting, f"smtp://{USER}@localhost:{port}?ca={good}")
    assert said[0].startswith(b"ehlo")
    assert b"AUTH" not in b"".join(said)


def test_a_certificate_that_nobody_vouches_for_is_refused(posting: Flask, inbox: Inbox, good: Path) -> None:
    """CF-10; with the same certificate trusted it arrives, as above."""
    with server(inbox, tls_context=context_of(good), require_starttls=True) as port:
        assert "certificate is not good" in why_not(posting, f"smtp://localhost:{port}")
    with server(inbox, ssl_context=context_of(good)) as port:
        assert "certificate is not good" in why_not(posting, f"smtps://localhost:{port}")
    assert inbox.letters == []


@pytest.mark.parametrize(("host", "days"), [("mail.example.org", 1), ("localhost", -1)])
def test_a_certificate_for_another_name_or_of_yesterday_is_refused(
    posting: Flask, inbox: Inbox, tmp_path: Path, host: str, days: int
) -> None:
    """CF-10."""
    wrong = certificate(tmp_path, host, days)
    with server(inbox, tls_context=context_of(wrong), require_starttls=True) as port:
        assert "certificate is not good" in why_not(posting, f"smtp://localhost:{port}?ca={wrong}")
    assert inbox.letters == []


def test_an_old_protocol_is_refused(posting: Flask, good: Path) -> None:
    old = context_of(good)
    with warnings.catch_warnings(action="ignore"):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    spoken: list[bytes] = []

    def talk(line: socket.socket) -> None:
        secure = old.wrap_socket(line, server_side=True)
        secure.sendall(b"220 here\r\n")
        spoken.append(secure.recv(1000))

    with answering(talk) as port:
        why_not(posting, f"smtps://localhost:{port}?ca={good}")
    assert spoken == []


def test_a_wrong_password_is_told_without_it(posting: Flask, inbox: Inbox, good: Path) -> None:
    demands = {"require_starttls": True, "auth_required": True, "authenticator": authenticator}
    with server(inbox, tls_context=context_of(good), **demands) as port:
        told = why_not(posting, f"smtp://{USERNAME}:wrong@localhost:{port}?ca={good}")
    assert told == "the server refuses user and password of MAIL_URL (535)"


def test_no_server_is_told(posting: Flask) -> None:
    assert "cannot be reached" in why_not(posting, f"smtp+plain://localhost:{free_port()}")


@pytest.mark.parametrize(
    ("hook", "answer", "is_temporary"),
    [
        ("handle_DATA", "451 later", True),
        ("handle_DATA", "554 never", False),
        ("handle_RCPT", "450 later", True),
        ("handle_RCPT", "550 nobody here", False),
        ("handle_MAIL", "421 busy", True),
    ],
)
def test_whether_another_try_may_help_is_told_apart(
    posting: Flask, inbox: Inbox, hook: str, answer: str, is_temporary: bool
) -> None:
    async def refuse(*_given: object) -> str:
        return answer

    setattr(inbox, hook, refuse)
    with server(inbox) as port, pytest.raises(NotSent) as caught:
        send(posting, f"smtp+plain://localhost:{port}")
    assert caught.value.is_temporary is is_temporary
    assert inbox.letters == []


def test_a_server_that_is_not_there_may_be_there_later_and_a_certificate_stays_bad(
    posting: Flask, inbox: Inbox, good: Path
) -> None:
    with pytest.raises(NotSent) as caught:
        send(posting, f"smtp+plain://localhost:{free_port()}")
    assert caught.value.is_temporary
    with server(inbox, tls_context=context_of(good)) as port, pytest.raises(NotSent) as caught:
        send(posting, f"smtp://localhost:{port}")
    assert not caught.value.is_temporary


# Time


def silent(line: socket.socket) -> None:
    line.recv(1000)


def dribbling(line: socket.socket) -> None:
    while True:
        line.sendall(b"2")
        time.sleep(0.05)


def endless(line: socket.socket) -> None:
    while True:
        line.sendall(b"220-and another line\r\n")
        time.sleep(0.01)


@pytest.mark.parametrize("talk", [silent, dribbling, endless])
@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+plain"])
def test_a_server_that_is_too_slow_is_given_up(
    posting: Flask, monkeypatch: pytest.MonkeyPatch, talk: object, scheme: str
) -> None:
    """Also one that always says a little more."""
    monkeypatch.setattr(delivery, "TIME_LIMIT", 0.3)
    monkeypatch.setattr(delivery, "WHOLE_TIME_LIMIT", 0.6)
    began = time.monotonic()
    with answering(talk) as port:  # type: ignore[arg-type]
        why_not(posting, f"{scheme}://localhost:{port}")
    assert time.monotonic() - began < 5


def test_the_limits_are_seconds() -> None:
    assert 0 < delivery.TIME_LIMIT <= 10 < delivery.WHOLE_TIME_LIMIT <= 30


# Where nobody gets it


def test_a_file_is_its_owners_whatever_the_umask(posting: Flask, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        send(posting, f"file:{tmp_path}")
    finally:
        os.umask(before)
    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"To: Bob <bob@example.org>" in path.read_bytes()


def test_a_folder_that_is_gone_is_told(posting: Flask, tmp_path: Path) -> None:
    assert "no folder" in why_not(posting, f"file:{tmp_path / 'gone'}")


def test_the_console_shows_a_letter_to_read(posting: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    send(posting, "console")
    told = capsys.readouterr().err
    assert "To: Bob <bob@example.org>\nSubject: A test\n\nThis is a test" in told


def test_without_a_server_nothing_is_sent(posting: Flask) -> None:
    assert why_not(posting, "") == "MAIL_URL is not set"
