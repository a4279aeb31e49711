"""A column that a list can be narrowed by: what a value beside an operator means, and its condition in SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, inspect

from webapp.admin.editing.moments import parse_duration
from webapp.admin.info import ColumnInfo
from webapp.admin.listing.filters.comparisons import Comparison, comparison_of
from webapp.admin.listing.filters.operators import CALENDAR, OPERATORS
from webapp.admin.listing.filters.periods import (
    TODAY,
    Span,
    last_days,
    parse_calendar,
    parse_day,
    span_of,
)
from webapp.admin.search import contains, starts_with
from webapp.admin.texts import duration_text
from webapp.admin.values import parse_value
from webapp.admin.zones import to_zone, viewer_zone
from webapp.column_types import FoldedString, fold
from webapp.texts import gettext as _

#: What an address writes for the person who looks, so that a bookmark is everybody's.
ME = "me"
EXAMPLE = timedelta(days=3, hours=4, minutes=5)

# What looks into a text compares with a pattern, whose form depends on the text.
_SOUGHT: Mapping[str, Callable[[ColumnInfo, str], ColumnElement[bool]]] = {
    "contains": contains,
    "startswith": starts_with,
}


@dataclass(frozen=True)
class FilterableColumn:
    """A column in ``list_filter``, for one person.

    :ivar operators: those that an address may use, with the word of each.
    :ivar own_key: what the column holds where it says "me"; ``None`` in a column that holds nobody's key.
    :ivar in_panel: whether the panel asks for it.
    """

    column: ColumnInfo
    operators: Mapping[str, Any]
    own_key: Any = None
    in_panel: bool = True

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def label(self) -> Any:
        return self.column.label

    def split(self, text: str) -> list[str]:
        return text.split(",")

    def read(self, operator: str, text: str) -> Any:
        """What *text* means beside *operator*: a value of the column, or a :class:`.Span` of them.

        :raises ValueError: with a sentence for the person.
        """
        if text == ME and self.own_key is not None and operator in ("eq", "ne", "in"):
            return self.own_key
        return read_value(self.column, text, operator)

    def comparison(self, operator: str, value: Any) -> Comparison | None:
        return comparison_of(self.column, operator, value)

    def condition(self, operator: str, value: Any) -> ColumnElement[bool]:
        compared = self.comparison(operator, value)
        return _SOUGHT[operator](self.column, value) if compared is None else compared.condition()


def filterable_column(column: ColumnInfo, person: Any) -> FilterableColumn:
    return FilterableColumn(column, OPERATORS[column.kind], own_key=_own_key(column, person))


def _own_key(column: ColumnInfo, person: Any) -> Any:
    """The key of *person*, where *column* is it or points to it."""
    people: Any = type(person)
    name = _name_of_key(column, people)
    return None if name is None else getattr(person, name)


@lru_cache(maxsize=1_000)
def _name_of_key(column: ColumnInfo, people: Any) -> str | None:
    """What the key of *people* is called, where *column* is it or points to it."""
    mapper: Any = inspect(people, raiseerr=False)
    if mapper is None or len(mapper.primary_key) != 1:
        return None
    [key] = mapper.primary_key
    points_to = {foreign.column for foreign in getattr(column.column, "foreign_keys", ())}
    is_one = column.column is key or key in points_to
    return str(mapper.get_property_by_column(key).key) if is_one else None


def read_value(column: ColumnInfo, text: str, operator: str = "eq") -> Any:
    """What *text* means beside *operator*: of a date-time column a :class:`.Span`, else a value of the column.

    :raises ValueError: with a sentence for the person.
    """
    if operator in CALENDAR:
        return parse_calendar(operator, text)
    try:
        return _read(column, operator, text)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            _("“%(column)s” takes %(what)s here.", column=column.label, what=_expected(column, operator))
        ) from error


def _read(column: ColumnInfo, operator: str, text: str) -> Any:
    if operator == "isnull":
        return parse_value("boolean", text)
    if operator == "last":
        return last_days(column, text)
    if column.kind == "datetime":
        return _moment(text) if len(text) > len("2026-11-22") else _day(column, text)
    if column.kind == "date" and text == TODAY:
        return parse_day(text)
    if column.kind == "interval":
        return _length(column, text)
    if column.kind == "time":
        return _clock(column, text)
    is_whole = operator in ("eq", "ne", "in")
    if column.kind == "text" and column.choices and is_whole and text not in dict(column.choices):
        raise ValueError(text)
    value = column.parse(text)
    return fold(value) if is_whole and isinstance(column.column.type, FoldedString) else value


def _day(column: ColumnInfo, text: str) -> Span:
    day = parse_day(text)
    return span_of(column, day, day)


def _moment(text: str) -> Span:
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=viewer_zone())
    return Span(to_zone(aware, UTC), to_zone(aware, UTC))


def _length(column: ColumnInfo, text: str) -> Any:
    value = parse_duration(text)
    column.check(value)
    return value


def _clock(column: ColumnInfo, text: str) -> Any:
    value = column.parse(text)
    if value.tzinfo is not None:
        # Without a day nobody can tell what time that is here.
        raise ValueError(text)
    return value


def _expected(column: ColumnInfo, operator: str) -> str:
    if operator == "isnull" or column.kind == "boolean":
        return str(_("true or false"))
    if operator == "last":
        return str(_("a number of days"))
    expected: dict[str, str] = {
        "integer": _("a whole number"),
        "decimal": _("a number"),
        "number": _("a number"),
        "date": _("a date such as 2026-11-22"),
        "datetime": _("a date such as 2026-11-22"),
        "time": _("a time such as 18:30"),
        "interval": _("a length of time such as %(example)s", example=duration_text(EXAMPLE)),
        "uuid": _("a UUID"),
    }
    return expected.get(column.kind) or str(_("one of its own values"))
