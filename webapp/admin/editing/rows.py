"""Several objects edited at once in their list: each judged by its own form, all of them saved or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from flask_wtf import FlaskForm

from webapp.admin.editing.choice import Choice
from webapp.admin.editing.conflicts import TAKE, Subject, both_versions, entries_by_key, is_choosing
from webapp.admin.editing.layout import Layout, cell_layout
from webapp.admin.editing.related import visible
from webapp.admin.editing.saving import Invalid, save_all
from webapp.admin.editing.touched import mark_of, marks_of, sent
from webapp.admin.editing.versions import Conflict, version_of
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.extensions import db
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse
from webapp.web.tokens import own_address

# A hidden field for each row: its key, its version, and what its fields held when the page was made.
ROW_FIELD = "_row"
# A hidden field of the page: the columns that have fields on it.
COLUMNS_FIELD = "_columns"
# The form of the page, which the fields in the cells belong to: a table may stand inside another one.
FORM_ID = "edit"
MAX_ROWS = 1_000


@dataclass(frozen=True)
class RowForm:
    """The fields of one row.

    :ivar version: what the form was made from; *was* marks of what its fields held then.
    :ivar is_changed: it asks for something else than is there.
    :ivar is_conflict: somebody else has changed the object since; *is_choosing* that both versions were seen before.
    :ivar entry: who has, where the history knows. :ivar choices: by name, for each field that differs.
    """

    key: str
    obj: Any
    layout: Layout
    form: FlaskForm
    version: str
    was: str
    is_changed: bool = True
    is_conflict: bool = False
    is_choosing: bool = False
    entry: LogEntry | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)

    @property
    def row_value(self) -> str:
        # A version may be a moment, with colons of its own.
        return f"{self.key}:{quote(self.version, safe='')}:{self.was}"

    @property
    def shows_both(self) -> bool:
        """Whether what was typed stands beside what is there now."""
        return self.is_conflict or self.is_choosing


@dataclass(frozen=True)
class LostRow:
    """What was typed into a row that cannot be saved any more.

    :ivar typed: the cells in which something was typed, by column. :ivar is_there: the person may see the object and
        not change it; otherwise it is not there for them.
    """

    key: str
    typed: Mapping[str, Sequence[str]]
    is_there: bool


@dataclass(frozen=True)
class SentRows:
    """The rows in which something was typed, in the order of their keys, and those that cannot be saved any more."""

    rows: Sequence[RowForm] = ()
    lost: Sequence[LostRow] = ()

    @property
    def changed(self) -> list[RowForm]:
        """Those that are written when all of it is saved."""
        return [row for row in self.rows if row.is_changed]


def row_forms(
    model_admin: ModelAdmin, names: Sequence[str], keys: Sequence[str], user: Any
) -> dict[str, RowForm]:
    """The fields in the rows with *keys*, by key, for the objects that *user* may change: in one statement.

    :param names: the columns that are edited in the list.
    """
    made = {}
    for key, obj in _there(model_admin, keys, user).items():
        if may(user, model_admin, "change", obj):
            subject = _subject(model_admin, names, key, obj, user)
            form = subject.present()
            version = version_of(model_admin.info, obj, subject.layout)
            made[key] = RowForm(key, obj, subject.layout, form, version, subject.marks(form))
    return made


def sent_forms(model_admin: ModelAdmin, names: Sequence[str], user: Any) -> SentRows:
    """The rows of the request in which something was typed.

    Answers 400 to what no page of ours sends, and 409 where the page had fields in other columns than *names*: what it
    did not have is not to become empty.
    """
    parts = [text.split(":") for text in request.form.getlist(ROW_FIELD)]
    rows = {part[0]: part for part in parts if len(part) == 3}
    back = Link(_("Back to the list"), own_address())
    if len(rows) != len(parts) or len(parts) > MAX_ROWS:
        refuse(400, _("These are not the fields of this list."), back)
    if set(request.form.get(COLUMNS_FIELD, "").split(",")) != set(names):
        refuse(409, _("This list has other columns by now. Nothing was saved."), back)
    there = _there(model_admin, list(rows), user)
    touched, lost = [], []
    for key, (_key, version, was) in rows.items():
        subject = _subject(model_admin, names, key, there.get(key), user)
        if not _is_touched(key, subject.layout, was):
            continue
        if subject.obj is None or not may(user, model_admin, "change", subject.obj):
            lost.append(_lost(key, subject, was))
            continue
        form, is_changed = subject.read(was)
        own = unquote(version), was, is_changed
        row = RowForm(key, subject.obj, subject.layout, form, *own)
        touched.append(replace(row, is_choosing=is_choosing(form)))
    info = model_admin.info
    touched.sort(key=lambda row: [str(getattr(row.obj, column.name)) for column in info.key])
    return SentRows(touched, lost)


def save_rows(model_admin: ModelAdmin, rows: SentRows, user: Any) -> SentRows | None:
    """Save *rows* in one transaction.

    :returns: nothing where all were saved; else they, of which none was: their forms say what is wrong, and those that
        somebody else has changed hold both versions.
    """
    valid = [row.form.validate() for row in rows.changed]
    if all(valid) and not rows.lost:
        try:
            edits = [(row.form, row.layout, row.obj, row.version) for row in rows.changed]
            save_all(model_admin, edits, user)
        except (Invalid, Conflict):
            pass
        else:
            return None
    return compared(model_admin, rows, user)


def compared(model_admin: ModelAdmin, rows: SentRows, user: Any) -> SentRows:
    """*rows*, of which none was saved, beside their objects as they are now."""
    db.session.expire_all()
    present = visible(model_admin, user, [row.key for row in rows.rows]) if rows.rows else {}
    told, lost = [], list(rows.lost)
    for row in rows.rows:
        names = list(row.layout.columns)
        subject = _subject(model_admin, names, row.key, present.get(row.key), user)
        if subject.obj is None or not may(user, model_admin, "change", subject.obj):
            lost.append(_lost(row.key, subject, row.was))
            continue
        version = version_of(model_admin.info, subject.obj, subject.layout)
        is_conflict = row.is_changed and version != row.version
        told.append((subject, version, replace(row, obj=subject.obj, is_conflict=is_conflict)))
    entries = entries_by_key(model_admin.name, [row.key for _s, _v, row in told if row.shows_both])
    return SentRows([_both(*one, entries.get(one[2].key, ())) for one in told], lost)


def _both(subject: Subject, version: str, row: RowForm, entries: Sequence[LogEntry]) -> RowForm:
    """*row* with both versions, where somebody else has changed its object."""
    if not row.shows_both:
        return row
    began = subject.marks_by_field(row.form, row.was)
    both = both_versions(subject, row.form, began, entries, html_form=FORM_ID)
    return replace(
        row,
        layout=subject.layout,
        form=both.form,
        choices=both.choices,
        version=version,
        entry=next(iter(entries), None),
    )


def _there(model_admin: ModelAdmin, keys: Sequence[str], user: Any) -> dict[str, Any]:
    """The objects with *keys* that *user* may see, by key."""
    found = visible(model_admin, user, keys) if keys else {}
    model_admin.load_related(list(found.values()), user)
    return found


def _subject(model_admin: ModelAdmin, names: Sequence[str], key: str, obj: Any, user: Any) -> Subject:
    # The token is that of the page.
    options = {"prefix": f"{key}:", "meta": {"csrf": False}}
    return Subject(model_admin, cell_layout(model_admin, user, obj, names), user, obj, options)


def _is_touched(key: str, layout: Layout, was: str) -> bool:
    """Whether something was typed or chosen in the row, found without making its form."""
    names = [f"{key}:{name}" for name in layout.names]
    is_chosen = any(f"{TAKE}{name}" in request.form for name in names)
    return is_chosen or was != marks_of(sent(name) for name in names)


def _lost(key: str, subject: Subject, was: str) -> LostRow:
    names, marks = subject.layout.names, was.split(".")
    before = dict(zip(names, marks, strict=True)) if len(names) == len(marks) else {}
    texts = {name: sent(f"{key}:{name}") for name in names}
    typed = {name: texts[name] for name in names if before.get(name) != mark_of(texts[name])}
    return LostRow(key, typed, subject.obj is not None)
