"""A column becomes a form field here: one function for each kind, so that a value is judged the same everywhere.

The column says what is valid (length, range, null, choices), before any database is asked, and so with the same
answer on every engine: SQLite alone would store 500 characters in a VARCHAR(5).
"""

import enum
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from wtforms import BooleanField, EmailField, Field, Form, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional, StopValidation

from webapp.admin.editing.controls import (
    ChoiceField,
    DayField,
    LineField,
    LinesField,
    TruthField,
    UtcField,
    WholeNumberField,
    choice,
    within,
)
from webapp.admin.info import ColumnInfo
from webapp.admin.values import MAX_INTEGER
from webapp.database import FoldedString, UtcDateTime, fold

# What a type without its own length in the database can hold in every engine; MariaDB's TEXT counts bytes.
MAX_TEXT_BYTES = 2**16 - 1
INTEGER_RANGES = {"SmallInteger": 2**15 - 1, "Integer": 2**31 - 1, "BigInteger": MAX_INTEGER}


# Kinds that are chosen from the column's choices where it has some.
_CHOSEN = frozenset({"text", "enum", "integer"})


def field_for(column: ColumnInfo) -> Any:
    """The WTForms field for *column*, unbound; ``None`` where this kind can only be shown."""
    make = _choice if column.choices and column.kind in _CHOSEN else _FIELDS.get(column.kind)
    return make(column) if make else None


def is_required(column: ColumnInfo) -> bool:
    """Whether the column must be given: it has no null, and no default but the empty text."""
    default = column.column.default
    empty_default = default is not None and getattr(default, "arg", None) == ""
    return not column.nullable and not empty_default and column.kind != "boolean"


class PlainText:
    """Refuse what no database keeps or no person sees: NUL and other controls, half characters.

    The replacement character stands for bytes that were no text; keeping it would keep the damage silently.

    :param multiline: line breaks and tabs are allowed.
    """

    def __init__(self, *, multiline: bool = False) -> None:
        self.allowed = frozenset("\t\n\r") if multiline else frozenset()

    def __call__(self, form: Form, field: Field) -> None:
        text = "" if is_untouched(field) else field.data or ""
        for character in text:
            if character not in self.allowed and _is_broken(character):
                raise StopValidation(
                    _(
                        "Leave out control characters; there is one after “%(text)s”.",
                        text=_before(field.data, character),
                    )
                )


def _is_broken(character: str) -> bool:
    return character == "\N{REPLACEMENT CHARACTER}" or unicodedata.category(character) in ("Cc", "Cs")


def is_untouched(field: Field) -> bool:
    """Whether *field* holds what the object does: that is not judged again, a person may come to change another."""
    return bool(field.data == field.object_data)


def check_email(form: Form, field: Field) -> None:
    """Refuse what is no address by RFC 5321 and 5322; whether mail arrives is not asked."""
    if not field.data or is_untouched(field):
        return
    try:
        validate_email(field.data, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValidationError(_("Write an e-mail address such as name@example.org.")) from error


def _check_size(form: Form, field: Field) -> None:
    data = (field.data or "").encode("utf-8", "surrogatepass")
    if len(data) > MAX_TEXT_BYTES and not is_untouched(field):
        room = len(data[:MAX_TEXT_BYTES].decode("utf-8", "ignore"))
        raise ValidationError(
            _("This is too long: there is room for its first %(count)d characters.", count=room)
        )


def _text(column: ColumnInfo) -> Any:
    length = min(column.length or MAX_TEXT_BYTES, MAX_TEXT_BYTES)
    validators: list[Any] = [*_presence(column), PlainText(), Length(max=length)]
    # Blanks at the ends are never meant, and a name that ends in one looks like another.
    filters: list[Callable[[Any], Any]] = [_strip]
    kind: Any = LineField
    if isinstance(column.column.type, FoldedString):
        filters, kind = [lambda text: fold(text) if text else text], StringField
    if column.nullable:
        filters.append(_or_null)
    if column.format == "email":
        validators.append(check_email)
        kind = EmailField
    return kind(
        column.label,
        description=column.help,
        validators=validators,
        filters=filters,
        render_kw={"maxlength": length},
    )


def _long_text(column: ColumnInfo) -> Any:
    validators = [*_presence(column), PlainText(multiline=True), _check_size]
    filters = [_or_null] if column.nullable else []
    return LinesField(column.label, description=column.help, validators=validators, filters=filters)


def _boolean(column: ColumnInfo) -> Any:
    kind = TruthField if column.nullable else BooleanField
    return kind(column.label, description=column.help)


def _integer(column: ColumnInfo) -> Any:
    limit = INTEGER_RANGES.get(type(column.column.type).__name__, INTEGER_RANGES["Integer"])
    return WholeNumberField(
        column.label, description=column.help, validators=[*_presence(column), within(-limit - 1, limit)]
    )


def _date(column: ColumnInfo) -> Any:
    return DayField(column.label, description=column.help, validators=_presence(column))


def _datetime(column: ColumnInfo) -> Any:
    has_zone = isinstance(column.column.type, UtcDateTime) or getattr(column.column.type, "timezone", False)
    validators = _presence(column)
    return UtcField(column.label, description=column.help, validators=validators, is_naive=not has_zone)


def _choice(column: ColumnInfo) -> Any:
    empty = [choice("")] if not is_required(column) else []
    choices: Any = [*empty, *(choice(value, text) for value, text in column.choices)]
    return ChoiceField(
        column.label,
        description=column.help,
        choices=choices,
        validators=_presence(column),
        coerce=_coerce_choice(column),
    )


_FIELDS: Mapping[str, Callable[[ColumnInfo], Any]] = {
    "text": _text,
    "longtext": _long_text,
    "boolean": _boolean,
    "integer": _integer,
    "date": _date,
    "datetime": _datetime,
}


def _coerce_choice(column: ColumnInfo) -> Callable[[Any], Any]:
    def coerce(value: Any) -> Any:
        if value in (None, ""):
            return None if column.nullable or column.kind == "integer" else ""
        if column.kind == "enum":
            return value.name if isinstance(value, enum.Enum) else str(value)
        if column.kind == "integer":
            return int(value)
        return str(value)

    return coerce


def _presence(column: ColumnInfo) -> list[Any]:
    if is_required(column):
        # Blanks alone fill in nothing: they are stripped.
        validator = DataRequired if column.kind in ("text", "longtext") else InputRequired
        return [validator(_("Fill in this field."))]
    return [Optional(strip_whitespace=True)]


def _strip(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def _or_null(text: Any) -> Any:
    return text or None


def _before(text: str, character: str) -> str:
    return text[: text.index(character)][-20:]


class NewPasswordField(PasswordField):
    """A password that a person chooses: managers are told so, and it is never written back into the page."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, render_kw={"autocomplete": "new-password"}, **options)
