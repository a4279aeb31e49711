"""The object of a form is read along with who asks for it, where nothing but its key says whether it exists and whoever
asks may see all there is."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import ColumnElement, Select, and_, case
from sqlalchemy.orm import aliased

from webapp.admin.editing.choices import Plan, few_along, read_few, values_of
from webapp.admin.loading import form_related, related, shows_everything
from webapp.admin.options import ModelAdmin
from webapp.admin.sidebyside import Along
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.patience import QUICK
from webapp.running import current_app, request, this_request
from webapp.web import alongside
from webapp.web.alongside import Reader, Record, read_alongside, take_beside, take_record

#: Where the application keeps what the last form of each model has asked of its choices.
PLANS = "plans_of_choices"


class Kind(NamedTuple):
    """What comes along: an object of *model_admin*, and what *plan* asks of the choices of its form."""

    model_admin: ModelAdmin
    plan: Plan | None


class Key(NamedTuple):
    model_admin: ModelAdmin
    values: tuple[Any, ...]


def init_app(app: Flask) -> None:
    app.extensions[PLANS] = {}
    read_alongside(app, Reader(_record, _extend))


def came_along(model_admin: ModelAdmin, values: tuple[Any, ...]) -> tuple[Any] | None:
    """The object with the key *values*, which may be ``None``, where it has come along as a form needs it."""
    return take_record(Key(model_admin, values))


def read_choices(plan: Plan, values: dict[str, Any]) -> Sequence[Any]:
    """What :func:`.read_few` reads; it has come along where the last form of the same model asked the same."""
    rows = take_beside(plan, values)
    if rows is not None:
        return rows
    record = alongside.came_along()
    key = record and record.key
    if isinstance(key, Key) and _may_come(plan) and values == _values_of(plan, key):
        current_app.extensions[PLANS][key.model_admin] = plan
    return read_few(plan, values)


def _record() -> Record | None:
    key = asked_object()
    if key is None or not (shows_everything(key.model_admin) and _is_plain(key.model_admin)):
        return None
    plan: Plan | None = current_app.extensions[PLANS].get(key.model_admin)
    asked = {f"sought{number}": value for number, value in enumerate(key.values)}
    asked |= (plan and _values_of(plan, key)) or {}
    return Record(Kind(key.model_admin, plan), key, asked, plan)


def _values_of(plan: Plan, key: Key) -> dict[str, Any] | None:
    """What *plan* is asked with for the object of that *key*; ``None`` where more than the key says it."""
    known = {column.name: value for column, value in zip(key.model_admin.info.key, key.values, strict=True)}
    try:
        return values_of(plan, lambda _relation, name: known[name])
    except KeyError:
        return None


@lru_cache(maxsize=1_000)
def _may_come(plan: Plan) -> bool:
    """Whether *plan* asks for one model, in the database of the people, with which nothing is loaded: of several beside
    each other PostgreSQL would at times read each again for every row of the other."""
    first, *others = plan.asked
    return not others and _is_plain(first.target) and not related(first.target)


def asked_key(name: str) -> tuple[Any, ...] | None:
    """The key in the address of this request where it asks for a form of the model *name*, and that can be a key."""
    key = asked_object()
    return None if key is None or key.model_admin.name != name else key.values


def asked_object() -> Key | None:
    """The object whose form this request asks for; ``None`` where it asks for something else, or for what is no key."""
    # Several ask. Kept with the request itself: another may be answered inside of it.
    kept: dict[str, Key | None] = vars(this_request())
    if "asked_object" not in kept:
        kept["asked_object"] = _asked_object()
    return kept["asked_object"]


def _asked_object() -> Key | None:
    name, _dot, page = (request.endpoint or "").rpartition(".")
    model_admin = current_site().find(name) if request.method == "GET" and page == "change" else None
    if model_admin is None:
        return None
    values = model_admin.info.parse_key(str((request.view_args or {}).get("key")))
    return None if values is None else Key(model_admin, values)


@lru_cache(maxsize=1_000)
def _is_plain(model_admin: ModelAdmin) -> bool:
    """Whether its objects are rows of one table, in the database of the people."""
    mapper = model_admin.info.mapper
    is_one_table = mapper.polymorphic_on is None and mapper.persist_selectable is mapper.local_table
    return is_one_table and db.session.get_bind(mapper) is db.session.get_bind()


def _extend(statement: Select[Any], kind: Kind, may_all: ColumnElement[bool]) -> Select[Any]:
    model_admin, plan = kind
    entity: Any = aliased(model_admin.model)
    key = enumerate(model_admin.info.key)
    # Each by a comparison of both sides, without which SQLAlchemy takes it on MariaDB for every row with each.
    same = (
        getattr(entity, one.name) == case((may_all, one.placeholder(f"sought{number}")))
        for number, one in key
    )
    extended: Select[Any] = statement.add_columns(entity).outerjoin(entity, and_(*same))
    extended = extended.options(*form_related(model_admin, entity=entity))
    if plan is None:
        return extended
    # Choices in an order that no index has may take their time.
    return few_along(plan, Along(extended, may_all)).execution_options(**{QUICK: False})
