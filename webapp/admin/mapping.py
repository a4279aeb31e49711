"""What the mapper knows of a model: its columns, how they are called, which are secret, and its keys.

Everything that asks "what is this column?" asks here: lists, forms, filters, history. Labels, help and
choices come from the column's ``info``; where there are none, the label comes from the name.
"""

import base64
import binascii
import enum
import math
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, inspect, literal, types
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import ColumnProperty, InstrumentedAttribute, Mapper

from webapp.column_types import FoldedString

SECRET_NAME = re.compile(r"^password|_hash$|token|secret", re.IGNORECASE)
# The largest number a 64-bit driver takes; anything beyond is no key of ours (OverflowError on SQLite).
MAX_INTEGER = 2**63 - 1
MAX_TEXT_OF = 200
# As a person and a database write one. Decimal() and float() also take "1_000", " 1 ", "nan" and other scripts' digits.
_NUMBER = re.compile(r"-?[0-9]{1,80}(\.[0-9]{1,80})?([eE][+-]?[0-9]{1,3})?")
# date.fromisoformat() also takes "20261122" and "2026-W47-7" (ISO 8601).
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Asked only whether a column's type takes a value; no engine is more lenient about it than another.
_DIALECT = DefaultDialect()


@dataclass(frozen=True)
class ColumnInfo:
    """One mapped column, as the admin sees it."""

    name: str
    kind: str
    label: Any
    help: Any
    nullable: bool
    unique: bool
    length: int | None
    choices: tuple[tuple[str, Any], ...]
    format: str
    secret: bool
    python_type: type
    attribute: InstrumentedAttribute[Any]
    column: Column[Any]

    def parse(self, text: str) -> Any:
        """Read a value of this column, as :func:`format_value` writes it.

        :raises ValueError: also for what only the column's own type refuses, a moment without a zone for one;
            otherwise the statement would fail on it.
        """
        value = parse_value(self.kind, text, self.python_type)
        process = self.column.type.bind_processor(_DIALECT)
        try:
            if process:
                process(value)
        except (TypeError, LookupError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"{text[:40]!r} is no value of {self.name}") from error
        return value

    def bound(self, value: Any) -> ColumnElement[Any]:
        """*value* to compare the column with, as the database has it."""
        kind: types.TypeEngine[Any] = self.column.type
        if isinstance(kind, FoldedString):
            # Plain SQL may have written a name that is not folded; folding it here would look for another one.
            kind = types.String()
        elif isinstance(kind, types.Integer):
            # PostgreSQL refuses to look for 2^31 among its INTEGERs when it is told that it is one.
            kind = types.BigInteger()
        return literal(value, kind)


@dataclass(frozen=True)
class ModelInfo:
    """A model's columns by attribute name, its primary key, and the columns of each of its indexes."""

    model: type
    mapper: Mapper[Any]
    columns: Mapping[str, ColumnInfo]
    key: tuple[ColumnInfo, ...]
    indexes: tuple[tuple[ColumnInfo, ...], ...]

    def key_of(self, obj: object) -> str:
        """The address form of *obj*'s primary key."""
        return encode_key([getattr(obj, column.name) for column in self.key])

    def parse_key(self, text: str) -> tuple[Any, ...] | None:
        """The primary key that *text*, from an address, stands for; ``None`` when it can be no key.

        Each key has one address only: what would be written otherwise is no key.
        """
        parts = text.split(",")
        if len(parts) != len(self.key):
            return None
        try:
            values = tuple(column.parse(_unquote(part)) for column, part in zip(self.key, parts, strict=True))
        except ValueError:
            return None
        return values if encode_key(values) == text else None

    @property
    def version(self) -> ColumnInfo | None:
        """The column that counts an object's versions, where the model has one."""
        column = self.mapper.version_id_col
        return self.columns[self.mapper.get_property_by_column(column).key] if column is not None else None


@cache
def describe(model: type) -> ModelInfo:
    """Describe *model*, any class mapped by SQLAlchemy.

    :raises sqlalchemy.exc.NoInspectionAvailable: when it is not mapped.
    """
    mapper: Mapper[Any] = inspect(model)
    columns = {
        prop.key: _describe_column(prop)
        for prop in mapper.column_attrs
        if isinstance(prop.columns[0], Column)
    }
    key = tuple(columns[mapper.get_property_by_column(column).key] for column in mapper.primary_key)
    return ModelInfo(model, mapper, columns, key, tuple(_indexes(mapper, columns)))


def _indexes(mapper: Mapper[Any], columns: Mapping[str, ColumnInfo]) -> Iterator[tuple[ColumnInfo, ...]]:
    """The indexes of plain mapped columns; one over an expression or over some of the rows is left out."""
    by_column = {info.column: info for info in columns.values()}
    for index in sorted(getattr(mapper.local_table, "indexes", ()), key=lambda index: str(index.name)):
        expressions = list(index.expressions)
        if not index.dialect_kwargs and all(expression in by_column for expression in expressions):
            yield tuple(by_column[expression] for expression in expressions)


def _describe_column(prop: ColumnProperty[Any]) -> ColumnInfo:
    column = cast(Column[Any], prop.columns[0])
    info = column.info
    kind, python_type = _kind(column.type)
    if kind == "enum":
        members: Any = python_type
        choices = tuple((member.name, member.name.replace("_", " ").capitalize()) for member in members)
    else:
        # An Enum of plain strings has no class; it takes these and nothing else.
        choices = tuple((word, word) for word in getattr(column.type, "enums", ()))
    return ColumnInfo(
        name=prop.key,
        kind=kind,
        label=info.get("label", prop.key.replace("_", " ").capitalize()),
        help=info.get("help", ""),
        nullable=bool(column.nullable),
        unique=bool(column.unique) or (column.primary_key and len(column.table.primary_key.columns) == 1),
        length=getattr(column.type, "length", None),
        choices=tuple((format_value(value), text) for value, text in info.get("choices", choices)),
        format=info.get("format", ""),
        secret=bool(info.get("sensitive", SECRET_NAME.search(prop.key))),
        python_type=python_type,
        attribute=prop.class_attribute,
        column=column,
    )


# The first match counts; a TypeDecorator is known by what it stores as and by the Python type it gives.
_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (types.Boolean, "boolean"),
    (types.Enum, "enum"),
    (types.Text, "longtext"),
    (types.String, "text"),
    (types.Integer, "integer"),
    (types.Float, "number"),
    (types.Numeric, "decimal"),
    (types.DateTime, "datetime"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.Interval, "interval"),
    (types.Uuid, "uuid"),
    (types.LargeBinary, "binary"),
    (types.JSON, "json"),
)


def _kind(column_type: types.TypeEngine[Any]) -> tuple[str, type]:
    stored = column_type.impl_instance if isinstance(column_type, types.TypeDecorator) else column_type
    for known, kind in _KINDS:
        if isinstance(stored, known):
            enum_class: type | None = getattr(stored, "enum_class", None)
            if kind == "enum":
                return ("enum", enum_class) if enum_class else ("text", str)
            return kind, stored.python_type
    return "unknown", object


def text_of(obj: object) -> str:
    """What to call *obj*: its text, or, for a class that gives itself none, the class and the key: ``Book 7``.

    A long text is cut: it stands in titles, and in messages, which travel in a cookie of at most 4 KiB (RFC 6265 §6.1).
    """
    text = "" if str(obj) == repr(obj) else str(obj).strip()
    model: type = type(obj)
    text = text or f"{model.__name__} {describe(model).key_of(obj)}"
    return text if len(text) <= MAX_TEXT_OF else f"{text[:MAX_TEXT_OF]}…"


# Keys in addresses


def encode_key(values: Sequence[Any]) -> str:
    """Write a primary key for an address: each character outside ``[A-Za-z0-9.~-]`` as ``_XX`` of its UTF-8
    bytes, as Django's admin does, and several columns joined by a comma."""
    address = ",".join(_quote(_key_text(value)) for value in values)
    # As a part of a path these two would mean "here" and "one up" (RFC 3986 §5.2.4).
    return address.replace(".", "_2E") if address in (".", "..") else address


def _key_text(value: Any) -> str:
    """*value* as text, equal values always as the same: 1.50 and 1.5 are one key, and so are 0.0 and -0.0."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text
    return format_value(value + 0.0 if isinstance(value, float) else value)


def _quote(text: str) -> str:
    return re.sub(
        rb"[^A-Za-z0-9.~-]", lambda match: b"_%02X" % match.group()[0], text.encode("utf-8", "surrogatepass")
    ).decode("ascii")


def _unquote(text: str) -> str:
    raw = re.sub(
        rb"_([0-9A-F]{2})", lambda match: bytes.fromhex(match.group(1).decode()), text.encode("utf-8")
    )
    return raw.decode("utf-8")


# Values as text and as JSON, in one form for addresses, cursors and history


def format_value(value: Any) -> str:
    """Write *value* so that :func:`parse_value` of its kind gives an equal one back."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value // timedelta(microseconds=1))
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).decode("ascii")
    return str(value)


def parse_value(kind: str, text: str, python_type: type = object) -> Any:
    """Read a value of *kind* from *text*.

    :param python_type: the class of an ``enum``; ``str`` for a ``uuid`` that is kept as text.
    :raises ValueError: when *text* is no such value, or none that a database could hold.
    """
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("no database keeps NUL or half a character")
    match kind:
        case "boolean":
            return {"true": True, "false": False}[text] if text in ("true", "false") else _refuse(text)
        case "integer":
            return _parse_integer(text)
        case "decimal":
            return _parse_decimal(text)
        case "number":
            return _parse_float(text)
        case "datetime":
            return datetime.fromisoformat(text)
        case "date":
            return date.fromisoformat(text if _DATE.fullmatch(text) else _refuse(text))
        case "time":
            return time.fromisoformat(text)
        case "interval":
            return timedelta(microseconds=_parse_integer(text))
        case "uuid":
            value = uuid.UUID(text)
            return str(value) if python_type is str else value
        case "enum":
            members: Mapping[str, Any] = getattr(python_type, "__members__", {})
            return members[text] if text in members else _refuse(text)
        case "binary":
            try:
                return base64.urlsafe_b64decode(text.encode("ascii"))
            except (binascii.Error, UnicodeEncodeError):
                return _refuse(text)
    return text


def _parse_integer(text: str) -> int:
    # int() would also take "1_000", " 1 " and the digits of other scripts.
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or abs(int(text)) > MAX_INTEGER:
        return int(_refuse(text))
    return int(text)


def _parse_decimal(text: str) -> Decimal:
    return Decimal(text if _NUMBER.fullmatch(text) else _refuse(text))


def _parse_float(text: str) -> float:
    value = float(text if _NUMBER.fullmatch(text) else _refuse(text))
    return value if math.isfinite(value) else float(_refuse(text))


def _refuse(text: str) -> str:
    raise ValueError(f"{text[:40]!r} is no such value")
