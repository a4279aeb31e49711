"""Numbers, lengths of time and sizes in words and digits, as a person reads and types them."""

import math
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

from babel import Locale
from babel.lists import format_list
from babel.numbers import get_decimal_symbol

from webapp.texts import format_decimal, language, ngettext
from webapp.texts import gettext as _

ListStyle = Literal["standard", "or", "unit"]


def list_text(texts: Iterable[Any], style: ListStyle = "standard") -> str:
    """Several texts in a row as the person's language joins them.

    :param style: ``standard`` for all of them in a sentence, ``or`` for one of them, ``unit`` for a bare enumeration.
    """
    return _joined(tuple(map(str, texts)), style, language().locale)


@lru_cache(maxsize=1_000)
def _joined(texts: tuple[str, ...], style: ListStyle, locale: Locale) -> str:
    # Not every language has patterns of its own for a bare one.
    known: ListStyle = style if style in locale.list_patterns else "standard"
    return str(format_list(texts, known, locale))


def number_text(value: Any) -> str:
    """A number as it is typed: every digit of it, with the point of the person's language and no thousands apart."""
    return (
        exact_text(value).replace(".", get_decimal_symbol(language().locale))
        if is_number(value)
        else str(value)
    )


def is_number(value: Any) -> bool:
    """Whether *value* is a number with digits: a column of numbers may hold "NaN" or a type of the developer's own."""
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def exact_text(value: float | Decimal) -> str:
    """Every digit of a number, with a point."""
    if isinstance(value, Decimal):
        return format(value, "f")
    # A member of an enumeration of numbers is written by its name, and is a number all the same.
    return str(int(value)) if isinstance(value, int) else repr(value)


def duration_text(value: timedelta) -> str:
    """A length of time as it is typed: "3 days 04:05:06.5", "-1 day -12:00:00"."""
    sign, micros = ("-" if value < timedelta() else ""), abs(value) // timedelta(microseconds=1)
    days, rest = divmod(micros, 86_400_000_000)
    seconds, fraction = divmod(rest, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        clock += get_decimal_symbol(language().locale) + f"{fraction:06}".rstrip("0")
    if not days:
        return sign + clock
    start = f"{sign}{days} {_('day') if days == 1 else _('days')}"
    return f"{start} {sign}{clock}" if rest else start


def size_text(value: Any) -> str:
    """How much there is of a binary value, or of one that history knows by its size, or of so many bytes."""
    if isinstance(value, dict):
        value = value.get("size", 0)
    if not isinstance(value, int):
        value = len(value) if isinstance(value, bytes | bytearray | memoryview) else len(str(value))
    return str(ngettext("%(size)s byte", "%(size)s bytes", value, size=format_decimal(value)))
