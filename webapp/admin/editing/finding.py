"""Find an object and ask for permission in one step: there is no other way to one."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import request, url_for
from sqlalchemy.orm.interfaces import LoaderOption

from webapp.admin.display import lower_first
from webapp.admin.loading import related, rows_of, with_options
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import require
from webapp.extensions import db
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse

# The hidden field that carries the list's query string through a form, so that saving leads back to it.
LIST_FIELD = "_list"
# The hidden field of an action that is asked for on an object's own page.
OBJECT_FIELD = "_object"
MAX_LIST_QUERY = 4000


def find(
    model_admin: ModelAdmin,
    user: Any,
    key: str,
    verb: str,
    options: Sequence[LoaderOption] = (),
    otherwise: Callable[[ModelAdmin, Any, str], None] | None = None,
) -> Any:
    """The object with *key*, an address form, for *user* to *verb*.

    :param options: what is loaded with it, by default what its text needs.
    :param otherwise: called where it is not there, and may have a better answer.

    Answers 403 to who may not even see the model, 404 where the object is not there or not visible to *user*,
    then 403 where he may see it and not *verb* it.
    """
    require(user, model_admin, "view")
    obj = seek(model_admin, user, key, options)
    if obj is None:
        if otherwise is not None:
            otherwise(model_admin, user, key)
        refuse(
            404,
            _(
                "There is no such %(model)s, or it is not visible to you. Perhaps it was deleted.",
                model=lower_first(model_admin.label),
            ),
            Link(str(model_admin.label_plural), url_for(f"{model_admin.name}.list")),
        )
    require(user, model_admin, verb, obj)
    return obj


def seek(model_admin: ModelAdmin, user: Any, key: str, options: Sequence[LoaderOption] = ()) -> Any:
    """The object with *key* that exists for *user*; ``None`` where there is none. Nobody has asked what he may do."""
    info = model_admin.info
    values = info.parse_key(key)
    if values is None:
        return None
    conditions = [
        column.attribute == column.bound(value) for column, value in zip(info.key, values, strict=True)
    ]
    statement = rows_of(model_admin, user).where(*conditions)
    statement = with_options(statement, options or related(model_admin))
    return db.session.scalars(statement).unique().one_or_none()


def list_query(model_admin: ModelAdmin) -> str:
    """The query string of the list that the person came from; empty where that is not known.

    A form carries it in a hidden field and a link to a further page in its address; the first time it is read from
    the Referer, which the site's own policy sends along within the site (RFC 9110 §10.1.3).
    """
    carried = request.form.get(LIST_FIELD, request.args.get(LIST_FIELD))
    query = _query_of_referrer(url_for(f"{model_admin.name}.list")) if carried is None else carried
    return query if len(query) <= MAX_LIST_QUERY and query.isascii() and query.isprintable() else ""


def _query_of_referrer(path: str) -> str:
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    return came_from.query if (came_from.netloc, came_from.path) == (request.host, path) else ""


def list_address(model_admin: ModelAdmin) -> str:
    """The address of the list as the person left it."""
    query = list_query(model_admin)
    path = url_for(f"{model_admin.name}.list")
    return f"{path}?{query}" if query else path


def next_address(model_admin: ModelAdmin, endpoint: str, key: str | None = None) -> str:
    """The address of a further page of *model_admin*, from which a person still comes back to the list as it was."""
    values: dict[str, Any] = {"key": key, LIST_FIELD: list_query(model_admin) or None}
    return url_for(f"{model_admin.name}.{endpoint}", **values)
