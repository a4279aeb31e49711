"""Cursors: the place where a page begins, opaque to people, checked when they come back.

A cursor holds the values of one row's sort keys. A value that no address can hold, or that is too long for one, stands
in it as "what that row has": the row is looked up by its key, among those that exist for the person.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select

from webapp.admin.info import ModelInfo
from webapp.admin.paging import Position, SortKey
from webapp.admin.values import encode_key, format_value

# Servers refuse addresses of more than some 8,000 bytes, and there may be several such keys.
MAX_TEXT = 400


class BadCursor(ValueError):
    """A cursor that this order did not make."""


@dataclass(frozen=True)
class OfRow:
    """The value that the row with *key* has, whatever it is."""

    key: tuple[Any, ...]


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
    values = []
    for key, value in zip(order, position.values, strict=False):
        if isinstance(value, OfRow):
            is_it = [column.attribute == part for column, part in zip(info.key, value.key, strict=True)]
            found = rows().where(*is_it).with_only_columns(key.expression, maintain_column_froms=True)
            value = found.order_by(None).correlate(None).scalar_subquery()
        values.append(value)
    return replace(position, values=tuple(values))


def _written(one: SortKey, value: Any, key: Sequence[Any]) -> Any:
    if value is None:
        return None
    text = format_value(value)
    return [encode_key(key)] if key and not _comes_back(one, value, text) else text


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
    (written,) = text
    found = info.parse_key(written) if info is not None and isinstance(written, str) else None
    if found is None:
        raise BadCursor
    return OfRow(found)


def _signature(order: Sequence[SortKey]) -> str:
    names = ",".join(key.name for key in order)
    return hashlib.sha256(names.encode()).hexdigest()[:8]
