"""What a deleted object was related to, for its last entry: its columns alone would not bring it back."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import and_, func, inspect, select
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
            if is_kept(model_admin, relation, user):
                for key, others in _read(model_admin, relation, list(objects)):
                    found[id(objects[key])].append(Change(relation.name, "relations", others, []))
    return found


def cut_relations(
    model_admin: ModelAdmin, keys: Sequence[tuple[Any, ...]], user: Any
) -> Iterator[tuple[RelationInfo, list[tuple[Any, ...]]]]:
    """The relations of which an entry keeps only a part, and those of *keys* whose objects have too many there: a
    statement for each relation that is kept."""
    columns = [column.attribute for column in model_admin.info.key]
    for relation in model_admin.info.relations.values():
        if is_kept(model_admin, relation, user):
            other: Any = aliased(relation.target)
            rows = (
                select(*columns).select_from(model_admin.info.model).join(relation.attribute.of_type(other))
            )
            cut = rows.group_by(*columns).having(func.count() > MAX_RELATED)
            found = [
                tuple(key)
                for portion in portions(keys)
                for key in db.session.execute(cut.where(one_of(columns, portion)))
            ]
            if found:
                yield relation, found


def is_kept(model_admin: ModelAdmin, relation: RelationInfo, user: Any) -> bool:
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
    """Pairs of a key and what leads from there; of more than an entry keeps, one more than that."""
    info, target = model_admin.info, current_site().admin_of(relation.target)
    mapper: Any = inspect(relation.target)
    other: Any = aliased(relation.target)
    options = related(target, entity=other) if target else [lazyload("*")]
    for portion in portions(keys):
        near = _first_of_each(model_admin, relation, portion)
        own, far = near.c[: len(info.key)], near.c[len(info.key) : -1]
        meets = [
            getattr(other, mapper.get_property_by_column(column).key) == one
            for column, one in zip(mapper.primary_key, far, strict=True)
        ]
        rows = select(*own, other).select_from(near).join(other, and_(*meets)).order_by(near.c.number)
        others: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
        for *key, one in db.session.execute(rows.options(*options)).unique():
            others[tuple(key)].append(one)
        yield from others.items()


def _first_of_each(model_admin: ModelAdmin, relation: RelationInfo, keys: Sequence[tuple[Any, ...]]) -> Any:
    """The keys of the objects and of what leads from them, numbered: a hundred thousand are not read for a thousand."""
    columns = [column.attribute for column in model_admin.info.key]
    other: Any = aliased(relation.target)
    mapper: Any = inspect(relation.target)
    far = [getattr(other, mapper.get_property_by_column(column).key) for column in mapper.primary_key]
    number = func.row_number().over(partition_by=columns, order_by=far)
    pairs = [column.label(f"k{place}") for place, column in enumerate((*columns, *far))]
    numbered = select(*pairs, number.label("number")).select_from(model_admin.info.model)
    numbered = numbered.join(relation.attribute.of_type(other)).where(one_of(columns, keys))
    each = numbered.subquery()
    return select(each).where(each.c.number <= MAX_RELATED + 1).subquery()
