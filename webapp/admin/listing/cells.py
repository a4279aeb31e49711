"""Cells that are fields: what can be edited in the list itself, finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import url_for
from markupsafe import escape

from webapp.admin.display import ShownColumn
from webapp.admin.editing.choice import ConflictNote
from webapp.admin.editing.conflicts import choice_buttons
from webapp.admin.editing.gone import GoneRow
from webapp.admin.editing.page import Button, ErrorLink
from webapp.admin.editing.rows import COLUMNS_FIELD, FORM_ID, ROW_FIELD, RowForm, row_forms
from webapp.admin.listing.addresses import whole_query, with_query
from webapp.admin.listing.refused import (
    ApartRow,
    Refused,
    apart_rows,
    choice_cell,
    conflict_note,
    error_lines,
    row_field,
)
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.mapping import text_of
from webapp.admin.permissions import may
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.tokens import form_token


@dataclass(frozen=True)
class EditBar:
    """The form that the fields in the cells belong to, and what is wrong with what they hold.

    :ivar discard: the list without what was typed, where somebody has to choose. :ivar apart: the rows that are on
        another page by now. :ivar lost: what was typed into those that cannot be saved any more.
    """

    id: str
    action: str
    hidden: list[tuple[str, str]]
    errors: list[ErrorLink]
    buttons: list[Button]
    row_field: str = ROW_FIELD
    conflict: ConflictNote | None = None
    discard: Link | None = None
    apart: list[ApartRow] = field(default_factory=list)
    lost: Sequence[GoneRow] = ()


def edited_columns(spec: ListSpec, state: ListState) -> list[str]:
    """The columns whose cells are fields, for who may change what is in them; one that leads to its object has none."""
    if not spec.editable or not may(spec.person, spec.model_admin, "change"):
        return []
    linked = spec.columns.linked(state.columns)
    return [column.name for column in state.columns if column.name in spec.editable - linked]


def cell_forms(
    spec: ListSpec, state: ListState, keys: Sequence[str], user: Any, refused: Refused | None
) -> dict[str, RowForm]:
    """The fields of the page's rows, by key, with what was sent in them: one statement where there are any."""
    names = edited_columns(spec, state)
    if not names:
        return {}
    sent = refused.rows if refused else ()
    return row_forms(spec.model_admin, names, keys, user) | {row.key: row for row in sent}


def edit_bar(
    spec: ListSpec,
    state: ListState,
    keys: Sequence[str],
    forms: Mapping[str, RowForm],
    refused: Refused | None,
) -> EditBar | None:
    if refused is None and not any(row.layout.columns for row in forms.values()):
        return None
    action = with_query(url_for(f"{spec.model_admin.name}.list"), whole_query(state))
    bar = EditBar(
        id=FORM_ID,
        action=action,
        hidden=[("csrf_token", form_token()), (COLUMNS_FIELD, ",".join(edited_columns(spec, state)))],
        errors=error_lines(refused) if refused else [],
        buttons=[Button("_save", _("Save"), True)],
    )
    note = conflict_note(refused) if refused else None
    if refused is None or note is None:
        return bar if refused is None else replace(bar, apart=apart_rows(refused, keys))
    return replace(
        bar,
        buttons=choice_buttons() if refused.has_choices else bar.buttons,
        conflict=note,
        discard=Link(_("Discard mine"), action),
        apart=apart_rows(refused, keys),
        lost=refused.lost,
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
        for name in columns:
            cells[places[name]][number] = _field(row, name)
        first = places[next(iter(columns))]
        cells[first][number] += (
            f'<input type="hidden" name="{ROW_FIELD}" value="{escape(row.row_value)}" form="{FORM_ID}">'
        )


def _field(row: RowForm, name: str) -> str:
    """One field, named after its column and its row: its head is too far away to be heard."""
    bound = row.form[name]
    label = f"{bound.label.text}: {text_of(row.obj)}"
    bound.render_kw = {**(bound.render_kw or {}), "form": FORM_ID, "aria-label": label}
    view = row_field(row, name)
    if view.choice:
        return choice_cell(view._replace(label=label))
    if not view.errors:
        return str(view.control)
    texts = "".join(f'<p class="field-error">{escape(error)}</p>' for error in view.errors)
    return f'{view.control}<div id="{view.id}-error">{texts}</div>'
