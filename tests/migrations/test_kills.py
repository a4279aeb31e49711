"""Deployers that are killed, and tables that others hold, while a database is upgraded."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from tests.migrations.conftest import ROOT
from tests.migrations.revisions import LAST_BUT_ONE, NEWEST, REVISIONS
from tests.migrations.rows import Deploy, Start, insert_people, people_of, person, schema_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux what a process does"),
]

PEOPLE = 20
# The newest revision that changes a table which is full of rows and read all the time.
BEFORE_USERS_CHANGE = "0006"
# How many moments are tried; 30 before a release.
KILLS = int(os.environ.get("TEST_KILLS", "3"))


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read_until(process: "subprocess.Popen[str]", words: str) -> None:
    assert process.stderr is not None
    assert any(words in line for line in process.stderr), "it ended before that"


def waiting(engine: Engine, deployers: "list[subprocess.Popen[str]]") -> bool:
    """Whether all deployers wait for the deploy lock; SQLite does not say, so that they have the file open."""
    if engine.dialect.name == "sqlite":
        file = make_url(str(engine.url)).database
        return all(file in open_files(deployer.pid) for deployer in deployers)
    asked = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        if engine.dialect.name == "postgresql"
        else "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND state = 'User lock'"
    )
    with engine.connect() as connection:
        return connection.scalar(text(asked)) == len(deployers)


def open_files(pid: int) -> set[str]:
    found = set()
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(os.readlink(handle))
        except OSError:
            continue
    return found


def test_one_that_is_killed_while_it_holds_the_lock_lets_the_others_go_on(
    deploy: Deploy, engine: Engine, start: Start
) -> None:
    """MG-01."""
    deploy("upgrade", "0001")
    insert_people(engine, [person(number, f"Person{number}", "secret") for number in range(1, PEOPLE)])
    holder = start("upgrade")
    read_until(holder, "0001 -> 0002")
    holder.send_signal(signal.SIGSTOP)
    others = [start("upgrade") for _ in range(3)]
    until(lambda: waiting(engine, others))
    assert all(other.poll() is None for other in others)
    holder.kill()
    applied = 0
    for other in others:
        _, told = other.communicate(timeout=120)
        assert other.returncode == 0, told
        applied += told.count(f"{LAST_BUT_ONE} -> {NEWEST}")
    assert applied == 1
    deploy("check")
    assert [row[1] for row in people_of(engine)] == [f"person{number}" for number in range(1, PEOPLE)]


@pytest.mark.parametrize("moment", range(KILLS))
def test_one_that_is_killed_at_any_moment_can_be_run_again(
    deploy: Deploy, engine: Engine, start: Start, moment: int
) -> None:
    """MG-05. TEST_KILLS=30 tries thirty moments."""
    chance = random.Random(moment)  # noqa: S311 - no secret
    deploy("upgrade")
    wanted = schema_of(engine)
    deploy("downgrade", "base")
    deploy("upgrade", "0001")
    insert_people(engine, [person(number, f"Person{number}", "secret") for number in range(1, PEOPLE)])
    deployer = start("upgrade")
    step = chance.randrange(len(REVISIONS) - 1)
    read_until(deployer, f"{REVISIONS[step]} -> {REVISIONS[step + 1]}")
    time.sleep(chance.uniform(0, 0.4 if step == 0 else 0.03))
    deployer.kill()
    deployer.wait()
    deploy("upgrade")
    deploy("check")
    assert schema_of(engine) == wanted
    assert [row[:3] for row in people_of(engine)] == [
        (number, f"person{number}", f"person{number}@example.org") for number in range(1, PEOPLE)
    ]
    assert all(row[3].startswith("$argon2id$v=19$m=19456") for row in people_of(engine))


def test_a_table_that_somebody_holds_is_tried_again_and_readers_come_through(
    deploy: Deploy, engine: Engine, start: Start
) -> None:
    """MG-02. A transaction that has read and idles stops every change of that table, and whoever queues behind it."""
    if engine.dialect.name == "sqlite":
        pytest.skip("in write-ahead mode readers and the one writer do not meet")
    deploy("upgrade", BEFORE_USERS_CHANGE)
    insert_people(engine, [person(1, "alice")])
    with engine.connect() as idle:
        idle.execute(text("SELECT count(*) FROM users"))
        deployer = start("upgrade")
        assert deployer.stdout is not None
        for _ in range(2):
            assert any("A table is in use; trying again" in line for line in deployer.stdout)
            # The wait for a lock is shorter than what a reader here waits at most; for ever would be longer.
            with engine.connect() as reader:
                assert reader.execute(text("SELECT count(*) FROM users")).scalar() == 1
        assert deployer.poll() is None
    _, told = deployer.communicate(timeout=120)
    assert deployer.returncode == 0, told
    deploy("check")


@pytest.fixture
def hasty(tmp_path: Path) -> str:
    """A copy of the migrations that gives up after the second try."""
    copy = shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    written = (copy / "env.py").read_text()
    assert "\nTRIES = 20\n" in written
    (copy / "env.py").write_text(written.replace("\nTRIES = 20\n", "\nTRIES = 2\n"))
    return str(copy)


def test_a_table_that_stays_in_use_is_given_up_with_a_message_and_nothing_is_changed(
    deploy: Deploy, engine: Engine, start: Start, hasty: str
) -> None:
    """MG-02. A transaction that has read and idles through the last try."""
    if engine.dialect.name == "sqlite":
        pytest.skip("in write-ahead mode readers and the one writer do not meet")
    deploy("upgrade", BEFORE_USERS_CHANGE)
    insert_people(engine, [person(1, "alice")])
    before = schema_of(engine)
    with engine.connect() as idle:
        idle.execute(text("SELECT count(*) FROM users"))
        told, failed = (deployer := start("upgrade", "-d", hasty)).communicate(timeout=120)
        assert deployer.returncode == 1
        assert told.count("A table is in use; trying again (1 left).") == 1
        assert "trying again (0 left)" not in told
        assert "Error: A table stayed in use through 2 tries of 2 seconds. Run this again when" in failed
        assert "Traceback" not in failed
        assert schema_of(engine) == before
    deploy("upgrade")
    deploy("check")
    assert [row[1] for row in people_of(engine)] == ["alice"]
