"""What a filter asks of a column: how it is compared, with which values, and the condition in SQL.

The two are kept apart, so that a list's statement can be made once for all values. A day stands for all its moments, so
a date-time compares by its ends.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from webapp.admin.info import ColumnInfo
from webapp.admin.listing.filters.operators import CALENDAR
from webapp.admin.listing.filters.periods import Span, span_of
from webapp.admin.search import stored_text
from webapp.admin.stored import has_spellings, shortest

Bound = Callable[[Any], ColumnElement[Any]]


@dataclass(frozen=True)
class Comparison:
    """A column beside values; the condition depends on nothing else.

    :ivar how: the name of one of the conditions below.
    """

    column: ColumnInfo
    how: str
    values: tuple[Any, ...] = ()

    def condition(self, bound: Bound | None = None) -> ColumnElement[bool]:
        """The condition in SQL. :param bound: what a value is there, by default itself as the database has it."""
        return _CONDITIONS[self.how](self.column, *map(bound or self.column.bound, self.values))


def comparison_of(column: ColumnInfo, operator: str, value: Any) -> Comparison | None:
    """What *operator* and *value* say of *column*; ``None`` where they look into a text."""
    if operator in ("contains", "startswith"):
        return None
    if operator == "isnull":
        return Comparison(column, "empty" if value else "filled")
    if operator == "between":
        first, last = value
        return Comparison(column, "within", (_first(first), _last(last)))
    if operator in ("gt", "gte", "lt", "lte"):
        end = _last(value) if operator in ("gt", "lte") else _first(value)
        return Comparison(column, operator, (end,))
    if operator in CALENDAR:
        value = span_of(column, value.first, value.last)
    if isinstance(value, Span):
        return Comparison(column, "not within" if operator == "ne" else "within", tuple(value))
    return Comparison(column, operator if operator in _CONDITIONS else "eq", (value,))


def _first(value: Any) -> Any:
    return value.first if isinstance(value, Span) else value


def _last(value: Any) -> Any:
    return value.last if isinstance(value, Span) else value


def _within(column: ColumnInfo, first: ColumnElement[Any], last: ColumnElement[Any]) -> ColumnElement[bool]:
    return and_(_at(column) >= shortest(first), _at(column) <= last)


def _equal(column: ColumnInfo, value: ColumnElement[Any]) -> ColumnElement[bool]:
    return _within(column, value, value) if has_spellings(value.type) else _at(column) == value


def _but(column: ColumnInfo, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # NULL is different from any value too; SQL alone would leave those rows out.
    return or_(~condition, _at(column).is_(None)) if column.nullable else ~condition


def _is_empty(column: ColumnInfo) -> ColumnElement[bool]:
    if column.kind in ("text", "longtext"):
        return or_(_at(column).is_(None), stored_text(column) == "")
    return _at(column).is_(None)


def _at(column: ColumnInfo) -> ColumnElement[Any]:
    expression: ColumnElement[Any] = column.attribute.expression
    return expression


_CONDITIONS: Mapping[str, Callable[..., ColumnElement[bool]]] = {
    "eq": _equal,
    "ne": lambda column, value: _but(column, _equal(column, value)),
    "within": _within,
    "not within": lambda column, first, last: _but(column, _within(column, first, last)),
    "gt": lambda column, value: _at(column) > value,
    "gte": lambda column, value: _at(column) >= shortest(value),
    "lt": lambda column, value: _at(column) < shortest(value),
    "lte": lambda column, value: _at(column) <= value,
    "empty": _is_empty,
    "filled": lambda column: ~_is_empty(column),
}
