"""Deleted objects written again, each with its entry in the history."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import inspect

from webapp.admin.editing.inlines.apart import Place, RowsApart, tell_above
from webapp.admin.editing.kept import Loss, read_before
from webapp.admin.editing.kinship import Kin, Tie, ties_of
from webapp.admin.editing.restoring import Revival, may_not, revive
from webapp.admin.editing.saving import Invalid, heard, judge, tell_committed, told
from webapp.admin.editing.submissions import Once
from webapp.admin.editing.takingback import Refused, take_back_of, take_back_within
from webapp.admin.editing.versions import Conflict
from webapp.admin.editing.writing import Written
from webapp.admin.history import LogEntry, changes_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.extensions import db, writing

#: The text of what came back, and that of what it leads to no more.
Untied = tuple[str, str]


def restore_deleted(
    revival: Revival,
    form: FlaskForm,
    user: Any,
    once: Once,
    kin: Sequence[Kin] = (),
    act: Sequence[Kin] = (),
) -> tuple[Any, list[Untied]]:
    """Write a deleted object again as *form*, found valid, says, and *kin* with it: all or nothing.

    :param once: the form of the page. :param act: all that went with it.
    :returns: the object as it was committed, and what leads to something of *act* no more (:func:`untied_from`).
    :raises Invalid: when something is refused; the form's errors say what, or the *problem* of one of *kin*.
    :raises AlreadySent: when it was.
    """
    model_admin = revival.model_admin
    together = [Kin(model_admin, revival.entry), *kin]
    coming = {place_of(one.entry) for one in together}
    labels = {place_of(one.entry): one.entry.label for one in (together[0], *act)}
    values = revival.values(form)
    judge(model_admin, form, revival.layout, values, user, None, None)
    written: list[tuple[ModelAdmin, Written]] = []
    returned: dict[Place, Any] = {}
    untied: list[Untied] = []
    with told(model_admin.info, form, values, None), writing():
        once.spend()
        with heard(model_admin, form):
            for admin in {one.model_admin.name: one.model_admin for one in together}.values():
                admin.begin(user)
        written.append((model_admin, revival.write(form, user)))
        returned[place_of(revival.entry)] = written[0][1].obj
        for other in kin:
            try:
                waits = coming - returned.keys()
                done = restore_silently(other.model_admin, other.entry, user, returned, waits)
            except Rejected as rejected:
                other.problem = rejected.message
                raise Invalid from rejected
            returned[place_of(other.entry)] = done.obj
            written.append((other.model_admin, done))
        for one in together:
            tie_again(one.model_admin, one.entry, user, returned)
        for one in together:
            untied += untied_from(one.model_admin, one.entry, returned[place_of(one.entry)], labels)
        tell_above(written, user)
    tell_committed([(admin, one.obj) for admin, one in written], user)
    return written[0][1].obj, untied


def restore_silently(
    model_admin: ModelAdmin,
    entry: LogEntry,
    user: Any,
    returned: Mapping[Place, Any],
    coming: Collection[Place] = (),
) -> Written:
    """Write the object whose delete *entry* tells again, inside a writing transaction, as its form would.

    :param returned: what has come back before it, :param coming: what comes after it, or is it: it does not lead there
        before :func:`tie_again`.
    :raises Rejected: when the form, a hook or the database refuses; the message names the field. What was written of
        it is taken back.
    """
    if not may(user, model_admin, "add"):
        raise Rejected(may_not())
    revival = revive(model_admin, user, entry, later_of(model_admin, entry, coming))
    if isinstance(model_admin, RowsApart):
        revival.fixed |= model_admin.join(entry, user, returned)
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


def later_of(
    model_admin: ModelAdmin, entry: LogEntry, coming: Collection[Place], *, also_firm: bool = False
) -> set[str]:
    """The columns of the object of *entry* that led to one of *coming* and may be empty until that is there.

    :param also_firm: also those that may not be.
    """
    info = model_admin.info
    names = {
        name
        for tie in ties_of(model_admin, entry)
        if tie.place in coming and (also_firm or not tie.is_firm)
        for name in tie.names
        # Its own key it can hold from its beginning, where no relation has to find it.
        if tie.place != place_of(entry) or name in info.held
    }
    return names if also_firm else {name for name in names if info.columns[name].nullable}


def look_at(kin: Sequence[Kin], user: Any, act: Collection[Place]) -> None:
    """Find of each of *kin* what does not come back of it, or why all of it cannot; what they led to is read once."""
    able = [one for one in kin if one.problem is None]
    with read_before([(one.model_admin, None, changes_of(one.entry)) for one in able], user):
        for one in able:
            try:
                one.losses = losses_of(one.model_admin, one.entry, user, act)
            except Rejected as rejected:
                one.problem = rejected.message


def losses_of(model_admin: ModelAdmin, entry: LogEntry, user: Any, act: Collection[Place]) -> list[Loss]:
    """What of the object whose delete *entry* tells does not come back. :raises Rejected: when all of it cannot.

    :param act: what was deleted with it: it is there again before it, or is told of afterwards.
    """
    later = later_of(model_admin, entry, act, also_firm=True)
    return revive(model_admin, user, entry, later).former.losses


def tie_again(model_admin: ModelAdmin, entry: LogEntry, user: Any, returned: Mapping[Place, Any]) -> None:
    """Let the object of *entry*, which is back, lead to those of *returned* for which it was left empty: as its form
    would, with an entry of its own. What is refused stays empty, which :func:`untied_from` tells."""
    obj, info = returned[place_of(entry)], model_admin.info
    refused = set(model_admin.get_not_restored(user))
    names = {
        name
        for name in later_of(model_admin, entry, returned.keys())
        if getattr(obj, name) is None and refused.isdisjoint((name, getattr(info.held.get(name), "name", "")))
    }
    changes = [replace(change, new=None) for change in changes_of(entry) if change.field in names]
    if not changes:
        return
    for other in returned.values():
        # Of relations that it knows to lead on in a circle SQLAlchemy would say that none can be written first.
        db.session.expire(other, inspect(other).mapper.relationships.keys())
    taking = take_back_of(model_admin, user, obj, changes)
    if taking.values:
        with suppress(Refused, Rejected, Conflict):
            take_back_within(taking, user)


def untied_from(
    model_admin: ModelAdmin, entry: LogEntry, obj: Any, labels: Mapping[Place, str]
) -> list[Untied]:
    """What the object of *entry*, which is back as *obj*, led to and leads to no more: the texts of both.

    :param labels: of what was deleted in the same act.
    """
    left = {tie.place: None for tie in ties_of(model_admin, entry) if _is_empty(obj, tie)}
    return [(entry.label, labels[place]) for place in left if place in labels]


def _is_empty(obj: Any, tie: Tie) -> bool:
    return any(getattr(obj, name) is None for name in tie.names)


def place_of(entry: LogEntry) -> Place:
    return entry.name, entry.key


def problems_of(form: FlaskForm) -> str:
    """What is wrong with *form*, in one line."""
    lines = [str(message) for message in form.form_errors]
    lines += [f"{bound.label.text}: {message}" for bound in form for message in bound.errors]
    return " ".join(lines)
