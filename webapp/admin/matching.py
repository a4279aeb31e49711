"""How the rows of a search are found: through the model's search index, or by looking at each.

Few that match are looked up in the index and then sorted. Where many match, sorting all would cost more than walking
the list in its order and taking those that match until the page is full. How many there are decides, and is asked
once. A walk that has not met enough of them for a while gives up, and the index says where they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, Select, and_, func, literal, select

from webapp.admin.indexed import found_by_index, has_index, shortened
from webapp.admin.info import ModelInfo
from webapp.admin.paging import Position, SortKey, ordering, page_statement
from webapp.admin.search import SearchField, Term, matches
from webapp.extensions import db

# Rows that a walk looks at before it gives up: it fills a page where one in two hundred matches, wherever that is.
MAX_WALKED = 20_000
# Of a longer table without an index only the beginnings of texts are compared.
MAX_LOOKED_AT = 50_000

# Seconds.
LENGTH_HOLDS = 60

_IS_FOUND, _KEY = "_is_found", "_key"
_lengths: "WeakKeyDictionary[Engine, dict[Any, tuple[float, bool]]]" = WeakKeyDictionary()


@dataclass(frozen=True)
class Walk:
    """:ivar is_found: what a row at hand must meet, *key* that of a row."""

    is_found: ColumnElement[bool]
    key: ColumnElement[Any]


@dataclass(frozen=True)
class Search:
    """One search, for one statement or several.

    :ivar conditions: what a row must meet.
    :ivar walk: the same for a walk through the list, where so many match that it soon meets enough of them.
    :ivar counted: how many rows of the table match, or more than can be counted; ``None`` where nobody has counted.
    :ivar numbers: the keys of all rows that match, where few do and each has just been looked at.
    :ivar at_beginnings: only the beginnings of texts were compared, because the table is long and has no index.
    """

    conditions: tuple[ColumnElement[bool], ...] = ()
    walk: Walk | None = None
    counted: int | None = None
    numbers: Sequence[int] | None = None
    at_beginnings: bool = False


def search_for(info: ModelInfo, fields: Sequence[SearchField], terms: Sequence[Term]) -> Search:
    """How *terms* are found in *fields* of this model: at most one statement tells, none without terms."""
    if not terms:
        return Search()
    if has_index(info, fields) and (known := shortened(info, fields, terms)) != list(terms):
        if not _is_long(info):
            return Search(tuple(matches(fields, terms)))
        terms = known
    found = found_by_index(info, fields, terms)
    if found is None:
        is_long = _is_long(info)
        terms = [term.at_beginning for term in terms] if is_long else terms
        return Search(tuple(matches(fields, terms)), at_beginnings=is_long)
    walk = Walk(and_(*found.exact), info.key[0].attribute.expression) if found.are_near else None
    return Search(found.conditions, walk, found.counted, found.numbers)


def _is_long(info: ModelInfo) -> bool:
    """Whether the table is too long to be looked through; asked once a minute, since no table grows that fast."""
    here = info.mapper.local_table
    known = _lengths.setdefault(db.session.get_bind(info.mapper).engine, {})
    until, is_long = known.get(here, (0.0, False))
    if monotonic() >= until:
        rows = select(literal(1)).select_from(here).limit(MAX_LOOKED_AT + 1).subquery()
        number: int = db.session.execute(select(func.count()).select_from(rows)).scalar_one()
        is_long = number > MAX_LOOKED_AT
        known[here] = (monotonic() + LENGTH_HOLDS, is_long)
    return is_long


def read_page(
    search: Search,
    rows: Select[Any],
    order: Sequence[SortKey],
    position: Position | None,
    limit: int,
    read: Callable[[Select[Any]], Sequence[Any]],
    *,
    backward: bool = False,
) -> Sequence[Any]:
    """What *read* gives for the page of *rows* that :func:`.page_statement` makes of the same arguments."""
    if search.counted == 0:
        return ()
    if search.walk is not None:
        found = read(_walked(search.walk, rows, order, position, limit, backward=backward))
        if len(found) == limit:
            return found
        # The list ended, or the walk gave up: the index knows.
    found_rows = rows.where(*search.conditions) if search.conditions else rows
    return read(page_statement(found_rows, order, position, limit, backward=backward))


def _walked(
    walk: Walk,
    rows: Select[Any],
    order: Sequence[SortKey],
    position: Position | None,
    limit: int,
    *,
    backward: bool,
) -> Select[Any]:
    """The page of those of *rows* that a walk finds; of the others only the order and what is searched is read, which
    an index may hold.
    """
    backward = position.backward if position else backward
    places = {sort_key.column.name: sort_key.column.attribute.expression for sort_key in order}
    asked = [expression.label(name) for name, expression in places.items()]
    asked += [walk.key.label(_KEY), walk.is_found.label(_IS_FOUND)]
    candidates = rows.with_only_columns(*asked, maintain_column_froms=True)
    found = page_statement(
        candidates, order, position, limit, backward=backward, limited=_first_found
    ).subquery()
    page = rows.where(walk.key.in_(select(found.columns[_KEY])))
    return page.order_by(*ordering(order, places, backward=backward))


def _first_found(ranges: Sequence[Select[Any]], limit: int) -> list[Select[Any]]:
    """The first of each of *ranges* that are found, as far as a walk goes: where it gives up in one, none of the next,
    or a page would leave out what lies between. An engine gives them in the order they stand in.
    """
    parts: list[Select[Any]] = []
    reached: list[ColumnElement[bool]] = []
    for rows in ranges:
        walked = rows.limit(MAX_WALKED).subquery()
        shown = [column for column in walked.columns if column.name != _IS_FOUND]
        parts.append(select(*shown).where(walked.columns[_IS_FOUND], *reached).limit(limit))
        further = rows.with_only_columns(literal(1), maintain_column_froms=True).correlate(None)
        reached.append(further.limit(1).offset(MAX_WALKED).scalar_subquery().is_(None))
    return parts
