"""What a delete takes off objects that stay, each told in an entry of its own: a link in a row, or a row between."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, and_, inspect, select
from sqlalchemy.orm import aliased

from webapp.admin.editing.collecting import Reach, Row, by_kind, load, portions, row_of
from webapp.admin.editing.groups import grouped, looks_after, told_rows
from webapp.admin.editing.leaving import is_kept
from webapp.admin.editing.ties import one_of
from webapp.admin.history import Change, differences, record, snapshot
from webapp.admin.info import RelationInfo
from webapp.admin.loading import related
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.extensions import db


def tell(verb: str, model_admin: ModelAdmin, obj: Any, user: Any, changes: Sequence[Change]) -> None:
    """Write the entry of one object."""
    record(
        db.session(),
        verb=verb,
        name=model_admin.name,
        key=model_admin.info.key_of(obj),
        label=text_of(obj),
        actor=user,
        changes=changes,
    )


@contextmanager
def recorded_changes(
    model_admin: ModelAdmin, reach: Reach, user: Any, going: Collection[Row] = ()
) -> Iterator[None]:
    """Keep in the history what the rows that stay lose in the block, which deletes what is reached.

    :param going: rows that go too and are not reached here.
    """
    _tell_parted(model_admin, reach, user, going)
    groups = list(grouped(model_admin, reach.emptied, with_objects=True))
    before = {
        row: (asked, snapshot(asked.info, obj))
        for group in groups
        for row, (asked, obj) in told_rows(group).items()
    }
    yield
    for kind, keys in by_kind(before).items():
        for row, obj in load(kind, keys, fresh=True).items():
            asked, values = before[row]
            changes = differences(asked.info, values, snapshot(asked.info, obj))
            if changes:
                tell("change", asked, obj, user, changes)


def _tell_parted(model_admin: ModelAdmin, reach: Reach, user: Any, going: Collection[Row]) -> None:
    """Tell of objects that stay and led to some that go through a table between, of which no entry of those tells: a
    statement for each such relation."""
    for kind, keys in by_kind(row for row in reach.deleted if row.kind.mapper is None).items():
        for relation in _leading_through(kind.table, user):
            left: dict[Row, tuple[Any, list[Any]]] = {}
            for portion in portions(keys):
                for obj, other in _pairs(relation, one_of(kind.key, portion)):
                    left.setdefault(row_of(obj), (obj, []))[1].append(other)
            for row, (obj, others) in left.items():
                asked = looks_after(type(obj), model_admin)
                if asked is not None and row not in reach.deleted and row not in going:
                    tell("change", asked, obj, user, [Change(relation.name, "relations", others, [])])


def _leading_through(table: Table, user: Any) -> list[RelationInfo]:
    """The relations to many through *table* that can be given back where the other side does not keep them."""
    found: dict[Any, RelationInfo] = {}
    for model_admin in current_site():
        for relation in model_admin.info.relations.values():
            prop: Any = relation.attribute.property
            if prop.secondary is table and is_kept(model_admin, relation, user):
                found.setdefault((prop.parent.class_, prop.key), relation)
    return [one for one in found.values() if not _is_told_by_other_side(one, user)]


def _is_told_by_other_side(relation: RelationInfo, user: Any) -> bool:
    target = current_site().admin_of(relation.target)
    far = {column for _key, column in relation.attribute.property.secondary_synchronize_pairs}
    if target is None:
        return False
    backs = [
        back
        for back in target.info.relations.values()
        if back.attribute.property.secondary is relation.attribute.property.secondary
        and far == {column for _key, column in back.attribute.property.synchronize_pairs}
    ]
    return any(is_kept(target, back, user) for back in backs)


def _pairs(relation: RelationInfo, condition: Any) -> Iterator[Any]:
    """The objects on both sides of the rows between that meet *condition*."""
    prop: Any = relation.attribute.property
    holder: Any = aliased(prop.parent.class_)
    other: Any = aliased(relation.target)
    statement: Any = select(holder, other).select_from(prop.secondary)
    for entity, pairs in ((holder, prop.synchronize_pairs), (other, prop.secondary_synchronize_pairs)):
        mapper: Any = inspect(entity).mapper
        meets = [getattr(entity, mapper.get_property_by_column(key).key) == held for key, held in pairs]
        statement = statement.join(entity, and_(*meets))
        asked = current_site().admin_of(mapper.class_)
        statement = statement.options(*(related(asked, entity=entity) if asked else ()))
    yield from db.session.execute(statement.where(condition)).unique()
