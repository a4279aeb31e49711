"""What went with a deleted object in the same act, and in which order it comes back."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import func, select

from webapp.admin.editing.inlines.apart import Place, RowsApart, all_rows, named, told_by
from webapp.admin.editing.inlines.bonds import bonds_of
from webapp.admin.editing.kept import Loss
from webapp.admin.editing.restoring import may_know, may_not
from webapp.admin.history import Change, LogEntry, changes_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db

# What was deleted is written anew, object by object, each after those that it hung on: so many in one step.
MAX_DELETED = 1_000
# Among so many entries of an act those are looked for that went with an object.
MAX_ACT = 2_000
# So many have a box of their own on a page that asks; the others have one together.
MAX_SHOWN = 100
#: What that one sends, and the field that says which ones the page has shown.
REST, SHOWN = "rest", "shown"


@dataclass
class Kin:
    """What went with an object in the same act.

    :ivar problem: why it cannot come back with it. :ivar losses: what of it does not, where somebody has looked.
    """

    model_admin: ModelAdmin
    entry: LogEntry
    problem: str | None = None
    losses: list[Loss] = field(default_factory=list)


def kin_of(model_admin: ModelAdmin, entry: LogEntry, user: Any) -> list[Kin]:
    """What was deleted in the same act because it hung on the object of *entry*, as far as *user* may know of it."""
    if entry.request_id is None:
        return []
    same_act = select(LogEntry).where(LogEntry.request_id == entry.request_id, LogEntry.verb == "delete")
    same_act = same_act.where(LogEntry.id > entry.id).order_by(LogEntry.id).limit(MAX_ACT)
    found: list[Kin] = []
    above = {(model_admin.name, entry.key)}
    left = [
        (admin, one) for one in in_order(list(db.session.scalars(same_act))) if (admin := told_by(one, user))
    ]
    number = 0
    # In a circle one may stand before what it hung on.
    while number != len(left):
        number, others = len(left), []
        for admin, one in left:
            if above.isdisjoint(held_places(admin, changes_of(one))):
                others.append((admin, one))
                continue
            if may_know(admin, user, one):
                found.append(Kin(admin, one, _problem(admin, one, user, above)))
            above.add((one.name, one.key))
        left = others
    return found


def _problem(model_admin: ModelAdmin, entry: LogEntry, user: Any, above: set[Place]) -> str | None:
    if isinstance(model_admin, RowsApart):
        return model_admin.problem(entry, user, above)
    return None if may(user, model_admin, "add") else may_not()


def number_emptied(entry: LogEntry) -> int:
    """Of how many objects that stay the delete that *entry* tells took a link off."""
    if entry.request_id is None:
        return 0
    same_act = LogEntry.request_id == entry.request_id
    return db.session.scalar(select(func.count()).where(same_act, LogEntry.verb == "change")) or 0


def in_order(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """*entries*, which tell of deletes, so that each comes after those that it hung on; in a circle after those without
    which it cannot be."""
    admins = {entry.id: admin for entry in entries if (admin := named(entry.name)) is not None}
    left = [entry for entry in entries if entry.id in admins]
    by_place = {(entry.name, entry.key): entry.id for entry in left}
    by_id = {entry.id: entry for entry in left}
    for is_firm in (False, True):
        order: TopologicalSorter[int] = TopologicalSorter()
        for entry in left:
            above = {tie.place for tie in ties_of(admins[entry.id], entry) if tie.is_firm or not is_firm}
            order.add(entry.id, *({by_place[place] for place in above & by_place.keys()} - {entry.id}))
        with suppress(CycleError):
            return [by_id[number] for number in order.static_order()]
    return left


@dataclass(frozen=True)
class Tie:
    """:ivar place: what an object that is gone led to, :ivar names: by which columns. :ivar is_firm: none of them may
    be empty."""

    place: Place
    names: tuple[str, ...]
    is_firm: bool


def ties_of(model_admin: ModelAdmin, entry: LogEntry) -> list[Tie]:
    """What the object whose delete *entry* tells led to."""
    columns = model_admin.info.columns
    # Without its parent a row of an inline does not come back, also where the column may be empty.
    firm = (
        {column.name for column, _name in model_admin.bond.pairs}
        if isinstance(model_admin, RowsApart)
        else ()
    )
    return [
        Tie(place, names, set(names) == firm or not any(columns[name].nullable for name in names))
        for place, names in _held(model_admin, changes_of(entry))
    ]


def held_places(model_admin: ModelAdmin, changes: Sequence[Change]) -> set[Place]:
    """The objects whose keys an object held before *changes*, as name and key, under the name of every admin of
    theirs."""
    return {place for place, _names in _held(model_admin, changes)}


def _held(model_admin: ModelAdmin, changes: Sequence[Change]) -> Iterator[tuple[Place, tuple[str, ...]]]:
    kept = {change.field: change.old for change in changes if change.old is not None}
    for admin in (*current_site(), *all_rows()):
        for names in _ways(model_admin, admin):
            if kept.keys() >= set(names):
                yield (admin.name, encode_key([kept[name] for name in names])), names


@lru_cache(maxsize=10_000)
def _ways(model_admin: ModelAdmin, other: ModelAdmin) -> tuple[tuple[str, ...], ...]:
    """Which columns of what *model_admin* looks after hold a key of *other*: those of a relation, and those of a
    foreign key that no relation tells of."""
    found = []
    for relation in {id(one): one for one in model_admin.info.held.values()}.values():
        if issubclass(other.model, relation.target) or issubclass(relation.target, other.model):
            found.append(tuple(column.name for column in relation.columns))
    for bond in bonds_of(other.info, model_admin.info):
        own = {name: column.name for column, name in bond.pairs}
        key = [column.name for column in other.info.key]
        if own.keys() == set(key):
            found.append(tuple(own[name] for name in key))
    return tuple(dict.fromkeys(found))
