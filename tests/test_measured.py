"""What coverage looks at in a run on several engines."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from coverage import Coverage

from tests import measured
from tests.engines import SQLITE
from webapp.setting_types import ROOT

POSTGRESQL = "postgresql://"


@dataclass(frozen=True)
class Item:
    """As much of a pytest item as is asked for."""

    nodeid: str
    params: dict[str, Any] | None = field(default=None, hash=False)

    @property
    def path(self) -> Path:
        return ROOT / self.nodeid.partition("::")[0]

    @property
    def callspec(self) -> Any:
        if self.params is None:
            raise AttributeError
        return SimpleNamespace(params=self.params)


def measured_of(*items: Item) -> list[str]:
    return sorted(item.nodeid for item in measured.measured(items))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _two_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "database_urls", lambda: [SQLITE, POSTGRESQL])


def test_each_test_is_measured_once_on_no_server() -> None:
    cases = [
        Item(f"tests/users/test_it.py::test_it[{name}-{case}]", {"engine_app": engine, "case": {}})
        for case in range(3)
        for name, engine in (("postgresql", POSTGRESQL), ("sqlite", SQLITE))
    ]
    plain = Item("tests/users/test_it.py::test_of_no_engine")
    assert measured_of(*cases, plain) == [
        "tests/users/test_it.py::test_it[sqlite-0]",
        "tests/users/test_it.py::test_of_no_engine",
    ]


def test_what_starts_processes_or_goes_over_every_page_is_not_measured() -> None:
    assert measured_of(*(Item(f"tests/{name}/test_it.py::test_it") for name in measured.UNMEASURED)) == []
    assert all((ROOT / "tests" / name).is_dir() for name in measured.UNMEASURED)


def test_nothing_is_traced_meanwhile_and_all_of_it_afterwards(tmp_path: Path) -> None:
    """In a process of its own: this one may be measured itself."""
    code = (
        "import sys\n"
        "from coverage import Coverage\n"
        "from tests.measured import untraced\n"
        "below, above = Coverage(data_file=None), Coverage(data_file=None)\n"
        "below.start(); above.start()\n"
        "with untraced():\n"
        "    inside = Coverage.current(), sys.gettrace()\n"
        "assert Coverage.current() is above and sys.gettrace()\n"
        "above.stop(); assert Coverage.current() is below\n"
        "below.stop(); assert inside == (None, None)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)  # noqa: S603 - our own command


def test_without_coverage_nothing_is_stopped_or_started() -> None:
    before = Coverage.current()
    with measured.untraced():
        assert Coverage.current() is None
    assert Coverage.current() is before
