"""Is there an index for what a list sorts, filters and searches by, and for the rows in a form?

Without one a table of any size is read from end to end, which nobody notices before it has grown. So this is told by
``flask check`` alone, and not of a model whose admin says that it stays small.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint

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
    """Whether an index begins with *column*."""
    return column.is_stored and _leads(column.column)


def _leads(column: Column[Any]) -> bool:
    return bool(column.unique) or any(group[0] is column for group in _groups(column.table) if group)


def _groups(table: Any) -> list[list[Any]]:
    """What stands in each index of *table*, in its order."""
    if not isinstance(table, Table):
        return []
    # One over some of the rows serves some of the questions only.
    indexes: list[list[Any]] = [
        list(index.expressions) for index in table.indexes if not index.dialect_kwargs
    ]
    unique: list[list[Any]] = [
        list(one.columns) for one in table.constraints if isinstance(one, UniqueConstraint)
    ]
    return [*indexes, *unique, list(table.primary_key.columns)]


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
            f"Store it in a column with an index, or show it by a method without order_by, or {SMALL}",
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
    missing = []
    for _place, name in declaration.names("list_filter"):
        column, relation = info.selectable.get(name), info.relations.get(name)
        if relation is not None:
            is_missing = not _is_found(relation)
        else:
            # A filter that only looks for a word inside a long text uses no index.
            is_missing = (
                column is not None
                and column.is_stored
                and "eq" in OPERATORS.get(column.kind, ())
                and not is_indexed(column)
            )
        if is_missing:
            missing.append(name)
    if missing:
        yield _no_index(declaration, "W591", "list_filter", missing, "filter")


def _is_found(relation: RelationInfo) -> bool:
    """Whether the rows that lead to one object are found by an index."""
    prop: Any = relation.attribute.property
    if prop.secondary is not None:
        return any(_leads(there) for _key, there in prop.secondary_synchronize_pairs)
    # The other way round the object itself holds the key of the row.
    return not relation.columns or any(is_indexed(column) for column in relation.columns)


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
