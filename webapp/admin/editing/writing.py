"""An object and its entry in the history, written inside a transaction that somebody else begins and ends."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from flask_wtf import FlaskForm
from sqlalchemy import inspect
from sqlalchemy.orm.exc import StaleDataError

from webapp.admin.editing.assigning import (
    assign_values,
    count_version,
    new_object,
    refuse_too_long,
    tie_to_itself,
)
from webapp.admin.editing.beginning import keep_empty
from webapp.admin.editing.kept import gone
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.versions import Conflict, check_version
from webapp.admin.history import Change, differences, record, relation_changes, snapshot
from webapp.admin.info import ModelInfo
from webapp.admin.loading import when_asked
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.extensions import db


class Along(Protocol):
    """What is saved with an object, in its transaction: what hangs on it and was edited in its form."""

    @property
    def is_growing(self) -> bool:
        """Whether there will be more or fewer of it, which is a change of the object."""

    def judge(self) -> None:
        """What is judged before the transaction begins. :raises Invalid: and what it says stands with its forms."""

    def told(self) -> AbstractContextManager[None]:
        """Around the transaction: turn what was refused of it into what the person is told, as :class:`Invalid`."""

    def write(self, obj: Any) -> list[Change]:
        """*obj* is written and not told yet.

        :returns: what the history tells of it under *obj*.
        """

    def tell_committed(self) -> None:
        """The transaction is kept."""


@dataclass(frozen=True)
class Written:
    """An object as it was written, and what the history tells of it."""

    obj: Any
    verb: str
    changes: list[Change]


def write(
    model_admin: ModelAdmin,
    form: FlaskForm,
    layout: Layout,
    values: Mapping[str, Any],
    user: Any,
    obj: Any,
    version: str | None,
    along: Along | None = None,
    born: Mapping[str, Any] | None = None,
    *,
    is_held: bool = False,
) -> Written:
    """Write *values* to *obj*, or to a new object, inside a writing transaction, with its entry in the history.

    :param born: further values of a new object, which its hooks do not see yet.
    :param is_held: *obj* was read and locked in this transaction already.
    """
    info = model_admin.info
    adding = obj is None
    target = (
        new_object(model_admin, values)
        if adding
        else obj
        if is_held
        else read_again(info, obj, version, layout)
    )
    before = {} if adding else snapshot(info, target)
    is_growing = along is not None and along.is_growing
    related = set_values(model_admin, form, layout, values, user, target, born, is_growing=is_growing)
    db.session.add(target)
    db.session.flush()
    changes = differences(info, before, snapshot(info, target), related)
    if along:
        changes += along.write(target)
        _refuse_gone(related)
    written = Written(target, "add" if adding else "change", changes)
    tell_written(model_admin, form, written, user)
    return written


def _refuse_gone(related: Sequence[Change]) -> None:
    """Refuse to lead to what was deleted in the same form: the history would tell of it as if it were there.

    :raises Rejected: with the name of the relation.
    """
    for change in related:
        for other in (change.new or ()) if change.kind == "relations" else [change.new]:
            if other is not None and inspect(other).deleted:
                raise Rejected(gone(text_of(other)), change.field)


def set_values(
    model_admin: ModelAdmin,
    form: FlaskForm,
    layout: Layout,
    values: Mapping[str, Any],
    user: Any,
    target: Any,
    born: Mapping[str, Any] | None = None,
    *,
    is_growing: bool = False,
) -> list[Change]:
    """Set *values* on *target*, up to the flush that writes them.

    :param is_growing: something comes to hang on it or does so no more, which counts as a change of it.
    :returns: which of its relations lead elsewhere, which the flush forgets.
    """
    info = model_admin.info
    adding = not inspect(target).persistent
    # Nothing is written before all is set, also where a relation has to be read for it.
    with db.session.no_autoflush:
        assign_values(info, target, values)
        model_admin.before_save(target, form, user)
        assign_values(info, target, born or {})
        refuse_too_long(info, target)
        if adding:
            keep_empty([info.columns[name] for name in layout.columns], target)
    related = relation_changes(info, target)
    # What a form asks of a relation to many is a difference, which overwrites nobody's.
    is_elsewhere = any(change.kind == "relation" for change in related)
    if not adding and (is_elsewhere or is_growing):
        count_version(info, target)
    tie_to_itself(info, target)
    return related


def tell_written(model_admin: ModelAdmin, form: FlaskForm, written: Written, user: Any) -> None:
    """Tell the history and the admin of what was flushed."""
    if written.verb == "add" or written.changes:
        record(
            db.session(),
            verb=written.verb,
            name=model_admin.name,
            key=model_admin.info.key_of(written.obj),
            label=text_of(written.obj),
            actor=user,
            changes=written.changes,
        )
    model_admin.after_save(written.obj, form, user)


def read_again(info: ModelInfo, obj: Any, version: str | None, layout: Layout | None = None) -> Any:
    """*obj* as it is now, inside the writing transaction, locked until its end.

    :param layout: the form that *version* is of (:func:`webapp.admin.editing.versions.version_of`).
    :raises Conflict: when it is not there any more, or *version* is not the present one.
    """
    key = tuple(getattr(obj, column.name) for column in info.key)
    try:
        found = db.session.get(
            info.model,
            key,
            options=when_asked(info),
            populate_existing=True,
            with_for_update={"of": info.mapper.tables},
        )
    except StaleDataError as error:
        raise Conflict from error
    if found is None:
        raise Conflict
    check_version(info, found, version, layout)
    return found
