"""Take back what the history tells: a change of an object that is there, or the end of one that was deleted.

Both go through the form of the object as if a person had typed the former values: what the form refuses, what it has
no field for and what its hooks say holds here too, and what comes of it is a change with an entry of its own.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import func, inspect, select
from werkzeug.datastructures import MultiDict

from webapp.admin.editing.forms import make_form, values_of
from webapp.admin.editing.kept import Former, Unkept, column_value, former
from webapp.admin.editing.layout import Layout, form_layout
from webapp.admin.editing.moments import ClockField, UtcField
from webapp.admin.editing.relatedlist import WAS, Difference
from webapp.admin.editing.saving import Invalid, heard, judge, tell_committed, told
from webapp.admin.editing.touched import shown
from webapp.admin.editing.writing import write
from webapp.admin.history import Change, LogEntry, changes_of, entries_of
from webapp.admin.info import ModelInfo
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.admin.readers import hides_none
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db, writing
from webapp.texts import gettext as _

# An entry keeps no more of a key; a longer one is not known.
MAX_KEY = 255
# What a row has from its beginning and no form asks for.
CREATED = "created_at"
# So many that went with an object come back in one step, and among so many entries of the act they are looked for.
MAX_KIN = 200
MAX_ACT = 2_000


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

    def write(self, form: FlaskForm, user: Any) -> Any:
        """Write the object, under its own key, inside a writing transaction."""
        with heard(self.model_admin, form):
            written = write(
                self.model_admin, form, self.layout, self._typed(form), user, None, None, born=self.born
            )
            if self.model_admin.info.key_of(written.obj) != self.entry.key:
                raise Rejected(_("It comes back under its own key only, and this would give it another one."))
        return written.obj

    def _typed(self, form: FlaskForm) -> dict[str, Any]:
        return values_of(form, self.layout) | self.fixed


@dataclass
class Kin:
    """What went with an object in the same act. :ivar problem: why it cannot come back with it."""

    model_admin: ModelAdmin
    entry: LogEntry
    problem: str | None = None


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


def revive(model_admin: ModelAdmin, user: Any, entry: LogEntry) -> Revival:
    """Look what *entry*, which tells of a delete, gives back. :raises Rejected: when the object cannot come back."""
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
    for name in sorted(shown_only - own.keys() - refused - layout.columns.keys()):
        with suppress(Unkept):
            (born if name == CREATED else fixed)[name] = column_value(info.columns[name], kept[name].old)
    silent = {*fixed, *born, *own, *([info.discriminator.name] if info.discriminator else [])}
    asked = [change for change in kept.values() if change.field not in silent - info.held.keys()]
    found = former(model_admin, layout, user, asked)
    # An entry does not name what was empty.
    told_of = kept.keys() | found.values.keys()
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


def kin_of(model_admin: ModelAdmin, entry: LogEntry, user: Any) -> list[Kin]:
    """What was deleted in the same act because it hung on the object of *entry*, as far as *user* may know of it."""
    if entry.request_id is None:
        return []
    same_act = select(LogEntry).where(LogEntry.request_id == entry.request_id, LogEntry.verb == "delete")
    same_act = same_act.where(LogEntry.id > entry.id).order_by(LogEntry.id).limit(MAX_ACT)
    found: list[Kin] = []
    above = [(model_admin, entry.key)]
    for one in in_order(list(db.session.scalars(same_act))):
        admin = current_site().find(one.name)
        if admin is None or not any(leads_to(admin, one, *parent) for parent in above):
            continue
        above.append((admin, one.key))
        if may_know(admin, user, one):
            found.append(Kin(admin, one, None if may(user, admin, "add") else may_not()))
    return found


def number_emptied(entry: LogEntry) -> int:
    """Of how many objects that stay the delete that *entry* tells took a link off."""
    if entry.request_id is None:
        return 0
    same_act = LogEntry.request_id == entry.request_id
    return db.session.scalar(select(func.count()).where(same_act, LogEntry.verb == "change")) or 0


def in_order(entries: Sequence[LogEntry]) -> list[LogEntry]:
    """*entries*, which tell of deletes, so that each comes after those that it hung on; a circle stays as it is."""
    admins = {entry.id: admin for entry in entries if (admin := current_site().find(entry.name)) is not None}
    left = [entry for entry in entries if entry.id in admins]
    by_place: dict[tuple[str, str], LogEntry] = {(entry.name, entry.key): entry for entry in left}
    order: TopologicalSorter[int] = TopologicalSorter()
    for entry in left:
        above = [by_place.get(place) for place in held_places(admins[entry.id], changes_of(entry))]
        order.add(entry.id, *(one.id for one in above if one is not None and one is not entry))
    by_id = {entry.id: entry for entry in left}
    try:
        return [by_id[number] for number in order.static_order()]
    except CycleError:
        return left


def held_places(model_admin: ModelAdmin, changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """The objects whose keys an object held before *changes*, as name and key, under the name of every admin of
    theirs."""
    kept = {change.field: change for change in changes}
    for relation in {id(one): one for one in model_admin.info.held.values()}.values():
        found = [kept.get(column.name) for column in relation.columns]
        values = [change.old for change in found if change is not None and change.old is not None]
        if len(values) < len(found):
            continue
        key = encode_key(values)
        for admin in current_site():
            if issubclass(admin.model, relation.target) or issubclass(relation.target, admin.model):
                yield admin.name, key


def leads_to(model_admin: ModelAdmin, entry: LogEntry, parent: ModelAdmin, key: str) -> bool:
    """Whether the object of *entry* held the *key* of an object of *parent*."""
    return (parent.name, key) in held_places(model_admin, changes_of(entry))


def may_not() -> str:
    return str(_("You may not do this to it."))


def restore_deleted(revival: Revival, form: FlaskForm, user: Any, kin: Sequence[Kin] = ()) -> Any:
    """Write a deleted object again as *form*, found valid, says, and *kin* with it: all or nothing.

    :returns: the object as it was committed.
    :raises Invalid: when something is refused; the form's errors say what, or the *problem* of one of *kin*.
    """
    model_admin = revival.model_admin
    values = revival.values(form)
    judge(model_admin, form, revival.layout, values, user, None, None)
    admins = {one.name: one for one in (model_admin, *(other.model_admin for other in kin))}
    written: list[tuple[ModelAdmin, Any]] = []
    with told(model_admin.info, form, values, None), writing():
        with heard(model_admin, form):
            for one in admins.values():
                one.begin(user)
        written.append((model_admin, revival.write(form, user)))
        for other in kin:
            try:
                written.append((other.model_admin, restore_silently(other.model_admin, other.entry, user)))
            except Rejected as rejected:
                other.problem = rejected.message
                raise Invalid from rejected
    tell_committed(written, user)
    return written[0][1]


def restore_silently(model_admin: ModelAdmin, entry: LogEntry, user: Any) -> Any:
    """Write the object whose delete *entry* tells again, inside a writing transaction, as its form would.

    :raises Rejected: when the form, a hook or the database refuses; the message names the field. What was written of
        it is taken back.
    """
    if not may(user, model_admin, "add"):
        raise Rejected(may_not())
    revival = revive(model_admin, user, entry)
    form = revival.sent_form(user)
    try:
        if not form.validate():
            raise Invalid
        values = revival.values(form)
        judge(model_admin, form, revival.layout, values, user, None, None)
        with told(model_admin.info, form, values, None), db.session.begin_nested():
            return revival.write(form, user)
    except Invalid as invalid:
        raise Rejected(problems_of(form)) from invalid


def problems_of(form: FlaskForm) -> str:
    """What is wrong with *form*, in one line."""
    lines = [str(message) for message in form.form_errors]
    lines += [f"{bound.label.text}: {message}" for bound in form for message in bound.errors]
    return " ".join(lines)


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
    sent = MultiDict([(bound.name, text) for bound in filled for text in shown(bound)])
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
    more of a moment than a browser writes."""
    for name, value in values.items():
        bound: Any = form._fields.get(name)
        is_moment = isinstance(bound, UtcField | ClockField) and None not in (value, bound.data)
        if is_moment and [bound.shown(value)] == bound.raw_data:
            bound.data = value


def _filled(
    model_admin: ModelAdmin, layout: Layout, user: Any, values: Mapping[str, Any], obj: Any = None
) -> FlaskForm:
    form = make_form(model_admin, layout, user, obj, formdata=None, meta=given(values))
    for name, value in values.items():
        if name in form:
            form[name].process_data(value.come if isinstance(value, Difference) else value)
    return form
