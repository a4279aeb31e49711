"""Deleting objects and what goes with them, each with its entry in the history.

What is deleted is what SQLAlchemy and the database delete: nothing is added to what the models say. Only where they
would stumble over an order that neither of them knows, rows are deleted before those that they hang on.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import Select, inspect, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.exc import CircularDependencyError, IntegrityError
from sqlalchemy.orm import lazyload, undefer
from sqlalchemy.orm.exc import StaleDataError

from webapp.admin.editing.atsize import CannotThinOutError, is_feasible, thin_out
from webapp.admin.editing.collecting import (
    Reach,
    Row,
    by_kind,
    collect,
    load,
    load_followed,
    load_texts,
    portions,
    row_of,
)
from webapp.admin.editing.consequences import Consequences, consequences
from webapp.admin.editing.counting import count
from webapp.admin.editing.groups import forbidden_rows, grouped, roots, told_rows
from webapp.admin.editing.leaving import left_relations
from webapp.admin.editing.saving import tell_committed
from webapp.admin.editing.staying import recorded_changes, tell
from webapp.admin.editing.ties import Tie, one_of
from webapp.admin.editing.versions import Conflict, check_version
from webapp.admin.history import differences, snapshot, together
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.extensions import db, writing
from webapp.texts import gettext as _

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
        tell_committed(self.rows, user)


def delete(model_admin: ModelAdmin, obj: Any, user: Any, version: str | None = None) -> str:
    """Delete *obj* in a transaction of its own; see :func:`delete_rows`.

    :returns: the object's text, for the message.
    """
    with _refusals(), writing():
        model_admin.begin(user)
        done = delete_rows(model_admin, [obj], user, version)
    done.after_commit(user)
    return done.labels[0]


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
    with _refusals(), db.session.begin_nested():
        act = _Act(model_admin, user)
        objects = _locked(model_admin, objs, version)
        reach = collect(objects, lock=True)
        if not reach.is_complete:
            reach = act.thin_out(reach)
        _refuse_unreachable(reach)
        labels = tuple(text_of(obj) for obj in reach.roots.values())
        act.carry_out(reach)
    return Deleted(labels, tuple(act.kept))


class _Act:
    """One delete, in one step or in several. :ivar kept: the rows whose admins are told when it is committed."""

    def __init__(self, model_admin: ModelAdmin, user: Any) -> None:
        self.model_admin = model_admin
        self.user = user
        self.kept: list[tuple[ModelAdmin, Any]] = []
        self._begun = {id(model_admin)}
        self._told: set[Row] = set()
        self._is_at_size = False

    def thin_out(self, reach: Reach) -> Reach:
        """Delete what hangs on the roots of *reach*, a batch at a time. :returns: what is left of it."""
        [(kind, keys)] = by_kind(reach.roots).items()
        counts = count(kind, keys)
        if not is_feasible(counts):
            raise Protected(_needed() if counts and any(counts.protected.values()) else too_many())
        objects = list(reach.roots.values())
        with together(db.session()):
            # Their entries come first, so that it is known what went with them.
            self._tell(_going(self.model_admin, Reach(reach.roots), self.user))
            self._told |= reach.roots.keys()
        self._is_at_size = True
        try:
            thin_out(kind, keys, self.carry_out)
        except CannotThinOutError as error:
            raise Protected(too_many()) from error
        return collect(objects, lock=True)

    def carry_out(self, reach: Reach) -> None:
        """Ask, write down and delete all of *reach*."""
        with together(db.session()):
            going = _going(self.model_admin, reach, self.user)
            self._tell({row: pair for row, pair in going.items() if row not in self._told})
            with recorded_changes(self.model_admin, reach, self.user, self._told):
                _remove(reach)

    def _tell(self, going: dict[Row, tuple[ModelAdmin, Any]]) -> None:
        for asked in {id(asked): asked for asked, _obj in going.values()}.values():
            if id(asked) not in self._begun:
                self._begun.add(id(asked))
                asked.begin(self.user)
        for asked, obj in going.values():
            asked.before_delete(obj, self.user)
        left = left_relations(going.values(), self.user)
        for asked, obj in going.values():
            changes = differences(asked.info, snapshot(asked.info, obj), {})
            tell("delete", asked, obj, self.user, [*changes, *left.get(id(obj), ())])
            # Of very many only those stay in memory whose admin asks for it.
            if not self._is_at_size or type(asked).after_commit is not ModelAdmin.after_commit:
                self.kept.append((asked, obj))


@contextmanager
def _refusals() -> Iterator[None]:
    """What the database and SQLAlchemy refuse after all, because somebody was quicker."""
    try:
        yield
    except StaleDataError as error:
        raise Conflict from error
    except IntegrityError as error:
        raise Protected(_needed()) from error
    except CircularDependencyError as error:
        raise Protected(_("It was not deleted, because it and other records need each other.")) from error
    except AssertionError as error:
        # SQLAlchemy's own refusal, before the database is asked: a row whose key holds this one's would lose it.
        if "dependency rule" not in str(error).lower():
            raise
        raise Protected(_needed()) from error


def _needed() -> str:
    return str(_("It was not deleted, because other records need it."))


def _locked(model_admin: ModelAdmin, objs: Sequence[Any], version: str | None) -> list[Any]:
    """*objs* as they are now, locked until the end of the transaction."""
    rows = {row_of(obj): obj for obj in objs}
    kind = next(iter(rows)).kind
    model = model_admin.model
    found: dict[Row, Any] = {}
    for portion in portions([row.key for row in rows]):
        statement: Select[Any] = (
            select(model).where(one_of(kind.key, portion)).options(lazyload("*"), undefer("*"))
        )
        statement = statement.with_for_update(of=model_admin.info.mapper.tables)
        statement = statement.execution_options(populate_existing=True)
        found.update((row_of(obj), obj) for obj in db.session.scalars(statement))
        load_texts(model_admin, portion)
    if len(found) < len(rows):
        raise Conflict
    for obj in found.values():
        check_version(model_admin.info, obj, version)
    return [found[row] for row in rows]


def _refuse_unreachable(reach: Reach) -> None:
    if not reach.is_complete:
        raise Protected(too_many())
    if reach.protected:
        raise Protected(_needed())


def too_many() -> str:
    """Why so much is not deleted in one step, and the way out."""
    return str(_("More records hang on this than are deleted in one step. Delete some of those first."))


def _going(model_admin: ModelAdmin, reach: Reach, user: Any) -> dict[Row, tuple[ModelAdmin, Any]]:
    """All that goes and that an admin looks after, first what was asked for; and may *user* delete it?"""
    going: dict[Row, tuple[ModelAdmin, Any]] = {}
    for group in (*roots(model_admin, reach), *grouped(model_admin, reach.others, with_objects=True)):
        if forbidden_rows(group, user):
            raise Forbidden(_("It was not deleted, because you may not delete all that would go with it."))
        rows = told_rows(group)
        for asked in {id(asked): asked for asked, _obj in rows.values()}.values():
            for portion in portions(group.keys) if not group.is_chosen else ():
                load_texts(asked, portion)
        going |= rows
    return going


# The order


def _remove(reach: Reach) -> None:
    _untie(reach)
    objects = _load_for_orm(reach)
    for batch in _first(reach):
        _delete_by_database(row for row in batch if not reach.deleted[row] or row.kind.mapper is None)
        _delete_objects([objects[row] for row in batch if row in objects])
        objects = _load_for_orm(reach)
    _delete_objects([objects[row] for row in (*reach.roots, *reach.seeds) if row in objects])
    _delete_by_database(row for row in reach.seeds if row not in objects)


def _delete_by_database(rows: Iterable[Row]) -> None:
    for kind, keys in by_kind(rows).items():
        for portion in portions(keys):
            db.session.execute(delete_from(kind.table).where(one_of(kind.key, portion)))


def _untie(reach: Reach) -> None:
    """Empty what ties rows that go in a circle, or one to itself: of them SQLAlchemy could say none that goes first."""
    ways = [way for way in reach.ties if reach.deleted.get(way[0]) and reach.deleted.get(way[1])]
    order: TopologicalSorter[Row] = TopologicalSorter()
    for child, parent, _tie in ways:
        order.add(child, parent)
    try:
        order.prepare()
    except CycleError:
        for child, _parent, tie in ways:
            if all(column.nullable for column in tie.columns):
                _empty(child, tie)


def _empty(row: Row, tie: Tie) -> None:
    for table, key in row.kind.tables.items():
        columns = [column for column in tie.columns if column.table is table]
        if columns:
            values: Any = dict.fromkeys(columns)
            db.session.execute(update(table).where(one_of(key, [row.key])).values(values))


def _delete_objects(objs: Sequence[Any]) -> None:
    for obj in objs:
        # Another one of them may have taken it along.
        if inspect(obj).persistent:
            db.session.delete(obj)
    db.session.flush()


def _load_for_orm(reach: Reach) -> dict[Row, Any]:
    """What SQLAlchemy deletes, as far as it is still there, with all that it asks for then."""
    objects: dict[Row, Any] = {}
    for kind, keys in by_kind(row for row, by_orm in reach.deleted.items() if by_orm).items():
        objects.update(load(kind, keys, fresh=True))
    load_followed(objects.values())
    return objects


def _first(reach: Reach) -> Iterator[list[Row]]:
    """The rows that have to go before others, those first that wait for none."""
    first = {row for waits in reach.waits.values() for row in waits}
    order = TopologicalSorter({row: reach.waits.get(row, set()) & first for row in first})
    try:
        order.prepare()
    except CycleError:
        # Whoever tied them in a circle tells the database to look at the end only, or cannot delete them.
        yield list(first)
        return
    while order.is_active():
        ready = order.get_ready()
        yield list(ready)
        order.done(*ready)
