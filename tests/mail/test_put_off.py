"""A letter that the server puts off is tried again, a few times, and nothing waits for it."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.conftest import close, make_settings
from webapp import create_app
from webapp.mail import NotSent, later, outbox
from webapp.mail.outbox import OUTBOX, Outbox

pytestmark = pytest.mark.one_engine


@pytest.fixture
def posting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setattr(outbox, "WAITS", (0.05, 0.1))
    app = create_app(make_settings(DATABASE_URL="sqlite://", MAIL_URL="memory"))
    yield app
    close(app)


class Refused:
    """A job that is refused so many times, and then done."""

    def __init__(self, times: int, *, is_temporary: bool = True) -> None:
        self.times, self.is_temporary = times, is_temporary
        self.at: list[float] = []
        self.done = threading.Event()

    def __call__(self) -> None:
        self.at.append(time.monotonic())
        if len(self.at) <= self.times:
            raise NotSent("the server refuses (451)", is_temporary=self.is_temporary)
        self.done.set()


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_is_tried_again_after_longer_and_longer_waits(
    posting: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = Refused(2)
    with posting.app_context():
        later(letter)
    assert letter.done.wait(5)
    first, second, third = letter.at
    assert second - first >= 0.05
    assert third - second >= 0.1
    assert capsys.readouterr().err.count("mail not sent yet") == 2


def test_after_three_tries_it_is_given_up_and_told(
    posting: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    letter, told = Refused(99), ""
    with posting.app_context():
        later(letter)
    until(lambda: len(letter.at) == 3)
    assert posting.extensions[OUTBOX].flush(5)
    time.sleep(0.3)
    assert len(letter.at) == 3
    told = capsys.readouterr().err
    assert told.count("mail not sent yet") == 2
    assert told.count("mail not sent ") - told.count("mail not sent yet ") == 1


def test_what_a_server_refuses_for_good_is_not_tried_again(
    posting: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = Refused(99, is_temporary=False)
    with posting.app_context():
        later(letter)
    assert posting.extensions[OUTBOX].flush(5)
    time.sleep(0.2)
    assert len(letter.at) == 1
    assert "mail not sent yet" not in capsys.readouterr().err


def test_others_go_out_meanwhile(posting: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WAITS", (60.0, 300.0))
    letter, done = Refused(1), []
    with posting.app_context():
        later(letter)
        later(lambda: done.append(1))
    assert posting.extensions[OUTBOX].flush(5)
    assert (len(letter.at), done) == (1, [1])


def test_a_process_that_ends_waits_for_none_and_says_so(
    posting: Flask, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(outbox, "WAITS", (60.0, 300.0))
    with posting.app_context():
        later(Refused(1))
    box: Outbox = posting.extensions[OUTBOX]
    assert box.flush(5)
    box.give_up()
    assert "the process ends before another try" in capsys.readouterr().err


def test_no_more_are_put_off_than_may_wait(posting: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WAITS", (60.0, 300.0))
    monkeypatch.setattr(outbox, "MOST_WAITING", 2)
    box: Outbox = posting.extensions[OUTBOX]
    with posting.app_context():
        for _number in range(4):
            later(Refused(1))
            assert box.flush(5)
    assert len(box._put_off) == 2
