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
_RISKY = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(f"'*[{re.escape(_RISKY)}]")
_FIRST = frozenset(f"'{_RISKY}")
_NUMBER = re.compile(r"-[0-9]+(\.[0-9]+)?")
_TRUTH = {True: "true", False: "false"}


def csv_cells(kind: str) -> Cells:
    """Writes a column of *kind* for a CSV file, as what its writer takes; what is common, without a call a value."""
    match kind:
        case "text" | "longtext":
            return lambda values: [
                value if value.__class__ is str and value[:1] not in _FIRST else csv_cell(value)
                for value in values
            ]
        case "integer":
            return lambda values: [value if value.__class__ is int else csv_cell(value) for value in values]
        case "boolean":
            return lambda values: [
                _TRUTH[value] if value.__class__ is bool else csv_cell(value) for value in values
            ]
        case "datetime":
            return lambda values: [
                value.isoformat()
                if value.__class__ is datetime and value.tzinfo is UTC
                else value and csv_cell(value)
                for value in values
            ]
    return lambda values: [csv_cell(value) for value in values]


def csv_cell(value: Any) -> str:
    """Any value as text; what is no number and begins like a formula is given one apostrophe more than it has."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _TRUTH[value]
    if isinstance(value, tuple):
        return guarded("; ".join(value))
    return exact_text(value) if _is_plain_number(value) else guarded(_text(value))


def guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def json_cells(kind: str) -> Cells:
    """Writes a column of *kind* as JSON, each value for itself."""
    match kind:
        case "text" | "longtext":
            return lambda values: [
                encode_basestring(value) if value.__class__ is str else json_cell(value) for value in values
            ]
        case "boolean":
            return lambda values: [
                _TRUTH[value] if value.__class__ is bool else json_cell(value) for value in values
            ]
        case "datetime":
            return lambda values: [
                f'"{value.isoformat()}"'
                if value.__class__ is datetime and value.tzinfo is UTC
                else json_cell(value)
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


def _is_plain_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, Enum) and is_number(value)


def _text(value: Any) -> str:
    if isinstance(value, Markup):
        return value.striptags()
    return str(value) if isinstance(value, str | LazyString) else any_text(value)
