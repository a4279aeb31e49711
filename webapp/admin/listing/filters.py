"""What a list can be narrowed by: for each kind of column its operators, and what a value means.

A filter is a column and an operator from this table, declared in ``list_filter``; whatever else an address asks
for is refused, so a list is no oracle for columns it does not show (CVE-2022-31177).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_

from webapp.admin.info import ColumnInfo
from webapp.admin.search import contains, starts_with, stored_text
from webapp.admin.values import parse_value
from webapp.admin.zones import to_zone, viewer_zone
from webapp.column_types import FoldedString, fold

MAX_VALUES = 100
# Parameters of the list itself; a column that bears one of these names is addressed with its operator.
FORMAT = "format"
# The files that a list can be had as, with what to call each.
EXPORT_FORMATS = {"csv": "CSV", "json": "JSON", "ndjson": "NDJSON"}
OWN_PARAMETERS = frozenset(
    {"q", "sort", "size", "after", "before", "last", "from", "columns", "view", FORMAT}
)

_ORDER = {"gt": _l("after"), "gte": _l("from"), "lt": _l("before"), "lte": _l("until")}
_SIZE = {"gt": _l("over"), "gte": _l("at least"), "lt": _l("under"), "lte": _l("at most")}
_SAME = {"eq": _l("is"), "ne": _l("is not")}
_EMPTY = {"isnull": _l("is empty")}

# The operators of each kind of column, with the word that a chip shows.
OPERATORS: Mapping[str, Mapping[str, Any]] = {
    "text": _SAME
    | {"contains": _l("contains"), "startswith": _l("starts with"), "in": _l("is one of")}
    | _EMPTY,
    "longtext": {"contains": _l("contains")} | _EMPTY,
    "boolean": _SAME | _EMPTY,
    "integer": _SAME | _SIZE | {"in": _l("is one of")} | _EMPTY,
    "decimal": _SAME | _SIZE | _EMPTY,
    "number": _SAME | _SIZE | _EMPTY,
    "date": _SAME | _ORDER | _EMPTY,
    "datetime": _SAME | _ORDER | _EMPTY,
    "enum": _SAME | {"in": _l("is one of")} | _EMPTY,
    "uuid": _SAME | _EMPTY,
}


class Span(NamedTuple):
    """A range of moments, both ends in it: what a day stands for."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class Filter:
    """One narrowing of a list: a column, an operator, and values of which one must hold.

    :ivar texts: the values as the address gave them, *values* what they mean.
    """

    column: ColumnInfo
    operator: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]

    @property
    def parameter(self) -> str:
        return parameter_of(self.column, self.operator)

    def condition(self) -> ColumnElement[bool]:
        """The condition in SQL: any of the values; none of them for "is not"."""
        conditions = [_CONDITIONS[self.operator](self.column, value) for value in self.values]
        return and_(*conditions) if self.operator == "ne" else or_(*conditions)


def parameter_of(column: ColumnInfo, operator: str) -> str:
    """The one name of this filter in an address."""
    short = operator == "eq" and column.name not in OWN_PARAMETERS
    return column.name if short else f"{column.name}__{operator}"


def parse_filter(column: ColumnInfo, operator: str, texts: tuple[str, ...]) -> Filter:
    """Read a filter from an address.

    :raises ValueError: with a sentence for the person, when the operator or a value is none of the column's kind.
    """
    operators = OPERATORS.get(column.kind, {})
    if operator not in operators:
        raise ValueError(_("“%(column)s” cannot be filtered in this way.", column=column.label))
    if operator == "in":
        texts = tuple(part for text in texts for part in text.split(","))
    if len(texts) > MAX_VALUES:
        raise ValueError(_("At most %(count)d values at once.", count=MAX_VALUES))
    return Filter(column, operator, texts, tuple(read_value(column, text, operator) for text in texts))


def read_value(column: ColumnInfo, text: str, operator: str = "eq") -> Any:
    """What *text* means beside *operator*: of a date-time column a :class:`Span`, else a value of the column.

    :raises ValueError: with a sentence for the person.
    """
    try:
        return _read(column, operator, text)
    except ValueError as error:
        raise ValueError(
            _("“%(column)s” takes %(what)s here.", column=column.label, what=_expected(column, operator))
        ) from error


def _read(column: ColumnInfo, operator: str, text: str) -> Any:
    if operator == "isnull":
        return parse_value("boolean", text)
    if column.kind == "datetime":
        return _day(parse_value("date", text)) if len(text) == len("2026-11-22") else _moment(text)
    is_whole = operator in ("eq", "ne", "in")
    if column.kind == "text" and column.choices and is_whole and text not in dict(column.choices):
        raise ValueError(text)
    value = column.parse(text)
    return fold(value) if is_whole and isinstance(column.column.type, FoldedString) else value


def _day(day: date) -> Span:
    """A day in the viewer's zone, which may have 23 or 25 hours: it ends where the next one begins."""
    zone = viewer_zone()
    first = to_zone(datetime.combine(day, time.min, zone), UTC)
    if day == date.max:
        return Span(first, to_zone(datetime.combine(day, time.max, zone), UTC))
    next_day = to_zone(datetime.combine(day + timedelta(days=1), time.min, zone), UTC)
    return Span(first, next_day - timedelta(microseconds=1))


def _moment(text: str) -> Span:
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=viewer_zone())
    return Span(to_zone(aware, UTC), to_zone(aware, UTC))


def _expected(column: ColumnInfo, operator: str) -> str:
    if operator == "isnull" or column.kind == "boolean":
        return str(_("true or false"))
    expected: dict[str, str] = {
        "integer": _("a whole number"),
        "decimal": _("a number"),
        "number": _("a number"),
        "date": _("a date such as 2026-11-22"),
        "datetime": _("a date such as 2026-11-22"),
        "uuid": _("a UUID"),
    }
    return expected.get(column.kind) or str(_("one of its own values"))


# From a column and a value to SQL. A day stands for all its moments, so a date-time compares by its ends.


def _equal(column: ColumnInfo, value: Any) -> ColumnElement[bool]:
    expression = column.attribute.expression
    if isinstance(value, Span):
        return and_(expression >= column.bound(value.first), expression <= column.bound(value.last))
    return expression == column.bound(value)


def _different(column: ColumnInfo, value: Any) -> ColumnElement[bool]:
    expression = column.attribute.expression
    # NULL is different from any value too; SQL alone would leave those rows out.
    return or_(~_equal(column, value), expression.is_(None)) if column.nullable else ~_equal(column, value)


_CONDITIONS: Mapping[str, Callable[[ColumnInfo, Any], ColumnElement[bool]]] = {
    "eq": _equal,
    "ne": _different,
    "in": _equal,
    "contains": contains,
    "startswith": starts_with,
    "isnull": lambda column, value: _is_empty(column) if value else ~_is_empty(column),
    "gt": lambda column, value: column.attribute.expression > _last(column, value),
    "gte": lambda column, value: column.attribute.expression >= _first(column, value),
    "lt": lambda column, value: column.attribute.expression < _first(column, value),
    "lte": lambda column, value: column.attribute.expression <= _last(column, value),
}


def _first(column: ColumnInfo, value: Any) -> ColumnElement[Any]:
    return column.bound(value.first if isinstance(value, Span) else value)


def _last(column: ColumnInfo, value: Any) -> ColumnElement[Any]:
    return column.bound(value.last if isinstance(value, Span) else value)


def _is_empty(column: ColumnInfo) -> ColumnElement[bool]:
    expression = column.attribute.expression
    if column.kind in ("text", "longtext"):
        return or_(expression.is_(None), stored_text(column) == "")
    return expression.is_(None)
