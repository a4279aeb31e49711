"""What is done after the answer: in order, outside of the request, and never failing whoever handed it in."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, has_request_context

from tests.conftest import SECRET_KEY, close, make_settings
from webapp import create_app
from webapp.mail import Recipient, later, outbox, post
from webapp.mail.delivery import MAILBOX
from webapp.mail.outbox import OUTBOX, Outbox
from webapp.setting_types import ROOT
from webapp.texts import lazy_gettext as _l

pytestmark = pytest.mark.one_engine


@pytest.fixture
def posting() -> Iterator[Flask]:
    app = create_app(make_settings(DATABASE_URL="sqlite://", MAIL_URL="memory"))
    yield app
    close(app)


def of(app: Flask) -> Outbox:
    found: Outbox = app.extensions[OUTBOX]
    return found


def test_a_letter_is_sent_after_the_request_and_not_in_it(posting: Flask) -> None:
    """LG-12."""
    goes_on, where = threading.Event(), []

    def wait() -> None:
        goes_on.wait(5)
        where.append((has_request_context(), threading.current_thread().name))

    with posting.test_request_context():
        later(wait)
        post(Recipient("bob@example.org"), "test", _l("A test"))
        assert MAILBOX not in posting.extensions
    goes_on.set()
    assert of(posting).flush(5)
    assert where == [(False, "outbox")]
    assert [letter["To"] for letter in posting.extensions[MAILBOX]] == ["bob@example.org"]


def test_without_a_mail_server_nothing_is_handed_in(posting: Flask) -> None:
    posting.config["MAIL_URL"] = ""
    with posting.app_context():
        post(Recipient("bob@example.org"), "test", _l("A test"))
    assert of(posting)._thread is None


def test_what_fails_is_told_in_the_log_without_what_it_held(
    posting: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("https://example.org/a-link-that-sets-a-password")

    with posting.app_context():
        later(fail)
        post(Recipient("eve@example.net\r\nBcc: x@example.net"), "test", _l("A test"))
        posting.config["MAIL_URL"] = "smtp+plain://localhost:1"
        post(Recipient("bob@example.org"), "test", _l("A test"))
    assert of(posting).flush(10)
    told = capsys.readouterr().err
    assert told.count("mail not sent") == 3
    for word in ("RuntimeError", "ValueError", "ConnectionRefusedError"):
        assert word in told
    for secret in ("a-link", "eve@", "bob@"):
        assert secret not in told


def test_a_job_that_fails_does_not_stop_the_next(posting: Flask) -> None:
    done = []
    with posting.app_context():
        later(lambda: 1 // 0)  # type: ignore[arg-type,return-value]
        later(lambda: done.append(1))
    assert of(posting).flush(5)
    assert done == [1]


def test_what_is_too_much_is_dropped_and_told_and_fails_nobody(
    posting: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outbox, "MOST_WAITING", 2)
    of(posting).begin_anew()
    goes_on, done = threading.Event(), []
    with posting.app_context():
        later(lambda: goes_on.wait(5) and None)
        while of(posting)._jobs.qsize():
            time.sleep(0.01)
        for number in range(4):
            later(lambda number=number: done.append(number))  # type: ignore[misc]
    goes_on.set()
    assert of(posting).flush(5)
    assert done == [0, 1]
    assert capsys.readouterr().err.count("too many wait already") == 2


def test_flushing_ends_after_its_time(posting: Flask) -> None:
    goes_on = threading.Event()
    with posting.app_context():
        later(lambda: goes_on.wait(5) and None)
    assert not of(posting).flush(0.05)
    goes_on.set()
    assert of(posting).flush(5)


def test_a_forked_process_has_an_outbox_of_its_own(posting: Flask) -> None:
    with posting.app_context():
        later(lambda: None)
    assert of(posting).flush(5)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with posting.app_context():
            later(lambda: os.write(writing, b"done") and None)
        os._exit(0 if of(posting).flush(5) else 1)
    _pid, status = os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert (status, pipe.read()) == (0, b"done")


PROGRAM = """
import signal, sys, time
from webapp import create_app
from webapp.mail import Recipient, later, post
app = create_app()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with app.app_context():
    later(lambda: time.sleep(1))
    post(Recipient("bob@example.org"), "test", "A test")
print("ready", flush=True)
time.sleep(30)
"""


@pytest.mark.slow
def test_what_waits_when_the_process_is_told_to_stop_is_still_sent(tmp_path: Path) -> None:
    values = {"DATABASE_URL": "sqlite://", "SECRET_KEY": SECRET_KEY, "MAIL_URL": f"file:{tmp_path}"}
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env={**os.environ, **values}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"ready\n"
    assert not list(tmp_path.iterdir())
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert len(list(tmp_path.iterdir())) == 1


# The command


def test_the_command_sends_a_test_and_says_so(posting: Flask) -> None:
    told = posting.test_cli_runner().invoke(args=["mail", "test", "bob@example.org"])
    assert (told.exit_code, told.output.split(".")[0]) == (0, "The mail to bob@example")
    (letter,) = posting.extensions[MAILBOX]
    assert letter["To"] == "bob@example.org"


@pytest.mark.parametrize(
    ("url", "address", "why"),
    [
        ("", "bob@example.org", "MAIL_URL is not set"),
        ("smtp+plain://localhost:1", "bob@example.org", "cannot be reached"),
        ("memory", "bob", "is no e-mail address"),
    ],
)
def test_the_command_ends_with_1_and_the_reason(posting: Flask, url: str, address: str, why: str) -> None:
    posting.config["MAIL_URL"] = url
    told = posting.test_cli_runner().invoke(args=["mail", "test", address])
    assert told.exit_code == 1
    assert why in told.output
    assert "Traceback" not in told.output
