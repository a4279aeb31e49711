"""PostgreSQL's statements for what few rows hold, made once: to make one costs as much as to ask it.

Kept is what depends on the fields and on the kinds of the terms alone; what is looked for is given as values by name.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    literal_column,
    or_,
    select,
    true,
)

from webapp.admin.likeness import ESCAPE, Kind, escaped, like
from webapp.admin.search import SearchField, Term, as_stored, stored_text
from webapp.plans import SETTLED

#: Of each term its forms, and of each form what the index is asked for.
Pieces = Sequence[Sequence[Sequence[str]]]
#: Of each term where it must stand, and how many pieces each of its forms has.
Shape = tuple[tuple[Kind, tuple[int, ...]], ...]


def numbers_statement(
    key: Column[Any],
    every: str,
    fields: tuple[SearchField, ...],
    terms: Sequence[Term],
    pieces: Pieces,
    most: int,
) -> tuple[Select[Any], dict[str, Any]]:
    """The statement for the keys of at most so many rows in which all *terms* are found, and its values.

    :param key: whole numbers. :param every: in SQL what the index is of.
    """
    shape = tuple((term.kind, tuple(map(len, forms))) for term, forms in zip(terms, pieces, strict=True))
    values = {"most": most} | _values_of(pieces)
    for place, term in enumerate(terms):
        values |= {
            _sought(place, number): as_stored(field.column, term.text) for number, field in enumerate(fields)
        }
    return _of_shape(key, every, fields, shape), values


def holding(key: Column[Any], every: str, pieces: Pieces) -> Select[Any]:
    """The statement for the keys of all rows that the index has *pieces* of, with its values in it."""
    lengths = tuple(tuple(map(len, forms)) for forms in pieces)
    return _holding(key, every, lengths).params(_values_of(pieces))


@lru_cache(maxsize=1_000)
def _of_shape(key: Column[Any], every: str, fields: tuple[SearchField, ...], shape: Shape) -> Select[Any]:
    rows = _holding(key, every, tuple(lengths for _kind, lengths in shape))
    exact = [
        or_(*(_is_found(field, _sought(place, number), kind) for number, field in enumerate(fields)))
        for place, (kind, _lengths) in enumerate(shape)
    ]
    # Of few rows the planner need not know how many more this leaves out: to estimate it takes longer than to ask.
    found = rows.where(case((and_(*exact), true()))).limit(bindparam("most", type_=Integer()))
    # Whatever is in few rows is looked up in the same way, and to plan that for each takes longer than to find it.
    return found.execution_options(**SETTLED)


def _holding(key: Column[Any], every: str, lengths: tuple[tuple[int, ...], ...]) -> Select[Any]:
    text: ColumnElement[str] = literal_column(every)
    rows: Select[Any] = select(key)
    for place, forms in enumerate(lengths):
        numbers = count()
        held = ([_holds(text, _piece(place, next(numbers))) for _ in range(length)] for length in forms)
        rows = rows.where(or_(*(and_(*pieces) for pieces in held)))
    return rows


def _holds(text: ColumnElement[str], name: str) -> ColumnElement[bool]:
    return text.ilike(bindparam(name, type_=String()), escape=ESCAPE)


def _is_found(field: SearchField, name: str, kind: Kind) -> ColumnElement[bool]:
    return like(stored_text(field.column), name, kind, field.column.column.type, is_name=True)


def _values_of(pieces: Pieces) -> dict[str, Any]:
    return {
        _piece(place, number): f"%{escaped(piece)}%"
        for place, forms in enumerate(pieces)
        for number, piece in enumerate(chain.from_iterable(forms))
    }


def _piece(term: int, number: int) -> str:
    return f"piece{term}_{number}"


def _sought(term: int, field: int) -> str:
    return f"sought{term}_{field}"
