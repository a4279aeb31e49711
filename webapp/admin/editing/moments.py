"""Fields for dates, times of day, lengths of time, and moments in the person's zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from wtforms import DateField
from wtforms.fields import DateTimeLocalField

from webapp.admin.editing.controls import TypedField, Untouched
from webapp.admin.editing.tags import ClockBox, DayBox, MomentBox
from webapp.admin.texts import duration_text
from webapp.admin.zones import to_zone, viewer_zone
from webapp.texts import gettext as _

# Python reads more: "2026-W47-7", "20261122", and parts of a second of which it drops all beyond the sixth digit.
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,6})?)?"
_OFFSET = "Z|[+-][0-9]{2}:[0-9]{2}"

# SQLite and MariaDB keep a length of time as a moment that is so far from this one, which bounds it.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = datetime.max.replace(tzinfo=UTC) - _EPOCH
SHORTEST = datetime.min.replace(tzinfo=UTC) - _EPOCH


class DayField(Untouched, DateField):
    """A date; also of the first thousand years, which the C library writes with fewer digits."""

    widget = DayBox()

    def shown(self, value: Any) -> str:
        return value.isoformat() if isinstance(value, date) else super().shown(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text, self.data = valuelist[0].strip(), None
        if not text:
            return
        try:
            self.data = date.fromisoformat(_if_it_is(_DAY, text))
        except ValueError as error:
            raise ValueError(_("Write a date such as 2026-11-22.")) from error


class ClockField(TypedField):
    """A time of day to the microsecond.

    :param has_zone: the column keeps times with a zone. They are asked for and shown in UTC: PostgreSQL alone keeps
        another zone, and without a day nobody can tell what time that is here.
    """

    kind = "time"
    widget = ClockBox()

    def __init__(
        self, label: Any = None, validators: Any = None, *, has_zone: bool = False, **options: Any
    ) -> None:
        super().__init__(label, validators, render_kw={"step": "any"}, **options)
        self.has_zone = has_zone

    def shown(self, value: Any) -> str:
        if not isinstance(value, time):
            return super().shown(value)
        plain = _to_utc(value)
        return plain.isoformat(timespec="milliseconds" if plain.microsecond else "auto")

    def read(self, text: str) -> time:
        pattern = f"{_CLOCK}(?:{_OFFSET})?" if self.has_zone else _CLOCK
        try:
            plain = _to_utc(time.fromisoformat(_if_it_is(pattern, text).replace(",", ".")))
        except ValueError as error:
            raise ValueError(_("Write a time such as 18:30 or 18:30:15.")) from error
        return plain.replace(tzinfo=getattr(self.object_data, "tzinfo", None) and UTC)


def _to_utc(value: time) -> time:
    """*value* in UTC, without a zone."""
    offset = value.utcoffset() or timedelta()
    return (datetime.combine(date(2000, 1, 2), value.replace(tzinfo=None)) - offset).time()


class DurationField(TypedField):
    """A length of time, typed as "3 days 04:05:06.5" or "90 minutes"; each part may have a sign of its own."""

    kind = "interval"

    def shown(self, value: Any) -> str:
        return duration_text(value) if isinstance(value, timedelta) else super().shown(value)

    def read(self, text: str) -> timedelta:
        try:
            value = parse_duration(text)
        except (ValueError, OverflowError) as error:
            raise ValueError(_("Write a length of time such as %(example)s.", example=_example())) from error
        if not SHORTEST <= value <= LONGEST:
            raise ValueError(
                _(
                    "Write a length of time from %(first)s to %(last)s.",
                    first=duration_text(SHORTEST),
                    last=duration_text(LONGEST),
                )
            )
        return value


def _example() -> str:
    return duration_text(timedelta(days=3, hours=4, minutes=5, seconds=6, milliseconds=500))


def parse_duration(text: str) -> timedelta:
    """Read a length of time: numbers with their units, and at most one hh:mm[:ss[.ffffff]].

    :raises ValueError: when it is none. :raises OverflowError: when it is longer than Python counts.
    """
    total, rest, is_clock_taken = timedelta(), text.strip(), False
    if not rest:
        raise ValueError(text)
    while rest:
        if (clock := _CLOCK_PART.match(rest)) and not is_clock_taken:
            is_clock_taken = True
            part = timedelta(
                hours=int(clock["hours"]),
                minutes=int(clock["minutes"]),
                seconds=int(clock["seconds"] or 0),
                microseconds=_micros(clock["micros"]),
            )
            found: re.Match[str] = clock
        elif counted := _COUNTED_PART.match(rest):
            part, found = _counted(counted), counted
        else:
            raise ValueError(text)
        total += -part if found["sign"] == "-" else part
        rest = rest[found.end() :]
    return total


_CLOCK_PART = re.compile(
    r"(?P<sign>[+-]?)(?P<hours>[0-9]{1,9}):(?P<minutes>[0-5][0-9])"
    r"(?::(?P<seconds>[0-5][0-9])(?:[.,](?P<micros>[0-9]{1,6}))?)?(?:\s*,\s*|\s+|$)"
)
_COUNTED_PART = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<count>[0-9]{1,15})(?:[.,](?P<micros>[0-9]{1,6}))?\s*(?P<unit>[^\W\d_]+)(?:\s*,\s*|\s+|$)"
)


def _counted(found: re.Match[str]) -> timedelta:
    unit, count = _units().get(found["unit"].casefold()), int(found["count"])
    if unit is None or (found["micros"] and unit != "seconds"):
        raise ValueError(found[0])
    if unit == "seconds":
        return timedelta(seconds=count, microseconds=_micros(found["micros"]))
    return timedelta(**{unit: count})


def _units() -> dict[str, str]:
    """The words for units, in English and in the person's language."""
    words = {
        "weeks": ("w", "week", "weeks", _("week"), _("weeks")),
        "days": ("d", "day", "days", _("day"), _("days")),
        "hours": ("h", "hour", "hours", _("hour"), _("hours")),
        "minutes": ("m", "min", "minute", "minutes", _("minute"), _("minutes")),
        "seconds": ("s", "sec", "second", "seconds", _("second"), _("seconds")),
    }
    return {str(name).casefold(): unit for unit, names in words.items() for name in names}


def _micros(digits: str | None) -> int:
    return int((digits or "0").ljust(6, "0"))


class UtcField(Untouched, DateTimeLocalField):
    """A moment, asked for and shown in the person's zone, kept in UTC to the microsecond.

    :param is_naive: the column keeps moments without a zone; they are in UTC.
    """

    widget = MomentBox()

    def __init__(
        self, label: Any = None, validators: Any = None, *, is_naive: bool = False, **options: Any
    ) -> None:
        # A browser steps from full minute to full minute and would refuse the seconds that are there.
        super().__init__(label, validators, render_kw={"step": "any"}, **options)
        self.is_naive = is_naive

    def shown(self, value: datetime | None) -> str:
        if not isinstance(value, datetime):
            return super().shown(value)
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        local = to_zone(aware, viewer_zone()).replace(tzinfo=None)
        # As short as can be, as a browser writes it (HTML, valid normalized local date and time): else what nobody
        # has touched comes back as another text.
        return local.isoformat(timespec="milliseconds").rstrip("0").rstrip(".").removesuffix(":00")

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text, self.data = valuelist[0].strip(), None
        if not text:
            return
        try:
            written = _if_it_is(f"{_DAY}[T ]{_CLOCK}(?:{_OFFSET})?", text)
            local = datetime.fromisoformat(written.replace(",", "."))
            zone = local.tzinfo or viewer_zone()
            moment = local.replace(tzinfo=zone).astimezone(UTC)
            back = moment.astimezone(zone).replace(tzinfo=None)
        except (ValueError, OverflowError) as error:
            raise ValueError(_("Write a date and a time such as 2026-11-22 18:30.")) from error
        if back != local.replace(tzinfo=None):
            raise ValueError(_("There is no such time on that day: the clocks are put forward then."))
        # SQLite and MariaDB give a moment back without its zone where the column's type is SQLAlchemy's own.
        stored: Any = self.object_data
        is_naive = self.is_naive or (isinstance(stored, datetime) and stored.tzinfo is None)
        self.data = moment.replace(tzinfo=None) if is_naive else moment


def _if_it_is(pattern: str, text: str) -> str:
    if not re.fullmatch(pattern, text):
        raise ValueError(text)
    return text
