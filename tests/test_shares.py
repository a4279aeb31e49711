"""What a run leaves to others: over a few runs, or over the three engines of one, every case has its turn."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import shares
from tests.engines import SQLITE

POSTGRESQL, MARIADB = "postgresql://", "mariadb://"


@dataclass(frozen=True)
class Item:
    """As much of a pytest item as is asked for."""

    test: str
    case: int = 0
    engine: str | None = None
    marks: tuple[str, ...] = ()
    path: Path = field(default=Path("test_things.py"))

    @property
    def nodeid(self) -> str:
        return f"{self.path}::{self.test}[{self.engine}-{self.case}]"

    @property
    def callspec(self) -> Any:
        params = {"case": f"the case {self.case}"} | ({"engine_app": self.engine} if self.engine else {})
        return SimpleNamespace(params=params, indices=dict.fromkeys(params, 0) | {"case": self.case})

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.marks else None


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The engines of the run, to begin with SQLite alone."""
    urls = [SQLITE]
    monkeypatch.setattr(shares, "database_urls", lambda: urls)
    return urls


def left_out(items: list[Item], seed: int = 1) -> set[Item]:
    return {*shares.shared_out(items, seed)}  # type: ignore[arg-type]


def test_on_three_engines_each_case_runs_on_one(engines: list[str]) -> None:
    engines += [POSTGRESQL, MARIADB]
    items = [Item("test_it", case, engine) for case in range(8) for engine in engines]
    tried = [item for item in items if item not in left_out(items)]
    assert sorted(item.case for item in tried) == list(range(8))
    assert {item.engine for item in tried} == {*engines}


@pytest.mark.parametrize("marks", [(), ("alike",)])
def test_on_sqlite_alone_a_sixth_of_the_cases_runs_and_the_seed_says_which(
    engines: list[str], marks: tuple[str, ...]
) -> None:
    engine = None if marks else SQLITE
    items = [Item("test_it", case, engine, marks) for case in range(12)]
    assert len(left_out(items)) == 10
    assert left_out(items) == left_out(items[::-1])
    assert len({frozenset(left_out(items, seed)) for seed in range(90)}) == 6


def test_few_cases_and_those_of_no_engine_all_run(engines: list[str]) -> None:
    few = [Item("test_few", case, SQLITE) for case in range(3)]
    assert not left_out(few)
    assert not left_out([Item("test_of_no_engine", case) for case in range(9)])


def test_of_slow_tests_a_sixth_runs_where_there_is_no_server(engines: list[str]) -> None:
    items = [Item(f"test_{number}", marks=("slow",)) for number in range(12)]
    assert len(left_out(items)) == 10
    engines.append(POSTGRESQL)
    assert len(left_out(items)) == 8


def test_what_has_few_cases_runs_on_sqlite_and_in_two_of_three_runs_on_one_server(engines: list[str]) -> None:
    engines += [POSTGRESQL, MARIADB]
    items = [Item("test_it", case, engine) for case in range(3) for engine in engines]
    left = [left_out(items, seed) for seed in range(20)]
    assert {item.engine for one in left for item in one} == {POSTGRESQL, MARIADB}
    servers = [{item.engine for item in one} for one in left]
    assert all(len(one) == 3 * len(engines_left) for one, engines_left in zip(left, servers, strict=True))
    assert {frozenset(one) for one in servers} == {
        frozenset({POSTGRESQL}),
        frozenset({MARIADB}),
        frozenset({POSTGRESQL, MARIADB}),
    }
