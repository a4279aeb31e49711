"""Saved views: what of a list a view keeps, who may change one, and how it is written.

A view is an address with a name. It grants nothing: whoever opens it sees the rows that exist for them, and a part
that this person may not ask for is refused as in any other address.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import func, literal, select
from sqlalchemy.exc import IntegrityError

from webapp.admin.listing.asked import AskedList, Pairs, pairs_of
from webapp.admin.listing.remembered import SavedView, groups_sharing, key_of, may_open, set_default
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import require
from webapp.extensions import db, writing
from webapp.invisible import is_seen
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse

MAX_OWN = 50
MAX_QUERY = 4_000


class Unkept(Exception):
    """A view that cannot be kept: the message says why; it belongs to *field* where there is one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Outdated(Exception):
    """The view was changed or deleted since it was shown."""


def query_of(asked: AskedList) -> str:
    """What a view of this list keeps: the address, and how the list looks where that is not as declared."""
    pairs = list(_shown(asked))
    said = {name for name, _value in pairs}
    names = tuple(column.name for column in asked.state.columns)
    if "columns" not in said and names != asked.spec.columns.declared:
        pairs.append(("columns", ",".join(names)))
    if "size" not in said and asked.state.size != asked.spec.model_admin.list_per_page:
        pairs.append(("size", str(asked.state.size)))
    return urlencode(pairs)


def is_changed(asked: AskedList, view: SavedView) -> bool:
    """Whether the list shows something else than *view*, which is open."""
    return sorted(_shown(asked)) != sorted(pairs_of(view))


def _shown(asked: AskedList) -> Pairs:
    return [(name, value) for name, value in asked.state.parameters if name != "view"]


def may_change(view: SavedView, user: Any) -> bool:
    """Whether *view* is for *user* to change: the owner's, and any that a superuser may open."""
    return view.owner_key == key_of(user) or bool(getattr(user, "is_superuser", False))


def groups_of(user: Any) -> dict[str, str]:
    """The groups with which *user* may share, by key, in the order of their names."""
    statement = groups_sharing(type(user), literal(user.id))
    groups = [] if statement is None else db.session.execute(statement).all()
    return dict(sorted(((key, name) for key, name in groups), key=lambda group: str(group[1])))


def find_view(model_admin: ModelAdmin, user: Any, number: int, *, to_change: bool = False) -> SavedView:
    """The view with *number*; answers 403 to who may not see the list, 404 for a view that *user* may not open, and
    403 where *user* may open and not change it."""
    require(user, model_admin, "view")
    is_it = (SavedView.id == number, SavedView.model == model_admin.name, may_open(user))
    view: SavedView | None = db.session.scalar(select(SavedView).where(*is_it))
    back = Link(str(model_admin.label_plural), url_for(f"{model_admin.name}.list"))
    if view is None:
        refuse(404, _("There is no such view, or it is not shared with you. Perhaps it was deleted."), back)
    if to_change and not may_change(view, user):
        refuse(
            403, _("Only %(owner)s can change this view. Save one of your own.", owner=view.owner_label), back
        )
    return view


def add_view(
    model_admin: ModelAdmin, user: Any, query: str, values: dict[str, Any], *, is_default: bool
) -> SavedView:
    """Keep a new view of *user* with *values*, its name and group.

    :raises Unkept: when nobody could see the name or it is taken, there are too many, or the address is too long.
    """
    _check_query(query)
    own = select(func.count()).where(SavedView.owner_key == key_of(user), SavedView.model == model_admin.name)
    if db.session.execute(own).scalar_one() >= MAX_OWN:
        raise Unkept(
            _("You have %(count)d views of this list, which is as many as there can be.", count=MAX_OWN)
        )
    view = SavedView(
        model=model_admin.name, owner_key=key_of(user), owner_label=str(user)[:255], query=query, **values
    )
    _check_seen(view.name)
    _check_name(view, view.name)

    def write() -> SavedView:
        db.session.add(view)
        db.session.flush()
        set_default(model_admin, user, view, is_default=is_default)
        return view

    return _written(write, view, view.name)


def change_view(
    model_admin: ModelAdmin,
    user: Any,
    view: SavedView,
    version: str | None,
    values: dict[str, Any],
    *,
    is_default: bool,
) -> None:
    """Keep *values* for *view*, and for *user* whether the list opens it first.

    :param version: the version that the form was made from; ``None`` where it changes nothing of the view.
    :raises Unkept: when nobody could see the new name, or it is taken.
    :raises Outdated: when *view* is gone, or not as in *version* any more.
    """
    name = values.get("name", view.name)
    if name != view.name:
        _check_seen(name)
    _check_name(view, name)

    def write() -> SavedView:
        held = _held(view, version)
        for attribute, value in values.items():
            setattr(held, attribute, value)
        if values:
            # Who says with whom it is shared by now has the last word, should a deleted group come back.
            held.former_group_key = None
        set_default(model_admin, user, held, is_default=is_default)
        return held

    _written(write, view, name)


def delete_view(view: SavedView, version: str) -> None:
    """Delete *view*; nobody opens it first any more.

    :raises Outdated: when it is not as in *version* any more.
    """
    with writing():
        db.session.delete(_held(view, version))


def keep_query(view: SavedView, version: str, query: str) -> None:
    """Let *view* show what *query* says from now on.

    :raises Unkept: when that is too long. :raises Outdated: when *view* is not as in *version* any more.
    """
    _check_query(query)
    with writing():
        _held(view, version).query = query


def _held(view: SavedView, version: str | None) -> SavedView:
    held = db.session.get(SavedView, view.id, with_for_update=True, populate_existing=True)
    if held is None or version not in (None, str(held.version)):
        raise Outdated
    return held


def _written(write: Callable[[], SavedView], view: SavedView, name: str) -> SavedView:
    """What *write* gives in a transaction; once more where another request of the same person was faster."""
    try:
        with writing():
            return write()
    except IntegrityError:
        _check_name(view, name)
        with writing():
            return write()


def _check_query(query: str) -> None:
    if len(query) > MAX_QUERY:
        raise Unkept(_("There is too much in this list to be kept. Choose fewer things at once."))


def _check_seen(name: str) -> None:
    if not is_seen(name):
        raise Unkept(_("Write a name that can be seen."), "name")


def _check_name(view: SavedView, name: str) -> None:
    is_taken = select(SavedView.id).where(
        SavedView.owner_key == view.owner_key,
        SavedView.model == view.model,
        SavedView.name == name,
        SavedView.id.is_distinct_from(view.id),
    )
    if db.session.scalar(is_taken) is not None:
        raise Unkept(_("There is a view of this name already."), "name")
