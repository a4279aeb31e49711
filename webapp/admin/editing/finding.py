"""Find an object and ask for permission in one step: there is no other way to one."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import url_for
from sqlalchemy import Select, select
from sqlalchemy.orm.interfaces import LoaderOption

from webapp.admin.display import lower_first
from webapp.admin.editing.sought import came_along
from webapp.admin.loading import form_related, related, rows_of, shows_everything, with_options
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import require
from webapp.extensions import db
from webapp.plans import SETTLED
from webapp.running import request, this_request
from webapp.texts import gettext as _
from webapp.web.addresses import address, address_of
from webapp.web.errors import Link, refuse

# The hidden field that carries the list's query string through a form, so that saving leads back to it.
LIST_FIELD = "_list"
# The hidden field of an action that is asked for on an object's own page.
OBJECT_FIELD = "_object"
MAX_LIST_QUERY = 4000

#: What is loaded with an object of an admin.
Options = Callable[[ModelAdmin], Sequence[LoaderOption]]


def find(
    model_admin: ModelAdmin,
    user: Any,
    key: str,
    verb: str,
    options: Options = related,
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


def seek(model_admin: ModelAdmin, user: Any, key: str, options: Options = related) -> Any:
    """The object with *key* that exists for *user*; ``None`` where there is none. Nobody has asked what he may do."""
    info = model_admin.info
    values = info.parse_key(key)
    if values is None:
        return None
    if options is form_related and (came := came_along(model_admin, tuple(values))) is not None:
        return came[0]
    if shows_everything(model_admin):
        statement = _among_all(model_admin, options)
    else:
        statement = _among(rows_of(model_admin, user), model_admin, options)
    named = {f"sought{number}": value for number, value in enumerate(values)}
    return db.session.scalars(statement, named).unique().one_or_none()


@lru_cache(maxsize=1_000)
def _among_all(model_admin: ModelAdmin, options: Options) -> Select[Any]:
    """Made once: each form and each save asks it, and to make it costs as much as to ask it."""
    return _among(select(model_admin.model), model_admin, options).execution_options(**SETTLED)


def _among(rows: Select[Any], model_admin: ModelAdmin, options: Options) -> Select[Any]:
    """The one of *rows* whose key is given as ``sought0`` and so on: no name that SQLAlchemy makes up is like these."""
    key = enumerate(model_admin.info.key)
    statement = rows.where(*(one.attribute == one.placeholder(f"sought{number}") for number, one in key))
    return with_options(statement, options(model_admin))


def list_query(model_admin: ModelAdmin) -> str:
    """The query string of the list that the person came from; empty where that is not known.

    A form carries it in a hidden field and a link to a further page in its address; the first time it is read from
    the Referer, which the site's own policy sends along within the site (RFC 9110 §10.1.3).
    """
    # A form says it in several places. Kept with the request itself: another may be answered inside of it.
    known: dict[str, str] = vars(this_request()).setdefault("list_queries", {})
    if model_admin.name not in known:
        known[model_admin.name] = _list_query(model_admin)
    return known[model_admin.name]


def _list_query(model_admin: ModelAdmin) -> str:
    carried = request.form.get(LIST_FIELD, request.args.get(LIST_FIELD))
    query = _query_of_referrer(address(f"{model_admin.name}.list")) if carried is None else carried
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
    path = address(f"{model_admin.name}.list")
    return f"{path}?{query}" if query else path


def next_address(model_admin: ModelAdmin, endpoint: str, key: str | None = None) -> str:
    """The address of a further page of *model_admin*, from which a person still comes back to the list as it was."""
    query = list_query(model_admin)
    if key is not None and not query:
        return address_of(f"{model_admin.name}.{endpoint}", key)
    values: dict[str, Any] = {"key": key, LIST_FIELD: query or None}
    return url_for(f"{model_admin.name}.{endpoint}", **values)
