"""How the rows of one model hang on those of another: by a relation, or by a foreign key that no relation tells of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, UniqueConstraint, and_, inspect
from sqlalchemy.orm import PassiveFlag, RelationshipProperty
from sqlalchemy.orm.attributes import instance_dict, instance_state
from sqlalchemy.orm.exc import UnmappedColumnError

from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo


@dataclass(frozen=True)
class Bond:
    """One way in which a child hangs on its parent.

    :ivar pairs: the child's columns, each with the name of the parent's that it repeats.
    :ivar relation: the child's way to the parent, :ivar back: the parent's to its children, where they have names.
    """

    pairs: tuple[tuple[ColumnInfo, str], ...]
    relation: RelationInfo | None
    back: RelationInfo | None

    @property
    def names(self) -> frozenset[str]:
        """What the child's form has it under."""
        relation = {self.relation.name} if self.relation else set()
        return frozenset(relation | {column.name for column, _name in self.pairs})

    @property
    def is_single(self) -> bool:
        """Whether a parent has one such child at most."""
        if self.back is not None and not self.back.is_list:
            return True
        own = {column.column for column, _name in self.pairs}
        return any(set(columns) <= own for column in own for columns in _uniques(column.table))

    def holds(self, parent: object) -> ColumnElement[bool]:
        """The condition for the children of *parent*."""
        return and_(*(column.attribute == column.bound(getattr(parent, name)) for column, name in self.pairs))

    def values(self, parent: object) -> dict[str, Any]:
        """What a new child of *parent* begins with, by relation or column."""
        if self.relation is not None:
            return {self.relation.name: parent}
        return {column.name: getattr(parent, name) for column, name in self.pairs}

    def join(self, parent: object, child: object) -> None:
        """Tell *parent*'s relation of its new *child*, without reading the others that it leads to.

        A model that deletes its orphans would take a child whose parent it does not know for one.
        """
        if self.back is not None and self.back.is_list and self.back.is_read and self.relation is None:
            implementation: Any = getattr(type(parent), self.back.name).impl
            implementation.append(
                instance_state(parent),
                instance_dict(parent),
                child,
                None,
                passive=PassiveFlag.PASSIVE_NO_FETCH,
            )


def bonds_of(parent: ModelInfo, child: ModelInfo, fk_name: str = "") -> list[Bond]:
    """The ways in which rows of *child* hang on those of *parent*.

    :param fk_name: only those with this relation or column.
    """
    found: dict[frozenset[ColumnInfo], Bond] = {}
    for pairs, relation in (*_related(parent, child), *_keyed(parent, child)):
        columns = frozenset(column.name for column, _name in pairs)
        bond = Bond(pairs, relation, _back(parent, child, {column.column for column, _name in pairs}))
        found.setdefault(columns, bond)  # type: ignore[arg-type]
    return [bond for bond in found.values() if not fk_name or fk_name in bond.names]


Pairs = tuple[tuple[ColumnInfo, str], ...]


def _related(parent: ModelInfo, child: ModelInfo) -> Iterator[tuple[Pairs, RelationInfo]]:
    for relation in child.relations.values():
        prop: RelationshipProperty[Any] = relation.attribute.property  # type: ignore[assignment]
        if relation.columns and relation.is_writable and parent.mapper.isa(prop.mapper):
            pairs = _paired(parent, child, list(prop.local_remote_pairs or ()))
            if pairs:
                yield pairs, relation


def _keyed(parent: ModelInfo, child: ModelInfo) -> Iterator[tuple[Pairs, None]]:
    for table in child.mapper.tables:
        for constraint in getattr(table, "foreign_key_constraints", ()):
            # A class that inherits a table hangs on it as one object.
            is_inherited = constraint.referred_table in child.mapper.tables and set(
                constraint.columns
            ) <= set(table.primary_key)
            if constraint.referred_table in parent.mapper.tables and not is_inherited:
                pairs = _paired(parent, child, [(one.parent, one.column) for one in constraint.elements])
                if pairs:
                    yield pairs, None


def _paired(parent: ModelInfo, child: ModelInfo, columns: list[tuple[Any, Any]]) -> Pairs:
    """The two sides as the models call them; none where one of them does not know its column."""
    try:
        return tuple(
            (
                child.columns[child.mapper.get_property_by_column(local).key],
                parent.mapper.get_property_by_column(remote).key,
            )
            for local, remote in columns
        )
    except (UnmappedColumnError, KeyError):
        return ()


def _back(parent: ModelInfo, child: ModelInfo, columns: set[Any]) -> RelationInfo | None:
    for relation in parent.relations.values():
        prop: Any = relation.attribute.property
        leads_here = prop.direction.name == "ONETOMANY" and not prop.viewonly
        remote = {remote for _local, remote in prop.local_remote_pairs or ()}
        if leads_here and remote == columns and child.mapper.isa(inspect(relation.target)):
            return relation
    return None


def _uniques(table: Any) -> Iterator[list[Any]]:
    """The columns that are unique in *table*, alone or together."""
    yield list(table.primary_key)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield list(constraint.columns)
    for index in table.indexes:
        if index.unique and not index.dialect_kwargs:
            yield list(index.columns)
