"""Copies of an SQLite database: before an upgrade, on demand while people write, and back again."""

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.conftest import make_settings
from tests.engines import SQLITE
from tests.migrations.revisions import LAST_BUT_ONE, NEWEST
from tests.migrations.rows import Deploy, Run, insert_people, names_in, people_of, person, schema_of
from webapp import backups, create_app
from webapp.backups import BackupError, automatic, save

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("url", [SQLITE], indirect=True)]


# Before an upgrade


def test_an_upgrade_copies_the_database_first_and_says_where(
    deploy: Deploy, engine: Engine, file: Path
) -> None:
    """MG-12."""
    deploy("upgrade", LAST_BUT_ONE)
    insert_people(engine, [person(1, "alice")])
    before = schema_of(engine)
    told = deploy("upgrade").output
    copy = automatic(file)[-1]
    assert f"Backup: {copy} (" in told
    assert copy.name.startswith(f"test.db.{LAST_BUT_ONE}-")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names_in(copy) == ["alice"]
    engine.dispose()
    file.unlink()
    copy.rename(file)
    assert schema_of(engine) == before
    deploy("upgrade")
    assert [row[1] for row in people_of(engine)] == ["alice"]


def test_nothing_is_copied_where_nothing_is_there_or_nothing_is_to_do(deploy: Deploy, file: Path) -> None:
    """MG-12."""
    assert "Backup" not in deploy("upgrade").output
    assert "Backup" not in deploy("upgrade").output
    deploy("check")
    deploy("current")
    assert automatic(file) == []


def test_a_downgrade_copies_too(deploy: Deploy, file: Path) -> None:
    deploy("upgrade")
    assert "Backup: " in deploy("downgrade", LAST_BUT_ONE).output
    assert [copy.name[:13] for copy in automatic(file)] == [f"test.db.{NEWEST}-"]


def test_who_says_so_goes_without_a_copy(deploy: Deploy, file: Path) -> None:
    """MG-12."""
    deploy("upgrade", LAST_BUT_ONE)
    assert "No backup was made" in deploy("upgrade", "-x", "no-backup").output
    assert automatic(file) == []


def test_the_newest_five_are_kept_and_no_other_file_is_touched(deploy: Deploy, file: Path) -> None:
    deploy("upgrade")
    strangers = [
        file.with_name(name) for name in ("test.db.bak", "test.db.mine-1.bak", "other.db.0001-1.bak")
    ]
    for stranger in strangers:
        stranger.touch()
    made = []
    for _ in range(4):
        deploy("downgrade", LAST_BUT_ONE)
        made.append(automatic(file)[-1])
        deploy("upgrade")
        made.append(automatic(file)[-1])
    assert automatic(file) == made[-5:]
    assert all(stranger.exists() for stranger in strangers)


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk with room for a page or two more: SQLite itself says so, as of a real one."""
    connect = sqlite3.connect

    def small(path: object, *arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(path, *arguments, **options)  # type: ignore[call-overload]
        if str(path).endswith(".part"):
            connection.execute("PRAGMA max_page_count = 2")
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(backups.sqlite3, "connect", small)
        yield


def test_an_upgrade_does_not_begin_where_the_disk_has_no_room_for_the_copy(
    deploy: Deploy, engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MG-12."""
    deploy("upgrade", LAST_BUT_ONE)
    before = schema_of(engine)
    with full_disk(monkeypatch):
        told = deploy("upgrade", exit_code=1).output
    assert "Error: Nothing was changed, because there is no backup: " in told
    assert "full. Make room" in told
    assert "flask db upgrade -x no-backup" in told
    assert schema_of(engine) == before
    assert [path.name for path in file.parent.iterdir() if LAST_BUT_ONE in path.name] == []
    with full_disk(monkeypatch):
        told = deploy("downgrade", exit_code=1).output
        assert "go on without one: flask db downgrade -x no-backup" in told
        deploy("downgrade", "-x", "no-backup")
    deploy("upgrade", "-x", "no-backup")


# While people write


@pytest.mark.race
def test_a_copy_under_load_holds_every_row_that_was_acknowledged_before_it(
    deploy: Deploy, engine: Engine, file: Path, run: Run, tmp_path: Path
) -> None:
    """SQ-07. Writers are not stopped by it, and what they write is whole: two rows or none."""
    deploy("upgrade")
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            insert_people(
                engine, [person(number + 1, f"p{number + 1}"), person(number + 2, f"p{number + 2}")]
            )
            number += 2
            acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(5):
            while len(acknowledged) < 5 * (turn + 1):
                stop.wait(0.01)
            known = acknowledged[-1]
            told = run("backup", tmp_path / f"{turn}.db").output
            found = names_in(tmp_path / f"{turn}.db")
            assert found == [f"p{number + 1}" for number in range(len(found))]
            assert len(found) >= known
            assert len(found) % 2 == 0
            assert told.startswith(f"Saved {tmp_path / f'{turn}.db'}: ")
            assert told.endswith(f"revision {NEWEST}, checked.\n")
        seen = len(acknowledged)
        while len(acknowledged) < seen + 5:
            stop.wait(0.01)
    finally:
        stop.set()
        writer.join()
    assert stat.S_IMODE((tmp_path / "0.db").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".db"] == []


def test_a_file_that_is_there_is_overwritten_only_by_force(
    deploy: Deploy, run: Run, tmp_path: Path, file: Path
) -> None:
    """SQ-07."""
    deploy("upgrade")
    target = tmp_path / "copy.db"
    target.write_text("precious")
    assert "exists already" in run("backup", target, exit_code=1).output
    assert target.read_text() == "precious"
    run("backup", target, "--force")
    assert names_in(target) == []
    assert "is the database itself" in run("backup", file, "--force", exit_code=1).output


def test_a_backup_without_room_leaves_the_old_one_and_no_half_file(
    deploy: Deploy, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy("upgrade")
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with full_disk(monkeypatch):
        assert "full" in run("backup", target, "--force", exit_code=1).output
    assert [path.name for path in tmp_path.iterdir()] == ["copy.db"]
    assert target.read_text() == "precious"
    assert "No backup was made" in run("backup", tmp_path / "nowhere" / "copy.db", exit_code=1).output


@pytest.mark.parametrize(
    ("server", "command"),
    [("postgresql", "pg_dump"), ("mariadb", "mariadb-dump")],
    ids=["postgresql", "mariadb"],
)
def test_on_another_engine_its_own_tools_are_named_without_the_password(
    url: str, server: str, command: str, tmp_path: Path
) -> None:
    app = create_app(make_settings(DATABASE_URL=f"{server}://user:canary@127.0.0.1:1/name"))
    result = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "x")])
    assert result.exit_code == 1
    assert command in result.output
    assert "docs/guide/deploy.md" in result.output
    assert "canary" not in result.output
    assert app.test_cli_runner().invoke(args=["restore", str(tmp_path / "x")]).exit_code == 1


def test_a_folder_that_cannot_be_written_is_told(deploy: Deploy, file: Path, url: str) -> None:
    deploy("upgrade")
    with pytest.raises(BackupError, match="cannot be written: Not a directory"):
        save(file, file / "inside.db")
    assert os.path.exists(file)
