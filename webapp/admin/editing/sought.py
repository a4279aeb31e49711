"""The object of a form is read along with who asks for it, where nothing but its key says whether it exists and whoever
asks may see all there is."""

from functools import lru_cache
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, Select, and_, case
from sqlalchemy.orm import aliased

from webapp.admin.loading import form_related, shows_everything
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.running import request
from webapp.web.alongside import Reader, Record, read_alongside, take_record


def init_app(app: Flask) -> None:
    read_alongside(app, Reader(_record, _extend))


def came_along(model_admin: ModelAdmin, values: tuple[Any, ...]) -> tuple[Any] | None:
    """The object with the key *values*, which may be ``None``, where it has come along as a form needs it."""
    return take_record(model_admin, values)


def _record() -> Record | None:
    model_admin = _asked_admin()
    if model_admin is None or not (shows_everything(model_admin) and _is_plain(model_admin)):
        return None
    values = asked_key(model_admin.name)
    if values is None:
        return None
    return Record(model_admin, values, {f"sought{number}": value for number, value in enumerate(values)})


def asked_key(name: str) -> tuple[Any, ...] | None:
    """The key in the address of this request where it asks for a form of the model *name*, and that can be a key."""
    model_admin = _asked_admin()
    if model_admin is None or model_admin.name != name:
        return None
    values = model_admin.info.parse_key(str((request.view_args or {}).get("key")))
    return None if values is None else tuple(values)


def _asked_admin() -> ModelAdmin | None:
    """The admin whose form this request asks for."""
    name, _dot, page = (request.endpoint or "").rpartition(".")
    if request.method != "GET" or page != "change":
        return None
    return current_site().find(name)


@lru_cache(maxsize=1_000)
def _is_plain(model_admin: ModelAdmin) -> bool:
    """Whether its objects are rows of one table, in the database of the people."""
    mapper = model_admin.info.mapper
    is_one_table = mapper.polymorphic_on is None and mapper.persist_selectable is mapper.local_table
    return is_one_table and db.session.get_bind(mapper) is db.session.get_bind()


def _extend(statement: Select[Any], model_admin: ModelAdmin, may_all: ColumnElement[bool]) -> Select[Any]:
    entity: Any = aliased(model_admin.model)
    key = enumerate(model_admin.info.key)
    # Each by a comparison of both sides, without which SQLAlchemy takes it on MariaDB for every row with each.
    same = (
        getattr(entity, one.name) == case((may_all, one.placeholder(f"sought{number}")))
        for number, one in key
    )
    extended: Select[Any] = statement.add_columns(entity).outerjoin(entity, and_(*same))
    return extended.options(*form_related(model_admin, entity=entity))
