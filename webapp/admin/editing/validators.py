"""What makes a value wrong, told as a sentence for the person. What is in the object already is not judged again."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal

from email_validator import EmailNotValidError, validate_email
from wtforms import Field, Form, ValidationError
from wtforms.validators import StopValidation

from webapp.admin.info import ColumnInfo
from webapp.admin.values import is_web_address
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _

Validator = Callable[[Form, Field], None]


def is_untouched(field: Field) -> bool:
    """Whether *field* holds what the object does: that is not judged again, a person may come to change another."""
    return bool(field.data == field.object_data)


def _is_new(field: Field) -> bool:
    return field.data is not None and not is_untouched(field)


class PlainText:
    """Refuse what no database keeps or no person sees: NUL and other controls, half characters, ends of lines.

    The replacement character stands for bytes that were no text; keeping it would keep the damage silently.

    :param multiline: line breaks and tabs are allowed.
    """

    def __init__(self, *, multiline: bool = False) -> None:
        self.allowed = frozenset("\t\n\r\u2028\u2029") if multiline else frozenset()

    def __call__(self, form: Form, field: Field) -> None:
        text = field.data if _is_new(field) else ""
        for character in text:
            if character not in self.allowed and _is_broken(character):
                raise StopValidation(
                    _(
                        "Leave out control characters; there is one after “%(text)s”.",
                        text=text[: text.index(character)][-20:],
                    )
                )


def _is_broken(character: str) -> bool:
    return character == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(character) in (
        "Cc",
        "Cs",
        "Zl",
        "Zp",
    )


def check_email(form: Form, field: Field) -> None:
    """Refuse what is no address by RFC 5321 and 5322; whether mail arrives is not asked."""
    if not field.data or is_untouched(field):
        return
    try:
        validate_email(field.data, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValidationError(_("Write an e-mail address such as name@example.org.")) from error


def check_web_address(form: Form, field: Field) -> None:
    """Refuse what is no address of a page: a ``javascript:`` would be a program in somebody's browser."""
    if field.data and not is_untouched(field) and not is_web_address(field.data):
        raise ValidationError(_("Write a web address such as https://example.org/."))


def at_most_characters(count: int) -> Validator:
    """A validator for text, counted as VARCHAR counts it."""

    def check(form: Form, field: Field) -> None:
        if _is_new(field) and len(field.data) > count:
            raise ValidationError(_at_most_characters(count))

    return check


def _at_most_characters(count: int) -> str:
    return str(
        ngettext(
            "Write at most %(count)s character.",
            "Write at most %(count)s characters.",
            count,
            count=format_decimal(count),
        )
    )


def at_most_encoded(count: int) -> Validator:
    """A validator for text, counted as MariaDB's TEXT counts it: in bytes."""

    def check(form: Form, field: Field) -> None:
        data = field.data.encode("utf-8", "surrogatepass") if isinstance(field.data, str) else b""
        if len(data) > count and not is_untouched(field):
            room = len(data[:count].decode("utf-8", "ignore"))
            raise ValidationError(
                ngettext(
                    "This is too long: there is room for its first character.",
                    "This is too long: there is room for its first %(count)s characters.",
                    room,
                    count=format_decimal(room),
                )
            )

    return check


def within(low: int, high: int) -> Validator:
    """A validator for a number from *low* to *high*, which is what the column's type holds."""

    def check(form: Form, field: Field) -> None:
        if _is_new(field) and not low <= field.data <= high:
            raise StopValidation(_("Write a number from %(low)d to %(high)d.", low=low, high=high))

    return check


def fits(precision: int, scale: int, kept: int | None = None) -> Validator:
    """A validator for a number of at most *precision* digits, *scale* of them after the point.

    :param kept: how many digits of it, by all, an engine gives back.
    """

    def check(form: Form, field: Field) -> None:
        if not _is_new(field):
            return
        before, after = digits_of(Decimal(str(field.data)))
        if before > precision - scale or after > scale:
            if not scale:
                raise StopValidation(
                    ngettext(
                        "Write a whole number of at most %(count)s digit.",
                        "Write a whole number of at most %(count)s digits.",
                        precision,
                        count=format_decimal(precision),
                    )
                )
            raise StopValidation(
                _(
                    "Write at most this many digits: %(before)d before the point, %(after)d after it.",
                    before=precision - scale,
                    after=scale,
                )
            )
        if kept is not None and before + after > kept:
            raise StopValidation(_at_most_digits(kept))

    return check


def _at_most_digits(count: int) -> str:
    return str(
        ngettext(
            "Write at most %(count)s digit.",
            "Write at most %(count)s digits.",
            count,
            count=format_decimal(count),
        )
    )


def is_single(form: Form, field: Field) -> None:
    """A validator for a floating point of four bytes: six digits of it come back on every engine."""
    if not _is_new(field) or not field.data:
        return
    if float(f"{field.data:.5e}") != field.data or not 1e-37 <= abs(field.data) <= 1e38:
        raise StopValidation(_at_most_digits(6))


def digits_of(number: Decimal) -> tuple[int, int]:
    """How many digits *number* needs before and after the point."""
    _sign, digits, exponent = number.as_tuple()
    if not number or not isinstance(exponent, int):
        return 0, 0
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(len(digits) + exponent, 0), max(-exponent - zeros, 0)


def accepted_by(column: ColumnInfo) -> Validator:
    """A validator that asks the column's own type, which may be the developer's and say no to a value."""

    def check(form: Form, field: Field) -> None:
        if not _is_new(field) or field.errors:
            return
        try:
            column.check(field.data)
        except ValueError as error:
            raise ValidationError(
                _("This value cannot be kept here: %(reason)s", reason=str(error)[:200])
            ) from error

    return check
