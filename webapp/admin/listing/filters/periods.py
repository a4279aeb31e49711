"""Days, months and years in the viewer's zone, as the ranges of moments that an index is read by."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from webapp.admin.info import ColumnInfo
from webapp.admin.values import parse_value
from webapp.admin.zones import to_zone, viewer_zone
from webapp.database import now
from webapp.texts import gettext as _

#: What an address writes for the present day, so that a bookmark stays right.
TODAY = "today"
# A century: what is older is looked for by a date.
MAX_DAYS = 36_500


class Span(NamedTuple):
    """A range of moments, or of dates in a column of dates; both ends are in it."""

    first: Any
    last: Any


class Period(NamedTuple):
    """A year, a month of it, or a day of that."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def exists(self) -> bool:
        return not self.day or self.day <= monthrange(self.year, self.month or 1)[1]

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or monthrange(self.year, month)[1])


def today() -> date:
    """The day it is where the viewer is."""
    return to_zone(now(), viewer_zone()).date()


def parse_day(text: str) -> date:
    """Read a day: ISO, or the word for today.

    :raises ValueError: when it is none.
    """
    day: date = today() if text == TODAY else parse_value("date", text)
    return day


def parse_calendar(operator: str, text: str) -> int:
    """Read the number of a year, a month or a day.

    :raises ValueError: with a sentence for the person.
    """
    largest = {"year": 9999, "month": 12, "day": 31}[operator]
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= largest):
        raise ValueError(_("It takes a whole number from 1 to %(last)d.", last=largest))
    return int(text)


def last_days(column: ColumnInfo, text: str) -> Span:
    """So many days of which the present one is the last.

    :raises ValueError: when *text* is no number of days.
    """
    count = parse_value("integer", text)
    if not 1 <= count <= MAX_DAYS:
        raise ValueError(text)
    day = today()
    return span_of(column, day - timedelta(days=count - 1), day)


def span_of(column: ColumnInfo, first: date, last: date) -> Span:
    """From the beginning of *first* to the end of *last*, as *column* holds it."""
    if column.kind == "date":
        return Span(first, last)
    zone = viewer_zone()
    return Span(_beginning(first), _before(last) if last < date.max else _moment(last, time.max, zone))


def _beginning(day: date) -> datetime:
    return _moment(day, time.min, viewer_zone())


def _before(day: date) -> datetime:
    # A day may have 23 or 25 hours: it ends where the next one begins.
    return _beginning(day + timedelta(days=1)) - timedelta(microseconds=1)


def _moment(day: date, clock: time, zone: Any) -> datetime:
    return to_zone(datetime.combine(day, clock, zone), UTC)
