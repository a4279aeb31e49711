"""A field for JSON: checked where it is typed, shown with its keys in their order, kept as it was where untouched.

What is taken is what every engine keeps and gives back equal: no NUL and no half characters (PostgreSQL), no more than
:data:`MAX_DEPTH` levels (MariaDB takes 32, with the history's own around them), and numbers that Python holds exactly.
An empty field is SQL's NULL. JSON's ``null`` is read as ``None`` as well, and so it is written as NULL wherever the
column may be NULL; only in one that may not be is it a value.
"""

import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from sqlalchemy import inspect, null
from sqlalchemy.orm.attributes import flag_modified

from webapp.admin.editing.controls import LinesField
from webapp.admin.info import ColumnInfo
from webapp.admin.unreadable import Unreadable
from webapp.admin.values import MAX_INTEGER, json_text
from webapp.texts import gettext as _

MAX_DEPTH = 20
MAX_DIGITS = 100


class JsonField(LinesField):
    """JSON as text of many lines.

    :param has_null: ``None`` in Python is JSON's ``null`` in this column.
    """

    kind = "json"

    def __init__(
        self, label: Any = None, validators: Any = None, *, has_null: bool = False, **options: Any
    ) -> None:
        super().__init__(label, validators, render_kw={"rows": "8", "spellcheck": "false"}, **options)
        self.has_null = has_null

    def shown(self, value: Any) -> str:
        if isinstance(value, Unreadable):
            return value
        return "" if value is None and not self.has_null else json_text(value, indent=2)

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist:
            text, self.data = valuelist[0].strip(), None
            if text:
                self.data = parse_json(text)


def parse_json(text: str) -> Any:
    """Read JSON (RFC 8259).

    :raises ValueError: with a sentence for the person.
    """
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_number,
            parse_int=_whole_number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise ValueError(
            _(
                "This is no JSON: look at line %(line)d, column %(column)d.",
                line=error.lineno,
                column=error.colno,
            )
        ) from error
    except RecursionError as error:
        raise ValueError(_too_deep()) from error
    if _depth(value) > MAX_DEPTH:
        raise ValueError(_too_deep())
    for word in _strings(value):
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in word):
            raise ValueError(_("Leave out \\u0000 and halves of characters: no database keeps them."))
    return value


def _too_deep() -> str:
    return str(_("There are more than %(count)d levels in this.", count=MAX_DEPTH))


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(_("%(word)s is no number in JSON.", word=word))


def _number(text: str) -> float:
    value = float(text)
    # A part after the fifteenth digit or an exponent of four would be lost without a word.
    if len(text) > MAX_DIGITS or not math.isfinite(value) or Decimal(text) != Decimal(repr(value)):
        raise ValueError(_("The number %(number)s has more digits than are kept.", number=text[:40]))
    return value


def _whole_number(text: str) -> int:
    # SQLite keeps a document that is one number as such, and makes a float of a larger one.
    if len(text) > MAX_DIGITS or abs(int(text)) > MAX_INTEGER:
        raise ValueError(_("The number %(number)s has more digits than are kept.", number=text[:40]))
    return int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(_("The name “%(name)s” stands twice in one object.", name=twice[:40]))
    return found


def _parts(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _depth(value: Any) -> int:
    """How many levels there are, counted level by level: it may be deeper than Python calls functions."""
    depth, level = 0, [value]
    while level := [part for one in level for part in _parts(one)]:
        depth += 1
    return depth


def _strings(value: Any) -> Iterator[str]:
    rest = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
        rest.extend(_parts(one))


def assign(obj: object, column: ColumnInfo, value: Any) -> None:
    """Set a column of *obj*, as a form does.

    Of JSON, Python and so SQLAlchemy take 1, 1.0 and true for the same, and objects whatever the order of their keys.
    """
    if column.kind != "json":
        setattr(obj, column.name, value)
        return
    old = getattr(obj, column.name)
    if value is None and column.nullable:
        # None alone would be written as JSON's null.
        if old is not None or not inspect(obj).has_identity:
            setattr(obj, column.name, null())
    elif value is None or json_text(old) != json_text(value):
        setattr(obj, column.name, value)
        flag_modified(obj, column.name)
