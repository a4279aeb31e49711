"""The engine's own pages about one object, put together from a form, a layout and the history."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request, url_for
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from webapp.admin.display import is_followable, lower_first, time_ago
from webapp.admin.editing.finding import LIST_FIELD, OBJECT_FIELD, list_address, list_query, next_address
from webapp.admin.editing.forms import values_of
from webapp.admin.editing.inlines.family import Family
from webapp.admin.editing.inlines.page import inline_errors, inline_views, related_fields
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.page import (
    Button,
    ConflictNote,
    FormPage,
    InlineView,
    ObjectActions,
    conflict_notes,
    error_links,
    facts_of,
    fieldset_views,
)
from webapp.admin.editing.related import RelatedField, offer_choices
from webapp.admin.editing.saving import version_of
from webapp.admin.history import entries_of, last_changes
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import Option
from webapp.admin.permissions import DELETE, may, offered
from webapp.admin.readers import Reader
from webapp.admin.tabs import tabs_of
from webapp.admin.timeline import HistoryLine, history_lines
from webapp.extensions import db
from webapp.texts import gettext as _
from webapp.web.errors import Link

VERSION_FIELD = "_version"
RECENT = 5


def add_page(
    model_admin: ModelAdmin,
    form: FlaskForm,
    layout: Layout,
    user: Any,
    family: Family,
    original: Any = None,
) -> FormPage:
    """The page to add an object; of a copy that was refused, to send again what becomes a copy of *original*.

    :param family: the inlines of the form, as they were sent.
    """
    back = list_address(model_admin) if may(user, model_admin, "view") else url_for("admin.index")
    title = _("Add %(model)s", model=lower_first(model_admin.label))
    _make_ready(model_admin, form, user, family)
    fieldsets = fieldset_views(form, layout, None)
    inlines = inline_views(family)
    return FormPage(
        title=title,
        heading=title,
        subheading=None,
        mode="add",
        action=url_for(f"{model_admin.name}.add")
        if original is None
        else _address(model_admin, "change", original),
        hidden=_hidden(model_admin),
        errors=[*error_links(form, fieldsets), *inline_errors(inlines)],
        fieldsets=fieldsets,
        inlines=inlines,
        is_unsaved=family.is_sent,
        buttons=_buttons(can_add=True)
        if original is None
        else [Button("_saveasnew", _("Save as new"), True)],
        cancel=Link(_("Cancel"), back),
    )


def change_page(
    model_admin: ModelAdmin,
    form: FlaskForm | None,
    layout: Layout,
    user: Any,
    obj: Any,
    family: Family,
    *,
    version: str | None = None,
    is_conflict: bool = False,
) -> FormPage:
    """The page of *obj*: a form, or without one its values.

    :param family: the inlines of the form.

    :param version: what the form was made from when it comes back with errors; by default the present one.
    :param is_conflict: somebody else has changed *obj* meanwhile; *form* then holds what this person typed, and
        each field that differs says what there is now. Saving again writes what is typed over it.
    """
    info = model_admin.info
    recent = _recent(model_admin, obj, user)
    notes = {}
    if form and is_conflict:
        notes = conflict_notes(layout.columns, values_of(form, layout), obj, layout.relations)
    _make_ready(model_admin, form, user, family, info.key_of(obj))
    fieldsets = fieldset_views(form, layout, obj, notes)
    inlines = inline_views(family)
    heading = text_of(obj)
    return FormPage(
        title=_("%(object)s · %(model)s", object=heading, model=model_admin.label),
        heading=heading,
        subheading=str(model_admin.label),
        mode="change" if form else "view",
        action=_address(model_admin, "change", obj, _places(inlines)),
        hidden=[
            *_hidden(model_admin),
            (VERSION_FIELD, version_of(info, obj) if version is None else version),
        ],
        errors=[*error_links(form, fieldsets), *inline_errors(inlines)] if form else [],
        fieldsets=fieldsets,
        inlines=inlines,
        is_unsaved=family.is_sent,
        buttons=_buttons(can_add=may(user, model_admin, "add"), save_as=model_admin.save_as) if form else [],
        cancel=Link(_("Cancel") if form else _("Close"), list_address(model_admin)),
        conflict=_conflict_note(model_admin, obj) if is_conflict else None,
        links=_links(model_admin, user, obj),
        tabs=tabs_of(model_admin, user, obj),
        actions=_actions(model_admin, user, obj),
        danger=[Link(_("Delete …"), next_address(model_admin, "delete", info.key_of(obj)))]
        if may(user, model_admin, "delete", obj)
        else [],
        facts=facts_of(model_admin, info, layout, user, obj),
        recent=recent,
    )


def _address(model_admin: ModelAdmin, endpoint: str, obj: Any, asked: Mapping[str, str] | None = None) -> str:
    return url_for(f"{model_admin.name}.{endpoint}", key=model_admin.info.key_of(obj), **(asked or {}))  # type: ignore[arg-type]


def _places(inlines: Sequence[InlineView]) -> dict[str, str]:
    """Which children are on the page, as its address says it: refused, the form comes back with the same ones."""
    names = [f"{view.prefix}-{word}" for view in inlines for word in ("after", "before")]
    return {name: request.args[name] for name in names if request.args.get(name)}


def _hidden(model_admin: ModelAdmin) -> list[tuple[str, str]]:
    return [("csrf_token", generate_csrf()), (LIST_FIELD, list_query(model_admin))]


def _actions(model_admin: ModelAdmin, user: Any, obj: Any) -> ObjectActions | None:
    """What *user* may do to *obj*; deleting has its own link."""
    options = [
        Option(name, str(action.label), False)
        for name, action in offered(model_admin, user, obj).items()
        if action is not DELETE
    ]
    hidden = [*_hidden(model_admin), (OBJECT_FIELD, "1"), ("selected", model_admin.info.key_of(obj))]
    return ObjectActions(url_for(f"{model_admin.name}.action"), hidden, options) if options else None


def _buttons(*, can_add: bool, save_as: bool = False) -> list[Button]:
    buttons = [Button("_save", _("Save"), True), Button("_continue", _("Save and continue editing"), False)]
    if can_add and save_as:
        return [*buttons, Button("_saveasnew", _("Save as new"), False)]
    return [*buttons, Button("_addanother", _("Save and add another"), False)] if can_add else buttons


def _make_ready(
    model_admin: ModelAdmin, form: FlaskForm | None, user: Any, family: Family, key: str | None = None
) -> None:
    """Give the fields that lead to other rows what can be chosen, or the page to choose from."""

    def lookup(name: str) -> str:
        return url_for(f"{model_admin.name}.lookup", field=name, key=key)

    family.complete()
    fields = [field for field in form or () if isinstance(field, RelatedField)]
    searched = model_admin.get_autocomplete_fields(user)
    for field in fields:
        field.lookup_href = lookup(field.name)
        field.most_choices = 0 if field.name in searched else field.most_choices
    offer_choices([*fields, *related_fields(family, lookup)], user)


def _links(model_admin: ModelAdmin, user: Any, obj: Any) -> list[Link]:
    """Where *obj* is seen by others; the further pages here are its tabs."""
    elsewhere = model_admin.get_view_on_site_url(user, obj)
    return [Link(_("View on site"), elsewhere)] if elsewhere is not None and is_followable(elsewhere) else []


def _recent(model_admin: ModelAdmin, obj: Any, user: Any) -> list[HistoryLine]:
    info = model_admin.info
    entries = db.session.scalars(last_changes(entries_of(model_admin.name, info.key_of(obj)), RECENT)).all()
    return history_lines(entries, Reader(user, obj), brief=True)


def _conflict_note(model_admin: ModelAdmin, obj: Any) -> ConflictNote:
    info = model_admin.info
    last = db.session.scalars(last_changes(entries_of(model_admin.name, info.key_of(obj)), 1)).first()
    return ConflictNote(
        who=last.actor_label if last else _("somebody"),
        when=time_ago(last.at) if last else Markup(""),
        text=_(
            "Nothing of yours was saved. Where a field differs, what it holds now stands beside it. "
            "Save again to write what you see over it, or cancel to leave it as it is now."
        ),
    )


def wants(button: str) -> bool:
    """Whether the form was sent with *button*."""
    return button in request.form
