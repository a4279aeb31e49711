"""Deleted objects written again, each with its entry in the history."""

from collections.abc import Collection, Sequence
from typing import Any

from flask_wtf import FlaskForm

from webapp.admin.editing.inlines.apart import Place, RowsApart, tell_above
from webapp.admin.editing.kinship import Kin
from webapp.admin.editing.restoring import Revival, may_not, revive
from webapp.admin.editing.saving import Invalid, heard, judge, tell_committed, told
from webapp.admin.editing.writing import Written
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.extensions import db, writing


def restore_deleted(revival: Revival, form: FlaskForm, user: Any, kin: Sequence[Kin] = ()) -> Any:
    """Write a deleted object again as *form*, found valid, says, and *kin* with it: all or nothing.

    :returns: the object as it was committed.
    :raises Invalid: when something is refused; the form's errors say what, or the *problem* of one of *kin*.
    """
    model_admin = revival.model_admin
    values = revival.values(form)
    judge(model_admin, form, revival.layout, values, user, None, None)
    admins = {one.name: one for one in (model_admin, *(other.model_admin for other in kin))}
    written: list[tuple[ModelAdmin, Written]] = []
    returned = {(model_admin.name, revival.entry.key)}
    with told(model_admin.info, form, values, None), writing():
        with heard(model_admin, form):
            for one in admins.values():
                one.begin(user)
        written.append((model_admin, revival.write(form, user)))
        for other in kin:
            try:
                written.append(
                    (other.model_admin, restore_silently(other.model_admin, other.entry, user, returned))
                )
                returned.add((other.model_admin.name, other.entry.key))
            except Rejected as rejected:
                other.problem = rejected.message
                raise Invalid from rejected
        tell_above(written, user)
    tell_committed([(admin, one.obj) for admin, one in written], user)
    return written[0][1].obj


def restore_silently(
    model_admin: ModelAdmin, entry: LogEntry, user: Any, returned: Collection[Place] = ()
) -> Written:
    """Write the object whose delete *entry* tells again, inside a writing transaction, as its form would.

    :param returned: what has come back before it.
    :raises Rejected: when the form, a hook or the database refuses; the message names the field. What was written of
        it is taken back.
    """
    if not may(user, model_admin, "add"):
        raise Rejected(may_not())
    revival = revive(model_admin, user, entry)
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


def problems_of(form: FlaskForm) -> str:
    """What is wrong with *form*, in one line."""
    lines = [str(message) for message in form.form_errors]
    lines += [f"{bound.label.text}: {message}" for bound in form for message in bound.errors]
    return " ".join(lines)
