"""The object of a form is read along with who asks for it, where nothing but its key says whether it exists and whoever
asks may see all there is."""

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
    model_admin = _plain_admins().get(request.blueprint or "")
    values = asked_key(model_admin.name) if model_admin else None
    if values is None:
        return None
    return Record(model_admin, values, {f"sought{number}": value for number, value in enumerate(values)})


def asked_key(name: str) -> tuple[Any, ...] | None:
    """The key in the address of this request where it asks for a form of the model *name*, and that can be a key."""
    if request.method != "GET" or request.endpoint != f"{name}.change":
        return None
    model_admin = next((one for one in current_site() if one.name == name), None)
    values = model_admin and model_admin.info.parse_key(str((request.view_args or {}).get("key")))
    return tuple(values) if values else None


def _plain_admins() -> dict[str, ModelAdmin]:
    """Those whose objects exist for everybody and are rows of one table, beside that of the people."""
    site = current_site()
    known: dict[str, ModelAdmin] | None = vars(site).get("_plain_admins")
    if known is None:
        known = {one.name: one for one in site if _is_plain(one)}
        vars(site)["_plain_admins"] = known
    return {name: one for name, one in known.items() if shows_everything(one)}


def _is_plain(model_admin: ModelAdmin) -> bool:
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
