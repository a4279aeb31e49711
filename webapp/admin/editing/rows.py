"""Several objects edited at once in their list: each judged by its own form, all of them saved or none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from flask import request
from flask_wtf import FlaskForm

from webapp.admin.editing.forms import make_form
from webapp.admin.editing.layout import Layout, cell_layout
from webapp.admin.editing.related import visible
from webapp.admin.editing.saving import Invalid, save_all
from webapp.admin.editing.touched import marks_of, sent, shown, with_present
from webapp.admin.editing.versions import Conflict, version_of
from webapp.admin.history import LogEntry, last_entries
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.extensions import db
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
    :ivar is_conflict: somebody else has changed the object since; *entry* tells who, where the history knows.
    """

    key: str
    obj: Any
    layout: Layout
    form: FlaskForm
    version: str
    was: str
    is_conflict: bool = False
    entry: LogEntry | None = None

    @property
    def row_value(self) -> str:
        # A version may be a moment, with colons of its own.
        return f"{self.key}:{quote(self.version, safe='')}:{self.was}"


def row_forms(
    model_admin: ModelAdmin, names: Sequence[str], keys: Sequence[str], user: Any
) -> dict[str, RowForm]:
    """The fields in the rows with *keys*, by key, for the objects that *user* may change: in one statement.

    :param names: the columns that are edited in the list.
    """
    made = {}
    for key, (obj, layout) in _changeable(model_admin, names, keys, user).items():
        form = make_form(model_admin, layout, user, obj, **_options(key, None))
        was = marks_of(shown(form[name]) for name in layout.columns)
        made[key] = RowForm(key, obj, layout, form, version_of(model_admin.info, obj, layout), was)
    return made


def _changeable(
    model_admin: ModelAdmin, names: Sequence[str], keys: Sequence[str], user: Any
) -> dict[str, tuple[Any, Layout]]:
    """The objects with *keys* that *user* may change, by key, each with what its row has fields for."""
    found = visible(model_admin, user, keys) if keys else {}
    model_admin.load_related(list(found.values()), user)
    return {
        key: (obj, cell_layout(model_admin, user, obj, names))
        for key, obj in found.items()
        if may(user, model_admin, "change", obj)
    }


def sent_forms(model_admin: ModelAdmin, names: Sequence[str], user: Any) -> list[RowForm]:
    """The rows of the request in which something was typed, in the order of their keys.

    Answers 400 to what no page of ours sends, 404 where a row is not there for *user*, 403 where he may not change it,
    and 409 where the page had fields in other columns than *names*: what it did not have is not to become empty.
    """
    parts = [text.split(":") for text in request.form.getlist(ROW_FIELD)]
    rows = {part[0]: part for part in parts if len(part) == 3}
    back = Link(_("Back to the list"), own_address())
    if len(rows) != len(parts) or len(parts) > MAX_ROWS:
        refuse(400, _("These are not the fields of this list."), back)
    if set(request.form.get(COLUMNS_FIELD, "").split(",")) != set(names):
        refuse(409, _("This list has other columns by now. Nothing was saved."), back)
    there = _changeable(model_admin, names, list(rows), user)
    if missing := rows.keys() - there.keys():
        if not missing <= visible(model_admin, user, sorted(missing)).keys():
            refuse(
                404,
                _("A record that you changed is not there any more, or not for you. Nothing was saved."),
                back,
            )
        refuse(403, _("A record among these is not yours to change. Nothing was saved."), back)
    touched = []
    for key, (_key, version, was) in rows.items():
        obj, layout = there[key]
        if was != marks_of(sent(f"{key}:{name}") for name in layout.columns):
            form = make_form(model_admin, layout, user, obj, **_options(key, request.form))
            touched.append(RowForm(key, obj, layout, form, unquote(version), was))
    info = model_admin.info
    return sorted(touched, key=lambda row: [str(getattr(row.obj, column.name)) for column in info.key])


def save_rows(model_admin: ModelAdmin, rows: Sequence[RowForm], user: Any) -> list[RowForm]:
    """Save *rows* in one transaction.

    :returns: nothing where all were saved; else they, of which none was: their forms say what is wrong.
    """
    valid = [row.form.validate() for row in rows]
    if all(valid):
        try:
            save_all(model_admin, [(row.form, row.layout, row.obj, row.version) for row in rows], user)
        except (Invalid, Conflict):
            pass
        else:
            return []
    db.session.expire_all()
    present = visible(model_admin, user, [row.key for row in rows])
    compared = [_compared(model_admin, row, present.get(row.key), user) for row in rows]
    entries = last_entries(model_admin.name, [row.key for row in compared if row.is_conflict])
    return [replace(row, entry=entries.get(row.key)) for row in compared]


def _compared(model_admin: ModelAdmin, row: RowForm, now: Any, user: Any) -> RowForm:
    """*row* beside its object as it is *now*, with that in the cells that nobody touched; what is gone by now is told
    when it is sent again."""
    version = version_of(model_admin.info, now, row.layout)
    if now is None or version == row.version:
        return row
    names = row.layout.columns
    fresh = make_form(model_admin, row.layout, user, now, **_options(row.key, None))
    typed, there = [row.form[name] for name in names], [fresh[name] for name in names]
    sent_now = with_present(typed, there, row.was)
    form = make_form(model_admin, row.layout, user, now, **_options(row.key, sent_now))
    for name in names:
        form[name].errors = row.form[name].errors
    was = marks_of(shown(field) for field in there)
    return replace(row, obj=now, form=form, version=version, was=was, is_conflict=True)


def _options(key: str, formdata: Any) -> dict[str, Any]:
    # The token is that of the page.
    return {"prefix": f"{key}:", "meta": {"csrf": False}, "formdata": formdata}
