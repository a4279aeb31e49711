"""One statement for the rows of a page and one, bounded, for how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, and_, func, literal, select
from sqlalchemy.orm import Session

from webapp.admin.cursors import make_cursor, settled
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.loading import objects_on, rows_of, told
from webapp.admin.matching import Search, read_page, search_for
from webapp.extensions import db
from webapp.texts import format_decimal
from webapp.texts import gettext as _

# Counting stops here: beyond, "10,000+" says as much to a person and costs no more on a larger table.
MAX_COUNT = 10_000


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


@dataclass(frozen=True)
class Count:
    """How many rows there are; *is_exact* is false when counting stopped at the bound."""

    number: int
    is_exact: bool

    @classmethod
    def of(cls, counted: int) -> "Count":
        """What *counted*, the number of rows of a :func:`bounded` statement, says."""
        return cls(min(counted, MAX_COUNT), counted <= MAX_COUNT)

    def __str__(self) -> str:
        number: str = format_decimal(self.number)
        return number if self.is_exact else str(_("%(number)s+", number=number))


def searched(spec: ListSpec, state: ListState) -> Search:
    """How the rows that *state* searches for are found: one statement, none where nothing is searched for."""
    return search_for(spec.info, spec.searched, state.terms)


def read_rows(
    spec: ListSpec, state: ListState, user: Any, search: Search | None = None, session: Session | None = None
) -> Rows:
    """Read the page that *state* asks for, in one statement.

    :param session: by default the request's.
    """
    session = session or db.session()
    search = search or searched(spec, state)
    backward = state.position.backward if state.position else state.last
    names = _needed_columns(spec, state)
    base = _filtered(spec, state, user).with_only_columns(
        *(spec.info.selectable[name].attribute.expression.label(name) for name in names),
        maintain_column_froms=True,
    )
    # One row more tells whether there is a further page.
    position = settled(state.position, state.order, rows_of(spec.model_admin, user), spec.info)
    computed = any(column.compute for column in state.columns)
    shown = [column.name for column in state.columns]

    def read(statement: Select[Any]) -> Sequence[Any]:
        if not computed:
            return session.execute(statement).all()
        page = statement.subquery()
        return objects_on(
            spec.model_admin, user, page, state.order, shown, backward=backward, session=session
        )

    found = read_page(search, base, state.order, position, state.size + 1, read, backward=backward)
    more = len(found) > state.size
    found = found[: state.size][:: -1 if backward else 1]
    values: dict[str, Sequence[Any]] = {
        name: [getattr(obj, name) for obj in found] if computed else [row[place] for row in found]
        for place, name in enumerate(names)
    }
    there_is_before = more if backward else state.position is not None
    there_is_after = not state.last if backward else more
    with told(spec.model_admin):
        shown_values = [
            [column.compute(obj) for obj in found] if column.compute else values[column.name]
            for column in state.columns
        ]
    return Rows(
        keys=list(zip(*(values[column.name] for column in spec.info.key), strict=True)),
        values=shown_values,
        before=_cursor(spec, state, values, 0) if found and there_is_before else None,
        after=_cursor(spec, state, values, -1) if found and there_is_after else None,
    )


def count_rows(spec: ListSpec, state: ListState, user: Any, search: Search | None = None) -> Count:
    """Count what matches, but never beyond :data:`MAX_COUNT`."""
    search = search or searched(spec, state)
    base = _filtered(spec, state, user)
    if search.counted is not None and base.whereclause is None and len(base.get_final_froms()) == 1:
        return Count.of(search.counted)
    rows = bounded(base.where(*search.conditions))
    return Count.of(db.session.execute(select(func.count()).select_from(rows)).scalar_one())


def bounded(statement: Select[Any]) -> Subquery:
    """The rows of *statement* to be counted, and no more of them than it takes to know that there are too many."""
    rows = statement.with_only_columns(literal(1), maintain_column_froms=True)
    return rows.order_by(None).limit(MAX_COUNT + 1).subquery()


def narrowed(spec: ListSpec, state: ListState, user: Any) -> Select[Any]:
    """The rows that exist for *user*, narrowed by search and filters; no order, no limit."""
    return _filtered(spec, state, user).where(*searched(spec, state).conditions)


def _filtered(spec: ListSpec, state: ListState, user: Any) -> Select[Any]:
    """The same without the search."""
    statement = rows_of(spec.model_admin, user)
    conditions = [condition.condition() for condition in state.filters]
    return statement.where(and_(*conditions)) if conditions else statement


def _needed_columns(spec: ListSpec, state: ListState) -> list[str]:
    shown = [column.name for column in state.columns if column.column is not None]
    key = [column.name for column in spec.info.key]
    return list(dict.fromkeys([*shown, *key, *(sort_key.column.name for sort_key in state.order)]))


def _cursor(spec: ListSpec, state: ListState, values: Mapping[str, Sequence[Any]], row: int) -> str:
    key = [values[column.name][row] for column in spec.info.key]
    return make_cursor(state.order, [values[key.column.name][row] for key in state.order], key)
