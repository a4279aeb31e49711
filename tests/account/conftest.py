"""A clock for what ends or begins after a while."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """A clock that stands until it is set."""
    with time_machine.travel(datetime(2030, 5, 17, 12, tzinfo=UTC), tick=False) as clock:
        yield clock
