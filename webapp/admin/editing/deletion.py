"""Deleting one object, with its entry in the history."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from webapp.admin.editing.consequences import Consequences, consequences
from webapp.admin.editing.saving import Conflict, read_again
from webapp.admin.history import differences, record, snapshot
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.extensions import db, writing


__all__ = [
    "Consequences",
    "Deleted",
    "Forbidden",
    "Protected",
    "consequences",
    "delete",
    "delete_row",
    "delete_rows",
]


class Protected(Exception):
    """Other rows need the object, so it stays; its text is a sentence that says so."""


class Forbidden(Protected):
    """The person may not delete it, or what would go with it."""


@dataclass(frozen=True)
class Deleted:
    """What was deleted.

    :ivar labels: the objects' texts, in their order.
    :ivar rows: they and all that went with them, as far as an admin looks after it.
    """

    labels: tuple[str, ...]
    rows: tuple[tuple[ModelAdmin, Any], ...]

    def after_commit(self, user: Any) -> None:
        """Tell the admins; to be called when the transaction is committed."""
        for model_admin, obj in self.rows:
            model_admin.after_commit(obj, user)


def delete_row(model_admin: ModelAdmin, obj: Any, user: Any) -> Deleted:
    """Delete *obj* inside a writing transaction; see :func:`delete_rows`."""
    return delete_rows(model_admin, [obj], user)


def delete_rows(
    model_admin: ModelAdmin, objs: Sequence[Any], user: Any, version: str | None = None
) -> Deleted:
    """Delete *objs*, all or none, inside a writing transaction, each with its entry in the history.

    Rows among them that need each other go together, so many at once may be allowed where one by one are not.

    :raises Rejected: when a hook refuses. :raises Protected: when other rows need one of them, or the person may
        not delete what goes with it. :raises Conflict: when one is not there any more, or has another *version*.
        In each case the transaction is as it was before and goes on.
    """
    labels = []
    info = model_admin.info
    with db.session.begin_nested():
        for obj in objs:
            target = read_again(info, obj, version)
            model_admin.before_delete(target, user)
            labels.append(text_of(target))
            record(
                db.session(),
                verb="delete",
                name=model_admin.name,
                key=info.key_of(target),
                label=labels[-1],
                actor=user,
                changes=differences(info, snapshot(info, target), {}),
            )
            db.session.delete(target)
        _write()
    return Deleted(tuple(labels), tuple((model_admin, obj) for obj in objs))


def delete(model_admin: ModelAdmin, obj: Any, user: Any, version: str | None = None) -> str:
    """Delete *obj* and keep what it was in the history.

    :returns: the object's text, for the message.
    :raises Rejected: when a hook refuses. :raises Protected: when other rows refer to it.
    :raises Conflict: when somebody changed it since the page was made. Nothing is written in any of these.
    """
    info = model_admin.info
    try:
        with writing():
            model_admin.begin(user)
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
