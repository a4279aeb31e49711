"""What a relation may be set to, found by a search and given page by page: to scripts as JSON, to people as a page."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import Select

from webapp.admin.cursors import BadCursor, make_cursor, read_cursor, settled
from webapp.admin.display import lower_first
from webapp.admin.editing.finding import find
from webapp.admin.editing.inlines.bound import inlines_of
from webapp.admin.editing.layout import form_layout
from webapp.admin.info import ModelInfo, RelationInfo
from webapp.admin.loading import objects_on, rows_of, told
from webapp.admin.mapping import text_of
from webapp.admin.matching import read_page, search_for
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import (
    Position,
    declared_order,
    total_order,
)
from webapp.admin.permissions import may, require
from webapp.admin.search import parse_terms, search_fields
from webapp.admin.site import current_site
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse

PAGE_SIZE = 20


@dataclass(frozen=True)
class Found:
    """One page of what can be chosen: keys and texts, and the cursor of the next page where there is one."""

    results: list[tuple[str, str]]
    next: str | None


@dataclass(frozen=True)
class ChoosePage:
    """What a person without JavaScript chooses from: the key is what goes into the form's field."""

    title: str
    heading: str
    text: str
    q: str
    hidden: list[tuple[str, str]]
    is_searchable: bool
    results: list[tuple[str, str, str | None]]
    next_href: str | None
    first_href: str | None


def asked_relation(model_admin: ModelAdmin, user: Any) -> tuple[RelationInfo, ModelAdmin]:
    """The relation that the request's ``field`` names, and the admin of the model that it leads to.

    Answers 403 to who may not fill in the form or narrow the list by it, or see the other model, and 400 where the
    form and the list have no such field.
    """
    name = request.args.get("field", "")
    relation = _filtered(model_admin, user, name) or _in_form(model_admin, user, name)
    target = current_site().admin_of(relation.target) if relation else None
    if relation is None or target is None:
        refuse(
            400,
            _("The form has no field “%(name)s” to look something up for.", name=name[:60]),
            Link(str(model_admin.label_plural), url_for(f"{model_admin.name}.list")),
        )
    require(user, target, "view")
    return relation, target


def _filtered(model_admin: ModelAdmin, user: Any, name: str) -> RelationInfo | None:
    """The relation *name* that the list of *model_admin* is narrowed by, for who may see the list."""
    if "key" in request.args or not may(user, model_admin, "view"):
        return None
    return model_admin.info.relations.get(name) if name in model_admin.get_list_filter(user) else None


def _in_form(model_admin: ModelAdmin, user: Any, name: str) -> RelationInfo | None:
    """The relation of the form's field *name*, or of one of its inlines', called ``<prefix>-<name>``."""
    key = request.args.get("key", "")
    if key:
        obj = find(model_admin, user, key, "change")
    else:
        obj = None
        # Who may only change has the form of an object, which names itself by its key.
        require(user, model_admin, "add")
    prefix, dash, of_child = name.partition("-")
    if not dash:
        return form_layout(model_admin, user, obj).relations.get(name)
    found = [inline for inline in inlines_of(model_admin, user, obj) if inline.prefix == prefix]
    return form_layout(found[0], user).relations.get(of_child) if found else None


def look_up(target: ModelAdmin, user: Any, q: str, after: str) -> Found:
    """The objects of *target* that exist for *user* and match *q*, from the place *after*, a cursor.

    :raises ValueError: with a sentence for the person, when they cannot be searched or the cursor is none.
    """
    info = target.info
    order = total_order(declared_order(target, user), info)
    names = dict.fromkeys([*(column.name for column in info.key), *(key.column.name for key in order)])
    statement = rows_of(target, user)
    terms = parse_terms(q)
    searched = search_fields(info, target.get_search_fields(user))
    if terms and not searched:
        raise ValueError(_("%(models)s cannot be searched.", models=target.label_plural))
    statement = statement.with_only_columns(
        *(info.selectable[name].attribute.expression.label(name) for name in names),
        maintain_column_froms=True,
    )
    position = settled(_position(order, after, info), order, lambda: rows_of(target, user), info)

    def read(page: Select[Any]) -> list[Any]:
        return objects_on(target, user, page.subquery(), order)

    found = read_page(search_for(info, searched, terms), statement, order, position, PAGE_SIZE + 1, read)
    shown = found[:PAGE_SIZE]
    next_place = _after(order, shown[-1], info) if len(found) > PAGE_SIZE else None
    with told(target):
        results = [(info.key_of(obj), text_of(obj)) for obj in shown if may(user, target, "view", obj)]
    return Found(results, next_place)


def _after(order: Any, obj: Any, info: ModelInfo) -> str:
    values = [getattr(obj, key.column.name) for key in order]
    return make_cursor(order, values, [getattr(obj, column.name) for column in info.key])


def _position(order: Any, after: str, info: ModelInfo) -> Position | None:
    try:
        return Position(read_cursor(order, after, info)) if after else None
    except BadCursor as error:
        raise ValueError(_("The part “after” belongs to another list or another order.")) from error


def choose_page(
    model_admin: ModelAdmin, relation: RelationInfo, target: ModelAdmin, user: Any, found: Found
) -> ChoosePage:
    given = [(name, request.args[name]) for name in ("field", "key") if request.args.get(name)]
    q = request.args.get("q", "")
    asked: dict[str, Any] = {**dict(given), **({"q": q} if q else {})}
    title = _("Choose: %(field)s", field=relation.label)
    pattern = url_for(f"{target.name}.change", key="~")
    return ChoosePage(
        title=title,
        heading=title,
        text=_(
            "Copy the key of the %(model)s that you want into the field “%(field)s” of the form.",
            model=lower_first(target.label),
            field=relation.label,
        ),
        q=q,
        hidden=given,
        is_searchable=bool(target.get_search_fields(user)),
        results=[(key, text, pattern.replace("~", key)) for key, text in found.results],
        next_href=url_for(f"{model_admin.name}.lookup", **asked, after=found.next) if found.next else None,
        first_href=url_for(f"{model_admin.name}.lookup", **asked) if request.args.get("after") else None,
    )
