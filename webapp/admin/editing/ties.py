"""How rows hang together: what SQLAlchemy and the database do to other rows when a row is deleted.

Found out from the relationships of the classes and from the foreign keys of all their tables. A relationship counts
before the foreign key under it: SQLAlchemy acts on the other rows before the row itself goes.
"""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    MetaData,
    Select,
    Table,
    and_,
    select,
    tuple_,
)
from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError
from sqlalchemy.orm import Mapper, RelationshipProperty, registry, with_polymorphic

# Relationships that are never loaded by themselves, so that SQLAlchemy leaves the other rows to the database.
_NEVER_LOADED = ("noload", "write_only")


class Fate(enum.Enum):
    """What becomes of a row when one that it hangs on is deleted."""

    DELETED = enum.auto()
    EMPTIED = enum.auto()
    #: It stays as it is, so the other one has to stay as well.
    PROTECTS = enum.auto()


@dataclass(frozen=True, eq=False)
class Kind:
    """Rows that are one thing: those of a class and of all that inherit it, or those of a table without a class.

    :ivar tables: for each of its tables the columns that hold the key there. Several where a class inherits a table:
        one object has a row in each.
    """

    table: Table
    mapper: Mapper[Any] | None
    tables: dict[Table, tuple[Column[Any], ...]]
    by_orm: "list[Tie]" = field(default_factory=list)
    by_database: "list[Tie]" = field(default_factory=list)

    @property
    def key(self) -> tuple[Column[Any], ...]:
        return self.tables[self.table]


@dataclass(frozen=True, eq=False)
class Tie:
    """What happens to the rows of *kind* that hang on a deleted row in one way.

    :ivar columns: those of the other rows that point to the deleted one. :ivar rows: the statement for pairs of keys,
        the deleted row's and then the other's; *source* is the first of the two, *target* what to lock.
    :ivar by_orm: SQLAlchemy does it, so that what the classes say goes on from there; otherwise the database.
    :ivar is_ordered: SQLAlchemy knows of the way and deletes in the order that it needs.
    """

    kind: Kind
    fate: Fate
    columns: frozenset[Column[Any]]
    by_orm: bool
    is_ordered: bool
    rows: Select[Any]
    source: tuple[ColumnElement[Any], ...]
    target: Any

    def pairs(self, keys: Sequence[tuple[Any, ...]], limit: int, *, lock: bool) -> Select[Any]:
        """The statement for the rows that hang on those with *keys*, in the order of their own; locked until the
        transaction ends."""
        own = list(self.rows.selected_columns)[len(self.source) :]
        statement = self.rows.where(one_of(self.source, keys)).order_by(*own).limit(limit)
        return statement.with_for_update(of=self.target) if lock else statement


def one_of(columns: Sequence[Any], keys: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    """The condition that *columns* are one of *keys*."""
    if len(columns) == 1:
        only: ColumnElement[bool] = columns[0].in_([key[0] for key in keys])
        return only
    return tuple_(*columns).in_(keys)


def kind_of(mapper: Mapper[Any]) -> Kind:
    """The kind of *mapper*'s rows, with all that hangs on them."""
    classes, metadata = mapper.registry, mapper.local_table.metadata  # type: ignore[attr-defined]
    kinds = _kinds(metadata, classes, len(metadata.tables), len(classes.mappers))
    return kinds[mapper.local_table]  # type: ignore[index]


@lru_cache(maxsize=8)
def _kinds(metadata: MetaData, classes: registry, _tables: int, _classes: int) -> dict[Table, Kind]:
    """The kinds of all tables; made again when there are more tables or classes than before."""
    mappers = sorted(
        classes.mappers, key=lambda mapper: (mapper.class_.__module__, mapper.class_.__qualname__)
    )
    kinds: dict[Table, Kind] = {}
    for mapper in mappers:
        if mapper is _first(mapper) and isinstance(mapper.local_table, Table):
            kind = Kind(mapper.local_table, mapper, _keys_of(mapper))
            for table in kind.tables:
                kinds.setdefault(table, kind)
    for table in metadata.tables.values():
        if table not in kinds:
            kinds[table] = Kind(table, None, {table: _key_of_table(table)})
    known = set()
    for mapper in mappers:
        for prop in mapper.relationships:
            if prop.parent is mapper and not prop.viewonly and mapper.local_table in kinds:
                known |= {frozenset(held for _key, held in pairs) for pairs in _pairs(prop)}
                kinds[mapper.local_table].by_orm.extend(_ties_of(prop, kinds))
    for table in metadata.tables.values():
        for constraint in sorted(table.foreign_key_constraints, key=lambda one: list(one.column_keys)):
            tie = _tie_of_key(constraint, kinds, frozenset(constraint.columns) in known)
            if tie is not None:
                kinds[constraint.referred_table].by_database.append(tie)
    return kinds


def _first(mapper: Mapper[Any]) -> Mapper[Any]:
    """The class in whose table the rows of *mapper* begin; one that is concrete has all of its own."""
    while mapper.inherits is not None and not mapper.concrete:
        mapper = mapper.inherits
    return mapper


def _keys_of(first: Mapper[Any]) -> dict[Table, tuple[Column[Any], ...]]:
    begin: Any = first.local_table
    key: tuple[Any, ...] = first.primary_key
    keys: dict[Any, tuple[Column[Any], ...]] = {begin: key}
    for mapper in first.self_and_descendants:
        table = mapper.local_table
        if mapper.inherits and isinstance(table, Table) and table not in keys and _first(mapper) is first:
            above = keys[mapper.inherits.local_table]
            own = [[column for column in table.c if column.references(one)][:1] for one in above]
            keys[table] = tuple(column for columns in own for column in columns)
    return keys


def _key_of_table(table: Table) -> tuple[Column[Any], ...]:
    """What tells its rows apart: the key, in a table between two others perhaps only what points to them."""
    pointing = (column for column in table.c if column.foreign_keys)
    return tuple(table.primary_key) or tuple(pointing) or tuple(table.c)


# What SQLAlchemy does


def followed(mapper: Mapper[Any]) -> list[Any]:
    """The relationships that SQLAlchemy loads by itself when it deletes an object of *mapper*."""
    return [
        prop.class_attribute
        for prop in mapper.relationships
        if _is_followed(prop) and not prop.viewonly and prop.lazy != "dynamic"
    ]


def _is_followed(prop: RelationshipProperty[Any]) -> bool:
    if prop.direction.name == "MANYTOONE":
        return prop.cascade.delete
    return not prop.passive_deletes and prop.lazy not in _NEVER_LOADED


def _pairs(prop: RelationshipProperty[Any]) -> list[Any]:
    """Columns of a key, each with the one that holds it; of a relation through a table two lists."""
    return [pairs for pairs in (prop.synchronize_pairs, prop.secondary_synchronize_pairs) if pairs]


def _ties_of(prop: RelationshipProperty[Any], kinds: dict[Table, Kind]) -> Iterator[Tie]:
    direction = prop.direction.name
    if not _is_followed(prop):
        return
    if direction == "MANYTOMANY" and prop.secondary in kinds:
        yield from _tie_of_secondary(prop, kinds)
    if prop.mapper.local_table not in kinds:
        return
    held = frozenset(held for _key, held in prop.synchronize_pairs)
    if prop.cascade.delete:
        yield _tie_of_relation(prop, kinds, Fate.DELETED, held if direction == "ONETOMANY" else frozenset())
    elif direction == "ONETOMANY":
        can_be_empty = all(column.nullable and not column.primary_key for column in held)
        yield _tie_of_relation(prop, kinds, Fate.EMPTIED if can_be_empty else Fate.PROTECTS, held)


def _tie_of_relation(
    prop: RelationshipProperty[Any], kinds: dict[Table, Kind], fate: Fate, columns: frozenset[Any]
) -> Tie:
    source = with_polymorphic(prop.parent, [], aliased=True, flat=True)
    target = with_polymorphic(prop.mapper, [], aliased=True, flat=True)
    here, there = kinds[prop.parent.local_table], kinds[prop.mapper.local_table]  # type: ignore[index]
    source_key = _attributes(source, prop.parent, here)
    statement = select(*source_key, *_attributes(target, prop.mapper, there)).select_from(source)
    return Tie(
        there,
        fate,
        columns,
        by_orm=True,
        is_ordered=fate is not Fate.PROTECTS,
        rows=statement.join(getattr(source, prop.key).of_type(target)),
        source=source_key,
        target=target,
    )


def _attributes(alias: Any, mapper: Mapper[Any], kind: Kind) -> tuple[Any, ...]:
    return tuple(getattr(alias, mapper.get_property_by_column(column).key) for column in kind.key)


def _tie_of_secondary(prop: RelationshipProperty[Any], kinds: dict[Table, Kind]) -> Iterator[Tie]:
    """The rows between the two go; nothing that a class says goes on from there."""
    pairs = [(key, held) for key, held in prop.synchronize_pairs if isinstance(key.table, Table)]
    here = kinds[prop.parent.local_table]  # type: ignore[index]
    table: Any = pairs[0][0].table if pairs else None
    if table in here.tables:
        between: Any = prop.secondary
        yield _tie(here, table, kinds[between], between, pairs, Fate.DELETED, by_orm=True, is_ordered=True)


# What the database does


def _tie_of_key(constraint: ForeignKeyConstraint, kinds: dict[Table, Kind], is_ordered: bool) -> Tie | None:
    try:
        table, parent = constraint.table, constraint.referred_table
        pairs = [(element.column, element.parent) for element in constraint.elements]
    except (NoReferencedTableError, NoReferencedColumnError):
        return None
    here, there = kinds.get(parent), kinds[table]
    if here is None or parent not in here.tables:
        return None
    if here is there and table is not parent and set(constraint.columns) == set(there.tables[table]):
        # The rows of one object in the tables that its class inherits.
        return None
    rule = (constraint.ondelete or "").upper()
    fate = {"CASCADE": Fate.DELETED, "SET NULL": Fate.EMPTIED, "SET DEFAULT": Fate.EMPTIED}.get(
        rule, Fate.PROTECTS
    )
    if rule == "SET NULL" and not all(column.nullable for column in constraint.columns):
        fate = Fate.PROTECTS
    return _tie(here, parent, there, table, pairs, fate, by_orm=False, is_ordered=is_ordered)


def _tie(
    here: Kind,
    parent: Table,
    there: Kind,
    table: Table,
    pairs: Sequence[tuple[Any, Any]],
    fate: Fate,
    *,
    by_orm: bool,
    is_ordered: bool,
) -> Tie:
    source, target = parent.alias(), table.alias()
    source_key = tuple(source.c[column.key] for column in here.tables[parent])
    target_key = [target.c[column.key] for column in there.tables[table]]
    condition = and_(*(target.c[held.key] == source.c[key.key] for key, held in pairs))
    return Tie(
        there,
        fate,
        frozenset(held for _key, held in pairs),
        by_orm=by_orm,
        is_ordered=is_ordered,
        rows=select(*source_key, *target_key).select_from(source.join(target, condition)),
        source=source_key,
        target=target,
    )
