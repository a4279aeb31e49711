"""What deleting some objects does to other rows, told to a person: which go along, which are emptied, which forbid it.

A registered model takes the permission to delete, also for each of its objects that goes along, and nobody takes along
what does not exist for him. A row that is emptied
takes none, as in Django: what is changed is the link to what is deleted. Tables that no admin looks after are counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from webapp.admin.changes import is_shortened
from webapp.admin.editing.atsize import is_feasible
from webapp.admin.editing.collecting import Key, Reach, Row, by_kind, collect, load, portions
from webapp.admin.editing.counting import Counts, count
from webapp.admin.editing.inlines.apart import keeper_of
from webapp.admin.editing.leaving import cut_relations
from webapp.admin.editing.ties import Kind, one_of
from webapp.admin.editing.trees import MAX_NODES, Node, tree_of
from webapp.admin.history import MAX_RELATED
from webapp.admin.loading import related, rows_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.extensions import db

# So many are named; the others are counted.
MAX_NAMED = 10

# Objects with the admins that look after them, by their rows.
Seen = dict[Row, tuple[ModelAdmin, Any]]


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


@dataclass(frozen=True)
class Group:
    """Rows of one kind that one admin looks after, or nobody; *objects* only where they were asked for.

    :ivar is_chosen: they are what the person chose to delete, and so exist for him.
    """

    kind: Kind
    model_admin: ModelAdmin | None
    keys: list[Key]
    objects: dict[Row, Any]
    is_chosen: bool = False


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
        shortened += _shortened(group, user)
        cut += _cut(group, reach, user)
        forbidden += _affected(group, [row.key for row in kept], user)
        seen |= _seen(group, kept)
    for group in grouped(model_admin, reach.others, with_objects=True):
        kept = forbidden_rows(group, user)
        forbidden += _affected(group, [row.key for row in kept], user)
        seen |= _seen(group, kept)
        refused = {row.key for row in kept}
        going += _affected(group, [key for key in group.keys if key not in refused], user)
        shortened += _shortened(group, user)
        cut += _cut(group, reach, user)
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


def _seen(group: Group, but: Iterable[Row] = ()) -> Seen:
    """The objects of *group* that somebody looks after."""
    if group.model_admin is None:
        return {}
    left_out = set(but)
    return {row: (group.model_admin, obj) for row, obj in group.objects.items() if row not in left_out}


def _too_many(model_admin: ModelAdmin, reach: Reach, user: Any) -> Consequences:
    """What is known of more rows than are looked at: how many they are, and the first of them."""
    seen: Seen = {}
    shortened: list[Affected] = []
    cut: list[Affected] = []
    for group in roots(model_admin, reach):
        seen |= _seen(group)
        shortened += _shortened(group, user)
        cut += _cut(group, reach, user)
    for group in grouped(model_admin, reach.others[:MAX_NODES], with_objects=True):
        seen |= _seen(group, forbidden_rows(group, user))
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
    admins = (looks_after(model, model_admin) for model in _classes(kind))
    return all(may(user, asked, "delete") for asked in admins if asked is not None)


def _told(model_admin: ModelAdmin, kind: Kind, number: int) -> Affected:
    asked = looks_after(kind.mapper.class_, model_admin) if kind.mapper else None
    return Affected(_label_of(kind, asked), number, asked)


def _label_of(kind: Kind, asked: ModelAdmin | None) -> str:
    table = kind.table
    return str(asked.label_plural if asked else table.info.get("label_plural", table.name.replace("_", " ")))


def roots(model_admin: ModelAdmin, reach: Reach) -> list[Group]:
    """The objects themselves, each with the admin of its own class: a base class has rows of others as well."""
    parts: dict[tuple[Kind, ModelAdmin], dict[Row, Any]] = defaultdict(dict)
    for row, obj in reach.roots.items():
        parts[row.kind, looks_after(type(obj), model_admin) or model_admin][row] = obj
    return [
        Group(kind, asked, [row.key for row in rows], rows, is_chosen=asked is model_admin)
        for (kind, asked), rows in parts.items()
    ]


def grouped(model_admin: ModelAdmin, rows: Iterable[Row], *, with_objects: bool = False) -> Iterator[Group]:
    """*rows* by the admin that looks after them.

    :param model_admin: the one that a delete was asked of; of several for one model it counts.
    :param with_objects: load what an admin looks after.
    """
    for kind, keys in by_kind(rows).items():
        classes = _classes(kind)
        if not any(looks_after(model, model_admin) for model in classes):
            yield Group(kind, None, keys, {})
        elif len(classes) == 1 and not with_objects:
            yield Group(kind, looks_after(classes[0], model_admin), keys, {})
        else:
            yield from _by_class(model_admin, kind, keys)


def _by_class(model_admin: ModelAdmin, kind: Kind, keys: list[Key]) -> Iterator[Group]:
    """Of which class a row is, only its object says."""
    objects = load(kind, keys)
    parts: dict[ModelAdmin | None, list[Row]] = defaultdict(list)
    for row, obj in objects.items():
        parts[looks_after(type(obj), model_admin)].append(row)
    for part, rows in parts.items():
        yield Group(kind, part, [row.key for row in rows], {row: objects[row] for row in rows})


def _classes(kind: Kind) -> list[type]:
    return [mapper.class_ for mapper in kind.mapper.self_and_descendants] if kind.mapper else []


def looks_after(model: type, model_admin: ModelAdmin) -> ModelAdmin | None:
    """The admin of *model*, or of the next class that it inherits; *model_admin* before others of the same model."""
    mapper: Mapper[Any] = inspect(model)
    for one in mapper.iterate_to_root():
        found = model_admin if one.class_ is model_admin.model else current_site().admin_of(one.class_)
        if found is not None:
            return found
    return None


def told_rows(group: Group) -> Seen:
    """The objects of *group* of which the history tells, each with the admin under whose name: also those for which
    nobody is registered and that stand in the form of another. Nobody is asked about these."""
    if group.model_admin is not None:
        return _seen(group)
    keepers = {model: keeper for model in _classes(group.kind) if (keeper := keeper_of(model)) is not None}
    objects = (group.objects or load(group.kind, group.keys)) if keepers else {}
    return {row: (keepers[type(obj)], obj) for row, obj in objects.items() if type(obj) in keepers}


def forbidden_rows(group: Group, user: Any) -> list[Row]:
    """The rows that *user* may not delete, or not even see; what nobody looks after is nobody's to allow."""
    asked = group.model_admin
    if asked is None:
        return []
    if not may(user, asked, "delete"):
        return list(group.objects)
    # Of one object alone it would save nothing.
    if len(group.objects) > 1:
        asked.load_related(list(group.objects.values()), user)
    there = group.objects if group.is_chosen else _existing(asked, group, user)
    return [
        row for row, obj in group.objects.items() if row not in there or not may(user, asked, "delete", obj)
    ]


def _existing(model_admin: ModelAdmin, group: Group, user: Any) -> set[Row]:
    """Those of *group*'s rows that exist for *user*."""
    columns = [column.attribute for column in model_admin.info.key]
    rows = rows_of(model_admin, user).with_only_columns(*columns, maintain_column_froms=True)
    return {
        Row(group.kind, tuple(key))
        for portion in portions(group.keys)
        for key in db.session.execute(rows.where(one_of(columns, portion)))
    }


def _affected(group: Group, keys: Sequence[Key], user: Any) -> Iterator[Affected]:
    if not keys:
        return
    asked = group.model_admin
    label = _label_of(group.kind, asked)
    yield Affected(label, len(keys), asked, tuple(_visible(asked, keys, user)) if asked else ())


def _shortened(group: Group, user: Any) -> Iterator[Affected]:
    """The fields of *group*'s objects of which the history keeps the beginning only, as far as *user* may view them."""
    asked = group.model_admin
    if asked is None or not may(user, asked, "view"):
        return
    columns = [
        column
        for column in asked.info.columns.values()
        if column.kind in ("text", "longtext", "json", "unknown") and not column.secret
    ]
    names = {column.name for column in columns}
    if any(not names.isdisjoint(inspect(obj).unloaded) for obj in group.objects.values()):
        load(group.kind, group.keys)
    for column in columns:
        number = sum(is_shortened(column.kind, getattr(obj, column.name)) for obj in group.objects.values())
        if number:
            yield Affected(f"{asked.label_plural}: {column.label}", number)


def _cut(group: Group, reach: Reach, user: Any) -> Iterator[Affected]:
    """The relations of *group*'s objects of which the history keeps the first only, as far as *user* may view them."""
    asked, loose = group.model_admin, len(reach.others) + len(reach.emptied)
    # What an object leads to is reached with it, so of few there are not too many.
    if asked is None or not may(user, asked, "view") or (reach.is_complete and loose <= MAX_RELATED):
        return
    for relation, number in cut_relations(asked, group.keys, user):
        target = current_site().admin_of(relation.target)
        if target is None or may(user, target, "view"):
            yield Affected(f"{asked.label_plural}: {relation.label}", number)


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
