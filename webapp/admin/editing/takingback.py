"""Take back changes of an object that is there: one entry of its history, or all since a version of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import inspect, select

from webapp.admin.changes import Beginning, JsonString
from webapp.admin.editing.chosen import chosen_among
from webapp.admin.editing.forms import make_form, values_of
from webapp.admin.editing.kept import Loss, former
from webapp.admin.editing.layout import Layout, form_layout
from webapp.admin.editing.relatedlist import Difference
from webapp.admin.editing.restoring import changed_form
from webapp.admin.editing.saving import Invalid, heard, judge, tell_committed, told
from webapp.admin.editing.submissions import Once
from webapp.admin.editing.versions import Conflict
from webapp.admin.editing.writing import Written, read_again, write
from webapp.admin.history import EVENTS, Change, LogEntry, changes_of
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.admin.values import encode_key, json_text
from webapp.extensions import db, writing

# Changes further back than so many entries are taken back one by one.
MAX_ENTRIES = 1_000


class TooFarBack(Exception):
    """More has happened since than is looked through."""


@dataclass(frozen=True)
class TakingBack:
    """What taking something back makes of an object.

    :ivar values: by the name of a form's field what it will hold, where that is something else than now.
    :ivar losses: what cannot be given back. :ivar extra: the fields of the form class's own, as they are now.
    """

    model_admin: ModelAdmin
    obj: Any
    layout: Layout
    values: Mapping[str, Any]
    losses: list[Loss]
    extra: Mapping[str, Any]

    def differs(self, name: str, value: Any) -> bool:
        """Whether the field *name* holds something else than *value* now."""
        if isinstance(value, Difference):
            return any(self.moved(name, value))
        if name in self.layout.relations:
            return getattr(self.obj, name) is not value
        if name in self.extra:
            return bool(self.extra[name].data != value)
        present = getattr(self.obj, name)
        if self.layout.columns[name].kind == "json":
            return json_text(present) != json_text(value)
        return bool(present != value)

    def moved(self, name: str, asked: Difference) -> tuple[list[Any], list[Any]]:
        """Who would leave the relation *name*, and who would come to it, by what is there now."""
        relation = self.layout.relations[name]
        target = current_site().admin_of(relation.target)
        if target is None:
            return [], []
        keys = [*(inspect(one).identity for one in asked.come), *asked.left]
        there = chosen_among(relation, target, self.obj, keys)
        left = {encode_key(key) for key in asked.left}
        come = [one for one in asked.come if target.info.key_of(one) not in there]
        return [one for key, one in there.items() if key in left], come

    def form(self, user: Any, names: Collection[str]) -> FlaskForm:
        """The form as if a person had typed the values of the fields *names* and sent it."""
        values = {name: value for name, value in self.values.items() if name in names}
        return changed_form(self.model_admin, self.layout, user, self.obj, values)


def take_back_of(model_admin: ModelAdmin, user: Any, obj: Any, changes: Sequence[Change]) -> TakingBack:
    """What taking *changes* of *obj* back would make of it."""
    layout = form_layout(model_admin, user, obj)
    found = former(model_admin, layout, user, changes, obj)
    # What no column holds only the form knows.
    has_own = not found.values.keys().isdisjoint(layout.extra)
    present = make_form(model_admin, layout, user, obj, formdata=None) if has_own else None
    fields = {bound.name: bound for bound in present or () if bound.name in layout.extra}
    taking = TakingBack(model_admin, obj, layout, {}, found.losses, fields)
    values = {name: value for name, value in found.values.items() if taking.differs(name, value)}
    return replace(taking, values=values)


def changes_since(entry: LogEntry) -> list[Change]:
    """All that happened to the object of *entry* since, as one difference. :raises TooFarBack: when it is too much."""
    later = select(LogEntry).where(
        LogEntry.name == entry.name, LogEntry.key == entry.key, LogEntry.id > entry.id
    )
    found = db.session.scalars(later.order_by(LogEntry.id).limit(MAX_ENTRIES + 1)).all()
    if len(found) > MAX_ENTRIES:
        raise TooFarBack
    return joined(found)


def joined(entries: Sequence[LogEntry]) -> list[Change]:
    """The differences of *entries* about one object, oldest first, as one difference for each field; of what is as it
    was before them, there is none."""
    found: dict[str, Change] = {}
    for entry in entries:
        for change in changes_of(entry) if entry.verb not in EVENTS else ():
            before = found.get(change.field)
            found[change.field] = _after(before, change) if before is not None else change
    return [change for change in found.values() if not _is_none(change)]


def _is_none(change: Change) -> bool:
    """Whether *change* is known to have left its field as it was."""
    old, new = change.old, change.new
    if change.kind in ("secret", "inline") or change.is_cut:
        return False
    if isinstance(old, Beginning) or isinstance(new, Beginning):
        return isinstance(old, Beginning) and isinstance(new, Beginning) and old.is_like(new)
    if change.kind == "relation" and old and new:
        return bool(old[0] == new[0])
    if change.kind != "json":
        return bool(old == new)
    return isinstance(old, JsonString) == isinstance(new, JsonString) and json_text(old) == json_text(new)


def _after(before: Change, change: Change) -> Change:
    if change.kind != "relations" or before.kind != "relations":
        return Change(change.field, change.kind, before.old, change.new)
    left, came = ({key: [key, text] for key, text in part or ()} for part in (before.old, before.new))
    for key, text in change.new or ():
        # What comes back has never left.
        came |= {} if left.pop(key, None) else {key: [key, text]}
    for key, text in change.old or ():
        left |= {} if came.pop(key, None) else {key: [key, text]}
    is_cut = before.is_cut or change.is_cut
    return Change(change.field, "relations", list(left.values()), list(came.values()), is_cut)


def take_back(
    taking: TakingBack,
    form: FlaskForm,
    names: Collection[str],
    user: Any,
    version: str | None,
    is_as_shown: Callable[[Any], bool],
    once: Once,
) -> Any:
    """Write the values of the fields *names* from *form*, found valid, in a transaction of their own.

    :param is_as_shown: whether the object, locked, is still what the person has seen. :param once: the page's form.
    :raises Invalid: when something is refused; the form's errors say what. :raises Conflict: when the object has
        another *version*, or is not as it was shown. :raises AlreadySent: when it was. Nothing is written in any case.
    """
    model_admin, obj = taking.model_admin, taking.obj
    values = _typed(taking, form, names)
    judge(model_admin, form, taking.layout, values, user, obj, version)
    with told(model_admin.info, form, values, obj), writing(), heard(model_admin, form):
        model_admin.begin(user)
        once.spend()
        if not is_as_shown(read_again(model_admin.info, obj, version, taking.layout)):
            raise Conflict
        written = write(model_admin, form, taking.layout, values, user, obj, version)
    tell_committed([(model_admin, written.obj)], user)
    return written.obj


def take_back_within(taking: TakingBack, user: Any) -> Written:
    """Write all of *taking* inside a writing transaction, in which its object was read and locked.

    :raises Refused: with the form, when it is refused; what was written of it is taken back.
    """
    model_admin = taking.model_admin
    form, values = sent_of(taking, user)
    try:
        judge(model_admin, form, taking.layout, values, user, taking.obj, None)
        with (
            told(model_admin.info, form, values, taking.obj),
            db.session.begin_nested(),
            heard(model_admin, form),
        ):
            return write(model_admin, form, taking.layout, values, user, taking.obj, None, is_held=True)
    except Invalid as invalid:
        raise Refused(form) from invalid


def sent_of(taking: TakingBack, user: Any) -> tuple[FlaskForm, dict[str, Any]]:
    """The form of *taking*, found valid, and what it says. :raises Refused: when it is not."""
    form = taking.form(user, taking.values.keys())
    if not form.validate():
        raise Refused(form)
    return form, _typed(taking, form, taking.values.keys())


class Refused(Invalid):
    """:ivar form: whose errors say what is wrong."""

    def __init__(self, form: FlaskForm) -> None:
        super().__init__()
        self.form = form


def _typed(taking: TakingBack, form: FlaskForm, names: Collection[str]) -> dict[str, Any]:
    """Only what is taken back: nobody's later edit of another field is written over."""
    return {name: value for name, value in values_of(form, taking.layout).items() if name in names}
