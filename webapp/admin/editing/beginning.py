"""What a new row begins with: of a column's own default what can be told before the database is asked."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, null
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.elements import False_, True_

from webapp.admin.info import ColumnInfo

# A value as SQL writes it, in a default that was written as SQL.
_WRITTEN = re.compile(
    r"\(?(?:'(?P<text>[^']*)'|(?P<plain>-?[0-9]+(?:\.[0-9]+)?|true|false))\)?", re.IGNORECASE
)
_TRUTHS = {"1": "true", "0": "false", "t": "true", "f": "false"}
# What is kept as text that only its own field can read.
_UNREADABLE = frozenset({"json", "binary", "interval", "unknown"})


def begun(column: ColumnInfo) -> Any:
    """The value that *column* gives a row by itself, or what a function of the program gives; ``None`` where only
    the database knows."""
    default: Any = column.column.default
    if getattr(default, "is_scalar", False):
        return default.arg
    if getattr(default, "is_callable", False):
        # One that looks at the statement it stands in has none yet.
        with suppress(AttributeError):
            return default.arg(None)
    return _written(column) if default is None else None


def _written(column: ColumnInfo) -> Any:
    """The value in the default that the table itself has."""
    arg: Any = getattr(column.column.server_default, "arg", None)
    if isinstance(arg, True_ | False_):
        return isinstance(arg, True_)
    if isinstance(arg, TextClause):
        found = _WRITTEN.fullmatch(arg.text.strip())
        arg = found and (found["plain"] or found["text"])
    if not isinstance(arg, str) or column.kind in _UNREADABLE:
        return None
    with suppress(ValueError):
        return column.parse(_TRUTHS.get(arg.lower(), arg.lower()) if column.kind == "boolean" else arg)
    return None


def for_new(column: ColumnInfo) -> ColumnInfo:
    """*column* as the form of a new row has it: what the database fills in may be left empty."""
    if column.nullable or column.kind == "boolean" or not begins_by_itself(column):
        return column
    return _to_be_left_empty(column) if begun(column) is None else column


@lru_cache(maxsize=1_000)
def _to_be_left_empty(column: ColumnInfo) -> ColumnInfo:
    """Always the same, as the form class that is kept for it."""
    return replace(column, nullable=True)


def begins_by_itself(column: ColumnInfo) -> bool:
    """Whether the program or the database fills in *column* where nobody does."""
    return column.column.default is not None or column.column.server_default is not None


def keep_empty(columns: Iterable[ColumnInfo], target: object) -> None:
    """Let those of *columns* that somebody has emptied be stored so in *target*, a new object: SQLAlchemy takes
    ``None`` for "not given", and the default would come back in its place."""
    for column in columns:
        if column.nullable and getattr(target, column.name) is None and begun(column) is not None:
            set_committed_value(target, column.name, null())
