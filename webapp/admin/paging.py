"""Keyset paging: a page begins after a row, not after a number of rows, so the last costs what the first does.

An order is a list of keys that ends in a unique one. The rows after a given row are found block by block: first
those that equal it in all keys but the last, then in all but the last two, and so on. Each block is one range of
an index; written as one condition with OR, the usual form, databases scan all rows that tie. Empty values come
last in either direction, which is the same on every engine, and are a block of their own.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Enum, Select, asc, desc, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from webapp.admin.info import ColumnInfo, ModelInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.stored import shortest
from webapp.column_types import MYSQL_NAMES

# What has an order on every engine and is short enough for a cursor, which is part of an address.
SORTABLE_KINDS = frozenset(
    {
        "boolean",
        "enum",
        "text",
        "integer",
        "number",
        "decimal",
        "datetime",
        "date",
        "time",
        "interval",
        "uuid",
    }
)


class _ByName(FunctionElement[Any]):
    """An enumeration in one order for sorting and comparing.

    MariaDB sorts one by the places of its members and compares it by their names.
    """

    inherit_cache = True


class _Empty(FunctionElement[Any]):
    """A column among rows where it is empty, to sort by: of no effect, but it leads PostgreSQL to the index.

    MariaDB would sort all those rows for it.
    """

    inherit_cache = True


@compiles(_ByName)
@compiles(_Empty)
def _itself(element: FunctionElement[Any], compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


def _name(element: _ByName, compiler: Any, **options: Any) -> str:
    return f"CAST({_itself(element, compiler, **options)} AS CHAR)"


def _nothing(element: _Empty, compiler: Any, **options: Any) -> str:
    return "NULL"


for _engine in MYSQL_NAMES:
    compiles(_ByName, _engine)(_name)
    compiles(_Empty, _engine)(_nothing)


def _comparable(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    if not isinstance(expression.type, Enum):
        return expression
    by_name = _ByName(expression)
    by_name.type = expression.type
    return by_name


@dataclass(frozen=True)
class SortKey:
    """One key of an order: a column and a direction."""

    column: ColumnInfo
    descending: bool = False

    @property
    def expression(self) -> ColumnElement[Any]:
        return _comparable(self.column.attribute.expression)

    @property
    def name(self) -> str:
        return f"-{self.column.name}" if self.descending else self.column.name


@dataclass(frozen=True)
class Position:
    """Where a page begins: the values of one row's keys, and which side of it.

    :ivar inclusive: the row itself, and all that equal it in the keys given, belong to the page.
    """

    values: tuple[Any, ...]
    backward: bool = False
    inclusive: bool = False


def total_order(keys: Sequence[SortKey], info: ModelInfo, known: Collection[str] = ()) -> tuple[SortKey, ...]:
    """Complete *keys* so that no two rows are equal: cut after the first unique one, or end in the primary key.

    Where an index begins with *keys*, rows that tie come in the order of its further columns, or it could not
    serve the list. What is added follows the direction of what stands before it, for the same reason.

    :param known: the columns that the person may sort by: an order tells of its columns, and cursors hold their values.
    """
    order: dict[str, SortKey] = {}
    for key in keys:
        order.setdefault(key.column.name, key)
    descending = list(order.values())[-1].descending if order else False
    for column in (*_rest_of_index(list(order), info, known), *info.key):
        order.setdefault(column.name, SortKey(column, descending))
    place = next((place for place, key in enumerate(order.values(), 1) if _is_unique(key)), None)
    return tuple(order.values())[:place]


def declared_order(model_admin: ModelAdmin, user: Any) -> tuple[SortKey, ...]:
    """What the admin says in ``ordering``; not complete yet."""
    columns = model_admin.info.selectable
    return tuple(
        SortKey(columns[name.removeprefix("-")], name.startswith("-"))
        for name in model_admin.get_ordering(user)
        if not columns[name.removeprefix("-")].secret
    )


def _is_unique(key: SortKey) -> bool:
    return key.column.unique and not key.column.nullable


def _rest_of_index(names: Sequence[str], info: ModelInfo, known: Collection[str]) -> Iterable[ColumnInfo]:
    """What comes after *names* in an index, as far as the columns are *known* or are the key, which is no secret."""
    told = {*known, *(column.name for column in info.key)}
    for index in info.indexes:
        if names and names == [column.name for column in index[: len(names)]]:
            return takewhile(lambda column: column.name in told, index[len(names) :])
    return ()


def _first_of_each(ranges: Sequence[Select[Any]], limit: int) -> list[Select[Any]]:
    return [rows.limit(limit) for rows in ranges]


def page_statement(
    statement: Select[Any],
    order: Sequence[SortKey],
    position: Position | None,
    limit: int,
    *,
    backward: bool = False,
    limited: Callable[[Sequence[Select[Any]], int], list[Select[Any]]] = _first_of_each,
) -> Select[Any]:
    """Limit *statement*, which has neither order nor limit yet, to one page.

    The columns of *order* must be among its columns, labelled as the attributes are named.

    :param position: the row that the page follows, or with ``position.backward`` comes before.
    :param backward: with no position: the last page.
    :param limited: takes the first rows of each of some ranges, which stand in their order and follow each other.
    :returns: at most *limit* rows; going backward they come in reverse order, nearest first.
    """
    backward = position.backward if position else backward
    # Going backward is going forward through the reversed order, with the empty values first.
    keys = [replace(key, descending=key.descending != backward) for key in order]
    blocks = _blocks(keys, position, nulls_first=backward)
    ranges = [
        statement.where(*block.conditions).order_by(*_order_by(keys[block.level :], block, backward))
        for block in blocks
    ]
    parts = limited(ranges, limit)
    if len(parts) == 1:
        return parts[0]
    # Each part is limited by itself, so the union holds a few pages at most and sorting it again is cheap.
    union = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(union).order_by(*ordering(order, union.columns, backward=backward)).limit(limit)


def whole(statement: Select[Any], order: Sequence[SortKey]) -> list[Select[Any]]:
    """All rows of *statement* in *order*, as statements to be read one after the other: an index serves each.

    Rows that are empty in the first key are one of their own; sorting them in with the others would sort all.
    """
    return [
        statement.where(*block.conditions).order_by(*_order_by(order[block.level :], block, False))
        for block in _whole(order, nulls_first=False)
    ]


def ordering(order: Sequence[SortKey], columns: Any, *, backward: bool) -> list[ColumnElement[Any]]:
    """*order* as SQL over *columns*, by name, empty values last; reversed when going *backward*."""
    keys = [replace(key, descending=key.descending != backward) for key in order]
    return [
        expression
        for key in keys
        for expression in _natural(_comparable(columns[key.column.name]), key, backward)
    ]


@dataclass(frozen=True)
class _Block:
    """A range of rows: conditions, and the first key that still differs inside it."""

    conditions: tuple[ColumnElement[bool], ...]
    level: int
    nulls: bool


def _blocks(keys: Sequence[SortKey], position: Position | None, *, nulls_first: bool) -> list[_Block]:
    if position is None:
        return _whole(keys, nulls_first)
    values = position.values
    blocks: list[_Block] = []
    for level in range(len(values) - 1, -1, -1):
        key, value = keys[level], values[level]
        equal = tuple(_equals(keys[i], values[i]) for i in range(level))
        inclusive = position.inclusive and level == len(values) - 1
        if value is None:
            if inclusive:
                blocks.append(_Block((*equal, key.expression.is_(None)), level, True))
            if nulls_first:
                blocks.append(_Block((*equal, key.expression.is_not(None)), level, False))
            continue
        beyond = _beyond(key, value, inclusive)
        blocks.append(_Block((*equal, beyond), level, False))
        if key.column.nullable and not nulls_first:
            blocks.append(_Block((*equal, key.expression.is_(None)), level, True))
    return blocks


def _whole(keys: Sequence[SortKey], nulls_first: bool) -> list[_Block]:
    first = keys[0]
    if not first.column.nullable:
        return [_Block((), 0, False)]
    blocks = [
        _Block((first.expression.is_not(None),), 0, False),
        _Block((first.expression.is_(None),), 0, True),
    ]
    return blocks[::-1] if nulls_first else blocks


def _beyond(key: SortKey, value: Any, inclusive: bool) -> ColumnElement[bool]:
    compare = {(False, False): gt, (False, True): ge, (True, False): lt, (True, True): le}[
        key.descending, inclusive
    ]
    bound = _bound(key, value)
    # Of the forms that SQLite may hold a moment in the longest is bound, which comes last.
    found: ColumnElement[bool] = compare(key.expression, shortest(bound) if compare is ge else bound)
    return found


def _equals(key: SortKey, value: Any) -> ColumnElement[bool]:
    return key.expression.is_(None) if value is None else key.expression == _bound(key, value)


def _bound(key: SortKey, value: Any) -> ColumnElement[Any]:
    """*value* as SQL; it may be SQL already (:func:`webapp.admin.cursors.settled`)."""
    return value if isinstance(value, ColumnElement) else key.column.bound(value)


def _order_by(keys: Sequence[SortKey], block: _Block, backward: bool) -> list[ColumnElement[Any]]:
    """The order inside a block: by what still differs in it."""
    first, *rest = keys
    # A block holds either no empty value of its first key or nothing else; ordering by whether it is empty
    # would only keep an index from serving it.
    leading = _Empty(first.expression) if block.nulls else first.expression
    return [_directed(leading, first)] + [
        expression for key in rest for expression in _natural(key.expression, key, backward)
    ]


def _directed(expression: ColumnElement[Any], key: SortKey) -> ColumnElement[Any]:
    directed: ColumnElement[Any] = desc(expression) if key.descending else asc(expression)
    return directed


def _natural(expression: ColumnElement[Any], key: SortKey, backward: bool) -> list[ColumnElement[Any]]:
    """Order by a column with empty values last (first when going backward), whatever the engine does by itself."""
    directed = _directed(expression, key)
    if not key.column.nullable:
        return [directed]
    is_null = expression.is_(None)
    return [desc(is_null) if backward else asc(is_null), directed]


# What a page shows of it


class Option(NamedTuple):
    """One of several to choose from."""

    value: str
    label: str
    selected: bool


@dataclass(frozen=True)
class StartForm:
    """The form that goes to where a column has reached a value.

    :ivar column: what it is called; *kind* that of the input. :ivar hidden: what else the address says.
    """

    column: str
    kind: str
    value: str
    hidden: list[tuple[str, str]]


@dataclass(frozen=True)
class Pager:
    """The links from page to page; ``None`` where there is no such page. *sizes* are links too."""

    first: str | None
    previous: str | None
    next: str | None
    last: str | None
    sizes: list[Option]
    shown: str
    start: StartForm | None = None
