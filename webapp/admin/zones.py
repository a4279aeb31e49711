"""Moments as a person reads them: in their own zone, and near ones relative to now."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import dates as babel_dates
from flask_babel import get_timezone
from markupsafe import escape

from webapp.database import now
from webapp.running import running
from webapp.texts import language

# Beyond this a date is told by itself; "9 weeks ago" says less than the day.
RELATIVE_FOR = timedelta(days=30)


def viewer_zone() -> tzinfo:
    """The zone of whoever looks. Flask-Babel gives one of pytz, with which datetime.combine() is minutes off."""
    kept = running().g
    zone: tzinfo | None = kept.get("_zone")
    if zone is None:
        zone = kept._zone = ZoneInfo(str(get_timezone()))
    return zone


def moment_formatter() -> Callable[[datetime], str]:
    """Shows a moment relative to now while it is near, else as a date; as `<time datetime>`, all of it in the title."""
    zone, moment_now, locale = viewer_zone(), now(), language().name

    def show_moment(value: datetime) -> str:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        local = to_zone(aware, zone)
        day, age = _day_text(local.date(), locale), moment_now - aware
        shown = _age_text(*_bucket(age), locale) if abs(age) < RELATIVE_FOR else day
        said = local.isoformat(timespec="seconds")
        clock = _with_seconds(local.hour, local.minute, locale) % local.second
        return f'<time datetime="{said}" title="{day} {clock} {local.tzname()}">{shown}</time>'

    return show_moment


def brief_moment_formatter(before: str, after: str) -> Callable[[datetime], str]:
    """The same in the fewest bytes and the least time, for lists: in the title stands what is missing in the text.

    :param before: what stands before ``title=``, *after* what stands after the text.
    """
    zone, moment_now, locale = viewer_zone(), now(), language().name
    oldest, newest = moment_now - RELATIVE_FOR, moment_now + RELATIVE_FOR
    # Many rows share their day.
    offsets: dict[date, tuple[timedelta | None, str | None]] = {}
    days: dict[date, str] = {}

    def show_moment(value: datetime) -> str:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        offset, name = _CHANGING
        if aware.tzinfo is UTC:
            utc_day = aware.date()
            offset, name = offsets.get(utc_day, _CHANGING)
            if offset is None:
                offset, name = offsets[utc_day] = _all_day(utc_day, zone)
        if offset is None:
            local = to_zone(aware, zone)
            name = local.tzname()
        else:
            local = aware + offset if offset else aware
        local_day = local.date()
        day = days.get(local_day)
        if day is None:
            day = days[local_day] = _day_text(local_day, locale)
        clock = _with_seconds(local.hour, local.minute, locale) % local.second
        if oldest < aware < newest:
            age = _age_text(*_bucket(moment_now - aware), locale)
            return f'{before} title="{day} {clock} {name}">{age}{after}'
        return f'{before} title="{clock} {name}">{day}{after}'

    return show_moment


_CHANGING: tuple[timedelta | None, str | None] = (None, None)


@lru_cache(maxsize=10_000)
def _all_day(day: date, zone: tzinfo) -> tuple[timedelta | None, str | None]:
    """How far *zone* is from UTC and what it is called all through *day*, one of UTC; nothing where that changes.

    To ask the zone for each of a list's moments took longer than all the rest of showing them.
    """
    if day.year in (date.min.year, date.max.year):
        return _CHANGING
    first, last = (datetime.combine(day, clock, UTC).astimezone(zone) for clock in (time.min, time.max))
    offset, name = first.utcoffset(), first.tzname()
    return (offset, name) if (offset, name) == (last.utcoffset(), last.tzname()) else _CHANGING


@lru_cache(maxsize=10_000)
def _day_text(day: date, locale: str) -> str:
    """A day as text; kept from page to page, because formatting two columns of them was a sixth of a list's time."""
    return str(escape(babel_dates.format_date(day, "medium", locale=locale)))


@lru_cache(maxsize=10_000)
def _with_seconds(hour: int, minute: int, locale: str) -> str:
    """A time of day as text, kept as days are, with a place for the seconds: with them there would be too many to keep.

    Its blanks are plain ones, because in a tooltip no line breaks.
    """
    first, last = (
        str(escape(babel_dates.format_time(time(hour, minute, second), "medium", locale=locale)))
        for second in (1, 58)
    )
    # They differ in the seconds alone, and there from the first digit on.
    place = next(place for place, letters in enumerate(zip(first, last, strict=False)) if len({*letters}) > 1)
    digits = "%02d" if len(first) == len(last) else "%d"
    before, after = last[:place].replace("%", "%%"), last[place + 2 :].replace("%", "%%")
    return f"{before}{digits}{after}".replace("\u202f", " ")


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
