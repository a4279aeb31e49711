"""Values as text, in one form for addresses, cursors and history; and keys as parts of an address."""

import base64
import binascii
import enum
import json
import math
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

# What a 64-bit driver takes; anything beyond is no key of ours (OverflowError on SQLite).
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
# Of MariaDB, in a column that takes no negative ones.
MAX_UNSIGNED = 2**64 - 1
# As a person and a database write one. Decimal() and float() also take "1_000", " 1 ", "nan" and other scripts' digits.
_NUMBER = re.compile(r"-?[0-9]{1,80}(\.[0-9]{1,80})?([eE][+-]?[0-9]{1,3})?")
# date.fromisoformat() also takes "20261122" and "2026-W47-7" (ISO 8601).
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# A browser drops tabs and line breaks inside an address before it looks for "javascript:" (WHATWG URL §4.4).
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#@<>\"\\^`{|}][^\s<>\"\\^`{|}]*", re.IGNORECASE)

# What is read from right to left, or says so: isolated, it leaves the text around it in order (CVE-2021-42574).
TURNING = re.compile(
    "[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)


# Addresses


def query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """*pairs* as the query of an address; a list has thirty, most of them of the same words."""
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


@lru_cache(maxsize=1_000)
def _quoted(text: str) -> str:
    return quote_plus(text)


def encode_key(values: Sequence[Any]) -> str:
    """Write a primary key for an address: each character outside ``[A-Za-z0-9.~-]`` as ``_XX`` of its UTF-8
    bytes, as Django's admin does, and several columns joined by a comma."""
    if len(values) == 1 and type(values[0]) is int:
        # What nearly every row of a list has.
        return str(values[0])
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


def unquote(text: str) -> str:
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
    if isinstance(value, dict | list):
        return json_text(value)
    return str(value)


def json_text(value: Any, indent: int | None = None) -> str:
    """*value* as JSON, its keys in their order; told apart from others where Python does not, as 1 and true.

    What no JSON holds stands there as its text; this is for people.
    """
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    if any("\ud800" <= character <= "\udfff" for character in text):
        # No page can hold half a character, and it may be there in SQLite.
        text = json.dumps(value, indent=indent, default=str)
    return text


def is_web_address(text: str) -> bool:
    """Whether *text* is an address of a page, and no script: only such a one is taken, and only it is a link."""
    return bool(_WEB_ADDRESS.fullmatch(text)) and text.isprintable()


def parse_value(kind: str, text: str, python_type: type = object, largest: int = MAX_INTEGER) -> Any:
    """Read a value of *kind* from *text*.

    :param python_type: the class of an ``enum``; ``str`` for a ``uuid`` that is kept as text.
    :param largest: the largest whole number.
    :raises ValueError: when *text* is no such value, or none that a database could hold.
    """
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("no database keeps NUL or half a character")
    match kind:
        case "boolean":
            return {"true": True, "false": False}[text] if text in ("true", "false") else _refuse(text)
        case "integer":
            return _parse_integer(text, largest)
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
            return timedelta(microseconds=_parse_integer(text, MAX_INTEGER))
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


def _parse_integer(text: str, largest: int) -> int:
    # int() would also take "1_000", " 1 " and the digits of other scripts.
    if not re.fullmatch(r"-?[0-9]{1,20}", text) or not MIN_INTEGER <= int(text) <= largest:
        return int(_refuse(text))
    return int(text)


def _parse_decimal(text: str) -> Decimal:
    return Decimal(text if _NUMBER.fullmatch(text) else _refuse(text))


def _parse_float(text: str) -> float:
    value = float(text if _NUMBER.fullmatch(text) else _refuse(text))
    return value if math.isfinite(value) else float(_refuse(text))


def _refuse(text: str) -> str:
    raise ValueError(f"{text[:40]!r} is no such value")
