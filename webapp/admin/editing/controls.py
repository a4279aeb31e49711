"""What our own form fields have in common, and those for text and choices.

What comes back as the page showed it keeps what no control of a browser can show. A browser's date-time has
milliseconds, its text field no line breaks and no null, and its text area sends CRLF; so a form that is saved as it
was opened would otherwise change what nobody touched.
"""

import re
from collections.abc import Callable
from typing import Any

from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.utils import unset_value

from webapp.admin.editing.tags import TextBox
from webapp.admin.unreadable import Unreadable
from webapp.admin.values import format_value
from webapp.texts import gettext as _


class Untouched(Field):
    """A field whose value stays as it is in the object when its text comes back as it was shown."""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(None, data, extra_filters)
        if formdata is None:
            return
        shown = self.shown(self.data)
        super().process(formdata, data, extra_filters)
        if self.raw_data and _same_lines(str(self.raw_data[0]), shown):
            self.data = self.object_data
            self.process_errors = []

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.shown(self.data)

    def shown(self, value: Any) -> str:
        """The text of *value* in the control."""
        return "" if value is None else str(value)


def _same_lines(sent: str, shown: str) -> bool:
    return re.sub(r"\r\n?", "\n", sent) == re.sub(r"\r\n?", "\n", shown)


class TypedField(Untouched, StringField):
    """A value of some kind that is typed as text in one line."""

    widget: Any = TextBox()

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            text, self.data = valuelist[0].strip(), None
            if text:
                self.data = self.read(text)

    def read(self, text: str) -> Any:
        """The value that *text* stands for.

        :raises ValueError: with a sentence for the person.
        """
        return text


class LineField(Untouched, StringField):
    """Text in one line: a browser drops the line breaks that are there already."""

    def shown(self, value: Any) -> str:
        return re.sub(r"[\r\n]", "", super().shown(value))

    def is_shown_as(self, value: str, sent: str) -> bool:
        """Whether the control, from which *sent* came, shows of *value* all but blanks around it."""
        return sent.strip() == value.strip() and self.shown(value) == value


class AddressField(LineField):
    """An e-mail or web address: a browser drops the blanks around it as well."""

    def shown(self, value: Any) -> str:
        return super().shown(value).strip()

    def is_shown_as(self, value: str, sent: str) -> bool:
        # With blanks it is no address.
        return False


class PaddedField(LineField):
    """Text of a fixed length: PostgreSQL gives it back filled up with blanks, which nobody has typed."""

    def shown(self, value: Any) -> str:
        return super().shown(value).rstrip(" ")


class LinesField(Untouched, TextAreaField):
    """Text of many lines, kept with plain line breaks."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata([re.sub(r"\r\n?", "\n", value) for value in valuelist])

    def is_shown_as(self, value: str, sent: str) -> bool:
        """Whether the control, from which *sent* came, shows of *value* all but the kind of its line breaks."""
        return _same_lines(sent, self.shown(value))


class ChoiceField(SelectField):
    """One of the column's choices.

    A value that is none of them any more is offered as well, so that it is not changed by saving something else; and
    where there is no value yet, none is chosen for the person.
    """

    def __init__(
        self, label: Any = None, validators: Any = None, *, coerce: Callable[[Any], Any], **options: Any
    ) -> None:
        def coerce_or_keep(value: Any) -> Any:
            kept = self.object_data
            return kept if isinstance(kept, Unreadable) and value == kept else coerce(value)

        super().__init__(label, validators, coerce=coerce_or_keep, **options)

    def process_data(self, value: Any) -> None:
        super().process_data(value)
        choices: list[Any] = [*(self.choices or ())]
        if not any(self.coerce(offered.value) == self.data for offered in choices):
            is_given = self.data is not None and self.data != ""
            self.choices = [*choices, choice(self.data)] if is_given else [choice(""), *choices]


def choice(value: Any, text: Any = None, **attributes: str) -> Any:
    """One line of a select."""
    written = format_value(value)
    return SelectChoice(written, written if text is None else str(text), attributes)


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
