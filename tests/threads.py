"""Several people at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

Result = TypeVar("Result")


def at_once(actions: list[Callable[[], Result]]) -> list[Result]:
    """Do *actions* in threads that start together; their results in the same order."""
    start = Barrier(len(actions))

    def run(action: Callable[[], Result]) -> Result:
        start.wait(timeout=60)
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
