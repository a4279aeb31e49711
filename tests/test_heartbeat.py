"""Whether a server that has not answered for a while is asked if it lives, and who is hung up then."""

import gc
from collections.abc import Iterator
from threading import Event
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any

import pytest

import webapp.heartbeat
from webapp.heartbeat import Heartbeat


class Driver:
    """A driver whose server answers who connects, or does not."""

    Error = ConnectionError

    def __init__(self) -> None:
        self.answers = True
        self.refuses = False
        self.asked = 0
        self.options: dict[str, Any] = {}

    def connect(self, **options: Any) -> Any:
        self.asked += 1
        self.options = options
        if not self.answers:
            sleep(webapp.heartbeat.ANSWER)
            raise ConnectionError
        if self.refuses:
            raise ConnectionError
        return SimpleNamespace(close=lambda: None)


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    for name, seconds in {"SLOW": 0.1, "ANSWER": 0.1, "LOOK": 0.01, "LINGER": 0.3}.items():
        monkeypatch.setattr(webapp.heartbeat, name, seconds)
    return Driver()


@pytest.fixture
def heartbeat(driver: Driver) -> Iterator[Heartbeat]:
    dialect = SimpleNamespace(
        create_connect_args=lambda _url: ((), {"connect_timeout": "600"}),
        connect=driver.connect,
        loaded_dbapi=driver,
    )
    engine: Any = SimpleNamespace(dialect=dialect, url="", driver="of the test")
    heartbeat = Heartbeat(engine)
    yield heartbeat
    heartbeat.waits.clear()
    if heartbeat.thread is not None:
        heartbeat.thread.join(10)


class Connection:
    """What is hung up says so by being asked for its line."""

    def __init__(self) -> None:
        self.hung_up = Event()

    def fileno(self) -> int:
        self.hung_up.set()
        raise OSError


def awaited(condition: Any) -> bool:
    deadline = monotonic() + 10
    while not condition() and monotonic() < deadline:
        sleep(0.01)
    return bool(condition())


def test_who_waits_for_a_server_that_answers_nobody_is_hung_up(heartbeat: Heartbeat, driver: Driver) -> None:
    driver.answers = False
    connection = Connection()
    heartbeat.watch(connection)
    assert connection.hung_up.wait(10)


@pytest.mark.parametrize("refuses", [False, True])
def test_who_waits_for_a_slow_server_goes_on_waiting(
    heartbeat: Heartbeat, driver: Driver, refuses: bool
) -> None:
    driver.refuses = refuses
    connection = Connection()
    heartbeat.watch(connection)
    assert awaited(lambda: driver.asked > 2)
    assert not connection.hung_up.is_set()
    assert driver.options["connect_timeout"] == webapp.heartbeat.ANSWER, "whatever the address says"


def test_a_slow_server_is_not_asked_at_each_look(heartbeat: Heartbeat, driver: Driver) -> None:
    connection = Connection()
    heartbeat.watch(connection)
    began = monotonic()
    assert awaited(lambda: driver.asked > 3)
    assert monotonic() - began > 3 * webapp.heartbeat.SLOW


def test_a_connection_that_nobody_holds_any_more_is_forgotten(heartbeat: Heartbeat, driver: Driver) -> None:
    heartbeat.watch(Connection())
    gc.collect()
    assert awaited(lambda: not heartbeat.waits)


def test_who_may_wait_without_end_or_waits_no_more_is_left_alone(
    heartbeat: Heartbeat, driver: Driver
) -> None:
    driver.answers = False
    left, other = Connection(), Connection()
    heartbeat.watch(left)
    heartbeat.watch(other)
    heartbeat.leave(left)
    assert other.hung_up.wait(10)
    assert not left.hung_up.is_set()


def test_nobody_is_asked_while_answers_come_and_the_thread_ends_with_the_last_wait(
    heartbeat: Heartbeat, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webapp.heartbeat, "SLOW", 60)
    connection = Connection()
    heartbeat.watch(connection)
    first = heartbeat.thread
    sleep(0.5)
    assert first is not None
    assert first.is_alive()
    heartbeat.leave(connection)
    first.join(10)
    assert not first.is_alive()
    assert driver.asked == 0
    heartbeat.watch(connection)
    assert heartbeat.thread is not first
