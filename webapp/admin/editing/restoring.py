"""Take back what the history tells: a change of an object that is there, or the end of one that was deleted.

Both go through the form of the object as if a person had typed the former values: what the form refuses, what it has
no field for and what its hooks say holds here too, and what comes of it is a change with an entry of its own.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import inspect, select
from werkzeug.datastructures import MultiDict

from webapp.admin.editing.controls import LineField, LinesField
from webapp.admin.editing.forms import make_form, values_of
from webapp.admin.editing.inlines.apart import RowsApart
from webapp.admin.editing.kept import Former, Unkept, column_value, former
from webapp.admin.editing.layout import Layout, form_layout
from webapp.admin.editing.moments import ClockField, UtcField
from webapp.admin.editing.relatedlist import WAS, Difference
from webapp.admin.editing.saving import heard
from webapp.admin.editing.touched import untouched
from webapp.admin.editing.writing import Written, write
from webapp.admin.history import Change, LogEntry, changes_of, entries_of
from webapp.admin.info import ModelInfo
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.admin.readers import hides_none
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.texts import gettext as _

# An entry keeps no more of a key; a longer one is not known.
MAX_KEY = 255
# What a row has from its beginning and no form asks for.
CREATED = "created_at"


@dataclass
class Revival:
    """A deleted object on its way back.

    :ivar layout: the fields of its form; *former* what they held.
    :ivar fixed: what it gets back beside its form: what the form shows and nobody types. *born*: the same, when the
        hooks have judged it: a key that nobody thinks of, by whose absence they know a new object.
    """

    model_admin: ModelAdmin
    entry: LogEntry
    layout: Layout
    former: Former
    fixed: dict[str, Any]
    born: dict[str, Any]

    def form(self, user: Any) -> FlaskForm:
        """The form with what the object held, as a page shows it first."""
        return _filled(self.model_admin, self.layout, user, self.former.values)

    def sent_form(self, user: Any) -> FlaskForm:
        """The same as if a person had sent it unchanged."""
        return changed_form(self.model_admin, self.layout, user, None, self.former.values)

    def values(self, form: FlaskForm) -> dict[str, Any]:
        """All that the object gets where *form* is valid, to be asked whether others hold it."""
        return self._typed(form) | self.born

    def write(self, form: FlaskForm, user: Any) -> Written:
        """Write the object, under its own key, inside a writing transaction."""
        with heard(self.model_admin, form):
            written = write(
                self.model_admin, form, self.layout, self._typed(form), user, None, None, born=self.born
            )
            if self.model_admin.info.key_of(written.obj) != self.entry.key:
                raise Rejected(_("It comes back under its own key only, and this would give it another one."))
        return written

    def _typed(self, form: FlaskForm) -> dict[str, Any]:
        return values_of(form, self.layout) | self.fixed


def deletion_of(model_admin: ModelAdmin, user: Any, key: str) -> LogEntry | None:
    """The entry that tells how the object with *key* was deleted; ``None`` where it is there, or *user* may not read
    of it."""
    values = model_admin.info.parse_key(key)
    if values is None:
        return None
    newest: LogEntry | None = db.session.scalars(entries_of(model_admin.name, key).limit(1)).first()
    if newest is None or newest.verb != "delete" or not may_know(model_admin, user, newest):
        return None
    there = select(*(column.attribute for column in model_admin.info.key))
    if db.session.execute(there.where(model_admin.info.is_one_of([values])).limit(1)).first() is not None:
        return None
    return newest


def may_know(model_admin: ModelAdmin, user: Any, deletion: LogEntry) -> bool:
    """Whether *user* may read of an object that is gone: who deleted it may, and of the others the admin says."""
    if not may(user, model_admin, "view"):
        return False
    if deletion.actor_key == str(user.id):
        return True
    said = model_admin.may_see_deleted(user)
    return hides_none(user, model_admin) if said is None else said


def revive(model_admin: ModelAdmin, user: Any, entry: LogEntry, later: Collection[str] = ()) -> Revival:
    """Look what *entry*, which tells of a delete, gives back.

    :param later: columns that stay empty, because what they lead to is not there yet.
    :raises Rejected: when the object cannot come back.
    """
    info = model_admin.info
    key = info.parse_key(entry.key) if len(entry.key) < MAX_KEY else None
    kept = {change.field: change for change in changes_of(entry)}
    if key is None:
        raise Rejected(_("Its key was not kept, so it cannot come back."))
    if not _is_of_this_class(info, kept):
        raise Rejected(_("It was of another kind than is looked after here, so it cannot come back."))
    own = {column.name: value for column, value in zip(info.key, key, strict=True)}
    refused = set(model_admin.get_not_restored(user))
    layout = _without(form_layout(model_admin, user), own.keys() | refused)
    fixed: dict[str, Any] = {}
    born: dict[str, Any] = {}
    for column in info.key:
        # Where a relation of the form holds it, that one says it.
        if getattr(info.held.get(column.name), "name", "") not in layout.relations:
            (born if column.is_generated else fixed)[column.name] = own[column.name]
    shown_only = (layout.readonly.keys() | {CREATED}) & info.columns.keys() & kept.keys()
    for name in sorted(shown_only - own.keys() - refused - layout.columns.keys() - set(later)):
        with suppress(Unkept):
            (born if name == CREATED else fixed)[name] = column_value(info.columns[name], kept[name].old)
    silent = {*fixed, *born, *own, *([info.discriminator.name] if info.discriminator else [])}
    # What the rows of an inline hang on gives itself back.
    above = (
        {column.name for column, _name in model_admin.bond.pairs}
        if isinstance(model_admin, RowsApart)
        else set()
    )
    silent = (silent - info.held.keys()) | above | set(later)
    asked = [change for change in kept.values() if change.field not in silent]
    found = former(model_admin, layout, user, asked)
    # An entry does not name what was empty.
    told_of = (kept.keys() - set(later)) | found.values.keys()
    found.values |= {name: None for name in (*layout.columns, *layout.relations) if name not in told_of}
    return Revival(model_admin, entry, layout, found, fixed, born)


def _is_of_this_class(info: ModelInfo, kept: Mapping[str, Change]) -> bool:
    if info.discriminator is None:
        return True
    change = kept.get(info.discriminator.name)
    return change is not None and str(change.old) == str(info.mapper.polymorphic_identity)


def _without(layout: Layout, names: Collection[str]) -> Layout:
    """*layout* without the fields *names*."""
    parts = [part._replace(names=[name for name in part.names if name not in names]) for part in layout.parts]
    columns = {name: column for name, column in layout.columns.items() if name not in names}
    extra = [name for name in layout.extra if name not in names]
    return layout._replace(parts=parts, columns=columns, extra=extra)


def may_not() -> str:
    return str(_("You may not do this to it."))


def changed_form(
    model_admin: ModelAdmin, layout: Layout, user: Any, obj: Any, values: Mapping[str, Any]
) -> FlaskForm:
    """The form of *obj* as if a person had typed *values* into it, left the others alone and sent it."""
    sent = sent_as(model_admin, layout, user, obj, values)
    form = make_form(model_admin, layout, user, obj, formdata=sent, meta=given(values))
    keep_exact(form, values)
    return form


def sent_as(
    model_admin: ModelAdmin, layout: Layout, user: Any, obj: Any, values: Mapping[str, Any]
) -> MultiDict[str, Any]:
    """What a browser would send of that form."""
    filled = _filled(model_admin, layout, user, values, obj)
    # The token was checked with the request.
    sent = MultiDict([(bound.name, text) for bound in filled for text in untouched(bound)])
    for name, value in values.items():
        if isinstance(value, Difference):
            sent.setlist(name, [encode_key(inspect(one).identity or ()) for one in value.come])
            sent[f"{name}{WAS}"] = " ".join(map(encode_key, value.left))
    return sent


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the ``meta`` of a form says of *values* that come from the history."""
    return {"given": {name: value for name, value in values.items() if isinstance(value, Difference)}}


def keep_exact(form: FlaskForm, values: Mapping[str, Any]) -> None:
    """Where *form* was sent with one of *values* as a page shows it, let it hold the value itself: a page shows no
    more of a moment than a browser writes, and of a text other line breaks and no blanks at its ends."""
    for name, value in values.items():
        bound: Any = form._fields.get(name)
        is_moment = isinstance(bound, UtcField | ClockField) and None not in (value, bound.data)
        is_text = isinstance(bound, LineField | LinesField) and isinstance(value, str) and bound.raw_data
        if (is_moment and [bound.shown(value)] == bound.raw_data) or (
            is_text and bound.is_shown_as(value, bound.raw_data[0])
        ):
            bound.data = value


def _filled(
    model_admin: ModelAdmin, layout: Layout, user: Any, values: Mapping[str, Any], obj: Any = None
) -> FlaskForm:
    form = make_form(model_admin, layout, user, obj, formdata=None, meta=given(values))
    for name, value in values.items():
        if name in form:
            form[name].process_data(value.come if isinstance(value, Difference) else value)
    return form
