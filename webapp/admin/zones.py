"""Moments as a person reads them: in their own zone, and near ones relative to now."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import dates as babel_dates
from flask_babel import get_locale, get_timezone
from markupsafe import escape

from webapp.database import now

# Beyond this a date is told by itself; "9 weeks ago" says less than the day.
RELATIVE_FOR = timedelta(days=30)


def viewer_zone() -> tzinfo:
    """The zone of whoever looks. Flask-Babel gives one of pytz, with which datetime.combine() is minutes off."""
    return ZoneInfo(str(get_timezone()))


def moment_formatter(*, for_machines: bool = False) -> Callable[[datetime], str]:
    """Shows a moment relative to now while it is near, else as a date; what is missing of it is in the title.

    :param for_machines: as `<time datetime>`, the title with all of it; in the cells of a list that would be a tenth of
        the page.
    """
    zone, moment_now, locale = viewer_zone(), now(), str(get_locale())

    def show_moment(value: datetime) -> str:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        local = to_zone(aware, zone)
        day = _day_text(local.date(), locale)
        age = moment_now - aware
        clock = f"{_clock_text(local.hour, local.minute, local.second, locale)} {local.tzname()}"
        is_near = -RELATIVE_FOR < age < RELATIVE_FOR
        shown = _age_text(*_bucket(age), locale) if is_near else day
        if for_machines:
            said = local.isoformat(timespec="seconds")
            return f'<time datetime="{said}" title="{day} {clock}">{shown}</time>'
        return (
            f'<span title="{day} {clock}">{shown}</span>'
            if is_near
            else f'<span title="{clock}">{day}</span>'
        )

    return show_moment


@lru_cache(maxsize=10_000)
def _day_text(day: date, locale: str) -> str:
    """A day as text; kept from page to page, because formatting two columns of them was a sixth of a list's time."""
    return str(escape(babel_dates.format_date(day, "medium", locale=locale)))


@lru_cache(maxsize=10_000)
def _clock_text(hour: int, minute: int, second: int, locale: str) -> str:
    """A time of day as text, kept as days are; with plain blanks, because in a tooltip no line breaks."""
    text = babel_dates.format_time(time(hour, minute, second), "medium", locale=locale)
    return str(escape(text.replace("\u202f", " ")))


@lru_cache(maxsize=10_000)
def _age_text(size: int, number: int, locale: str) -> str:
    """How long ago *number* times *size* seconds were, kept as days are; many rows share their "3 hours ago"."""
    age = timedelta(seconds=size * number)
    text = babel_dates.format_timedelta(-age, granularity="second", add_direction=True, locale=locale)
    return str(escape(text))


def to_zone(moment: datetime, zone: tzinfo) -> datetime:
    """*moment* in *zone*; within a day of the first or last moment there is, that one."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return datetime(1, 1, 1, tzinfo=zone) if moment.year == 1 else datetime.max.replace(tzinfo=zone)


def _bucket(age: timedelta) -> tuple[int, int]:
    seconds = int(age.total_seconds())
    for size in (86_400, 3_600, 60):
        if abs(seconds) >= size * 1.5:
            return size, round(seconds / size)
    # What is a moment ago is no "in 0 seconds".
    return 1, seconds or 1
