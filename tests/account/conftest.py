"""People who signed in through the page, and a clock for what ends or begins after a while."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from tests.conftest import came_in
from tests.pages import Visitor
from webapp.users.models import User


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """A clock that stands until it is set."""
    with time_machine.travel(datetime(2030, 5, 17, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


@pytest.fixture
def as_alice(app: Flask, alice: User) -> Visitor:
    return came_in(app, alice)


@pytest.fixture
def as_bob(app: Flask, bob: User) -> Visitor:
    return came_in(app, bob)


@pytest.fixture
def as_charlie(app: Flask, charlie: User) -> Visitor:
    return came_in(app, charlie)
