"""A copy of an SQLite database is brought back, and what is none is refused."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.engines import SQLITE
from tests.migrations.revisions import LAST_BUT_ONE, NEWEST
from tests.migrations.rows import Deploy, Run, insert_people, names_in, people_of, person
from webapp import backups

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("url", [SQLITE], indirect=True)]


def test_a_restored_database_is_that_of_the_copy_and_the_one_before_is_kept(
    deploy: Deploy, engine: Engine, run: Run, tmp_path: Path
) -> None:
    """SQ-07. A connection that was open all the time goes on with what was restored."""
    deploy("upgrade")
    insert_people(engine, [person(1, "alice")])
    run("backup", tmp_path / "copy.db")
    insert_people(engine, [person(2, "bob")])
    assert len(people_of(engine)) == 2
    told = run("restore", tmp_path / "copy.db").output
    assert [row[1] for row in people_of(engine)] == ["alice"]
    kept = Path(told.rpartition("before is in ")[2].strip().rstrip("."))
    assert names_in(kept) == ["alice", "bob"]
    run("restore", kept)
    assert [row[1] for row in people_of(engine)] == ["alice", "bob"]
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_a_copy_of_an_older_revision_is_restored_and_the_upgrade_is_named(
    deploy: Deploy, engine: Engine, run: Run, tmp_path: Path
) -> None:
    deploy("upgrade", LAST_BUT_ONE)
    run("backup", tmp_path / "copy.db")
    deploy("upgrade")
    assert (
        f"lacks the revision {NEWEST}. Run: flask db upgrade" in run("restore", tmp_path / "copy.db").output
    )
    deploy("upgrade")
    deploy("check")


def test_to_verify_changes_nothing(deploy: Deploy, engine: Engine, run: Run, tmp_path: Path) -> None:
    """SQ-07."""
    deploy("upgrade")
    run("backup", tmp_path / "copy.db")
    insert_people(engine, [person(1, "alice")])
    assert "can be restored: " in run("restore", "--verify", tmp_path / "copy.db").output
    assert len(people_of(engine)) == 1


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)


def text_file(path: Path) -> None:
    path.write_text("This is no database. " * 100)


def another_program(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE things (id INTEGER)")


def newer_program(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def orphaned(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO user_grants (user_id, permission) VALUES (7777, 'users.view')")
        connection.commit()


WRONG = {
    "is damaged": damaged,
    "is no SQLite database": text_file,
    "none of this program": another_program,
    "does not know": newer_program,
    "rows refer to missing rows": orphaned,
    "cannot be read": Path.unlink,
}


@pytest.mark.parametrize("words", WRONG)
@pytest.mark.parametrize("verify", [(), ("--verify",)], ids=["restore", "verify"])
def test_a_file_that_is_no_sound_copy_of_ours_is_refused_and_nothing_changes(
    deploy: Deploy, engine: Engine, run: Run, tmp_path: Path, words: str, verify: tuple[str, ...]
) -> None:
    """SQ-07."""
    deploy("upgrade")
    insert_people(engine, [person(number, f"p{number}") for number in range(1, 200)])
    copy = tmp_path / "copy.db"
    run("backup", copy)
    run("restore", "--verify", copy)
    WRONG[words](copy)
    told = run("restore", *verify, copy, exit_code=1).output
    assert told.startswith("Error: Nothing was restored: ")
    assert words.removeprefix("is ") in told
    assert len(people_of(engine)) == 199


def test_a_damaged_database_is_put_aside_and_replaced(
    deploy: Deploy, engine: Engine, run: Run, tmp_path: Path, file: Path
) -> None:
    """SQ-07."""
    deploy("upgrade")
    insert_people(engine, [person(1, "alice")])
    run("backup", tmp_path / "copy.db")
    engine.dispose()
    text_file(file)
    told = run("restore", tmp_path / "copy.db").output
    assert [row[1] for row in people_of(engine)] == ["alice"]
    kept = Path(told.rpartition("before is in ")[2].strip().rstrip("."))
    assert kept.read_text().startswith("This is no database.")


def test_a_database_that_is_gone_is_made_anew(
    deploy: Deploy, engine: Engine, run: Run, tmp_path: Path, file: Path
) -> None:
    deploy("upgrade")
    insert_people(engine, [person(1, "alice")])
    run("backup", tmp_path / "copy.db")
    engine.dispose()
    for left in file.parent.iterdir():
        left.unlink()
    run("restore", tmp_path / "copy.db")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [row[1] for row in people_of(engine)] == ["alice"]


def test_a_restore_that_stops_half_way_leaves_the_database_as_it_was(
    deploy: Deploy, engine: Engine, run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQ-07. The room is used up half-way: nothing is there of what was written until then."""
    deploy("upgrade")
    insert_people(engine, [person(number, f"p{number}") for number in range(1, 500)])
    run("backup", tmp_path / "copy.db")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM users WHERE id > 1"))
    with engine.connect() as connection, connection.execution_options(isolation_level="AUTOCOMMIT"):
        connection.execute(text("VACUUM"))
        pages = connection.execute(text("PRAGMA page_count")).scalar()
    writer = backups._writer

    def small(path: Path) -> sqlite3.Connection:
        connection = writer(path)
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        return connection

    monkeypatch.setattr(backups, "_writer", small)
    assert "full" in run("restore", tmp_path / "copy.db", exit_code=1).output
    assert [row[1] for row in people_of(engine)] == ["p1"]
    assert backups.require_sound(file) == NEWEST


def test_a_database_that_somebody_locks_for_too_long_is_not_waited_for_for_ever(
    deploy: Deploy, engine: Engine, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy("upgrade")
    run("backup", tmp_path / "copy.db")
    monkeypatch.setattr(backups, "PATIENCE", 0.2)
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET version = version"))
        told = run("restore", tmp_path / "copy.db", exit_code=1).output
    assert "locked" in told
    run("restore", tmp_path / "copy.db")
