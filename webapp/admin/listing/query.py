"""The rows of a page, in one statement."""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import Select, and_
from sqlalchemy.orm import Session

from webapp.admin.cursors import make_cursor, settled
from webapp.admin.display import ShownColumn, texts_of
from webapp.admin.info import RelationInfo
from webapp.admin.listing.kept import kept_page, only
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.loading import objects_on, plain_rows, rows_of, told
from webapp.admin.matching import Search, read_page, search_for
from webapp.admin.rowrelations import is_read_by_itself, related_to_each
from webapp.extensions import db


@dataclass(frozen=True)
class Rows:
    """The rows of one page.

    :ivar keys: the primary key of each row; *values* for each shown column its values, row by row.
    :ivar before: a cursor to the page before, *after* to the page after; ``None`` where there is none.
    """

    keys: list[tuple[Any, ...]]
    values: list[Sequence[Any]]
    before: str | None
    after: str | None


def searched(spec: ListSpec, state: ListState) -> Search:
    """How the rows that *state* searches for are found: one statement, none where nothing is searched for."""
    return search_for(spec.info, spec.searched, state.terms)


def read_rows(
    spec: ListSpec, state: ListState, user: Any, search: Search | None = None, session: Session | None = None
) -> Rows:
    """Read the page that *state* asks for, in one statement, and one more for each relation to many.

    :param session: by default the request's.
    """
    session = session or db.session()
    search = search or searched(spec, state)
    backward = state.position.backward if state.position else state.last
    names = _needed_columns(spec, state)
    # One row more tells whether there is a further page.
    computed = any(_needs_objects(spec, column) for column in state.columns)
    shown = [name for column in state.columns for name in (column.name, *column.reads)]

    def read(statement: Select[Any]) -> Sequence[Any]:
        if not computed:
            return plain_rows(session, spec.info, statement)
        page = statement.subquery()
        return objects_on(
            spec.model_admin, user, page, state.order, shown, backward=backward, session=session
        )

    def read_any() -> Sequence[Any]:
        base = only(filtered(spec, state, user), spec.info, names)
        position = settled(state.position, state.order, lambda: rows_of(spec.model_admin, user), spec.info)
        return read_page(search, base, state.order, position, state.size + 1, read, backward=backward)

    page = None if computed else kept_page(spec, state, names, search)
    found = read_any() if page is None else plain_rows(session, spec.info, *page)
    more = len(found) > state.size
    found = found[: state.size][:: -1 if backward else 1]
    values: dict[str, Sequence[Any]]
    if computed or not found:
        values = {name: [getattr(obj, name) for obj in found] for name in names}
    else:
        values = dict(zip(names, zip(*found, strict=True), strict=True))
    there_is_before = more if backward else state.position is not None
    there_is_after = not state.last if backward else more
    keys = list(zip(*(values[column.name] for column in spec.info.key), strict=True))
    records = found if computed else _records(tuple(names), found)
    with told(spec.model_admin):
        shown_values = [
            values[column.name]
            if column.compute is None
            else _related_texts(spec, column.relation, keys, session)
            if column.relation and not computed
            else [column.compute(record) for record in records]
            for column in state.columns
        ]
    return Rows(
        keys=keys,
        values=shown_values,
        before=_cursor(spec, state, values, 0) if found and there_is_before else None,
        after=_cursor(spec, state, values, -1) if found and there_is_after else None,
    )


def _records(names: tuple[str, ...], rows: Sequence[Any]) -> Sequence[Any]:
    """*rows* as something that is asked for a column by its name in a tenth of the time."""
    record = _record(names)
    return rows if record is None else list(map(tuple.__new__, repeat(record), rows))


@lru_cache(maxsize=1_000)
def _record(names: tuple[str, ...]) -> type | None:
    try:
        return namedtuple("Row", names)
    except ValueError:
        # A tuple's names begin with no underscore and are no words of Python's.
        return None


def _needs_objects(spec: ListSpec, column: ShownColumn) -> bool:
    """Whether *column* is computed from more than what a row holds, so that whole objects have to be read."""
    if column.relation is not None:
        return not is_read_by_itself(spec.model_admin, column.relation)
    return column.compute is not None and not column.reads


def _related_texts(
    spec: ListSpec, relation: RelationInfo, keys: Sequence[tuple[Any, ...]], session: Session
) -> list[str]:
    if not keys:
        return []
    found = related_to_each(spec.model_admin, relation, [key for (key,) in keys], session)
    return [texts_of(found[key]) if found[key] else "" for (key,) in keys]


def narrowed(spec: ListSpec, state: ListState, user: Any, search: Search | None = None) -> Select[Any]:
    """The rows that exist for *user*, narrowed by search and filters; no order, no limit."""
    search = search or searched(spec, state)
    return filtered(spec, state, user).where(*search.conditions)


def filtered(spec: ListSpec, state: ListState, user: Any) -> Select[Any]:
    """The same without the search."""
    statement = rows_of(spec.model_admin, user)
    conditions = [condition.condition() for condition in state.filters]
    return statement.where(and_(*conditions)) if conditions else statement


def _needed_columns(spec: ListSpec, state: ListState) -> list[str]:
    shown = [name for column in state.columns for name in _columns_of(column)]
    key = [column.name for column in spec.info.key]
    return list(dict.fromkeys([*shown, *key, *(sort_key.column.name for sort_key in state.order)]))


def _columns_of(column: ShownColumn) -> tuple[str, ...]:
    return (column.name,) if column.column is not None else column.reads


def _cursor(spec: ListSpec, state: ListState, values: Mapping[str, Sequence[Any]], row: int) -> str:
    key = [values[column.name][row] for column in spec.info.key]
    return make_cursor(state.order, [values[key.column.name][row] for key in state.order], key)
