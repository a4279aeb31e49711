"""What the rows of a page lead to, to many and of another model, read for all of them at once."""

from collections.abc import Sequence
from functools import lru_cache
from operator import eq
from typing import Any

from sqlalchemy import ARRAY, JSON, ColumnElement, Integer, Select, any_, bindparam, func, select
from sqlalchemy.orm import Session, raiseload

from webapp.admin.info import RelationInfo
from webapp.admin.loading import kept_as_loaded, related
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.plans import SETTLED


def related_to_each(
    model_admin: ModelAdmin, relation: RelationInfo, keys: Sequence[Any], session: Session
) -> dict[Any, list[Any]]:
    """What each row with one of *keys* is related to, to many and of another model, in one statement; no row itself is
    read for it."""
    found: dict[Any, list[Any]] = {key: [] for key in keys}
    target = current_site().admin_of(relation.target)
    statement = _related_to_each(model_admin, relation, target, session.get_bind().dialect.name)
    with kept_as_loaded():
        for row, obj in session.execute(statement, {"sought_keys": list(keys)}).unique():
            found[row].append(obj)
    return found


@lru_cache(maxsize=1_000)
def _related_to_each(
    model_admin: ModelAdmin, relation: RelationInfo, target: ModelAdmin | None, dialect: str
) -> Select[Any]:
    """Made once: each page of a list asks it, and to make it costs as much as to ask it."""
    key: Any = model_admin.info.key[0].attribute
    prop: Any = relation.attribute.property
    if (beside := _key_beside(prop, key)) is not None:
        key = beside
        statement: Any = select(key, relation.target).join(prop.secondary, prop.secondaryjoin)
    else:
        statement = select(key, relation.target).select_from(model_admin.model).join(relation.attribute)
    statement = statement.where(_is_among(key, dialect)).order_by(*(prop.order_by or ()))
    made: Select[Any] = statement.options(*(related(target) if target else ()), raiseload("*"))
    return made.execution_options(**SETTLED)


def _key_beside(prop: Any, key: Any) -> Any:
    """The column of the association that holds the rows' *key*, so that their own table need not be read for it;
    ``None`` where there is none, or more than the key says what a row leads to."""
    join = prop.primaryjoin
    if (
        prop.secondary is None
        or len(prop.synchronize_pairs) != 1
        or getattr(join, "operator", None) is not eq
    ):
        return None
    ((local, beside),) = prop.synchronize_pairs
    return beside if key.property.columns[0] is local else None


def _is_among(key: Any, dialect: str) -> ColumnElement[bool]:
    """Whether *key* is one of ``sought_keys``: as one value where that is possible, because SQLAlchemy, driver
    and server each take long over a hundred."""
    if dialect == "postgresql":
        among: ColumnElement[bool] = key == any_(bindparam("sought_keys", type_=ARRAY(key.type)))
    elif dialect == "sqlite" and isinstance(key.type, Integer):
        numbers = func.json_each(bindparam("sought_keys", type_=JSON)).table_valued("value")
        among = key.in_(select(numbers.columns.value))
    else:
        among = key.in_(bindparam("sought_keys", expanding=True))
    return among


def is_read_by_itself(model_admin: ModelAdmin, relation: RelationInfo) -> bool:
    """Whether :func:`related_to_each` can read it."""
    prop: Any = relation.attribute.property
    is_plain_list = relation.is_list and relation.is_read and prop.collection_class in (None, list)
    return is_plain_list and relation.target is not model_admin.model and len(model_admin.info.key) == 1
