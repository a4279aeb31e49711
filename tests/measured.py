"""What coverage looks at where a run tries several engines: each test once. Tracing makes a test take twice as long.

More tests reach no fewer lines, so what is found this way is the least that all of them reach together.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import pytest
from coverage import Coverage

from tests.engines import SQLITE, database_urls

#: Who starts processes, which nothing is measured in, or goes over every page, where others have been.
UNMEASURED = {"browser", "deploy", "faults", "migrations", "rules"}


def measured(items: Sequence[pytest.Item]) -> set[pytest.Item]:
    """Of each test the first case that asks no server."""
    once: dict[str, pytest.Item] = {}
    for item in sorted(items, key=lambda item: item.nodeid):
        if UNMEASURED.isdisjoint(item.path.parts) and _asks_no_server(item):
            once.setdefault(item.nodeid.partition("[")[0], item)
    return {*once.values()}


def _asks_no_server(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    servers = {*database_urls()} - {SQLITE}
    return called is None or not any(
        value in servers for value in called.params.values() if isinstance(value, str)
    )


class Tracing:
    """A plugin that stops coverage while a test runs that is none of *measured*, with its set-up and its teardown."""

    def __init__(self, measured: set[pytest.Item]) -> None:
        self.measured = measured

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if item in self.measured:
            return (yield)
        with untraced():
            return (yield)


@contextmanager
def untraced() -> Iterator[None]:
    """Without coverage, of which a process of xdist has two, one from before it knew what it is."""
    stopped = []
    while running := Coverage.current():
        running.stop()
        stopped.append(running)
    try:
        yield
    finally:
        for one in reversed(stopped):
            one.start()
