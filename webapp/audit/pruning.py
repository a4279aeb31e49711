"""Deleting the oldest of the history, a batch at a time; a checkpoint tells what was there."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select
from sqlalchemy.orm import Session

from webapp import append_only
from webapp.admin.history import PRUNE, Change, LogEntry, record
from webapp.admin.values import format_value
from webapp.database import exclusive
from webapp.extensions import db, writing

BATCH = 1_000
TABLE, NAME = LogEntry.__table__, LogEntry.__tablename__


@dataclass(frozen=True)
class Checkpoint:
    """What one run has deleted.

    :ivar number: how many entries. :ivar first: and *last*: the numbers of the first and the last of them.
    :ivar digest: SHA-256 over a line of JSON for each, in their order, as :func:`line_of` writes it.
    """

    before: datetime
    number: int = 0
    first: int | None = None
    last: int | None = None
    digest: str = sha256().hexdigest()


class OtherRunError(Exception):
    """Somebody else prunes at the same time and goes on; of two whose batches alternate no checkpoint could be compared
    with a backup."""


def number_before(moment: datetime) -> int:
    """How many entries :func:`prune` would delete."""
    found = select(func.count()).select_from(LogEntry).where(*_prunable(moment))
    return db.session.scalar(found) or 0


def prune(before: datetime, batch: int = BATCH) -> Iterator[Checkpoint]:
    """Delete the entries from before that moment, but for the checkpoints of other runs.

    Each batch is a transaction of its own, with the checkpoint of all that this run has deleted so far in place of the
    one of the batch before: wherever it is broken off, what is gone is told.

    :returns: the checkpoint after each batch.
    :raises OtherRunError: when another run has written its checkpoint since the last batch of this one.
    """
    digest, checkpoint, entry = sha256(), Checkpoint(before), None
    newest = _newest(db.session())
    while True:
        with writing():
            session = db.session()
            with exclusive(session, "prune-history"), append_only.opened(session.connection(), NAME):
                if _newest(session) != newest:
                    raise OtherRunError
                rows = _oldest(session, before, batch)
                if not rows:
                    return
                _delete(session, [*(row.id for row in rows), *([entry.id] if entry else [])])
            for row in rows:
                digest.update(line_of(row).encode())
            checkpoint = replace(
                checkpoint,
                number=checkpoint.number + len(rows),
                first=checkpoint.first or rows[0].id,
                last=rows[-1].id,
                digest=digest.hexdigest(),
            )
            entry = _note(session, checkpoint)
        newest = entry.id
        yield checkpoint


def line_of(row: Row[Any]) -> str:
    """An entry as one line of JSON, the same on every engine."""
    values = {
        name: value if name in ("id", "changes") or value is None else format_value(value)
        for name, value in row._mapping.items()
    }
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _newest(session: Session) -> int | None:
    """The number of the last checkpoint of all runs."""
    return session.scalar(select(func.max(LogEntry.id)).where(LogEntry.verb == PRUNE))


def _oldest(session: Session, before: datetime, number: int) -> Sequence[Row[Any]]:
    oldest = select(*TABLE.columns).where(*_prunable(before)).order_by(LogEntry.at, LogEntry.id)
    return session.execute(oldest.limit(number)).all()


def _prunable(before: datetime) -> tuple[ColumnElement[bool], ...]:
    # No checkpoint is: else nobody would know that there was more.
    return LogEntry.at < before, LogEntry.verb != PRUNE


def _delete(session: Session, keys: Sequence[int]) -> None:
    found = delete(LogEntry).where(LogEntry.id.in_(keys))
    session.execute(found.execution_options(synchronize_session=False))


def _note(session: Session, checkpoint: Checkpoint) -> LogEntry:
    told = {
        "entries": ("integer", checkpoint.number),
        "before": ("datetime", checkpoint.before),
        "first": ("integer", checkpoint.first),
        "last": ("integer", checkpoint.last),
        "sha256": ("text", checkpoint.digest),
    }
    return record(
        session,
        verb=PRUNE,
        name=NAME,
        key="",
        label=f"{checkpoint.number:,} entries",
        changes=[Change(name, kind, None, value) for name, (kind, value) in told.items()],
    )
