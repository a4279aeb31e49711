"""How much of what is alike a run tries: all with ``THOROUGH=1``, else a part, another with each seed."""

import os
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import pytest

from tests.engines import database_urls

T = TypeVar("T")
#: By the name of a group and of each member the tests that are it, each with the number of its engine.
Groups = dict[str, dict[tuple[tuple[str, str], ...], list[tuple[int, pytest.Item]]]]

IS_THOROUGH = bool(os.environ.get("THOROUGH"))
#: A test with more cases than this shares them out: over three engines, or where there is one over so many runs.
FEW, ENGINES, RUNS = 3, 3, 6


def share(values: Sequence[T], parts: int = 4) -> Sequence[T]:
    """All of *values*, or one of so many *parts* of them.

    pytest-randomly seeds every test with the number that the run prints, so ``SEED=…`` gives the same part again.
    """
    return values if IS_THOROUGH else values[random.randrange(parts) :: parts]  # noqa: S311 - no secret


def examples(number: int) -> int:
    """How many examples Hypothesis makes of *number*."""
    return number if IS_THOROUGH else max(number // 4, 5)


def shared_out(items: Sequence[pytest.Item], seed: int) -> set[pytest.Item]:
    """What is left to other runs.

    Of a test with many cases a run tries each case on one of three engines, and one with few on SQLite and, in two
    of three runs, on one of the others; of the tests that are marked ``slow`` it tries a third. On SQLite alone,
    where somebody waits, it tries a sixth of the cases and of the slow tests. A test of no engine is tried with all
    its cases, unless it is marked ``alike``. The same *seed* leaves out the same, in every process.
    """
    cases: Groups = defaultdict(lambda: defaultdict(list))
    slow: Groups = defaultdict(lambda: defaultdict(list))
    for item in items:
        test, case, engine = _case_of(item)
        if engine is not None:
            cases[test][case].append((engine, item))
        if item.get_closest_marker("slow"):
            slow[str(item.path)][((test, ""),)].append((0, item))
    parts = ENGINES if len(database_urls()) > 1 else RUNS
    left = _left_of(cases, seed, FEW, parts) | _left_of(slow, seed, 1, parts)
    return left | _on_one_server(cases, seed) if len(database_urls()) == ENGINES else left


def _left_of(groups: Groups, seed: int, more_than: int, parts: int) -> set[pytest.Item]:
    left: set[pytest.Item] = set()
    for name, members in groups.items():
        if len(members) <= more_than:
            continue
        turn = _turn(seed, name, parts)
        for number, member in enumerate(sorted(members)):
            left |= {item for engine, item in members[member] if (number + turn + engine) % parts}
    return left


def _on_one_server(groups: Groups, seed: int) -> set[pytest.Item]:
    """Of what has few cases those on the servers whose turn it is not; in a third of the runs it is that of neither."""
    few = {name: members for name, members in groups.items() if len(members) <= FEW}
    return {
        item
        for name, members in few.items()
        for one in members.values()
        for engine, item in one
        if engine not in (0, _turn(seed, name, ENGINES))
    }


def _turn(seed: int, name: str, parts: int) -> int:
    return random.Random(f"{seed} {name}").randrange(parts)  # noqa: S311 - no secret


def _case_of(item: pytest.Item) -> tuple[str, tuple[tuple[str, str], ...], int | None]:
    """The test without its case, the case without its engine, and which engine it is: ``None`` for all of them."""
    called = getattr(item, "callspec", None)
    values = called.params if called else {}
    urls = database_urls()
    engine = next((urls.index(value) for value in values.values() if value in urls), None)
    if engine is None and item.get_closest_marker("alike"):
        engine = 0
    places = called.indices if called else {}
    case = tuple(sorted((name, f"{place:05}") for name, place in places.items() if values[name] not in urls))
    return item.nodeid.partition("[")[0], case, engine
