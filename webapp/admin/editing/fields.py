"""A column becomes a form field here: one function for each kind, so that a value is judged the same everywhere.

The column says what is valid (length, range, digits, null, choices), before any database is asked, and so with the same
answer on every engine: SQLite alone would store 500 characters in a VARCHAR(5).
"""

import enum
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import types
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Optional

from webapp.admin.editing import files
from webapp.admin.editing.binding import Alike
from webapp.admin.editing.controls import (
    AddressField,
    ChoiceField,
    LineField,
    LinesField,
    PaddedField,
    TruthField,
    choice,
)
from webapp.admin.editing.documents import JsonField
from webapp.admin.editing.identifiers import UuidField
from webapp.admin.editing.moments import ClockField, DayField, DurationField, UtcField
from webapp.admin.editing.numbers import FloatField, NumberField, WholeNumberField
from webapp.admin.editing.tags import AddressBox, EmailBox, TextBox, TickBox
from webapp.admin.editing.validators import (
    PlainText,
    accepted_by,
    at_most_characters,
    at_most_encoded,
    check_email,
    check_web_address,
    fits,
    is_single,
    is_untouched,
    within,
)
from webapp.admin.info import ColumnInfo
from webapp.admin.unreadable import Unreadable
from webapp.admin.values import MAX_INTEGER
from webapp.column_types import PLAIN_DIGITS, PLAIN_SCALE, ExactDecimal, FoldedString, UtcDateTime, fold
from webapp.texts import gettext as _

__all__ = ["NewPasswordField", "field_for", "has_field", "is_required", "is_untouched"]

# What a type without its own length in the database can hold in every engine; MariaDB's TEXT counts bytes.
MAX_TEXT_BYTES = 2**16 - 1
# Up to so many binary digits PostgreSQL and MariaDB keep a floating point in four bytes.
MAX_SINGLE = 24
# By the name of the type, for those of MariaDB, else by its class; of each the largest number with a sign.
_LARGEST_OF_NAME = {"TINYINT": 2**7 - 1, "MEDIUMINT": 2**23 - 1}
_LARGEST: tuple[tuple[type[types.Integer], int], ...] = (
    (types.SmallInteger, 2**15 - 1),
    (types.BigInteger, MAX_INTEGER),
    (types.Integer, 2**31 - 1),
)
NAIVE = datetime(2000, 1, 1)  # noqa: DTZ001 - asked whether it is taken without a zone
# Kinds that are chosen from the column's choices where it has some: those of which a value is one short text.
_CHOSEN = frozenset(
    {"text", "longtext", "enum", "integer", "decimal", "number", "date", "time", "interval", "uuid"}
)


def field_for(column: ColumnInfo) -> Any:
    """The WTForms field for *column*, unbound; ``None`` where this kind can only be shown."""
    if not has_field(column):
        return None
    make = _choice if column.choices and column.kind in _CHOSEN else _FIELDS[column.kind]
    return make(column)


def has_field(column: ColumnInfo) -> bool:
    """Whether a value of this kind can be written in a form."""
    return column.kind in _FIELDS or (bool(column.choices) and column.kind in _CHOSEN)


def is_required(column: ColumnInfo) -> bool:
    """Whether the column must be given: it has no null, and no default but the empty text."""
    default = column.column.default
    empty_default = default is not None and getattr(default, "arg", None) in ("", b"")
    return not column.nullable and not empty_default and column.kind != "boolean"


def _text(column: ColumnInfo) -> Any:
    is_padded = isinstance(_stored(column), types.CHAR)
    # CHAR alone is CHAR(1) in SQL.
    length = min(column.length or (1 if is_padded else MAX_TEXT_BYTES), MAX_TEXT_BYTES)
    # Blanks at the ends are never meant, and a name that ends in one looks like another.
    filters: list[Callable[[Any], Any]] = [_strip]
    validators: list[Any] = [PlainText(), at_most_characters(length)]
    kind: Any = LineField
    options: dict[str, Any] = {"widget": TextBox()}
    if isinstance(column.column.type, FoldedString):
        filters, kind = [lambda text: fold(text) if isinstance(text, str) else text], StringField
    elif is_padded:
        kind = PaddedField
    if column.format == "email":
        validators.append(check_email)
        kind, options["widget"] = AddressField, EmailBox()
    elif column.format == "url":
        validators.append(check_web_address)
        kind, options["widget"] = AddressField, AddressBox()
    return _make(kind, column, *validators, filters=filters, render_kw={"maxlength": length}, **options)


def _long_text(column: ColumnInfo) -> Any:
    # An address has no second line.
    if column.format:
        return _text(column)
    # A TEXT of more characters is made of one of MariaDB's larger types.
    limits = [at_most_characters(column.length)] if column.length else []
    if (column.length or 0) <= MAX_TEXT_BYTES:
        limits.append(at_most_encoded(MAX_TEXT_BYTES))
    return _make(LinesField, column, PlainText(multiline=True), *limits)


def _boolean(column: ColumnInfo) -> Any:
    if column.nullable:
        return TruthField(column.label, description=column.help)
    return Alike(BooleanField, column.label, description=column.help, widget=TickBox())


def _integer(column: ColumnInfo) -> Any:
    stored = _stored(column)
    largest = next((largest for kind, largest in _LARGEST if isinstance(stored, kind)), 2**31 - 1)
    largest = _LARGEST_OF_NAME.get(type(stored).__name__, largest)
    smallest = -largest - 1
    if getattr(stored, "unsigned", False):
        smallest, largest = 0, largest * 2 + 1
    return _make(WholeNumberField, column, within(smallest, largest))


def _decimal(column: ColumnInfo) -> Any:
    kind, stored = column.column.type, _stored(column)
    precision, scale = getattr(stored, "precision", None), getattr(stored, "scale", None)
    if isinstance(kind, ExactDecimal):
        limits = fits(kind.precision, kind.scale)
    elif precision is not None:
        # SQLite makes a float of it, and of a longer one would give other digits back.
        limits = fits(precision, scale or 0, kept=PLAIN_DIGITS)
    elif isinstance(stored, types.NUMERIC | types.DECIMAL):
        # Spelt so it is MariaDB's own default.
        limits = fits(10, 0)
    else:
        scale = PLAIN_SCALE if scale is None else min(scale, PLAIN_SCALE)
        limits = fits(PLAIN_DIGITS + scale, scale, kept=PLAIN_DIGITS)
    return _make(NumberField, column, limits, make=_maker(column))


def _float(column: ColumnInfo) -> Any:
    stored = _stored(column)
    if issubclass(Decimal, column.python_type):
        limits = fits(PLAIN_DIGITS + PLAIN_SCALE, PLAIN_SCALE, kept=PLAIN_DIGITS)
        return _make(NumberField, column, limits)
    precision = getattr(stored, "precision", None)
    is_short = precision <= MAX_SINGLE if precision else isinstance(stored, types.FLOAT | types.REAL)
    return _make(FloatField, column, *([is_single] if is_short else []))


def _maker(column: ColumnInfo) -> Callable[[Decimal], Any]:
    return Decimal if issubclass(Decimal, column.python_type) else column.python_type


def _date(column: ColumnInfo) -> Any:
    return _make(DayField, column)


def _time(column: ColumnInfo) -> Any:
    return _make(ClockField, column, has_zone=bool(getattr(_stored(column), "timezone", False)))


def _interval(column: ColumnInfo) -> Any:
    return _make(DurationField, column)


def _datetime(column: ColumnInfo) -> Any:
    has_zone = isinstance(column.column.type, UtcDateTime) or getattr(_stored(column), "timezone", False)
    # A type of the developer's own may want a zone where the database has none.
    return _make(UtcField, column, is_naive=not has_zone and _takes(column, NAIVE))


def _takes(column: ColumnInfo, value: Any) -> bool:
    try:
        column.check(value)
    except ValueError:
        return False
    return True


def _uuid(column: ColumnInfo) -> Any:
    return _make(UuidField, column, is_text=column.python_type is str)


def _json(column: ColumnInfo) -> Any:
    # A NULL that the column does not take is no value to type.
    is_null_refused = getattr(_stored(column), "none_as_null", False)
    return _make(JsonField, column, has_null=not column.nullable and not is_null_refused)


def _binary(column: ColumnInfo) -> Any:
    presence = [files.given] if is_required(column) else []
    return files.BytesField(
        column.label,
        description=column.help,
        validators=[*presence, files.at_most(column.length or files.MAX_BYTES), accepted_by(column)],
        can_clear=column.nullable,
    )


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
    "decimal": _decimal,
    "number": _float,
    "date": _date,
    "time": _time,
    "interval": _interval,
    "datetime": _datetime,
    "uuid": _uuid,
    "json": _json,
    "binary": _binary,
}


def _make(kind: Any, column: ColumnInfo, *validators: Any, **options: Any) -> Any:
    """A field of *kind* with what all have: label, help, whether it must be given, and what the type itself says."""
    if column.nullable and column.kind != "json":
        options["filters"] = [*options.get("filters", ()), _or_null]
    return Alike(
        kind,
        column.label,
        description=column.help,
        validators=[*_presence(column), *validators, accepted_by(column)],
        **options,
    )


def _stored(column: ColumnInfo) -> Any:
    """The type that the database knows, also behind one of the developer's own."""
    kind = column.column.type
    return kind.impl_instance if isinstance(kind, types.TypeDecorator) else kind


def _coerce_choice(column: ColumnInfo) -> Callable[[Any], Any]:
    def coerce(value: Any) -> Any:
        if isinstance(value, enum.Enum | Unreadable):
            return value
        if value in (None, ""):
            return "" if column.kind in ("text", "longtext") and not column.nullable else None
        return column.parse(value) if isinstance(value, str) else value

    return coerce


def _presence(column: ColumnInfo) -> list[Any]:
    if is_required(column):
        # Blanks alone fill in nothing: they are stripped.
        validator = DataRequired if column.kind in ("text", "longtext") else InputRequired
        return [validator(_("Fill in this field."))]
    # Blanks are no empty text: taken for it they would end the checks, and a choice of " " would be kept.
    return [Optional(strip_whitespace=False)]


def _strip(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def _or_null(text: Any) -> Any:
    return None if text == "" else text


class NewPasswordField(PasswordField):
    """A password that a person chooses: managers are told so, and it is never written back into the page."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, render_kw={"autocomplete": "new-password"}, **options)
