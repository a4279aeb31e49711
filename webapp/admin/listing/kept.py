"""Statements of lists that are made once: to make one costs a third of what it costs to ask it.

Kept is what depends on the declaration and on the kinds of filters alone; what these compare with, and where a page
begins, is given as values when the statement is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, select

from webapp.admin.cursors import OfRow, settled
from webapp.admin.indexed import is_one_of, placeholder_of_numbers
from webapp.admin.info import ColumnInfo, ModelInfo
from webapp.admin.listing.filters.comparisons import Comparison
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.loading import shows_everything
from webapp.admin.matching import Search
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import Position, SortKey, page_statement
from webapp.plans import SETTLED

# With more values a filter is seldom asked twice, and each number of them makes a statement of its own.
MOST_VALUES = 8

# The name of the numbers that a search has found.
_FOUND = "found"

#: Of each filter how the conditions of its values are joined, and these with names in the place of values.
Shape = tuple[tuple[Callable[..., ColumnElement[bool]], tuple[Comparison, ...]], ...]


@dataclass(frozen=True)
class Narrowed:
    """The filters of a list. :ivar shape: without what they compare with, *values* that by name."""

    shape: Shape
    values: dict[str, Any]


def narrowed_by_values(spec: ListSpec, state: ListState) -> Narrowed | None:
    """The filters of *state*, where they and the declaration alone say which rows the list has, the same for everybody;
    ``None`` where there is a search, a query or a condition of the developer's own besides."""
    return None if state.terms else _filters_by_values(spec, state)


def _filters_by_values(spec: ListSpec, state: ListState) -> Narrowed | None:
    """The same without a look at the search."""
    is_short = all(len(filter_.values) <= MOST_VALUES for filter_ in state.filters)
    if not is_short or not shows_everything(spec.model_admin):
        return None
    values: dict[str, Any] = {}
    shape = []
    for filter_ in state.filters:
        compared = []
        for value in filter_.values:
            comparison = filter_.subject.comparison(filter_.operator, value)
            if comparison is None:
                return None
            names = tuple(f"given{len(values) + place}" for place in range(len(comparison.values)))
            values.update(zip(names, comparison.values, strict=True))
            compared.append(replace(comparison, values=names))
        shape.append((filter_.join, tuple(compared)))
    return Narrowed(tuple(shape), values)


@lru_cache(maxsize=1_000)
def rows_of_shape(model_admin: ModelAdmin, shape: Shape) -> Select[Any]:
    """All rows that the filters leave, in no order."""
    conditions = [
        join(*(one.condition(one.column.placeholder) for one in compared)) for join, compared in shape
    ]
    rows: Select[Any] = select(model_admin.model)
    return rows.where(and_(*conditions)) if conditions else rows


def kept_page(
    spec: ListSpec, state: ListState, names: Sequence[str], search: Search
) -> tuple[Select[Any], dict[str, Any]] | None:
    """The statement for the page of *names* that *state* asks for, and its values; ``None`` where it is made anew.

    :param search: of which one is kept too where it has found few rows, whatever it looked for.
    """
    is_known = not state.terms or bool(search.numbers)
    narrowed = _filters_by_values(spec, state) if is_known else None
    if narrowed is None:
        return None
    found = {_FOUND: search.numbers} if search.numbers else {}
    begins, places = _named(state.position)
    statement = _page_of_shape(
        spec.model_admin,
        narrowed.shape,
        tuple(names),
        state.order,
        begins,
        state.size + 1,
        backward=state.last,
        is_found=bool(found),
    )
    return statement, {**narrowed.values, **found, **places}


def _named(position: Position | None) -> tuple[Position | None, dict[str, Any]]:
    """*position* with names in the place of its values, and these by name; what is empty stays so."""
    if position is None:
        return None, {}
    values: dict[str, Any] = {}

    def name(value: Any) -> Any:
        if isinstance(value, OfRow):
            return replace(value, key=tuple(map(name, value.key)), value=name(value.value))
        if value is None:
            return None
        known = f"place{len(values)}"
        values[known] = value
        return known

    return replace(position, values=tuple(map(name, position.values))), values


@lru_cache(maxsize=1_000)
def _page_of_shape(
    model_admin: ModelAdmin,
    shape: Shape,
    names: Sequence[str],
    order: Sequence[SortKey],
    begins: Position | None,
    limit: int,
    *,
    backward: bool,
    is_found: bool,
) -> Select[Any]:
    """:param begins: the position, :func:`_named`.
    :param is_found: only rows that a search has found, whose numbers are given.
    """
    info = model_admin.info
    if begins is not None:
        keys = zip(order, begins.values, strict=False)
        given = tuple(_placeholders(key.column, value, info) for key, value in keys)
        # Kept is a list of all rows only, so these are the rows that a person may see.
        begins = settled(replace(begins, values=given), order, lambda: select(model_admin.model), info)
    rows = only(rows_of_shape(model_admin, shape), info, names)
    if is_found:
        rows = rows.where(is_one_of(info, placeholder_of_numbers(info, _FOUND)))
    page = page_statement(rows, order, begins, limit, backward=backward)
    # What is compared with is planned for its value, be it of a filter or of where a page begins: without either the
    # order alone says how the page is met.
    return page if shape or begins else page.execution_options(**SETTLED)


def _placeholders(column: ColumnInfo, named: Any, info: ModelInfo) -> Any:
    """What is given under the names in *named*, a value of :func:`_named`, as SQL to compare *column* with."""
    if isinstance(named, OfRow):
        key = tuple(part.placeholder(name) for part, name in zip(info.key, named.key, strict=True))
        return replace(named, key=key, value=_placeholders(column, named.value, info))
    return None if named is None else column.placeholder(named)


def only(rows: Select[Any], info: ModelInfo, names: Sequence[str]) -> Select[Any]:
    """*rows* with the columns *names* alone."""
    columns = (info.selectable[name].attribute.expression.label(name) for name in names)
    return rows.with_only_columns(*columns, maintain_column_froms=True)
