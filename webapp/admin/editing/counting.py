"""How many rows a delete would reach where they are too many to look at: counted by the database, kind by kind.

It follows the same ties as :mod:`.collecting`, level by level, each level a common table expression of keys; what is
reached on several ways counts once. So it costs a few statements, and no memory, however many rows there are.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CTE, CompoundSelect, Select, except_, func, literal, select, tuple_, union

from webapp.admin.editing.collecting import MAX_COMPOSITE, Key
from webapp.admin.editing.ties import Fate, Kind, Tie, one_of
from webapp.extensions import db

# Levels below the objects themselves; a chain of rows may be longer, and then there are more than is said.
MAX_LEVELS = 6

# A kind of rows, and whether SQLAlchemy deletes them; otherwise the database.
Place = tuple[Kind, bool]


@dataclass
class Counts:
    """So many rows of each kind would be deleted, emptied, or need what is to be deleted."""

    deleted: dict[Kind, int] = field(default_factory=dict)
    emptied: dict[Kind, int] = field(default_factory=dict)
    protected: dict[Kind, int] = field(default_factory=dict)


def count(kind: Kind, keys: Sequence[Key]) -> Counts | None:
    """Count what hangs on the rows of *kind* with *keys*; ``None`` where those alone are too many to be told apart."""
    if len(keys) > MAX_COMPOSITE:
        return None
    found: dict[Fate, dict[Kind, list[CTE]]] = {fate: defaultdict(list) for fate in Fate}
    level: dict[Place, Any] = {(kind, True): keys}
    for number in range(MAX_LEVELS):
        below: dict[Place, list[Select[Any]]] = defaultdict(list)
        for (parent, by_orm), source in level.items():
            for tie in ties_of(parent, by_orm):
                statement = _children(tie, source)
                if tie.fate is Fate.DELETED:
                    below[tie.kind, tie.by_orm or len(tie.kind.tables) > 1].append(statement)
                else:
                    name = f"other_{number}_{len(found[tie.fate][tie.kind])}_{tie.kind.table.name}"
                    found[tie.fate][tie.kind].append(statement.cte(f"{tie.fate.name.lower()}_{name}"))
        level = {}
        for place, (one, statements) in enumerate(below.items()):
            keys_of = _all(statements).cte(f"level_{number}_{place}")
            found[Fate.DELETED][one[0]].append(keys_of)
            level[one] = keys_of
    return _counted(kind, keys, found)


def ties_of(kind: Kind, by_orm: bool) -> Iterator[Tie]:
    """What happens to the rows that hang on one of *kind*; what SQLAlchemy empties the database never comes to."""
    decided: dict[Kind, set[Any]] = defaultdict(set)
    for tie in kind.by_orm if by_orm else ():
        yield tie
        if tie.fate is not Fate.DELETED:
            decided[tie.kind] |= tie.columns
    for tie in kind.by_database:
        if not tie.columns & decided[tie.kind]:
            yield tie


def _children(tie: Tie, source: Any) -> Select[Any]:
    """The keys of the rows that hang on those of *source*: keys, or a level of them."""
    columns = list(tie.rows.selected_columns)[len(tie.source) :]
    named = [column.label(f"key_{number}") for number, column in enumerate(columns)]
    statement = tie.rows.with_only_columns(*named, maintain_column_froms=True)
    if not isinstance(source, CTE):
        return statement.where(one_of(tie.source, source))
    above = select(*source.c)
    left = tie.source[0] if len(tie.source) == 1 else tuple_(*tie.source)
    return statement.where(left.in_(above))


def _all(statements: Sequence[Any]) -> CompoundSelect[Any]:
    """The rows of *statements*, each once."""
    # One alone may meet a row twice as well.
    return (
        union(*statements)
        if len(statements) > 1
        else union(statements[0], statements[0].where(literal(0) == 1))
    )


def _counted(kind: Kind, keys: Sequence[Key], found: dict[Fate, dict[Kind, list[CTE]]]) -> Counts:
    counts = Counts()
    deleted = found[Fate.DELETED]
    for one, levels in deleted.items():
        rows = _all([select(*level.c) for level in levels])
        number = _number(rows)
        if one is kind:
            part = rows.subquery()
            number -= _number(select(*part.c).where(one_of(tuple(part.c), keys)))
        counts.deleted[one] = number
    for fate, into in ((Fate.PROTECTS, counts.protected), (Fate.EMPTIED, counts.emptied)):
        for one, parts in found[fate].items():
            taken = [
                *deleted.get(one, ()),
                *(found[Fate.PROTECTS].get(one, ()) if into is counts.emptied else ()),
            ]
            rows = _all([select(*part.c) for part in parts])
            left: Any = rows
            if taken:
                left = except_(
                    select(*rows.subquery().c),
                    select(*_all([select(*part.c) for part in taken]).subquery().c),
                )
            into[one] = _number(left)
    return counts


def _number(rows: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
