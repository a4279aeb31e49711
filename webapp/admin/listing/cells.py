"""Cells that are fields: what can be edited in the list itself, finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from webapp.admin.display import ShownColumn
from webapp.admin.editing.conflicts import conflict_notes, said_by
from webapp.admin.editing.forms import values_of
from webapp.admin.editing.page import ErrorLink, field_view
from webapp.admin.editing.rows import COLUMNS_FIELD, FORM_ID, ROW_FIELD, RowForm, row_forms
from webapp.admin.listing.addresses import own_query, with_query
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.mapping import text_of
from webapp.admin.permissions import may
from webapp.texts import gettext as _


@dataclass(frozen=True)
class EditBar:
    """The form that the fields in the cells belong to, and what is wrong with what they hold."""

    id: str
    action: str
    hidden: list[tuple[str, str]]
    errors: list[ErrorLink]


def edited_columns(spec: ListSpec, state: ListState) -> list[str]:
    """The columns whose cells are fields, for who may change what is in them; one that leads to its object has none."""
    if not spec.editable or not may(spec.person, spec.model_admin, "change"):
        return []
    linked = spec.columns.linked(state.columns)
    return [column.name for column in state.columns if column.name in spec.editable - linked]


def cell_forms(
    spec: ListSpec, state: ListState, keys: Sequence[str], user: Any, sent: Sequence[RowForm]
) -> dict[str, RowForm]:
    """The fields of the page's rows, by key, with what was *sent* in them: one statement where there are any."""
    names = edited_columns(spec, state)
    if not names:
        return {}
    return row_forms(spec.model_admin, names, keys, user) | {row.key: row for row in sent}


def edit_bar(
    spec: ListSpec, state: ListState, forms: Mapping[str, RowForm], sent: Sequence[RowForm]
) -> EditBar | None:
    if not any(row.layout.columns for row in forms.values()):
        return None
    return EditBar(
        id=FORM_ID,
        action=with_query(url_for(f"{spec.model_admin.name}.list"), own_query()),
        hidden=[("csrf_token", generate_csrf()), (COLUMNS_FIELD, ",".join(edited_columns(spec, state)))],
        errors=[error for row in sent for error in _errors(row)],
    )


def put_fields(
    shown: Sequence[ShownColumn],
    keys: Sequence[str],
    forms: Mapping[str, RowForm],
    cells: Sequence[list[str]],
) -> None:
    """Put the fields of *forms* into their *cells*, which are given column by column."""
    places = {column.name: place for place, column in enumerate(shown)}
    for number, key in enumerate(keys):
        if key not in forms or not (columns := forms[key].layout.columns):
            continue
        row = forms[key]
        notes = _notes(row)
        for name in columns:
            cells[places[name]][number] = _field(row, name, notes.get(name))
        first = places[next(iter(columns))]
        cells[first][number] += (
            f'<input type="hidden" name="{ROW_FIELD}" value="{escape(row.row_value)}" form="{FORM_ID}">'
        )


def _field(row: RowForm, name: str, note: Markup | None) -> str:
    """One field, named after its column and its row: its head is too far away to be heard."""
    bound = row.form[name]
    label = f"{bound.label.text}: {text_of(row.obj)}"
    bound.render_kw = {**(bound.render_kw or {}), "form": FORM_ID, "aria-label": label}
    # The help stands on the page of the object, once.
    bound.description = ""
    view = field_view(bound, note=note)
    told = [f'<p class="field-note" id="{view.id}-note">{view.note}</p>'] if view.note else []
    if view.errors:
        texts = "".join(f'<p class="field-error">{escape(error)}</p>' for error in view.errors)
        told.append(f'<div id="{view.id}-error">{texts}</div>')
    return f"{view.control}{''.join(told)}"


def _notes(row: RowForm) -> dict[str, Markup]:
    """Of a row that somebody else has changed, what its cells hold now."""
    if not row.is_conflict:
        return {}
    return conflict_notes(row.layout.columns, values_of(row.form, row.layout), row.obj)


def _errors(row: RowForm) -> list[ErrorLink]:
    """What is told of *row* above the list; the row itself may be on another page by now."""
    text = text_of(row.obj)
    links = [ErrorLink("#main", f"{text}: {message}") for message in row.form.form_errors]
    for field in row.form:
        links += [ErrorLink(f"#{field.id}", f"{text}, {field.label.text}: {error}") for error in field.errors]
    if row.is_conflict:
        told = Markup("{}: {} {}").format(
            text,
            said_by(row.entry),
            _(
                "Nothing was saved. What it holds now stands beside what you typed; save again to write yours."
            ),
        )
        links.append(ErrorLink(f"#{next(iter(row.form)).id}", told))
    return links
