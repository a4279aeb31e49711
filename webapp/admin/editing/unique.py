"""What no two rows of a model share: columns, several of them together, or what an index makes of them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Index, UniqueConstraint, and_, inspect, literal, not_, select
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import visitors

from webapp.admin.info import ModelInfo
from webapp.admin.texts import list_text
from webapp.extensions import db
from webapp.texts import gettext as _


@dataclass(frozen=True)
class _Unique:
    """:ivar names: the columns that are unique together, as the model calls them.
    :ivar terms: what is unique: the columns themselves, or what an index makes of them.
    :ivar where: among which rows; ``None`` is all.
    """

    names: tuple[str, ...]
    terms: tuple[ColumnElement[Any], ...]
    where: ColumnElement[bool] | None = None

    def asked(self, row: Mapping[Any, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        """What is unique, of *row*, an expression for each column of the tables."""
        return [_with(term, row) for term in self.terms]

    def holds(self, row: Mapping[Any, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        """Whether *row* is among those that share nothing."""
        return [] if self.where is None else [_with(self.where, row)]

    @property
    def columns(self) -> set[Any]:
        """All columns that have a part in it."""
        found = [column for term in self.terms for column in _columns_in(term)]
        return {*found, *(() if self.where is None else _columns_in(self.where))}


def taken_fields(
    info: ModelInfo, values: Mapping[str, Any], obj: Any = None, fields: Collection[str] = ()
) -> dict[str, str]:
    """Which of *values* another row holds already where the table wants them unique: field name to sentence.

    :param fields: those that can be mended; of several it is told at the first of them.

    Asked before a save, and again when the database has refused one because somebody else was quicker.
    """
    taken: dict[str, str] = {}
    held = {name: relation.name for name, relation in info.held.items() if relation.name in values}
    given = dict(values)
    for relation_name in set(held.values()):
        given |= info.relations[relation_name].column_values(values[relation_name])
    for unique in _uniques(info):
        if obj is not None and _stays(info, unique, given, obj):
            continue
        full = _row(info, unique, given, obj)
        if full is None or not _is_taken(info, unique, full, obj):
            continue
        places = [held.get(name, name) for name in unique.names if name in given]
        field = next((place for place in places if place in fields), places[0])
        at = field if field in (fields or values) else None
        taken[field] = taken_text(info, unique.names, values, at)
    return taken


def taken_text(info: ModelInfo, names: tuple[str, ...], fields: Any = (), at: str | None = None) -> str:
    """The sentence for columns that are unique together, each called as its field is among *fields*.

    :param at: the field that it stands at, whose label is beside it already: of one column it is not told again.
    """
    if at is not None and len(names) == 1:
        return str(_("This value is taken already, by another record."))
    held = {name: relation for name, relation in info.held.items() if relation.name in fields}
    labels = list_text(held[name].label if name in held else info.columns[name].label for name in names)
    return str(_("“%(label)s” is taken already: another record has this value.", label=labels))


def is_shared_by_none(info: ModelInfo, names: Collection[str]) -> bool:
    """Whether one of these columns and relations has a part in what no two rows share."""
    held = {
        column.name for name in names if name in info.relations for column in info.relations[name].columns
    }
    parts = {mapped_name(info, column) for unique in _uniques(info) for column in unique.columns}
    return not parts.isdisjoint({*names, *held})


def mapped_name(info: ModelInfo, column: Any) -> str:
    """What the model calls a *column* of its tables; empty where it does not know it."""
    try:
        name = info.mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return ""
    return name if name in info.columns else ""


def _uniques(info: ModelInfo) -> list[_Unique]:
    """What no two rows share, in all tables of the model, as far as the model knows the columns."""
    found = [_Unique(tuple(column.name for column in info.key), tuple(column.column for column in info.key))]
    for table in info.mapper.tables:
        for terms, where in (*_constraints_of(table), *_indexes_of(table)):
            named = dict.fromkeys(mapped_name(info, column) for term in terms for column in _columns_in(term))
            found.append(_Unique(tuple(named), tuple(terms), where))
    known = [one for one in found if one.names and all(mapped_name(info, column) for column in one.columns)]
    return sorted(known, key=lambda one: one.names)


def _constraints_of(table: Any) -> Iterator[tuple[list[Any], None]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield list(constraint.columns), None


def _indexes_of(table: Any) -> Iterator[tuple[list[Any], Any]]:
    """Those whose condition and terms are no mere text: of that only the database knows what it means.

    One that is made on some databases only is left to them too.
    """
    index: Index
    for index in table.indexes:
        where = index.dialect_kwargs.get(f"{db.engine.dialect.name}_where")
        terms = list(index.expressions)
        parts = terms if where is None else [*terms, where]
        if (
            index.unique
            and index._ddl_if is None
            and all(isinstance(part, ColumnElement) and _columns_in(part) for part in parts)
        ):
            yield terms, where


def _stays(info: ModelInfo, unique: _Unique, given: Mapping[str, Any], obj: Any) -> bool:
    """Whether *obj* holds in the database what *given* says of it, so that nobody else does."""
    names = [mapped_name(info, column) for column in unique.columns]
    changed = inspect(obj).committed_state
    return not any(name in changed or (name in given and given[name] != getattr(obj, name)) for name in names)


def _row(
    info: ModelInfo, unique: _Unique, given: Mapping[str, Any], obj: Any
) -> dict[Any, ColumnElement[Any]] | None:
    """The row that *given* makes of *obj*, as *unique* looks at it; ``None`` where it cannot be taken."""
    row: dict[Any, ColumnElement[Any]] = {}
    if not any(name in given for name in unique.names):
        return None
    for column in unique.columns:
        name = mapped_name(info, column)
        if name not in given and obj is None:
            # What the database will fill in by itself, only it knows.
            return None
        value = given[name] if name in given else getattr(obj, name)
        if value is None and any(column is term for term in unique.terms):
            return None
        row[column] = literal(value, column.type)
    return row


def _is_taken(info: ModelInfo, unique: _Unique, full: Mapping[Any, ColumnElement[Any]], obj: Any) -> bool:
    there: dict[Any, ColumnElement[Any]] = {
        column: info.columns[mapped_name(info, column)].attribute.expression for column in unique.columns
    }
    same = [kept == new for kept, new in zip(unique.asked(there), unique.asked(full), strict=True)]
    statement = select(*(column.attribute for column in info.key)).where(
        *same, *unique.holds(there), *unique.holds(full)
    )
    if obj is not None:
        own = [column.attribute == getattr(obj, column.name) for column in info.key]
        statement = statement.where(not_(and_(*own)))
    return db.session.execute(statement.limit(1)).first() is not None


def _with(term: ColumnElement[Any], row: Mapping[Any, ColumnElement[Any]]) -> ColumnElement[Any]:
    """*term* with the columns of *row* in the place of the table's."""
    made: ColumnElement[Any] = visitors.replacement_traverse(
        term, {}, lambda element, **_rest: row.get(element)
    )
    return made


def _columns_in(term: Any) -> list[Any]:
    return [part for part in visitors.iterate(term) if part.__visit_name__ == "column"]
