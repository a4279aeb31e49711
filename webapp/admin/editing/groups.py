"""What a delete reaches, in groups: rows of one kind that one admin looks after, those of an inline, or nobody."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from webapp.admin.editing.collecting import Key, Reach, Row, by_kind, load, portions
from webapp.admin.editing.inlines.apart import keeper_of
from webapp.admin.editing.ties import Kind, one_of
from webapp.admin.loading import rows_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.extensions import db

# Objects with the admins that look after them, by their rows.
Seen = dict[Row, tuple[ModelAdmin, Any]]


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
        classes = classes_of(kind)
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


def classes_of(kind: Kind) -> list[type]:
    """The classes of which a row of *kind* may be; none of a table without one."""
    return [mapper.class_ for mapper in kind.mapper.self_and_descendants] if kind.mapper else []


def looks_after(model: type, model_admin: ModelAdmin) -> ModelAdmin | None:
    """The admin of *model*, or of the next class that it inherits; *model_admin* before others of the same model."""
    mapper: Mapper[Any] = inspect(model)
    for one in mapper.iterate_to_root():
        found = model_admin if one.class_ is model_admin.model else current_site().admin_of(one.class_)
        if found is not None:
            return found
    return None


def seen_in(group: Group, but: Iterable[Row] = ()) -> Seen:
    """The objects of *group* that somebody looks after."""
    if group.model_admin is None:
        return {}
    left_out = set(but)
    return {row: (group.model_admin, obj) for row, obj in group.objects.items() if row not in left_out}


def told_rows(group: Group) -> Seen:
    """The objects of *group* of which the history tells, each with the admin under whose name: also those for which
    nobody is registered and that stand in the form of another. Nobody is asked about these."""
    if group.model_admin is not None:
        return seen_in(group)
    keepers = {model: keeper for model in classes_of(group.kind) if (keeper := keeper_of(model)) is not None}
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
    there = group.objects if group.is_chosen else existing(asked, group, user)
    return [
        row for row, obj in group.objects.items() if row not in there or not may(user, asked, "delete", obj)
    ]


def existing(model_admin: ModelAdmin, group: Group, user: Any) -> set[Row]:
    """Those of *group*'s rows that exist for *user*."""
    columns = [column.attribute for column in model_admin.info.key]
    rows = rows_of(model_admin, user).with_only_columns(*columns, maintain_column_froms=True)
    return {
        Row(group.kind, tuple(key))
        for portion in portions(group.keys)
        for key in db.session.execute(rows.where(one_of(columns, portion)))
    }
