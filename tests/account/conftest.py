"""People who signed in through the page, and a clock for what ends or begins after a while."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from tests.conftest import Entrance, came_in
from webapp.mail import outbox


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """A clock that stands until it is set."""
    with time_machine.travel(datetime(2030, 5, 17, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def enter() -> Entrance:
    """Through the page, which is what these tests are about."""
    return came_in


@pytest.fixture
def dead_mail_server(app: Flask, mailbox: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail goes to a server that nobody reaches, and is tried once: later it would come into another test's mailbox."""
    monkeypatch.setitem(app.config, "MAIL_URL", "smtp+plain://localhost:1")
    monkeypatch.setattr(outbox, "WAITS", ())
