"""What happened: one entry for each object that changed, written in the same transaction as the change.

An entry holds plain values and no foreign key, so it outlives the person and the object. Values are kept
typed, old and new; of a secret column only that it changed. Nothing here updates or deletes an entry.
"""

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, NamedTuple

from flask import has_request_context
from sqlalchemy import JSON, BigInteger, Index, Integer, Select, String, desc, func, insert, inspect, select
from sqlalchemy.orm import InstanceState, Mapped, Session, SessionTransaction, aliased, mapped_column

from webapp.admin.changes import (
    MAX_RELATED,
    MAX_VALUE_LENGTH,
    Change,
    InlineChange,
    pack,
    unpack,
)
from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo
from webapp.admin.values import encode_key, format_value, json_text
from webapp.append_only import AppendOnly
from webapp.database import Base, ExactString, UtcDateTime, now
from webapp.extensions import db
from webapp.running import g, request
from webapp.search_index import SearchIndex
from webapp.web.logs import request_id

__all__ = [
    "EVENTS",
    "MAX_RELATED",
    "MAX_VALUE_LENGTH",
    "RECENT_ENTRIES",
    "RESTORED",
    "Change",
    "InlineChange",
    "LogEntry",
    "beginning",
    "beginning_of",
    "changes_of",
    "differences",
    "entries_of",
    "last_changes",
    "last_entries",
    "number_told",
    "record",
    "relation_changes",
    "snapshot",
    "through",
    "together",
]

# What happened and changed nothing.
EVENTS = tuple(
    "sign-in sign-out sign-in-failed sign-in-locked confirmed end_sessions denied "
    "reset-asked link-sent link-shown email-asked email-stopped email-confirmed".split()
)
RECENT_ENTRIES = 200
# Through what a record comes back that was deleted.
RESTORED = "undo"
# The word of a checkpoint, which tells what was deleted of the history and stays itself.
PRUNE = "prune"

_through: ContextVar[str | None] = ContextVar("through", default=None)
_batch: "ContextVar[_Batch | None]" = ContextVar("batch", default=None)


class LogEntry(Base):
    """One thing that happened to one object.

    :ivar origin: from where: ``web`` or ``cli``.
    :ivar through: through what, one of the words that :func:`through` is given; ``None`` where nobody has said it.
    """

    __tablename__ = "log_entries"
    __table_args__ = (
        Index("ix_log_entries_name_key_id", "name", "key", "id"),
        Index("ix_log_entries_actor_key_id", "actor_key", "id"),
        Index("ix_log_entries_request_id_id", "request_id", "id"),
        # For the history of the whole site, newest first: all of it, or what one filter leaves.
        Index("ix_log_entries_at_id", "at", "id"),
        *(
            Index(f"ix_log_entries_{name}_at_id", name, "at", "id")
            for name in ("name", "verb", "actor_label")
        ),
        SearchIndex("label", "actor_label"),
        AppendOnly(),
        {"info": {"looked_after_by": "the history, which nobody rewrites"}},
    )

    # SQLite numbers a row by itself only where the key is its INTEGER.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    actor_key: Mapped[str | None] = mapped_column(ExactString(64))
    actor_label: Mapped[str] = mapped_column(String(255))
    origin: Mapped[str] = mapped_column(String(20))
    through: Mapped[str | None] = mapped_column(String(20))
    ip: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(ExactString(100))
    key: Mapped[str] = mapped_column(ExactString(255))
    label: Mapped[str] = mapped_column(String(255))
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)

    def __str__(self) -> str:
        return self.label


class _Batch(NamedTuple):
    savepoint: SessionTransaction | None
    entries: list[LogEntry]


@contextmanager
def through(what: str) -> Iterator[None]:
    """Say through what happens that is recorded in the block: ``form``, ``list``, ``action``, ``inline``, ``undo`` or
    ``account``. Also a decorator; the innermost one counts."""
    token = _through.set(what)
    try:
        yield
    finally:
        _through.reset(token)


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Insert the entries of the block at its end, all in one statement; where it fails, none of them.

    An object that is added has a statement of its own on SQLite, which tells no numbers of many rows in their order.
    """
    batch = _Batch(session.get_nested_transaction(), [])
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)
    if batch.entries:
        session.execute(insert(LogEntry.__table__), [_row(entry) for entry in batch.entries])  # type: ignore[arg-type]


def _row(entry: LogEntry) -> dict[str, Any]:
    return {
        column.name: getattr(entry, column.name) for column in LogEntry.__table__.c if not column.primary_key
    }


def record(
    session: Session,
    *,
    verb: str,
    name: str,
    key: str,
    label: str,
    actor: Any = None,
    changes: Sequence[Change] = (),
) -> LogEntry:
    """Add an entry to *session*; it is kept or lost with the transaction it stands in.

    :param verb: what was done, the word of the permission or action, such as ``change``.
    :param name: the name of the model's admin, *key* the object's key in its address form, *label* its text.
    :param actor: the person who did it; ``None`` for the command line and for somebody not signed in.
    :returns: the entry; inside of :func:`together` it is inserted later and learns no number.
    """
    in_request = has_request_context()
    if in_request:
        g.setdefault("told_of", {})[name, key] = verb
    address = request.remote_addr if in_request else None
    entry = LogEntry(
        at=now(),
        actor_key=None if actor is None else str(actor.id),
        actor_label=_actor_label(actor, in_request),
        origin="web" if in_request else "cli",
        through=_through.get(),
        ip=address and address[:45],
        request_id=request_id() if in_request else None,
        verb=verb,
        name=name,
        key=key[:255],
        label=label[:255],
        changes=[pack(change) for change in changes],
    )
    batch = _batch.get()
    # What a savepoint inside the block takes back must take its entry along.
    if batch is None or batch.savepoint is not session.get_nested_transaction():
        session.add(entry)
    else:
        batch.entries.append(entry)
    return entry


def number_told(verb: str | None = None) -> int:
    """Of how many objects this request has told that something was done to them, or last that *verb* was."""
    return sum(verb in (None, one) for one in g.get("told_of", {}).values())


def snapshot(info: ModelInfo, obj: object) -> dict[str, Any]:
    """The values of *obj*'s columns as they are now, to compare with later."""
    return {name: getattr(obj, name) for name in info.columns}


def relation_changes(info: ModelInfo, obj: object) -> list[Change]:
    """Which relations of *obj* lead elsewhere than in the database: asked before a flush, which forgets it.

    Nothing is loaded for it, so of a relation that nobody has looked at the former object is told by its key.
    """
    state: InstanceState[Any] = inspect(obj)
    changes = []
    for relation in info.relations.values():
        added, removed = relation.moved(obj)
        if relation.secret:
            continue
        if relation.is_list:
            # That it leads to itself is told by the relation to one.
            added, removed = ([one for one in part if one is not obj] for part in (added, removed))
            changes += [Change(relation.name, "relations", removed, added)] if added or removed else []
        elif state.attrs[relation.name].history.has_changes() and (added or removed or relation.columns):
            former = removed[0] if removed else _key_held(relation, obj)
            changes.append(Change(relation.name, "relation", former, added[0] if added else None))
    return changes


def _key_held(relation: RelationInfo, obj: object) -> tuple[str, str] | None:
    """The key in *obj*'s own columns, which a flush sets, as key and text; ``None`` where there is none yet."""
    values = [getattr(obj, column.name) for column in relation.columns]
    if not values or any(value is None for value in values):
        return None
    key = encode_key(values)
    return key, key


def differences(
    info: ModelInfo,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    related: Sequence[Change] = (),
) -> list[Change]:
    """What changed between two snapshots, in the order of the columns.

    The version and the time of the last change always differ and tell nothing, so they are left out.

    :param related: the :func:`relation_changes`, which stand for the columns that hold the other objects' keys.
    """
    version = info.version
    told = {change.field for change in related}
    silent = {"updated_at", version.name if version else ""}
    silent |= {name for name, relation in info.held.items() if relation.name in told}
    return [
        _change(column, before.get(name), after.get(name))
        for name, column in info.columns.items()
        if name not in silent and _differ(column, before.get(name), after.get(name))
    ] + list(related)


def _differ(column: ColumnInfo, old: Any, new: Any) -> bool:
    # In Python 1 is True, and objects are equal whatever the order of their keys.
    return json_text(old) != json_text(new) if column.kind == "json" else bool(old != new)


def entries_of(name: str, key: str) -> Select[Any]:
    """The statement for an object's entries, newest first."""
    return (
        select(LogEntry).where(LogEntry.name == name, LogEntry.key == key[:255]).order_by(desc(LogEntry.id))
    )


def beginning(entries: Sequence[Any], *, is_there: bool = True) -> int | None:
    """The number of the entry that ended an earlier record under the same key, of which all older ones tell; ``None``
    where none did. SQLite gives the number of a row that is gone to a new one, and people give names again.

    :param entries: of one key, newest first; those that neither add nor delete may be missing. :param is_there: false
        where the newest of them may tell how the record itself went.
    """
    born: Any = None
    for place, entry in enumerate(entries):
        if entry.verb == "add":
            born = entry
        elif entry.verb == "delete" and (is_there or place > 0):
            # What is restored is the same record again.
            if born is None or born.through != RESTORED:
                return int(entry.id)
            born = None
    return None


def beginning_of(name: str, key: str, before: int | None = None, *, is_there: bool = True) -> int | None:
    """The :func:`beginning` of the record under *key*, or of the one that the entries *before* a number tell of."""
    turns = entries_of(name, key).where(LogEntry.verb.in_(("add", "delete")))
    turns = turns.where(LogEntry.id < before) if before is not None else turns
    found = turns.with_only_columns(LogEntry.id, LogEntry.verb, LogEntry.through).limit(RECENT_ENTRIES)
    return beginning(db.session.execute(found).all(), is_there=is_there)


def last_changes(entries: Select[Any], limit: int) -> Select[Any]:
    """The newest of *entries* that tell of a change: somebody who only signs in would fill them otherwise.

    Looked for among the newest :data:`RECENT_ENTRIES`, so that it costs the same however often somebody signs in.
    """
    newest = aliased(LogEntry, entries.limit(RECENT_ENTRIES).subquery())
    return select(newest).where(newest.verb.not_in(EVENTS)).order_by(desc(newest.id)).limit(limit)


def last_entries(name: str, keys: Sequence[str]) -> dict[str, LogEntry]:
    """The last change of each of the objects with *keys* that the history tells of, by key: in one statement."""
    if not keys:
        return {}
    asked = LogEntry.name == name, LogEntry.key.in_([key[:255] for key in keys]), LogEntry.verb.not_in(EVENTS)
    newest = select(func.max(LogEntry.id)).where(*asked).group_by(LogEntry.key)
    return {entry.key: entry for entry in db.session.scalars(select(LogEntry).where(LogEntry.id.in_(newest)))}


def changes_of(entry: LogEntry) -> list[Change]:
    """The differences that *entry* keeps, with their values typed again."""
    return [unpack(item) for item in entry.changes]


def _actor_label(actor: Any, in_request: bool) -> str:
    if actor is not None:
        return str(actor)[:255]
    return "" if in_request else f"cli:{_system_user()}"[:255]


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run as a number that has no name.
        return str(os.getuid()) if hasattr(os, "getuid") else ""


def _change(column: ColumnInfo, old: Any, new: Any) -> Change:
    if column.secret:
        return Change(column.name, "secret")
    # A name of an enum's member or the text of an unknown type is all that is kept of it.
    kind = "text" if column.kind in ("enum", "unknown", "longtext") else column.kind
    if kind == "text":
        old, new = (None if value is None else format_value(value) for value in (old, new))
    return Change(column.name, kind, old, new)
