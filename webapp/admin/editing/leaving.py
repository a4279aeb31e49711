"""What a deleted object was related to, for its last entry: its columns alone would not bring it back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased, lazyload

from webapp.admin.editing.collecting import portions
from webapp.admin.editing.ties import one_of
from webapp.admin.history import MAX_RELATED, Change
from webapp.admin.info import RelationInfo
from webapp.admin.loading import related
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.extensions import db


def left_relations(going: Iterable[tuple[ModelAdmin, Any]], user: Any) -> dict[int, list[Change]]:
    """The relations to many of each object that is about to go, by its ``id()``: a statement for each relation."""
    by_admin: dict[str, tuple[ModelAdmin, dict[tuple[Any, ...], Any]]] = {}
    for model_admin, obj in going:
        key = tuple(getattr(obj, column.name) for column in model_admin.info.key)
        by_admin.setdefault(model_admin.name, (model_admin, {}))[1][key] = obj
    found: dict[int, list[Change]] = defaultdict(list)
    for model_admin, objects in by_admin.values():
        for relation in model_admin.info.relations.values():
            if _is_kept(model_admin, relation, user):
                for key, others in _read(model_admin, relation, list(objects)):
                    found[id(objects[key])].append(Change(relation.name, "relations", others, []))
    return found


def _is_kept(model_admin: ModelAdmin, relation: RelationInfo, user: Any) -> bool:
    """Whether it can be given back and no other entry tells of it: it goes through a table between the two, or to
    rows that the admin's own form sets. The texts of others nobody has asked to be kept."""
    prop: Any = relation.attribute.property
    if not relation.is_list or relation.secret or not relation.is_read or prop.viewonly:
        return False
    if current_site().admin_of(relation.target) is not None:
        return prop.secondary is not None
    return model_admin.restore_field(Change(relation.name, "relations", [], []), None, user) is not None


def _read(
    model_admin: ModelAdmin, relation: RelationInfo, keys: list[tuple[Any, ...]]
) -> Iterator[tuple[tuple[Any, ...], list[Any]]]:
    info = model_admin.info
    other: Any = aliased(relation.target)
    target = current_site().admin_of(relation.target)
    columns = [column.attribute for column in info.key]
    statement: Any = select(*columns, other).select_from(info.model)
    statement = statement.join(relation.attribute.of_type(other))
    options = related(target, entity=other) if target else [lazyload("*")]
    for portion in portions(keys):
        others: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        rows = statement.where(one_of(columns, portion)).options(*options)
        for *key, one in db.session.execute(rows).unique():
            if len(others[tuple(key)]) < MAX_RELATED:
                others[tuple(key)].append(one)
        yield from others.items()
