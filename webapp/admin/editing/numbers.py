"""Fields for numbers, written as the person's language writes them: 1234,50 in Portuguese.

A number is taken with or without its thousands apart, and with a point as well wherever that can mean one thing only.
What would have two meanings is refused with both of them: "1.234" in Portuguese.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from wtforms import IntegerField

from webapp.admin.editing.controls import TypedField, Untouched
from webapp.admin.editing.tags import NumberBox
from webapp.admin.texts import number_text
from webapp.texts import gettext as _
from webapp.texts import language

# More digits than any column takes; the range of the column itself is a matter of its validator.
MAX_DIGITS = 100
# Blanks that languages put between thousands, and the two apostrophes of Switzerland.
_SAME_MARKS = {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'"}
_PLAIN = re.compile(rf"([0-9]{{1,{MAX_DIGITS}}})(\.[0-9]{{1,{MAX_DIGITS}}})?|\.[0-9]{{1,{MAX_DIGITS}}}")


class WholeNumberField(Untouched, IntegerField):
    """A whole number in plain digits: Python would also take ``1_000`` and the digits of other scripts."""

    widget = NumberBox()

    def process_data(self, value: Any) -> None:
        # SQLite keeps text and fractions in such a column too; they are shown as they are.
        self.data = value

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        text, self.data = valuelist[0].strip(), None
        if text:
            if not re.fullmatch(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}", text):
                raise ValueError(_("Write a whole number in digits."))
            self.data = int(text)


class NumberField(TypedField):
    """A decimal number, exact: it never passes through binary fractions.

    :param make: what becomes of it, for a column that gives floats.
    """

    kind = "number"

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        make: Callable[[Decimal], Any] = Decimal,
        **options: Any,
    ) -> None:
        super().__init__(
            label, validators, render_kw={"inputmode": "decimal", "autocomplete": "off"}, **options
        )
        self.make = make

    def shown(self, value: Any) -> str:
        return "" if value is None else number_text(value)

    def read(self, text: str) -> Any:
        return self.make(parse_number(text))


class FloatField(NumberField):
    """A number with a floating point: written as the shortest text that gives the same one, also with an exponent."""

    def read(self, text: str) -> Any:
        mantissa, mark, exponent = text.partition("e" if "e" in text else "E")
        if mark and not re.fullmatch(r"[+-]?[0-9]{1,3}", exponent):
            raise ValueError(_("Write a number such as %(example)s.", example=number_text(Decimal("1234.5"))))
        value = float(f"{parse_number(mantissa):f}e{exponent or 0}")
        if not math.isfinite(value):
            raise ValueError(_("This number is too large."))
        return value


def parse_number(text: str) -> Decimal:
    """Read a decimal number as the person's language writes it, or with a point where that has one meaning only.

    :raises ValueError: with a sentence for the person.
    """
    text = "".join(_SAME_MARKS.get(character, character) for character in text.strip())
    sign, digits = ("-", text[1:]) if text[:1] in ("-", "\N{MINUS SIGN}") else ("", text.removeprefix("+"))
    readings = {reading for reading in (_as_plain(digits), _as_local(digits)) if reading is not None}
    if len(readings) > 1:
        first, second = (number_text(reading) for reading in sorted(readings))
        raise ValueError(
            _("This can be read as %(first)s or as %(second)s: write it so.", first=first, second=second)
        )
    if not readings:
        raise ValueError(_("Write a number such as %(example)s.", example=number_text(Decimal("1234.5"))))
    number = readings.pop()
    return number.copy_negate() if sign else number


def _as_plain(digits: str) -> Decimal | None:
    return Decimal(digits) if _PLAIN.fullmatch(digits) else None


def _as_local(digits: str) -> Decimal | None:
    locale = language().locale
    symbols = locale.number_symbols.get("latn", {})
    point = symbols.get("decimal", ".")
    group = symbols.get("group", ",")
    group = _SAME_MARKS.get(group, group)
    last, others = locale.decimal_formats[None].grouping
    grouped = rf"[1-9][0-9]{{0,{others - 1}}}(?:{re.escape(group)}[0-9]{{{others}}})*{re.escape(group)}[0-9]{{{last}}}"
    whole, mark, fraction = digits.partition(point)
    if len(digits) > MAX_DIGITS or not re.fullmatch(rf"[0-9]+|{grouped}", whole or ("0" if fraction else "")):
        return None
    if mark and not re.fullmatch("[0-9]+", fraction):
        return None
    return Decimal((whole or "0").replace(group, "") + (f".{fraction}" if mark else ""))
