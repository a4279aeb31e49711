"""Where the data is: files that others could read, lines that others could listen to, a database that does not fit."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from webapp import readiness
from webapp.database import MYSQL_NAMES, reason, sqlite_file
from webapp.deployment.finding import Finding
from webapp.extensions import db

# With one of these nothing more can be asked of the database.
UNUSABLE = frozenset({"D018", "D023", "D025"})

MOUNTS = Path("/proc/self/mounts")
NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "fuse.s3fs")
LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})


def sqlite_files(app: Flask) -> Iterator[Finding]:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if make_url(url).get_backend_name() != "sqlite":
        return
    if (path := sqlite_file(url)) is None:
        yield Finding(
            "D018",
            "The database is in memory: it ends with the process, and each process has another one.",
            "Name a file in DATABASE_URL.",
        )
        return
    if (kind := file_system(path)).startswith(NETWORK):
        yield Finding(
            "D019",
            f"The SQLite file is on a network file system ({kind}), whose locks are not to be relied on.",
            "Put it on a disk of this machine, or use PostgreSQL or MariaDB.",
        )
    beside = (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")))
    if opened := [file.name for file in beside if _mode(file) & 0o027]:
        yield Finding(
            "D020",
            f"{', '.join(opened)} can be read by everybody or written by the group.",
            f"Run: chmod 600 {' '.join(opened)}",
        )
    if _mode(path.parent) & 0o002 and not path.parent.stat().st_mode & stat.S_ISVTX:
        yield Finding(
            "D021",
            "Everybody may put another file in the place of the SQLite file.",
            "Take the right to write from the directory: chmod o-w.",
        )


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def file_system(path: Path) -> str:
    """The kind of the file system that *path* is on, where the system tells; of nested ones the innermost."""
    try:
        lines = [line.split() for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return ""
    place = os.path.realpath(path.parent)
    around = [(len(at), kind) for _device, at, kind, *_rest in lines if _contains(at, place)]
    return max(around, default=(0, ""))[1]


def _contains(directory: str, place: str) -> bool:
    return place == directory or place.startswith(directory.rstrip("/") + "/")


def encryption(app: Flask) -> Iterator[Finding]:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    host = str(url.host or url.query.get("host", ""))
    if url.get_backend_name() == "sqlite" or host in LOCAL or host.startswith("/"):
        return
    on_mysql = url.get_backend_name() in MYSQL_NAMES
    if "ssl_ca" not in url.query if on_mysql else url.query.get("sslmode") not in ENCRYPTED:
        way_out = (
            "?ssl_ca=/path/to/ca.pem" if on_mysql else "?sslmode=verify-full&sslrootcert=/path/to/ca.pem"
        )
        yield Finding(
            "D022",
            "The database is on another machine, and what is said to it may travel readable.",
            f"End DATABASE_URL with {way_out}",
        )


def condition(app: Flask) -> Iterator[Finding]:
    """What the database itself tells, if it answers."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if make_url(url).get_backend_name() == "sqlite" and sqlite_file(url) is None:
        return
    state = readiness.of(app, readiness.START_WAIT)
    if not state.answers:
        yield Finding(
            "D023",
            f"The database does not answer: {state.detail}.",
            "Look at DATABASE_URL and at the server.",
        )
        return
    if not state.writable:
        yield Finding(
            "D024", "The database cannot be written to.", "It is a standby, or the disk is read-only."
        )
    if state.pending or state.unknown:
        # Their lines end with the way out.
        told = readiness.State(pending=state.pending, unknown=state.unknown).lines()
        yield Finding("D025", " ".join(told), "See “Upgrades” in docs/guide/deploy.md.")
    for fault in state.unfit:
        yield Finding("D026", fault, "See “The database” in docs/guide/deploy.md.")
    if state.pending and (path := sqlite_file(url)) is not None and not path.exists():
        return  # to ask would make it
    yield from _ways(app)


def _ways(app: Flask) -> Iterator[Finding]:
    """Whether the application's own connections keep what it relies on."""
    try:
        with app.app_context(), db.engine.connect() as connection:
            wrong = _wrong(connection)
    except SQLAlchemyError as error:
        yield Finding("D023", f"The database does not answer: {reason(error)}.", "Look at the server.")
        return
    if wrong:
        yield Finding(
            "D026",
            f"The database does not keep what the program relies on: {', '.join(wrong)}.",
            "See “The database” in docs/guide/deploy.md.",
        )


def _wrong(connection: Connection) -> list[str]:
    if connection.dialect.name in MYSQL_NAMES:
        modes = str(connection.scalar(text("SELECT @@sql_mode"))).split(",")
        return [] if "STRICT_ALL_TABLES" in modes else ["strict mode"]
    expected: dict[str, Any] = {
        "sqlite": {"PRAGMA foreign_keys": "1", "PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2"},
        "postgresql": {"SHOW server_encoding": "UTF8", "SHOW fsync": "on"},
    }[connection.dialect.name]
    told = {question: str(connection.exec_driver_sql(question).scalar()) for question in expected}
    return [
        f"{question.split()[-1]} is {told[question]} and not {right}"
        for question, right in expected.items()
        if told[question] != right
    ]
