"""What the history will not keep of what a delete takes along, told before it, as far as the person may view it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import inspect

from webapp.admin.changes import is_shortened
from webapp.admin.editing.collecting import Key, Reach, Row, load
from webapp.admin.editing.groups import Group, existing, told_rows
from webapp.admin.editing.inlines.apart import all_rows
from webapp.admin.editing.leaving import cut_relations
from webapp.admin.history import MAX_RELATED
from webapp.admin.info import ColumnInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import current_site

# What may be longer than an entry holds.
_LONG = frozenset({"text", "longtext", "json", "unknown"})


def shortened_in(group: Group, user: Any) -> Iterator[tuple[str, int]]:
    """The fields of *group*'s objects of which the history keeps the beginning only, each with the number of these."""
    if group.model_admin is not None and not may(user, group.model_admin, "view"):
        return
    told = told_rows(group)
    if any(not _texts(admin).keys().isdisjoint(inspect(obj).unloaded) for admin, obj in told.values()):
        load(group.kind, group.keys)
    long = {row: obj for row, (admin, obj) in told.items() if any(_long_ones(admin, obj))}
    for admin, objects in _viewed(group, long, user):
        for name, column in _texts(admin).items():
            number = sum(is_shortened(column.kind, getattr(obj, name)) for obj in objects.values())
            if number:
                yield f"{admin.label_plural}: {column.label}", number


def _texts(admin: ModelAdmin) -> dict[str, ColumnInfo]:
    return {
        name: column
        for name, column in admin.info.columns.items()
        if column.kind in _LONG and not column.secret
    }


def _long_ones(admin: ModelAdmin, obj: Any) -> Iterator[bool]:
    return (is_shortened(column.kind, getattr(obj, name)) for name, column in _texts(admin).items())


def _viewed(
    group: Group, objects: Mapping[Row, Any], user: Any
) -> Iterator[tuple[ModelAdmin, Mapping[Row, Any]]]:
    """Those of *objects*, of *group*, that *user* may view, with the admin in whose words they are told.

    The rows of an inline are asked for one by one, so it is to be given few.
    """
    if group.model_admin is not None:
        if objects and may(user, group.model_admin, "view"):
            yield group.model_admin, objects
        return
    rest = dict(objects)
    for rows in all_rows():
        own = {row: obj for row, obj in rest.items() if isinstance(obj, rows.model)}
        if not own or not may(user, rows, "view"):
            continue
        there = existing(rows, replace(group, keys=[row.key for row in own]), user)
        seen = {row: obj for row, obj in own.items() if row in there and may(user, rows, "view", obj)}
        # What stands in the forms of two is told once.
        rest = {row: obj for row, obj in rest.items() if row not in seen}
        if seen:
            yield rows, seen


def cut_in(group: Group, reach: Reach, user: Any) -> Iterator[tuple[str, int]]:
    """The relations of *group*'s objects of which the history keeps the first only, each with its number of objects."""
    loose = len(reach.others) + len(reach.emptied)
    # What an object leads to is reached with it, so of few there are not too many.
    if reach.is_complete and loose <= MAX_RELATED:
        return
    if group.model_admin is not None and not may(user, group.model_admin, "view"):
        return
    by_admin: dict[ModelAdmin, dict[Key, tuple[Row, Any]]] = defaultdict(dict)
    for row, (admin, obj) in told_rows(group).items():
        by_admin[admin][row.key] = row, obj
    for admin, objects in by_admin.items():
        for relation, keys in cut_relations(admin, list(objects), user):
            target = current_site().admin_of(relation.target)
            if target is None or may(user, target, "view"):
                for viewer, seen in _viewed(group, dict(objects[key] for key in keys), user):
                    yield f"{viewer.label_plural}: {relation.label}", len(seen)
