"""The engine's own pages about one object, put together from a form, a layout and the history."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from flask_wtf import FlaskForm
from markupsafe import Markup

from webapp.admin.display import is_followable, lower_first, time_ago
from webapp.admin.editing.choice import Choice, ConflictNote
from webapp.admin.editing.conflicts import (
    LOOKED_THROUGH,
    MARKS_FIELD,
    Subject,
    both_versions,
    choice_buttons,
    choice_text,
    form_marks,
    is_typed,
    sent_marks,
    told_alone,
)
from webapp.admin.editing.detours import BACK_FIELD, RETURN_BUTTON, carried
from webapp.admin.editing.facts import facts_of
from webapp.admin.editing.finding import LIST_FIELD, OBJECT_FIELD, list_address, list_query, next_address
from webapp.admin.editing.inlines.apart import RowsReader
from webapp.admin.editing.inlines.family import Family
from webapp.admin.editing.inlines.page import conflict_lines, inline_errors, inline_views, related_fields
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.page import (
    Button,
    FormPage,
    InlineView,
    ObjectActions,
    error_links,
    fieldset_views,
)
from webapp.admin.editing.recent import recent_entries
from webapp.admin.editing.related import RelatedField, offer_choices
from webapp.admin.editing.submissions import ONCE_FIELD, new_token
from webapp.admin.editing.versions import SEEN_FIELD, seen_marks, version_of
from webapp.admin.history import LogEntry
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import Option
from webapp.admin.permissions import DELETE, may, offered
from webapp.admin.tabs import tabs_of
from webapp.admin.timeline import history_lines
from webapp.admin.values import query_string
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.addresses import address, address_of
from webapp.web.errors import Link
from webapp.web.tokens import form_token

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
    own = (
        url_for(f"{model_admin.name}.add")
        if original is None
        else address_of(f"{model_admin.name}.change", model_admin.info.key_of(original))
    )
    make_ready(model_admin, form, user, family, own)
    fieldsets = fieldset_views(form, layout, None)
    inlines = inline_views(family)
    left = carried()
    return FormPage(
        title=title,
        heading=title,
        subheading=None,
        mode="add",
        action=own,
        hidden=[*_hidden(model_admin, left), _token(model_admin, user)],
        errors=[*error_links(form, fieldsets), *inline_errors(inlines)],
        fieldsets=fieldsets,
        inlines=inlines,
        is_unsaved=family.is_sent,
        buttons=_buttons(left, can_add=True)
        if original is None
        else [Button("_saveasnew", _("Save as new"), True)],
        cancel=Link(_("Cancel"), back),
        back=_way_back(left),
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
    is_choosing: bool = False,
) -> FormPage:
    """The page of *obj*: a form, or without one its values.

    :param family: the inlines of the form.
    :param version: what the form was made from when it comes back with errors; by default the present one.
    :param is_choosing: somebody else has changed *obj* meanwhile; *form* then holds what this person typed, and of
        each field that differs it is chosen which version stays.
    """
    info = model_admin.info
    key = info.key_of(obj)
    entries = recent_entries(model_admin.name, key, LOOKED_THROUGH if is_choosing else RECENT)
    choices: Mapping[str, Choice] = {}
    if form and is_choosing:
        versions = both_versions(Subject(model_admin, layout, user, obj), form, sent_marks(), entries)
        form, choices = versions.form, versions.choices
    own = address_of(f"{model_admin.name}.change", key)
    make_ready(model_admin, form, user, family, own, key)
    fieldsets = fieldset_views(form, layout, obj, choices)
    inlines = inline_views(family)
    heading, left = text_of(obj), carried()
    has_choices = bool(choices) or any(row.choices for row in family.rows)
    may_choose = has_choices or any(row.may_come_back for row in family.rows)
    hidden = [*_hidden(model_admin, left), _token(model_admin, user)]
    told = entries if is_choosing else None
    conflict = _conflict_note(told, conflict_lines(inlines), told_alone(form), has_choices=has_choices)
    return FormPage(
        title=_("%(object)s · %(model)s", object=heading, model=model_admin.label),
        heading=heading,
        subheading=str(model_admin.label),
        mode="change" if form else "view",
        action=f"{own}?{places}" if (places := _places(inlines)) else own,
        hidden=[
            (VERSION_FIELD, version_of(info, obj, layout) if version is None else version),
            *([(MARKS_FIELD, form_marks(form)), *hidden] if form else hidden),
        ],
        errors=[*error_links(form, fieldsets), *inline_errors(inlines)] if form else [],
        fieldsets=fieldsets,
        inlines=inlines,
        is_unsaved=_is_unsaved(family, form),
        buttons=_change_buttons(model_admin, user, left, is_choosing=may_choose) if form else [],
        cancel=_way_out(model_admin, key, is_form=form is not None, has_conflict=conflict is not None),
        back=_way_back(left),
        conflict=conflict,
        links=_links(model_admin, user, obj),
        tabs=tabs_of(model_admin, user, obj),
        actions=_actions(model_admin, user, obj, hidden),
        danger=_danger(model_admin, user, obj, key),
        facts=facts_of(model_admin, info, layout, user, obj),
        recent=history_lines(entries[:RECENT], RowsReader(user, obj), brief=True),
    )


def _is_unsaved(family: Family, form: FlaskForm | None) -> bool:
    """Whether the page holds what is nowhere else; who only asked for other children has typed nothing."""
    return family.is_sent and (
        not family.is_turned or family.is_touched or (form is not None and is_typed(form))
    )


def _places(inlines: Sequence[InlineView]) -> str:
    """Which children are on the page, as its address says it: refused, the form comes back with the same ones."""
    names = [f"{view.prefix}-{word}" for view in inlines for word in ("after", "before")]
    return query_string([(name, request.args[name]) for name in names if request.args.get(name)])


def _hidden(model_admin: ModelAdmin, left: str) -> list[tuple[str, str]]:
    """What each form of the page is sent with.

    :param left: the form that was left for this one, as :func:`carried` tells it.
    """
    back = [(BACK_FIELD, left)] if left else []
    return [("csrf_token", form_token()), (LIST_FIELD, list_query(model_admin)), *back]


def _way_out(model_admin: ModelAdmin, key: str, *, is_form: bool, has_conflict: bool) -> Link:
    """Away from the page without saving; in a conflict to what is there now."""
    if has_conflict:
        return Link(_("Discard mine"), next_address(model_admin, "change", key))
    return Link(_("Cancel") if is_form else _("Close"), list_address(model_admin))


def _way_back(left: str) -> Button | None:
    """Back to the form that was left for this one."""
    return Button(RETURN_BUTTON, _("Back without saving"), False) if left else None


def _token(model_admin: ModelAdmin, user: Any) -> tuple[str, str]:
    return ONCE_FIELD, new_token(model_admin.name, user)


def _actions(
    model_admin: ModelAdmin, user: Any, obj: Any, hidden: Sequence[tuple[str, str]]
) -> ObjectActions | None:
    """What *user* may do to *obj*; deleting has its own link.

    :param hidden: what the form of the page is sent with, too. Their one token is spent by each for itself: what was
        sent is part of what an action spends.
    """
    options = [
        Option(name, str(action.label), False)
        for name, action in offered(model_admin, user, obj).items()
        if action is not DELETE
    ]
    if not options:
        return None
    own = [
        (OBJECT_FIELD, "1"),
        (SEEN_FIELD, seen_marks(model_admin.info, [obj])),
        ("selected", model_admin.info.key_of(obj)),
    ]
    return ObjectActions(address(f"{model_admin.name}.action"), [*hidden, *own], options)


def _danger(model_admin: ModelAdmin, user: Any, obj: Any, key: str) -> list[Link]:
    if not may(user, model_admin, "delete", obj):
        return []
    return [Link(_("Delete …"), next_address(model_admin, "delete", key))]


def _change_buttons(model_admin: ModelAdmin, user: Any, left: str, *, is_choosing: bool) -> list[Button]:
    if is_choosing:
        return choice_buttons()
    return _buttons(left, can_add=may(user, model_admin, "add"), save_as=model_admin.save_as)


def _buttons(left: str, *, can_add: bool, save_as: bool = False) -> list[Button]:
    if left:
        return [Button("_save", _("Save"), True)]
    buttons = [Button("_save", _("Save"), True), Button("_continue", _("Save and continue editing"), False)]
    if can_add and save_as:
        return [*buttons, Button("_saveasnew", _("Save as new"), False)]
    return [*buttons, Button("_addanother", _("Save and add another"), False)] if can_add else buttons


def make_ready(
    model_admin: ModelAdmin,
    form: FlaskForm | None,
    user: Any,
    family: Family | None = None,
    own: str = "",
    key: str | None = None,
) -> None:
    """Give the fields that lead to other rows what can be chosen, or the page to choose from."""

    def lookup(name: str) -> str:
        asked = [("field", name), *([("key", key)] if key is not None else [])]
        return f"{address(f'{model_admin.name}.lookup')}?{query_string(asked)}"

    fields = [field for field in form or () if isinstance(field, RelatedField)]
    searched = model_admin.get_autocomplete_fields(user)
    for field in fields:
        field.lookup_href = lookup(field.name)
        # A page that is no form of its own, such as one that restores, is nothing to come back to.
        field.action, field.has_ways = own, bool(own)
        field.most_choices = 0 if field.name in searched else field.most_choices
    inside: list[RelatedField] = []
    if family is not None:
        family.complete()
        inside = related_fields(family, lookup, own)
    offer_choices([*fields, *inside], user)


def _links(model_admin: ModelAdmin, user: Any, obj: Any) -> list[Link]:
    """Where *obj* is seen by others; the further pages here are its tabs."""
    elsewhere = model_admin.get_view_on_site_url(user, obj)
    return [Link(_("View on site"), elsewhere)] if elsewhere is not None and is_followable(elsewhere) else []


def _conflict_note(
    entries: Sequence[LogEntry] | None, rows: Sequence[Link], alone: str, *, has_choices: bool
) -> ConflictNote | None:
    """What is told above the form; nothing where nobody else has changed anything.

    :param entries: the last changes of the object, newest first; ``None`` where it is only *rows* that were changed.
    :param alone: what is said of what no page can show.
    """
    if entries is None and not rows:
        return None
    last = next(iter(entries or ()), None)
    same = _("No field that you see differs from what is there now. Save again, or leave it as it is.")
    text = choice_text(has_choices=has_choices) if has_choices or rows else same
    return ConflictNote(
        who=last.actor_label if last else "" if rows else _("somebody"),
        when=time_ago(last.at) if last else Markup(""),
        text=alone if alone and text is same else f"{text} {alone}".rstrip(),
        rows=rows,
    )


def wants(button: str) -> bool:
    """Whether the form was sent with *button*."""
    return button in request.form
