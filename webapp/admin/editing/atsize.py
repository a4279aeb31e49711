"""Deleting more rows than are looked at at once: what hangs on the objects goes before them, a batch at a time.

Each batch is looked at, asked about, written down and deleted as every other delete is, inside the one transaction, and
forgotten after that: so memory is that of a batch, and time grows with the rows.
"""

from collections.abc import Callable, Sequence
from typing import Any

from webapp.admin.editing import collecting
from webapp.admin.editing.collecting import Key, Reach, Row, collect_below
from webapp.admin.editing.counting import MAX_LEVELS, Counts, ties_of
from webapp.admin.editing.ties import Fate, Kind, Tie
from webapp.extensions import db

BATCH = 1_000
# More than this would keep a transaction, and on SQLite everybody who writes, for minutes.
MAX_AT_SIZE = 200_000


class CannotThinOutError(Exception):
    """Batch by batch it does not go: rows need each other across batches, or lie too deep."""


def is_feasible(counts: Counts | None) -> bool:
    """Whether what was counted goes in batches: nothing forbids it, and what stays and is emptied is not too much."""
    if counts is None or any(counts.protected.values()):
        return False
    emptied = sum(counts.emptied.values())
    return sum(counts.deleted.values()) <= MAX_AT_SIZE and emptied <= collecting.MAX_ROWS


def thin_out(kind: Kind, keys: Sequence[Key], carry_out: Callable[[Reach], None]) -> None:
    """Delete what would be deleted with the rows of *kind* with *keys*, which SQLAlchemy deletes after that.

    :param carry_out: deletes what is reached. :raises CannotThinOutError: when it cannot be done so.
    """
    _thin_out(kind, keys, True, carry_out, 0)


def _thin_out(
    kind: Kind, keys: Sequence[Key], by_orm: bool, carry_out: Callable[[Reach], None], level: int
) -> None:
    if level > MAX_LEVELS:
        raise CannotThinOutError
    ties = [tie for tie in ties_of(kind, by_orm) if tie.fate is Fate.DELETED]
    while ties:
        # What one way leads to may need what another one leads to.
        waiting = [tie for tie in ties if not _thin_tie(kind, tie, keys, carry_out, level)]
        if len(waiting) == len(ties):
            raise CannotThinOutError
        ties = waiting


def _thin_tie(
    kind: Kind, tie: Tie, keys: Sequence[Key], carry_out: Callable[[Reach], None], level: int
) -> bool:
    """Whether nothing is left on that way; other rows that are still there may need it."""
    by_orm = tie.by_orm or len(tie.kind.tables) > 1
    above = {Row(kind, key) for key in keys}
    size, before = BATCH, None
    while rows := _hanging(tie, keys, above, size):
        reach = collect_below(dict.fromkeys(rows, by_orm))
        if reach.is_complete:
            if reach.protected:
                return False
            if rows == before or not above.isdisjoint(reach.deleted):
                raise CannotThinOutError
            before = rows
            carry_out(reach)
        elif len(rows) > 1:
            size = max(len(rows) // 10, 1)
        else:
            _thin_out(tie.kind, [rows[0].key], by_orm, carry_out, level + 1)
            if not collect_below(dict.fromkeys(rows, by_orm)).is_complete:
                raise CannotThinOutError
    return True


def _hanging(tie: Tie, keys: Sequence[Key], above: set[Row], size: int) -> list[Row]:
    """The first rows that hang on those with *keys* in one way, locked."""
    width = len(tie.source)
    statement: Any = tie.pairs(keys, size + len(above), lock=True)
    found = dict.fromkeys(Row(tie.kind, tuple(row[width:])) for row in db.session.execute(statement))
    return [row for row in found if row not in above][:size]
