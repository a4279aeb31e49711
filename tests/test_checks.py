"""How `make check` runs its steps, and what it takes of a run of the tests that has just been."""

import sys
from pathlib import Path

import pytest

from scripts import checks, dev
from tests.conftest import SECRET_KEY


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_each_step_is_told_whole_in_its_order_and_those_that_fail_are_named(
    capfd: pytest.CaptureFixture[str],
) -> None:
    steps = {
        "slow": [python("import time; print('begins', flush=True); time.sleep(0.3); print('ends')")],
        "fails": [
            python("import sys; print('is told', file=sys.stderr); sys.exit(3)"),
            python("print('no more')"),
        ],
        "passes": [python("print('first')"), python("print('second')")],
    }
    assert checks.failing(steps) == ["fails"]
    told = capfd.readouterr().out.split()
    assert " ".join(told) == "== slow begins ends == fails is told == passes first second"


def test_nothing_fails_where_every_step_passes() -> None:
    assert checks.failing({"one": [python("")], "two": [python("")]}) == []


def test_as_many_steps_as_there_are_cores_run_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks.os, "cpu_count", lambda: 2)
    meet = (
        "import pathlib, sys, time\n"
        f"here, there = (pathlib.Path({str(tmp_path)!r}) / name for name in sys.argv[1:])\n"
        "here.touch()\n"
        "until = time.monotonic() + 30\n"
        "while not there.exists():\n"
        "    assert time.monotonic() < until\n"
    )
    assert checks.failing({"a": [[*python(meet), "a", "b"]], "b": [[*python(meet), "b", "a"]]}) == []


def test_the_migrations_are_tried_on_a_database_of_their_own(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///real.db")
    monkeypatch.setenv("SECRET_KEY", SECRET_KEY)
    assert not checks.failing(
        {"x": [python("import os; print(os.environ['DATABASE_URL'], os.environ['SECRET_KEY'])")]}
    )
    told = capfd.readouterr().out
    assert "check.db" in told
    assert "real.db" not in told
    assert SECRET_KEY not in told


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that run the tests or judge what they reach; each succeeds."""
    run: list[list[str]] = []
    monkeypatch.setattr(dev, "environment", lambda lock: Path("bin/python"))
    monkeypatch.setattr(dev, "failing", lambda steps: [])
    monkeypatch.setattr(dev.subprocess, "call", lambda command, **_: run.append(list(command)) or 0)
    monkeypatch.setattr(dev, "call", lambda *command, **_: run.append(list(command)) is None)
    monkeypatch.delenv("MEASURE", raising=False)
    monkeypatch.delenv("SEED", raising=False)
    return run


def test_by_itself_a_check_runs_the_tests_and_measures_them(commands: list[list[str]]) -> None:
    assert (dev.test(), dev.check()) == (0, 0)
    assert [command[-1] for command in commands] == ["--share", "--cov"]


def test_what_the_tests_have_just_measured_is_judged_in_place_of_another_run(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEASURE", "1")
    assert (dev.test(), dev.check()) == (0, 0)
    [tests, judged] = commands
    assert {"--cov", "--cov-fail-under=0"} <= {*tests}
    assert judged == ["bin/coverage", "report"]


def test_too_little_that_was_reached_fails_the_check(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEASURE", "1")
    monkeypatch.setattr(dev, "call", lambda *command, **_: False)
    assert dev.check() == 1
    assert "Failed: coverage" in capsys.readouterr().out


def test_where_nothing_was_measured_there_is_nothing_to_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEASURE", "1")
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(dev, "environment", lambda lock: Path(sys.executable))
    monkeypatch.setattr(dev, "failing", lambda steps: [])
    assert dev.check() == 1
