"""The rows of an inline, each with its own form: as they are stored, as they were sent, and empty ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from flask import request
from flask_wtf import FlaskForm

from webapp.admin.editing.forms import make_form
from webapp.admin.editing.layout import Layout, form_layout
from webapp.admin.editing.touched import marks_of, sent_for, shown, with_present
from webapp.admin.editing.versions import version_of
from webapp.admin.history import LogEntry
from webapp.admin.inlines import Inline
from webapp.admin.mapping import text_of
from webapp.admin.permissions import may
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse
from webapp.web.tokens import own_address

# What a row carries beside its fields: key, version and a mark of what its fields held; and the box to take it off.
ROW_FIELD = "_row"
DELETE_FIELD = "_delete"
#: The number of the row that a script makes others of.
BLANK = "__n__"
# A page of children and as many new ones; each costs some statements.
MAX_SENT = 200


@dataclass
class ChildRow:
    """One child, or what is to become one.

    :ivar obj: the child; ``None`` of a new one. :ivar form: its fields; ``None`` where it is shown only.
    :ivar key: the child's, empty of a new one. :ivar sent: what came of it, if it was sent.
    :ivar version: what the form was made from; *was* marks of what its fields held then.
    :ivar entry: of one that somebody else has changed, who, where the history knows.
    :ivar is_off: it is to be deleted, or left out where it is new.
    :ivar errors: what is wrong with it as a whole. :ivar text: what one is called that is not on the page.
    """

    inline: Inline
    number: str
    obj: Any
    layout: Layout
    form: FlaskForm | None
    key: str = ""
    sent: "Sent | None" = None
    version: str = ""
    was: str = ""
    may_delete: bool = False
    is_off: bool = False
    is_touched: bool = False
    is_conflict: bool = False
    entry: LogEntry | None = None
    errors: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def prefix(self) -> str:
        return f"{self.inline.prefix}-{self.number}-"

    @property
    def hidden(self) -> tuple[str, str]:
        # A version may be a moment, with colons of its own.
        return f"{self.prefix}{ROW_FIELD}", f"{self.key}:{quote(self.version, safe='')}:{self.was}"

    @property
    def has_errors(self) -> bool:
        return bool(self.errors or (self.form and (self.form.errors or self.form.form_errors)))


@dataclass(frozen=True)
class Sent:
    """What came of one row beside its fields."""

    number: str
    key: str
    version: str
    was: str
    is_off: bool


def stored_row(
    inline: Inline,
    user: Any,
    obj: Any,
    number: int | str,
    sent: Sent | None = None,
    *,
    view_only: bool = False,
    is_copied: bool = False,
) -> ChildRow:
    """The row of *obj*, with fields where *user* may change it.

    :param sent: what came of it; a row that was not sent is shown as it is.
    :param is_copied: it is read to be written as a new one, which takes no permission to change it.
    """
    may_change = not view_only and may(user, inline, "change", obj)
    layout = row_layout(inline, user, obj, view_only=not may_change)
    row = ChildRow(inline, str(number), obj, layout, None, inline.info.key_of(obj), sent)
    row.may_delete = not view_only and (is_copied or may(user, inline, "delete", obj))
    if may_change or is_copied:
        row.form = make_form(inline, layout, user, obj, is_copy=is_copied, **_options(row, sent))
    row.version = version_of(inline.info, obj)
    if row.form is not None:
        row.was = sent.was if sent else _mark(row.form)
    if sent:
        row.is_off = sent.is_off and row.may_delete
        row.is_touched = is_copied or (row.form is not None and sent.was != _sent_mark(row.form))
        row.is_conflict = sent.version != row.version and (row.is_touched or row.is_off) and not is_copied
        row.version = sent.version
    return row


def copied_row(inline: Inline, user: Any, obj: Any) -> ChildRow:
    """The row of *obj*, which is not on the page and is copied as it is."""
    row = stored_row(inline, user, obj, BLANK, is_copied=True)
    row.is_touched, row.text = True, text_of(obj)
    return row


def new_row(inline: Inline, user: Any, number: int | str, sent: Sent | None = None) -> ChildRow:
    """A row for a child that is not there yet."""
    layout = row_layout(inline, user, None)
    row = ChildRow(inline, str(number), None, layout, None, sent=sent, may_delete=True)
    row.form = make_form(inline, layout, user, **_options(row, sent))
    if sent is None:
        row.was = _mark(row.form)
        return row
    row.was = sent.was or _mark(make_form(inline, layout, user, **_options(row, None)))
    row.is_off = sent.is_off
    row.is_touched = row.was != _sent_mark(row.form)
    return row


def lost_row(inline: Inline, user: Any, sent: Sent) -> ChildRow:
    """What was sent for a child that is not this parent's, or not any more: kept, to be added anew or left out."""
    row = replace(new_row(inline, user, sent.number, sent), is_off=True, is_conflict=True)
    row.was = ""
    row.errors = [
        _(
            "This is not among these records any more: somebody deleted it, or it belongs elsewhere by now. "
            "What was typed is kept here; it can be added anew."
        )
    ]
    return row


def row_layout(inline: Inline, user: Any, obj: Any, *, view_only: bool = False) -> Layout:
    layout = form_layout(inline, user, obj, view_only=view_only)
    if inline.position in layout.columns:
        # Left empty it comes last.
        layout.columns[inline.position] = replace(layout.columns[inline.position], nullable=True)
    return layout


def sent_rows(inline: Inline) -> list[Sent]:
    """What the request holds of *inline*'s rows, in their order; answers 400 to what no page of ours sends."""
    pattern = re.compile(rf"{inline.prefix}-([0-9]{{1,6}})-.")
    found = {int(match[1]) for name in (*request.form, *request.files) if (match := pattern.match(name))}
    rows = [_sent(inline, number) for number in sorted(found)]
    keys = [row.key for row in rows if row.key]
    if len(rows) > MAX_SENT or len(set(keys)) < len(keys):
        _refuse()
    return rows


def _sent(inline: Inline, number: int) -> Sent:
    prefix = f"{inline.prefix}-{number}-"
    carried = request.form.getlist(f"{prefix}{ROW_FIELD}")
    parts = carried[0].split(":") if carried else ["", "", ""]
    if len(carried) > 1 or len(parts) != 3 or (parts[0] and inline.info.parse_key(parts[0]) is None):
        _refuse()
    key, version, was = parts
    return Sent(str(number), key, unquote(version), was, f"{prefix}{DELETE_FIELD}" in request.form)


def _refuse() -> None:
    refuse(400, _("These are not the rows of this form."), Link(_("Back to the form"), own_address()))


def _options(row: ChildRow, sent: Sent | None) -> dict[str, Any]:
    # The token is that of the page, and what was not sent begins anew.
    options: dict[str, Any] = {"prefix": row.prefix, "meta": {"csrf": False}}
    return options if sent else {**options, "formdata": None}


def merge(row: ChildRow, user: Any, now: Any) -> None:
    """Let *row*, which was refused because its child is another one *now*, show that in what nobody touched."""
    typed, row.obj, row.version = row.form, now, version_of(row.inline.info, now)
    if typed is None:
        return
    present = make_form(row.inline, row.layout, user, now, **_options(row, None))
    formdata = with_present(list(typed), list(present), row.was)
    row.form = make_form(row.inline, row.layout, user, now, **_options(row, row.sent), formdata=formdata)
    for one, refused in zip(row.form, typed, strict=True):
        one.errors = refused.errors
    row.form.form_errors = typed.form_errors
    row.was = _mark(present)


def _mark(form: FlaskForm) -> str:
    return marks_of(shown(one) for one in form)


def _sent_mark(form: FlaskForm) -> str:
    return marks_of(sent_for(one) for one in form)


def keys_of(rows: Sequence[Sent]) -> list[str]:
    return [row.key for row in rows if row.key]
