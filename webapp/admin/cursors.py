"""Cursors: the place where a page begins, opaque to people, checked when they come back.

A cursor holds the values of one row's sort keys. Where a value that is read, and bound again, may not be what the row
holds (:mod:`.stored`), or no address can hold it, it stands in the cursor as "what that row has": the row is looked up
by its key, among those that exist for the person. Beside it stands a value near it, for when the row is gone.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func

from webapp.admin.info import ColumnInfo, ModelInfo
from webapp.admin.nearness import as_sql, ends, engine_of, still
from webapp.admin.paging import Position, SortKey
from webapp.admin.stored import EVERYWHERE, compares_as_read
from webapp.admin.values import encode_key, format_value

# Servers refuse addresses of more than some 8,000 bytes, and there may be several such keys.
MAX_TEXT = 400
# What no address can hold.
_UNTOLD = re.compile("[\0\ud800-\udfff]")
# No letter, but every engine sorts it behind all of them.
LAST_LETTER = "\U0010ffff"


class BadCursor(ValueError):
    """A cursor that this order did not make."""


@dataclass(frozen=True)
class OfRow:
    """The value that the row with *key* has, whatever it is.

    :ivar value: what it was read as: it is the place where the row is gone, or has another value by now.
    :ivar is_cut: *value* is the beginning of a text only.
    """

    key: tuple[Any, ...]
    value: Any = None
    is_cut: bool = False


def make_cursor(order: Sequence[SortKey], values: Sequence[Any], key: Sequence[Any] = ()) -> str:
    """A cursor that stands for the row with *values* in the keys of *order*, whose primary key is *key*."""
    texts = [_written(one, value, key) for one, value in zip(order, values, strict=True)]
    body = json.dumps([_signature(order), *texts], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode("utf-8", "surrogatepass")).decode("ascii").rstrip("=")


def read_cursor(order: Sequence[SortKey], cursor: str, info: ModelInfo | None = None) -> tuple[Any, ...]:
    """The values that *cursor* stands for, some of them perhaps an :class:`OfRow` of the model of *info*.

    :raises BadCursor: when it was not made by :func:`make_cursor` for this order.
    """
    try:
        body = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        )
        signature, *texts = json.loads(body)
        if signature != _signature(order) or len(texts) != len(order):
            raise BadCursor
        return tuple(_read(key, text, info) for key, text in zip(order, texts, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadCursor from error


def settled(
    position: Position | None, order: Sequence[SortKey], rows: Callable[[], Select[Any]], info: ModelInfo
) -> Any:
    """*position* with each :class:`OfRow` as SQL that looks the value up among *rows*, those that the person may see:
    otherwise one could learn how a hidden row compares with others."""
    if position is None:
        return None
    values = [
        _looked_up(key, value, rows, info, position.backward) if isinstance(value, OfRow) else value
        for key, value in zip(order, position.values, strict=False)
    ]
    return replace(position, values=tuple(values))


def _looked_up(
    key: SortKey, place: OfRow, rows: Callable[[], Select[Any]], info: ModelInfo, backward: bool
) -> ColumnElement[Any]:
    column, value = key.column, place.value
    is_it = [part.attribute == as_sql(part, given) for part, given in zip(info.key, place.key, strict=True)]
    if value is not None and not place.is_cut:
        is_it += still(column, as_sql(column, value), engine_of(column))
    found = rows().where(*is_it).with_only_columns(key.expression, maintain_column_froms=True)
    there = found.order_by(None).correlate(None).scalar_subquery()
    if value is None:
        return there
    # Of a row that is gone nobody knows more than that: none of those behind it may be left out, so it is taken for the
    # first that it can have been, in the direction of the page. A text comes after its own beginning.
    is_down = key.descending != backward
    if place.is_cut:
        return func.coalesce(there, as_sql(column, value + LAST_LETTER if is_down else value))
    return func.coalesce(there, ends(column, as_sql(column, value))[is_down])


def _written(one: SortKey, value: Any, key: Sequence[Any]) -> Any:
    if value is None:
        return None
    text = format_value(value)
    if not key:
        return text
    comes_back = _comes_back(one, value, text)
    if comes_back and _is_as_read(one.column):
        return text
    if comes_back:
        return [encode_key(key), text]
    if one.column.kind != "text":
        return [encode_key(key)]
    return [encode_key(key), _UNTOLD.split(text, maxsplit=1)[0][:MAX_TEXT], True]


def _is_as_read(column: ColumnInfo) -> bool:
    """Whether the value that was read of *column* stands for the row's; the key has to, or no row could be found."""
    if not column.is_stored:
        return False
    engines = EVERYWHERE if column.column.primary_key else compares_as_read(column.column.type)
    return engines == EVERYWHERE or (bool(engines) and engine_of(column) in engines)


def _comes_back(one: SortKey, value: Any, text: str) -> bool:
    try:
        return len(text) <= MAX_TEXT and bool(one.column.parse(text) == value)
    except ValueError:
        return False


def _read(key: SortKey, text: Any, info: ModelInfo | None) -> Any:
    if text is None and key.column.nullable:
        return None
    if isinstance(text, str):
        return key.column.parse(text)
    written, *near = text
    found = info.parse_key(written) if info is not None and isinstance(written, str) else None
    if found is None:
        raise BadCursor
    match near:
        case []:
            return OfRow(found)
        case [str(read)]:
            return OfRow(found, key.column.parse(read))
        case [str(beginning), bool(is_cut)] if key.column.kind == "text":
            return OfRow(found, key.column.parse(beginning), is_cut)
    raise BadCursor


def _signature(order: Sequence[SortKey]) -> str:
    names = ",".join(key.name for key in order)
    return hashlib.sha256(names.encode()).hexdigest()[:8]
