"""Two versions of one object: field by field what was typed and what is there now, and which of them is to stay.

A form carries a mark of what each field held when it was made. So what only the other person changed is told apart from
what only this one did, and both are chosen for as one would expect; where both changed a field, what was typed stays
chosen, beside what it would replace. Nothing is written before somebody has seen the page and sent it again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Field, FileField, HiddenField, PasswordField, SelectFieldBase

from webapp.admin.display import show_value, texts_of, time_ago
from webapp.admin.editing.forms import make_form
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.page import Choice
from webapp.admin.editing.relatedlist import RelatedListField
from webapp.admin.editing.touched import leave, mark_of, sent_for, shown
from webapp.admin.history import LogEntry
from webapp.admin.info import ColumnInfo, RelationInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.texts import list_text
from webapp.texts import gettext as _

#: A hidden field: for each field of the form a mark of what it held when the form was made.
MARKS_FIELD = "_was"
#: The button that writes all that was typed, whatever was chosen.
MINE_BUTTON = "_keepmine"
# What the names of the choices begin with, and their values; the latter with a mark of what was typed.
TAKE = "_take-"
MINE = "mine"
NOW = "now:"
# So many of the last changes are looked through for who changed which field.
LOOKED_THROUGH = 50


def is_choosing() -> bool:
    """Whether the request comes from the page that shows both versions."""
    return any(name.startswith(TAKE) for name in request.form)


def marks_of(form: FlaskForm) -> str:
    """What :data:`MARKS_FIELD` holds for *form*, which shows what is there; of one that was sent, what came with it."""
    if form.is_submitted():
        return request.form.get(MARKS_FIELD, "")
    return " ".join(f"{field.short_name}:{mark_of(shown(field))}" for field in _compared(form))


def merged_form(model_admin: ModelAdmin, layout: Layout, user: Any, obj: Any) -> FlaskForm:
    """The form of *obj* as it was sent, with what is there now in each field where that was chosen."""
    if not is_choosing() or MINE_BUTTON in request.form:
        return make_form(model_admin, layout, user, obj)
    typed = make_form(model_admin, layout, user, obj)
    present = _present_form(model_admin, layout, user, obj)
    sent = MultiDict([*request.form.items(multi=True), *request.files.items(multi=True)])
    for field in _compared(typed):
        if _takes_now(field):
            leave(present[field.short_name], sent)
    return make_form(model_admin, layout, user, obj, formdata=sent)


@dataclass(frozen=True)
class Versions:
    """What was typed beside what is there now.

    :ivar form: what was typed, with what is wrong with it. :ivar choices: by name, for each field that differs.
    """

    form: FlaskForm
    choices: Mapping[str, Choice]


def both_versions(
    model_admin: ModelAdmin,
    refused: FlaskForm,
    layout: Layout,
    user: Any,
    obj: Any,
    entries: Sequence[LogEntry],
) -> Versions:
    """Compare what was sent with *obj* as it is now.

    :param refused: the form that was not saved, with its errors. :param entries: the last changes of *obj*, newest
        first, which say who changed what.
    """
    form = make_form(model_admin, layout, user, obj)
    form.form_errors = list(refused.form_errors)
    for field in form:
        field.errors = list(refused[field.short_name].errors)
    present = _present_form(model_admin, layout, user, obj)
    marks = dict(part.split(":", 1) for part in request.form.get(MARKS_FIELD, "").split() if ":" in part)
    choices: dict[str, Choice] = {}
    for field in _compared(form):
        there = present[field.short_name]
        began, mine, now = marks.get(field.short_name), mark_of(sent_for(field)), mark_of(shown(there))
        if mine == now or _is_same(layout, field, obj):
            continue
        is_theirs = began is not None and began != now
        is_mine = began is None or began != mine
        chosen = request.form.get(f"{TAKE}{field.short_name}")
        choices[field.short_name] = Choice(
            name=f"{TAKE}{field.short_name}",
            value=f"{NOW}{mine}",
            takes_now=_takes_now(field) if chosen else is_theirs and not is_mine,
            now=_shown_now(layout, there, obj),
            told=_told(field.short_name, entries)
            if began is None or is_theirs
            else Markup("{}").format(_("Nobody else has changed it.")),
        )
    return Versions(form, choices)


def conflict_notes(
    columns: Mapping[str, ColumnInfo],
    values: Mapping[str, Any],
    current: Any,
    relations: Mapping[str, RelationInfo] | None = None,
) -> dict[str, Markup]:
    """For each of *columns* and *relations* to one in which *current* holds something else than was typed: what it
    holds."""
    notes = {}
    for name, column in columns.items():
        value = getattr(current, name)
        if values.get(name) != value:
            there = show_value(column.kind, value, column)
            notes[name] = (
                Markup("{}").format(_("It was changed."))
                if column.secret
                else Markup("{} {}").format(_("Now:"), there)
            )
    for name, relation in (relations or {}).items():
        if not relation.is_list and getattr(current, name) is not values.get(name):
            notes[name] = Markup("{} {}").format(_("Now:"), texts_of(relation.related(current)) or _("empty"))
    return notes


def _present_form(model_admin: ModelAdmin, layout: Layout, user: Any, obj: Any) -> FlaskForm:
    return make_form(model_admin, layout, user, obj, formdata=None)


def _compared(form: FlaskForm) -> Iterator[Field]:
    """The fields of *form* whose two versions can stand side by side: a page cannot hold a file, or a password, and
    what is asked of a relation to many is a difference, which overwrites nobody's."""
    alone = FileField | PasswordField | HiddenField | RelatedListField
    return (field for field in form if not isinstance(field, alone))


def _takes_now(field: Field) -> bool:
    """Whether it was chosen that *field* stays as it is now; what was typed in it after that says otherwise."""
    chosen = request.form.get(f"{TAKE}{field.short_name}", "")
    return chosen.startswith(NOW) and chosen.removeprefix(NOW) == mark_of(sent_for(field))


def _is_same(layout: Layout, field: Field, obj: Any) -> bool:
    """Whether what was typed means what is there, in whatever letters."""
    name = field.short_name
    if name in layout.columns:
        return bool(field.data == getattr(obj, name))
    return False


def _shown_now(layout: Layout, there: Field, obj: Any) -> Markup:
    name = there.short_name
    column, relation = layout.columns.get(name), layout.relations.get(name)
    named = column or relation
    if named is not None and named.secret:
        return Markup("{}").format(_("It was changed."))
    if column is not None:
        return show_value(column.kind, getattr(obj, name), column)
    if relation is not None:
        return Markup("{}").format(texts_of(relation.related(obj)) or _("empty"))
    return Markup("{}").format(_text_of(there) or _("empty"))


def _text_of(field: Field) -> str:
    """What a field of the application's own holds."""
    if isinstance(field, SelectFieldBase):
        return list_text((str(option[1]) for option in field.iter_choices() if option[2]), "unit")
    if isinstance(field.data, bool):
        return str(_("Yes") if field.data else _("No"))
    if isinstance(field.data, list | tuple | set | frozenset):
        return list_text(sorted(map(str, field.data)), "unit")
    return "" if field.data is None else str(field.data)


def _told(name: str, entries: Sequence[LogEntry]) -> Markup:
    """Who changed the field and when, as far as the history knows."""
    entry = next((one for one in entries if any(change["field"] == name for change in one.changes)), None)
    return said_by(entry)


def said_by(entry: LogEntry | None) -> Markup:
    """Who made the change that *entry* tells of, and when."""
    if entry is None:
        return Markup("{}").format(_("Changed by somebody else."))
    who = Markup("<bdi>{}</bdi>").format(entry.actor_label or _("somebody"))
    return Markup("{}").format(_("Changed by %(who)s, %(when)s.")) % {"who": who, "when": time_ago(entry.at)}
