"""What was typed into the cells of a list and could not be saved, finished to be drawn again."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from markupsafe import Markup

from webapp.admin.editing.choice import ConflictNote
from webapp.admin.editing.conflicts import choice_text, row_told
from webapp.admin.editing.gone import GoneRow, gone_row, typed_facts
from webapp.admin.editing.page import ErrorLink, FieldView, field_view
from webapp.admin.editing.rows import LostRow, RowForm, SentRows
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.texts import gettext as _
from webapp.web.errors import Link

# Of so many rows that are gone it is looked up who deleted them.
MAX_TOLD = 10


@dataclass(frozen=True)
class Refused:
    """Rows of which none was saved.

    :ivar status: what the request is answered with. :ivar lost: those that cannot be saved any more.
    """

    status: int
    rows: Sequence[RowForm] = ()
    lost: Sequence[GoneRow] = ()

    @property
    def has_choices(self) -> bool:
        return any(row.choices for row in self.rows)


@dataclass(frozen=True)
class ApartRow:
    """The fields of a row that is on another page of the list by now."""

    title: str
    value: str
    fields: list[FieldView]


def refused_rows(model_admin: ModelAdmin, user: Any, sent: SentRows) -> Refused:
    """What is answered to *sent*, of which nothing was saved."""
    lost = [_gone(model_admin, user, row, is_told=place < MAX_TOLD) for place, row in enumerate(sent.lost)]
    if any(row.is_there for row in sent.lost):
        status = 403
    elif any(row.is_conflict for row in sent.rows) or any(row.is_known for row in lost):
        status = 409
    else:
        status = 404 if lost else 422
    return Refused(status, sent.rows, lost)


def _gone(model_admin: ModelAdmin, user: Any, row: LostRow, *, is_told: bool) -> GoneRow:
    if is_told and not row.is_there:
        return gone_row(model_admin, user, row.key, row.typed)
    text = (
        _("A record among these is not yours to change. Nothing was saved.")
        if row.is_there
        else _("A record that you changed is not there any more, or not for you. Nothing was saved.")
    )
    values = typed_facts(model_admin, user, row.typed)
    return GoneRow(Markup("{}").format(text), values, [], [], is_known=False)


def error_lines(refused: Refused) -> list[ErrorLink]:
    """What is wrong with what was typed, told above the list."""
    links = []
    for row in refused.rows:
        text = text_of(row.obj)
        links += [ErrorLink("#main", f"{text}: {message}") for message in row.form.form_errors]
        for field in row.form:
            links += [
                ErrorLink(f"#{field.id}", f"{text}, {field.label.text}: {error}") for error in field.errors
            ]
    return links


def conflict_note(refused: Refused) -> ConflictNote | None:
    """What is said above the list of what others have done meanwhile."""
    rows = list(_told(refused))
    text = choice_text(has_choices=refused.has_choices)
    return ConflictNote(who="", when=Markup(""), text=text, rows=rows) if rows else None


def apart_rows(refused: Refused, keys: Collection[str]) -> list[ApartRow]:
    """The rows that are not among those with *keys*, which the page shows."""
    return [
        ApartRow(text_of(row.obj), row.row_value, [row_field(row, name) for name in row.layout.columns])
        for row in refused.rows
        if row.key not in keys
    ]


def row_field(row: RowForm, name: str) -> FieldView:
    """One field of a row; the help stands on the page of the object, once."""
    bound = row.form[name]
    bound.description = ""
    return field_view(bound)._replace(choice=row.choices.get(name))


def choice_cell(view: FieldView) -> str:
    """The cell of a field in two versions."""
    return str(get_template_attribute("macros/fields.html", "choice")(view, is_cell=True))


def _told(refused: Refused) -> Iterator[Link]:
    for row in refused.rows:
        if row.shows_both:
            field = row.form[next(iter(row.choices or row.layout.columns))]
            told = row_told(row.choices, row.entry)
            yield Link(Markup("{}: {}").format(text_of(row.obj), told), f"#{field.id}")
    for number, lost in enumerate(refused.lost, 1):
        yield Link(lost.text, f"#gone-{number}")
