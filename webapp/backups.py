"""Copies of an SQLite database while it is in use, and the way back. What is told of them is for a terminal.

SQLite's own online backup copies one state of the database in one step: in write-ahead mode nobody waits for it. A copy
is whole or not there: it gets its name only when it has been read through and is on the disk.
"""

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic

KEPT = 5
# Seconds that a copy waits for somebody who has locked the whole database.
PATIENCE = 60
MAGIC = b"SQLite format 3\0"
_AUTOMATIC = re.compile(r"\.[^.-]+-\d{8}T\d{12}Z\.bak")


class BackupError(Exception):
    """A copy cannot be made or taken back: one sentence."""


class DamagedError(BackupError):
    """A database cannot be read as it is."""

    def __init__(self, path: Path, told: object) -> None:
        super().__init__(f"{path} is damaged: {told}")
        self.told = told


@dataclass(frozen=True)
class Copy:
    path: Path
    revision: str

    @property
    def size(self) -> str:
        found = float(self.path.stat().st_size)
        for unit in ("bytes", "KiB", "MiB", "GiB"):
            if found < 1024 or unit == "GiB":
                break
            found /= 1024
        return f"{found:.0f} {unit}" if unit == "bytes" else f"{found:.1f} {unit}"


def save(source: Path, target: Path, overwrite: bool = False) -> Copy:
    """Copy the database to *target*, readable by its owner only, and read the copy through."""
    if not source.is_file():
        raise BackupError(f"{source} is not there")
    if os.path.lexists(target) and not overwrite:
        raise BackupError(f"{target} exists already: choose another name, or --force")
    if target.exists() and target.samefile(source):
        raise BackupError(f"{target} is the database itself")
    with _telling(source, target), _unfinished(target) as part:
        with closing(_reader(source)) as original, closing(sqlite3.connect(part)) as copy:
            _copy(original, copy)
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        try:
            revision = require_sound(part)
        except DamagedError as error:
            raise DamagedError(source, error.told) from None
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    return Copy(target, revision)


def save_beside(database: Path, revision: str) -> Copy:
    """The copy that is made before revisions run; of these the newest are kept."""
    copy = save(database, named_now(database, revision))
    for old in automatic(database)[:-KEPT]:
        old.unlink(missing_ok=True)
    return copy


def named_now(database: Path, word: str) -> Path:
    return database.with_name(f"{database.name}.{word}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}Z.bak")


def automatic(database: Path) -> list[Path]:
    """The copies that were made before revisions ran, the oldest first."""
    found = [
        path
        for path in database.parent.iterdir()
        if path.name.startswith(database.name) and _AUTOMATIC.fullmatch(path.name[len(database.name) :])
    ]
    return sorted(found, key=lambda path: path.name.rpartition("-")[2])


def restore(source: Path, database: Path, is_known: Callable[[str], bool]) -> tuple[Copy, Path | None]:
    """Make *database* what *source* holds, as one transaction; what it held before is kept beside it.

    Whoever has the database open goes on with what was restored. A database that is damaged is put aside as it is.
    """
    if database.exists() and source.exists() and source.samefile(database):
        raise BackupError(f"{source} is the database itself")
    found = Copy(source, require_ours(source, is_known))
    if not database.exists() or database.stat().st_size == 0:
        kept = None
    else:
        kept = named_now(database, "before-restore")
        try:
            save(database, kept)
        except DamagedError:
            _put_aside(database, kept)
    with (
        _telling(source, database),
        closing(_reader(source)) as original,
        closing(_writer(database)) as target,
    ):
        _copy(original, target)
    require_sound(database)
    return found, kept


def require_ours(path: Path, is_known: Callable[[str], bool]) -> str:
    """The revision of a sound copy of a database of this program, as it is now or was before."""
    revision = require_sound(path)
    with closing(_reader(path)) as connection:
        found = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'users'").fetchone()
    if not revision or not found[0]:
        raise BackupError(f"{path} is a database, but none of this program")
    if not is_known(revision):
        raise BackupError(
            f"{path} is at revision {revision}, which this program does not know: "
            "another or a newer program made it"
        )
    return revision


def require_sound(path: Path) -> str:
    """Read the whole file; the revision it is at, or nothing."""
    try:
        with path.open("rb") as file:
            is_database = file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from None
    if not is_database:
        raise DamagedError(path, "it is no SQLite database")
    try:
        with closing(_reader(path)) as connection:
            problems = [row[0] for row in connection.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]
            lost = connection.execute("PRAGMA foreign_key_check").fetchall() if not problems else []
            if problems or lost:
                told = problems[0].splitlines()[-1] if problems else f"{len(lost)} rows refer to missing rows"
                raise DamagedError(path, told)
            return _revision(connection)
    except sqlite3.Error as error:
        raise DamagedError(path, error) from None


def _revision(connection: sqlite3.Connection) -> str:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else ""
    return ""


def _reader(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=PATIENCE)


def _writer(path: Path) -> sqlite3.Connection:
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=PATIENCE)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """All pages at once: what is copied in parts begins anew whenever somebody writes, under load for ever."""
    deadline = monotonic() + PATIENCE

    def give_up(status: int, _remaining: int, _total: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and monotonic() > deadline:
            raise sqlite3.OperationalError("database is locked")

    source.backup(target, pages=-1, progress=give_up)


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A file beside *target* that is gone if it did not become it."""
    with NamedTemporaryFile(
        dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
    ) as file:
        part = Path(file.name)  # mode 0600
    try:
        yield part
    finally:
        for left in (part, part.with_name(f"{part.name}-journal")):
            left.unlink(missing_ok=True)


@contextmanager
def _telling(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}") from None
    except sqlite3.OperationalError as error:
        raise BackupError(f"{target} cannot be written: {error}") from None
    except sqlite3.DatabaseError as error:
        raise DamagedError(source, error) from None


def _put_aside(database: Path, kept: Path) -> None:
    """Move a damaged database away with the log that belongs to it, which would be read into the new one."""
    with _telling(database, kept):
        for end in ("-wal", "-shm", "-journal", ""):
            if (left := Path(f"{database}{end}")).exists():
                left.replace(f"{kept}{end}")


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
