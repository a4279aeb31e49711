"""The ledger of what people asked for and what they were told, and the audit of a database against it."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError

from webapp.admin.history import LogEntry
from webapp.users.models import User


@dataclass
class Book:
    """:ivar added: the usernames whose adding was acknowledged; *renamed* the names, likewise.

    :ivar strange: answers that should not be, such as a page of status 500.
    """

    added: set[str] = field(default_factory=set)
    renamed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    asked: set[str] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def audit(engine: Engine, book: Book) -> list[str]:
    """Every way in which the database differs from what people were told, and in which it is broken itself."""
    with engine.connect() as connection:
        rows = connection.execute(select(User.id, User.username, User.full_name)).all()
        entries = connection.execute(
            select(LogEntry.key, LogEntry.verb, LogEntry.label, LogEntry.changes).order_by(LogEntry.id)
        ).all()
        found = broken(connection)
    users = {str(row.id): row for row in rows if row.username.startswith("t-")}
    by_name = {row.username: row for row in users.values()}
    history: dict[str, list[Any]] = defaultdict(list)
    for entry in entries:
        if entry.label.startswith("t-") or entry.key in users:
            history[entry.key].append(entry)
    found += [f"{name}: acknowledged and not there" for name in book.added - set(by_name)]
    found += [f"{name}: never asked for" for name in set(by_name) - book.asked]
    found += [f"key {key}: an entry without its row" for key in set(history) - set(users)]
    for key, row in users.items():
        verbs = [entry.verb for entry in history[key]]
        if verbs.count("add") != 1:
            found.append(f"{row.username}: {verbs.count('add')} entries of its adding")
        names = [name for entry in history[key] if entry.verb == "change" for name in new_names(entry)]
        if (names[-1] if names else "") != row.full_name:
            found.append(
                f"{row.username}: is called {row.full_name!r}, and the history ends with {names[-1:]}"
            )
        if len(set(names)) != len(names):
            found.append(f"{row.username}: a change is told twice")
        found += [
            f"{row.username}: {name!r} acknowledged and lost"
            for name in book.renamed[row.username] - set(names)
        ]
        found += [f"{row.username}: {name!r} never asked for" for name in set(names) - book.asked]
    return found


def new_names(entry: Any) -> list[str]:
    return [change["new"] for change in entry.changes if change["field"] == "full_name"]


def broken(connection: Any) -> list[str]:
    """What the engine's own check of its files finds."""
    name = connection.dialect.name
    if name == "sqlite":
        told = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        return [one for one in told if one != "ok"] + [f"lost reference: {row}" for row in lost]
    if name == "postgresql":
        return check_postgresql(connection)
    tables = ", ".join(inspect(connection).get_table_names())
    return [str(row) for row in connection.exec_driver_sql(f"CHECK TABLE {tables}") if row[3] != "OK"]


def check_postgresql(connection: Any) -> list[str]:
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS amcheck"))
        connection.execute(
            text(
                "SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam "
                "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.amname = 'btree' AND n.nspname = 'public'"
            )
        ).all()
    except DBAPIError as error:
        return [str(error.orig)]
    return []
