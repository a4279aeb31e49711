"""Is there an index for what a list sorts, filters and searches by, and for the rows in a form?

Without one a table of any size is read from end to end, which nobody notices before it has grown. So this is told by
``flask check`` alone, and not of a model whose admin says that it stays small.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Index, Table, UniqueConstraint
from sqlalchemy.engine.default import StrCompileDialect
from sqlalchemy.sql import operators

from webapp import search_index
from webapp.admin.checks.declaration import Declaration
from webapp.admin.display import shown_column
from webapp.admin.editing.inlines.bound import bind, bond_of
from webapp.admin.info import ColumnInfo, RelationInfo
from webapp.admin.inlines import Inline
from webapp.admin.listing.filters.operators import OPERATORS
from webapp.admin.paging import SORTABLE_KINDS, SortKey, total_order
from webapp.admin.problems import Problem
from webapp.admin.search import search_fields

# What PostgreSQL is told of an index besides, and which changes nothing of the order that it is in.
BESIDES = frozenset({"concurrently", "include", "nulls_not_distinct", "tablespace", "with"})
_NAMED = re.compile(r'"?(?P<name>\w+)"?(?: (?:ASC|DESC))?', re.IGNORECASE)
OVER = "or make an index over what computes it"
SMALL = "write stays_small = True if there are never many rows."


def index_problems(declaration: Declaration) -> Iterator[Problem]:
    """The indexes that are missing for *declaration*, which has no errors."""
    yield from _in_forms(declaration)
    # What is mapped to a query has indexes somewhere else.
    if declaration.admin.stays_small or not isinstance(declaration.info.mapper.local_table, Table):
        return
    yield from _sorted(declaration)
    yield from _filtered(declaration)
    yield from _searched(declaration)


def is_indexed(column: ColumnInfo) -> bool:
    """Whether an index begins with *column*, or with what computes it."""
    if column.is_stored:
        return _leads(column.column)
    computed = _written(column.attribute.expression)
    groups = _groups(column.attribute.parent.local_table)
    return any(_written(group[0]) == computed for group in groups)


def _leads(column: Column[Any]) -> bool:
    return bool(column.unique) or any(group[0] is column for group in _groups(column.table))


def _undirected(expression: Any, table: Table) -> Any:
    """What stands in an index of *table* without its direction: it is read from either end."""
    is_directed = getattr(expression, "modifier", None) in (operators.asc_op, operators.desc_op)
    alone = expression.element if is_directed else expression
    # Named by text, as in desc("name"), a column is none until the database reads it.
    named = None if isinstance(alone, Column) else _NAMED.fullmatch(_written(alone)[0])
    columns = {column.name: column for column in table.columns}
    return columns.get(named["name"], alone) if named else alone


def _written(expression: Any) -> tuple[str, Any]:
    """What is computed, whatever type somebody has given it."""
    compiled = expression.compile(dialect=StrCompileDialect())
    return str(compiled), compiled.params


def _groups(table: Any) -> list[list[Any]]:
    """What stands in each index of *table*, in its order."""
    if not isinstance(table, Table):
        return []
    indexes: list[list[Any]] = [
        [_undirected(expression, table) for expression in index.expressions]
        for index in table.indexes
        if _is_whole(index)
    ]
    unique: list[list[Any]] = [
        list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)
    ]
    return [group for group in (*indexes, *unique, list(table.primary_key.columns)) if group]


def _is_whole(index: Index) -> bool:
    """Whether *index* serves every question: one over some of the rows, over the beginnings of texts, or of another
    kind than a tree serves some of them only."""
    return all(
        name.partition("_")[2] in BESIDES or (name.endswith("_using") and str(value).lower() == "btree")
        for name, value in index.dialect_kwargs.items()
    )


def _sorted(declaration: Declaration) -> Iterator[Problem]:
    missing = [column for column in _sortable(declaration) if not is_indexed(column)]
    stored = [column.name for column in missing if column.is_stored]
    computed = [column.name for column in missing if not column.is_stored]
    if stored:
        yield _no_index(declaration, "W590", "list_display", stored, "sort")
    if computed:
        yield declaration.problem(
            "W593",
            "list_display",
            f"{_listed(computed)}: computed for every row of the table when the list is sorted by it.",
            f"Store it in a column with an index, or show it by a method without order_by, {OVER}, or {SMALL}",
        )


def _sortable(declaration: Declaration) -> list[ColumnInfo]:
    """The columns that a list shows or begins with can be sorted by, each once."""
    admin, selectable = declaration.admin, declaration.info.selectable
    names = [name for word in ("list_display", "list_columns") for _place, name in declaration.names(word)]
    shown = [shown_column(admin, declaration.info, name).order_by for name in names]
    first = [name.removeprefix("-") for _place, name in declaration.names("ordering")[:1]]
    found = [selectable[name] for name in dict.fromkeys([*shown, *first]) if name in selectable]
    return [column for column in found if column.kind in SORTABLE_KINDS]


def _filtered(declaration: Declaration) -> Iterator[Problem]:
    info = declaration.info
    stored: list[str] = []
    computed: list[str] = []
    for _place, name in declaration.names("list_filter"):
        column, relation = info.selectable.get(name), info.relations.get(name)
        if relation is not None:
            if not _is_found(relation):
                stored.append(name)
        # A filter that only looks for a word inside a long text uses no index.
        elif column is not None and "eq" in OPERATORS.get(column.kind, ()) and not is_indexed(column):
            (stored if column.is_stored else computed).append(name)
    if stored:
        yield _no_index(declaration, "W591", "list_filter", stored, "filter")
    if computed:
        yield declaration.problem(
            "W593",
            "list_filter",
            f"{_listed(computed)}: computed for every row of the table when the list is narrowed by it.",
            f"Store it in a column with an index, {OVER}, or {SMALL}",
        )


def _is_found(relation: RelationInfo) -> bool:
    """Whether the rows that lead to one object, or to none, are found by an index."""
    prop: Any = relation.attribute.property
    if prop.secondary is not None:
        return any(_leads(there) for _key, there in prop.secondary_synchronize_pairs)
    if relation.columns:
        return any(is_indexed(column) for column in relation.columns)
    # The other way round the object holds the key of the row; who leads nowhere is asked for by it, row by row.
    pairs = prop.local_remote_pairs or ()
    return not pairs or any(_leads(there) for _here, there in pairs)


def _searched(declaration: Declaration) -> Iterator[Problem]:
    names = [name for _place, name in declaration.names("search_fields")]
    index = search_index.index_of(declaration.info.mapper.local_table)
    known = set(index.columns) if index is not None else set()
    fields = search_fields(declaration.info, names)
    missing = [
        name
        for name, field in zip(names, fields, strict=True)
        if field.path or not field.column.is_stored or field.column.column.name not in known
    ]
    if missing:
        yield declaration.problem(
            "W592",
            "search_fields",
            f"{_listed(missing)}: in no SearchIndex of {declaration.model_name}, so that a search reads every row.",
            f"Declare SearchIndex(…) with all of them; what is computed or lies behind a relation has none; or {SMALL}",
        )


def _in_forms(declaration: Declaration) -> Iterator[Problem]:
    """The rows that hang on an object: an index leads to them and goes on in their order, or each form reads all."""
    for number, inline_class in enumerate(declaration.value("inlines")):
        inline = bind(declaration.admin, inline_class, declaration.site)
        wanted = _way_to_rows(inline)
        if wanted and not (inline.stays_small or inline.keeper.stays_small):
            names = _listed(wanted)
            yield declaration.problem(
                "W594",
                f"inlines[{number}]",
                f"{names}: no index begins so, and a form reads more rows of {inline.model.__name__} than it shows.",
                f"Make Index(…, {names}), with its migration, or write stays_small = True in {inline_class.__name__}.",
            )


def _way_to_rows(inline: Inline) -> list[str]:
    """What an index has to begin with for a page of *inline*'s rows to be read from it; nothing where one does."""
    bond = bond_of(inline)
    keys = [column.column for column, _name in bond.pairs]
    if bond.is_single or not all(isinstance(key.table, Table) for key in keys):
        return []
    names = (inline.position,) if inline.position else inline.ordering or inline.keeper.ordering
    said = [SortKey(inline.info.selectable[name.removeprefix("-")], name.startswith("-")) for name in names]
    order = [key.column for key in total_order(said, inline.info)]
    stored = [column.column for column in order if column.is_stored and column.column not in keys]
    served = any(
        set(group[: len(keys)]) == set(keys) and group[len(keys) :][: len(stored)] == stored
        for group in _groups(keys[0].table)
    )
    return [] if served else [column.key for column in (*keys, *stored)]


def _no_index(declaration: Declaration, number: str, place: str, names: Sequence[str], verb: str) -> Problem:
    return declaration.problem(
        number,
        place,
        f"{_listed(names)}: no index begins with it, so that to {verb} by it is to read the whole table.",
        f"Make one, such as Index(…, {names[0]!r}), with its migration, or {SMALL}",
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
