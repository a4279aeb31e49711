"""What the rows of a page lead to, to many and of another model, read for all of them at once."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, raiseload

from webapp.admin.info import RelationInfo
from webapp.admin.loading import kept_as_loaded, related
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site


def related_to_each(
    model_admin: ModelAdmin, relation: RelationInfo, keys: Sequence[Any], session: Session
) -> dict[Any, list[Any]]:
    """What each row with one of *keys* is related to, to many and of another model, in one statement; no row itself is
    read for it."""
    found: dict[Any, list[Any]] = {key: [] for key in keys}
    statement = _related_to_each(model_admin, relation, current_site().admin_of(relation.target))
    with kept_as_loaded():
        for row, obj in session.execute(statement, {"sought_keys": list(keys)}).unique():
            found[row].append(obj)
    return found


@lru_cache(maxsize=1_000)
def _related_to_each(
    model_admin: ModelAdmin, relation: RelationInfo, target: ModelAdmin | None
) -> Select[Any]:
    """Made once: each page of a list asks it, and to make it costs as much as to ask it."""
    key = model_admin.info.key[0].attribute
    prop: Any = relation.attribute.property
    statement: Any = select(key, relation.target).select_from(model_admin.model).join(relation.attribute)
    sought: Any = bindparam("sought_keys", expanding=True)
    statement = statement.where(key.in_(sought)).order_by(*(prop.order_by or ()))
    made: Select[Any] = statement.options(*(related(target) if target else ()), raiseload("*"))
    return made


def is_read_by_itself(model_admin: ModelAdmin, relation: RelationInfo) -> bool:
    """Whether :func:`related_to_each` can read it."""
    prop: Any = relation.attribute.property
    is_plain_list = relation.is_list and relation.is_read and prop.collection_class in (None, list)
    return is_plain_list and relation.target is not model_admin.model and len(model_admin.info.key) == 1
