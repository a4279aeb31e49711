"""What deleting some objects does to other rows, told to a person: which go along, which are emptied, which forbid it.

A registered model takes the permission to delete, also for each of its objects that goes along, and nobody takes along
what does not exist for him. A row that is emptied
takes none, as in Django: what is changed is the link to what is deleted. Tables that no admin looks after are counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.admin.editing.atsize import is_feasible
from webapp.admin.editing.collecting import Key, Reach, by_kind, collect, portions
from webapp.admin.editing.counting import Counts, count
from webapp.admin.editing.groups import (
    Group,
    Seen,
    classes_of,
    forbidden_rows,
    grouped,
    looks_after,
    roots,
    seen_in,
)
from webapp.admin.editing.ties import Kind, one_of
from webapp.admin.editing.trees import MAX_NODES, Node, tree_of
from webapp.admin.editing.unkept import cut_in, shortened_in
from webapp.admin.loading import related, rows_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.extensions import db

# So many are named; the others are counted.
MAX_NAMED = 10


@dataclass(frozen=True)
class Affected:
    """Rows of one model, or of a table that no admin looks after.

    :ivar label: the model's plural, or what the table's `info` or name says. :ivar number: how many rows.
    :ivar model_admin: who looks after them. :ivar named: the first of them that the person may see.
    """

    label: str
    number: int
    model_admin: ModelAdmin | None = None
    named: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Consequences:
    """What happens to other rows; each row stands in one group.

    :ivar deleted: go with it. :ivar emptied: stay and lose what points to it. :ivar protected: need it, so it stays.
    :ivar forbidden: would go, and the person may not delete them.
    :ivar shortened: fields of what goes, of so many objects each, that hold more than the history keeps; *cut*:
        relations that lead to more than it keeps.
    :ivar tree: the first objects that go with it, each under the one that it hangs on.
    :ivar is_complete: false when there are more than are looked at; then the rows are counted, and which of them the
        person may delete is asked one model at a time, and of each when it goes.
    :ivar is_feasible: false of what is too much to be deleted in one step.
    """

    deleted: tuple[Affected, ...] = ()
    emptied: tuple[Affected, ...] = ()
    protected: tuple[Affected, ...] = ()
    forbidden: tuple[Affected, ...] = ()
    shortened: tuple[Affected, ...] = ()
    cut: tuple[Affected, ...] = ()
    tree: tuple[Node, ...] = ()
    is_complete: bool = True
    is_feasible: bool = True

    @property
    def is_allowed(self) -> bool:
        return self.is_feasible and not self.protected and not self.forbidden


def consequences(model_admin: ModelAdmin, objs: Sequence[Any], user: Any) -> Consequences:
    """What deleting *objs*, all of *model_admin*, would do, told to *user*.

    The number of statements depends on the tables, not on the rows.
    """
    reach = collect(objs)
    if not reach.is_complete:
        return _too_many(model_admin, reach, user)
    seen: Seen = {}
    going: list[Affected] = []
    forbidden: list[Affected] = []
    shortened: list[Affected] = []
    cut: list[Affected] = []
    for group in roots(model_admin, reach):
        kept = forbidden_rows(group, user)
        shortened += [Affected(*one) for one in shortened_in(group, user)]
        cut += [Affected(*one) for one in cut_in(group, reach, user)]
        forbidden += _affected(group, [row.key for row in kept], user)
        seen |= seen_in(group, kept)
    for group in grouped(model_admin, reach.others, with_objects=True):
        kept = forbidden_rows(group, user)
        forbidden += _affected(group, [row.key for row in kept], user)
        seen |= seen_in(group, kept)
        refused = {row.key for row in kept}
        going += _affected(group, [key for key in group.keys if key not in refused], user)
        shortened += [Affected(*one) for one in shortened_in(group, user)]
        cut += [Affected(*one) for one in cut_in(group, reach, user)]
    emptied, needed = (
        [one for group in grouped(model_admin, rows) for one in _affected(group, group.keys, user)]
        for rows in (reach.emptied, reach.protected)
    )
    return Consequences(
        _in_order(going),
        _in_order(emptied),
        _in_order(needed),
        _in_order(forbidden),
        _in_order(shortened),
        _in_order(cut),
        tree_of(reach, seen, user),
    )


def _too_many(model_admin: ModelAdmin, reach: Reach, user: Any) -> Consequences:
    """What is known of more rows than are looked at: how many they are, and the first of them."""
    seen: Seen = {}
    shortened: list[Affected] = []
    cut: list[Affected] = []
    for group in roots(model_admin, reach):
        seen |= seen_in(group)
        shortened += [Affected(*one) for one in shortened_in(group, user)]
        cut += [Affected(*one) for one in cut_in(group, reach, user)]
    for group in grouped(model_admin, reach.others[:MAX_NODES], with_objects=True):
        seen |= seen_in(group, forbidden_rows(group, user))
    [(kind, keys)] = by_kind(reach.roots).items()
    found = count(kind, keys)
    counts = found or Counts()
    closed = {one for one in counts.deleted if not _may_delete(one, model_admin, user)}
    forbidden = {one: counts.deleted.pop(one) for one in closed}
    deleted, emptied, protected, refused = (
        tuple(one for one in _in_order([_told(model_admin, *item) for item in part.items()]) if one.number)
        for part in (counts.deleted, counts.emptied, counts.protected, forbidden)
    )
    tree = tree_of(reach, seen, user)
    return Consequences(
        deleted,
        emptied,
        protected,
        refused,
        _in_order(shortened),
        _in_order(cut),
        tree,
        is_complete=False,
        is_feasible=is_feasible(found),
    )


def _may_delete(kind: Kind, model_admin: ModelAdmin, user: Any) -> bool:
    admins = (looks_after(model, model_admin) for model in classes_of(kind))
    return all(may(user, asked, "delete") for asked in admins if asked is not None)


def _told(model_admin: ModelAdmin, kind: Kind, number: int) -> Affected:
    asked = looks_after(kind.mapper.class_, model_admin) if kind.mapper else None
    return Affected(_label_of(kind, asked), number, asked)


def _label_of(kind: Kind, asked: ModelAdmin | None) -> str:
    table = kind.table
    return str(asked.label_plural if asked else table.info.get("label_plural", table.name.replace("_", " ")))


def _affected(group: Group, keys: Sequence[Key], user: Any) -> Iterator[Affected]:
    if not keys:
        return
    asked = group.model_admin
    label = _label_of(group.kind, asked)
    yield Affected(label, len(keys), asked, tuple(_visible(asked, keys, user)) if asked else ())


def _visible(model_admin: ModelAdmin, keys: Sequence[Key], user: Any) -> list[Any]:
    """The first objects that exist for *user*, by their keys."""
    if not may(user, model_admin, "view"):
        return []
    columns = [column.attribute for column in model_admin.info.key]
    named: list[Any] = []
    for portion in portions(sorted(keys, key=str)):
        statement = rows_of(model_admin, user).where(one_of(columns, portion)).order_by(*columns)
        found = db.session.scalars(statement.limit(MAX_NAMED).options(*related(model_admin))).unique()
        named += [obj for obj in found if may(user, model_admin, "view", obj)]
        if len(named) >= MAX_NAMED:
            break
    return named[:MAX_NAMED]


def _in_order(groups: list[Affected]) -> tuple[Affected, ...]:
    """What has a page of its own first."""
    return tuple(sorted(groups, key=lambda one: (one.model_admin is None, one.label)))
