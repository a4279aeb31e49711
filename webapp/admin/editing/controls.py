"""Our own form fields. What comes back as the page showed it keeps what no control of a browser can show.

A browser's date-time has milliseconds, its text field no line breaks and no null, and its text area sends CRLF. So a
form that is saved as it was opened would otherwise change what nobody touched.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _
from wtforms import (
    DateField,
    DateTimeLocalField,
    Field,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.utils import unset_value

from webapp.admin.display import to_zone, viewer_zone

# More digits than any column takes; the range of the column itself is a matter of its validator.
MAX_DIGITS = 100


class Untouched(Field):
    """A field whose value stays as it is in the object when its text comes back as it was shown."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        shown = self.shown(self.data)
        super().process(formdata, data, extra_filters)
        if self.raw_data and _same_lines(str(self.raw_data[0]), shown):
            self.data = self.object_data
            self.process_errors = []

    def shown(self, value: Any) -> str:
        """The text of *value* in the control."""
        return "" if value is None else str(value)


def _same_lines(sent: str, shown: str) -> bool:
    return re.sub(r"\r\n?", "\n", sent) == re.sub(r"\r\n?", "\n", shown)


class LineField(Untouched, StringField):
    """Text in one line: a browser drops the line breaks that are there already."""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.shown(self.data)

    def shown(self, value: Any) -> str:
        return re.sub(r"[\r\n]", "", super().shown(value))


class LinesField(Untouched, TextAreaField):
    """Text of many lines, kept with plain line breaks."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([re.sub(r"\r\n?", "\n", value) for value in valuelist])


class WholeNumberField(IntegerField):
    """A whole number in plain digits: Python would also take ``1_000`` and the digits of other scripts."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text, self.data = valuelist[0].strip(), None
        if text:
            if not re.fullmatch(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}", text):
                raise ValueError(_("Write a whole number in digits."))
            self.data = int(text)


class DayField(DateField):
    """A date; also of the first thousand years, which the C library writes with fewer digits."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text, self.data = valuelist[0].strip(), None
        try:
            self.data = date.fromisoformat(text) if text else None
        except ValueError as error:
            raise ValueError(_("Write a date such as 2026-11-22.")) from error


class UtcField(Untouched, DateTimeLocalField):
    """A moment, asked for and shown in the person's zone, kept in UTC to the microsecond.

    :param is_naive: the column keeps moments without a zone; they are in UTC.
    """

    def __init__(
        self, label: Any = None, validators: Any = None, *, is_naive: bool = False, **options: Any
    ) -> None:
        # A browser steps from full minute to full minute and would refuse the seconds that are there.
        super().__init__(label, validators, render_kw={"step": "any"}, **options)
        self.is_naive = is_naive

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.shown(self.data)

    def shown(self, value: datetime | None) -> str:
        if value is None:
            return ""
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        local = to_zone(aware, viewer_zone()).replace(tzinfo=None)
        return local.isoformat(timespec="milliseconds" if local.microsecond else "auto")

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text, self.data = valuelist[0].strip(), None
        if not text:
            return
        try:
            local = datetime.fromisoformat(text)
            zone = local.tzinfo or viewer_zone()
            moment = local.replace(tzinfo=zone).astimezone(UTC)
            back = moment.astimezone(zone).replace(tzinfo=None)
        except (ValueError, OverflowError) as error:
            raise ValueError(_("Write a date and a time such as 2026-11-22 18:30.")) from error
        if back != local.replace(tzinfo=None):
            raise ValueError(_("There is no such time on that day: the clocks are put forward then."))
        self.data = moment.replace(tzinfo=None) if self.is_naive else moment


class ChoiceField(SelectField):
    """One of the column's choices.

    A value that is none of them any more is offered as well, so that it is not changed by saving something else; and
    where there is no value yet, none is chosen for the person.
    """

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        choices: list[Any] = [*(self.choices or ())]
        if not any(self.coerce(offered.value) == self.data for offered in choices):
            is_given = self.data not in (None, "")
            self.choices = [*choices, choice(self.data)] if is_given else [choice(""), *choices]


def choice(value: Any, text: Any = None) -> Any:
    """One line of a select."""
    return SelectChoice(str(value), str(value if text is None else text))


class TruthField(SelectField):
    """Yes, no, or not known: a box to tick has two states only."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        choices: Any = [choice("", _("Not known")), choice("true", _("Yes")), choice("false", _("No"))]
        super().__init__(label, validators, choices=choices, coerce=_truth, **options)


def _truth(value: Any) -> bool | None:
    known: dict[Any, bool | None] = {"": None, "true": True, "false": False, True: True, False: False}
    if value not in known:
        raise ValueError(value)
    return known[value]


def within(low: int, high: int) -> Callable[[Any, Any], None]:
    """A validator for a number from *low* to *high*, which is what the column's type holds."""

    def check(form: Any, field: Any) -> None:
        if field.data is not None and not low <= field.data <= high:
            raise ValidationError(_("Write a number from %(low)d to %(high)d.", low=low, high=high))

    return check
