"""A value as it stands in a file: the same for everybody, whatever language and time zone they read lists in."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any

from flask_babel.speaklater import LazyString
from markupsafe import Markup

from webapp.admin.display import any_text
from webapp.admin.texts import exact_text, is_number

#: From the values of a column to what stands in the file.
Cells = Callable[[Sequence[Any]], Sequence[Any]]

# What a spreadsheet would run, or lets begin with what it runs (OWASP, CSV injection); an apostrophe makes it text.
# The last four are = + - @ in the width of Chinese letters.
_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
_RISKY = f"{_SIGNS}\t\r\n\0"
_FORMULA = re.compile(f"'*[{re.escape(_RISKY)}]")
# Where a comma is no separator, as in Brazil, another cell begins behind a semicolon.
_FURTHER = re.compile(f"(; *)('*[{re.escape(_SIGNS)}])")
_FIRST = frozenset(f"'{_RISKY}")
_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?")
# As SQLAlchemy writes one there: 2026-03-01 23:30:15.000000.
SQLITE_MOMENT = 26
# Also for 1 and 0, which are equal to these.
_TRUTH = {True: "true", False: "false"}


def csv_cells(kind: str) -> Cells:
    """Writes a column of *kind* for a CSV file, as what its writer takes; what is common, without a call a value."""
    match kind:
        case "text" | "longtext":
            return lambda values: [
                value
                if value.__class__ is str and value[:1] not in _FIRST and ";" not in value
                else csv_cell(value)
                for value in values
            ]
        case "integer":
            return lambda values: [value if value.__class__ is int else csv_cell(value) for value in values]
        case "truth":
            return lambda values: [_TRUTH.get(value) or csv_cell(value) for value in values]
        case "moment" | "datetime":
            return lambda values: [value and (moment_text(value) or csv_cell(value)) for value in values]
    return lambda values: [csv_cell(value) for value in values]


def csv_cell(value: Any) -> str:
    """Any value as text; what is no number and begins like a formula, or goes on so behind a semicolon, is given one
    apostrophe more than it has."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, tuple):
        return guarded("; ".join(map(_text, value)))
    return exact_text(value) if _is_plain_number(value) else guarded(_text(value))


def guarded(text: str) -> str:
    safe = f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
    return _FURTHER.sub(r"\1'\2", safe)


def json_cells(kind: str) -> Cells:
    """Writes a column of *kind* as JSON, each value for itself."""
    match kind:
        case "text" | "longtext":
            return lambda values: [
                encode_basestring(value) if value.__class__ is str else json_cell(value) for value in values
            ]
        case "truth":
            return lambda values: [_TRUTH.get(value) or json_cell(value) for value in values]
        case "moment" | "datetime":
            return lambda values: [
                f'"{text}"' if value and (text := moment_text(value)) else json_cell(value)
                for value in values
            ]
    return lambda values: [json_cell(value) for value in values]


def json_cell(value: Any) -> str:
    """Any value as JSON; what JSON has no word for stands there as its text, a decimal with all its digits."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, dict | list | tuple):
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError):
            return encode_basestring(_text(value))
    if _is_plain_number(value) and not isinstance(value, Decimal):
        return exact_text(value)
    return encode_basestring(_text(value))


def moment_text(value: Any) -> str | None:
    """A moment as its driver gives it, in UTC: SQLite's is text, MariaDB's has no zone; ``None`` for what is none."""
    if value.__class__ is str:
        if len(value) != SQLITE_MOMENT or value[10] != " ":
            return _otherwise_written(value)
        parts = "" if value.endswith(".000000") else value[19:]
        return f"{value[:10]}T{value[11:19]}{parts}+00:00"
    if value.__class__ is not datetime:
        return None
    if value.tzinfo is None:
        return f"{value.isoformat()}+00:00"
    return value.isoformat() if value.tzinfo is UTC else value.astimezone(UTC).isoformat()


def _otherwise_written(text: str) -> str | None:
    """A moment as another program may have written it into SQLite: without a fraction, a time or with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _is_plain_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, Enum) and is_number(value)


def _text(value: Any) -> str:
    if isinstance(value, Markup):
        return value.striptags()
    return str(value) if isinstance(value, str | LazyString) else any_text(value)
