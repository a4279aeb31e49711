"""Deleting one object, with its entry in the history."""

from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from webapp.admin.editing.saving import Conflict, read_again
from webapp.admin.history import differences, record, snapshot
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.extensions import db, writing


class Protected(Exception):
    """Other rows need the object, so the database keeps it."""


def delete(model_admin: ModelAdmin, obj: Any, user: Any, version: str | None = None) -> str:
    """Delete *obj* and keep what it was in the history.

    :returns: the object's text, for the message.
    :raises Rejected: when a hook refuses. :raises Protected: when other rows refer to it.
    :raises Conflict: when somebody changed it since the page was made. Nothing is written in any of these.
    """
    info = model_admin.info
    try:
        with writing():
            target = read_again(info, obj, version)
            model_admin.before_delete(target, user)
            label = text_of(target)
            record(
                db.session(),
                verb="delete",
                name=model_admin.name,
                key=info.key_of(target),
                label=label,
                actor=user,
                changes=differences(info, snapshot(info, target), {}),
            )
            db.session.delete(target)
            _write()
    except StaleDataError as error:
        raise Conflict from error
    except IntegrityError as error:
        raise Protected from error
    model_admin.after_commit(target, user)
    return label


def _write() -> None:
    try:
        db.session.flush()
    except AssertionError as error:
        # SQLAlchemy's own refusal, before the database is asked: a row whose key holds this one's would lose it.
        if "Dependency rule" not in str(error):
            raise
        raise Protected from error


def goes_with(model_admin: ModelAdmin, obj: Any) -> list[tuple[str, int]]:
    """What the database deletes together with *obj*: for each table that cascades, how many rows; one statement."""
    info = model_admin.info
    table = info.mapper.local_table
    counts = []
    for other in table.metadata.sorted_tables:  # type: ignore[attr-defined]
        for constraint in other.foreign_key_constraints:
            if constraint.referred_table is not table or (constraint.ondelete or "").upper() != "CASCADE":
                continue
            pairs = [(key.parent, key.column) for key in constraint.elements]
            conditions = [
                parent == getattr(obj, info.mapper.get_property_by_column(column).key)
                for parent, column in pairs
            ]
            counts.append(select(literal(other.name), func.count()).select_from(other).where(*conditions))
    if not counts:
        return []
    return [(name, number) for name, number in db.session.execute(union_all(*counts)) if number]
