"""What is known of a model, as values: its columns, its relations and its keys. :mod:`.mapping` finds it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, and_, bindparam, inspect, literal, or_, types
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.orm import Mapper, PassiveFlag, QueryableAttribute
from sqlalchemy.orm.collections import collection_adapter

from webapp.admin.stored import is_single, single
from webapp.admin.values import MAX_INTEGER, MAX_UNSIGNED, encode_key, format_value, parse_value, unquote
from webapp.column_types import FoldedString

# Asked only whether a column's type takes a value; no engine is more lenient about it than another.
_DIALECT = DefaultDialect()

Choices = tuple[tuple[str, Any], ...]

#: What a choice may mean: each has a mark of its own, so that it is told without colour too (WCAG 1.4.1).
STATES = ("good", "warning", "bad", "neutral")


@dataclass(frozen=True, eq=False)
class State:
    """What a computed column may give in the place of a text, made once: *words* with the *mark* of what they mean.

    :ivar mark: one of :data:`STATES`.
    """

    words: Any
    mark: str

    def __str__(self) -> str:
        return str(self.words)


@dataclass(frozen=True, eq=False)
class ColumnInfo:
    """One value of a row that a statement can select, as the admin sees it.

    :ivar is_stored: a column of a table; otherwise computed in SQL (``column_property``, hybrid) and never written.
    :ivar is_generated: a key, or a part of one, that nobody has to think of.
    :ivar states: by written value, one of :data:`STATES`: how a choice is marked where it is shown.
    :ivar said: the model's ``info`` as it is written, which the checks look at.
    """

    name: str
    kind: str
    label: Any
    help: Any
    nullable: bool
    unique: bool
    length: int | None
    choices: Choices
    format: str
    secret: bool
    python_type: type
    attribute: QueryableAttribute[Any]
    column: Column[Any]
    is_stored: bool = True
    is_generated: bool = False
    states: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    said: Mapping[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def parse(self, text: str) -> Any:
        """Read a value of this column, as :func:`format_value` writes it.

        :raises ValueError: also for what only the column's own type refuses, a moment without a zone for one;
            otherwise the statement would fail on it.
        """
        largest = MAX_UNSIGNED if getattr(self.column.type, "unsigned", False) else MAX_INTEGER
        value = parse_value(self.kind, text, self.python_type, largest)
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Ask the column's own type whether it takes *value*.

        :raises ValueError: when it does not.
        """
        process = self.column.type.bind_processor(_DIALECT)
        try:
            if process:
                process(value)
        except (TypeError, LookupError, ArithmeticError, AttributeError) as error:
            raise ValueError(f"{str(value)[:40]!r} is no value of {self.name}") from error

    def bound(self, value: Any) -> ColumnElement[Any]:
        """*value* to compare the column with, as the database has it."""
        return literal(value, self._compared)

    def placeholder(self, name: str) -> BindParameter[Any]:
        """The same for a value that is given under *name* as the statement is asked."""
        return bindparam(name, type_=self._compared)

    @cached_property
    def _compared(self) -> types.TypeEngine[Any]:
        kind: types.TypeEngine[Any] = self.column.type
        if isinstance(kind, FoldedString):
            # Plain SQL may have written a name that is not folded; folding it here would look for another one.
            kind = types.String()
        elif isinstance(kind, types.Integer):
            # PostgreSQL refuses to look for 2^31 among its INTEGERs when it is told that it is one.
            kind = types.BigInteger()
        elif is_single(kind):
            kind = single(kind)
        return kind


@dataclass(frozen=True, eq=False)
class RelationInfo:
    """One way from a model's row to the rows of another.

    :ivar is_list: it leads to many rows. :ivar target: the model that it leads to.
    :ivar columns: the columns of this model that hold the other's key; empty where others hold it.
    :ivar is_writable: a form may set it: this row, or a table between the two, says where it leads.
    :ivar is_read: SQLAlchemy gives it as objects; otherwise as a query, or not at all.
    """

    name: str
    label: Any
    help: Any
    is_list: bool
    nullable: bool
    secret: bool
    target: type
    columns: tuple[ColumnInfo, ...]
    is_writable: bool
    is_read: bool
    attribute: QueryableAttribute[Any]
    said: Mapping[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def related(self, obj: object) -> list[Any]:
        """What *obj* is related to, as a list also where it can be one only."""
        value = getattr(obj, self.name)
        if self.is_list:
            # A list, a set or a dictionary, as the developer likes.
            return list(collection_adapter(value))
        return [] if value is None else [value]

    def change(self, obj: object, come: Sequence[Any], left: Sequence[Any]) -> None:
        """Let the relation of *obj*, which is one to many, lead to those that *come* too, and no more to those that
        *left*. Whatever else it leads to is not read for it."""
        state: Any = inspect(obj)
        collection = state.manager[self.name].impl
        for item in left:
            collection.remove(state, state.dict, item, None, passive=PassiveFlag.PASSIVE_NO_FETCH)
        for item in come:
            collection.append(state, state.dict, item, None, passive=PassiveFlag.PASSIVE_NO_FETCH)

    def moved(self, obj: object) -> tuple[list[Any], list[Any]]:
        """What has come to the relation of *obj* since it was read or written, and what has left: nothing is read for
        it, and what :meth:`change` did counts, which ``inspect(obj).attrs`` does not tell of what nobody has read."""
        flags = PassiveFlag.PASSIVE_NO_INITIALIZE | PassiveFlag.INCLUDE_PENDING_MUTATIONS
        come, _same, left = inspect(obj).get_history(self.name, flags)
        return [one for one in come or () if one is not None], [one for one in left or () if one is not None]

    def column_values(self, related: object | None) -> dict[str, Any]:
        """What the columns of this model hold when the relation leads to *related*."""
        prop: Any = self.attribute.property
        mapper: Mapper[Any] = inspect(self.target)
        names = {column.column: column.name for column in self.columns}
        return {
            names[local]: None
            if related is None
            else getattr(related, mapper.get_property_by_column(remote).key)
            for local, remote in prop.local_remote_pairs or ()
            if local in names
        }


@dataclass(frozen=True)
class ModelInfo:
    """What the mapper knows of a model, by attribute name.

    :ivar columns: what its tables store; *computed* what SQL makes of it; *relations* the ways to other models.
    :ivar key: the primary key; *indexes* the columns of each index.
    """

    model: type
    mapper: Mapper[Any]
    columns: Mapping[str, ColumnInfo]
    computed: Mapping[str, ColumnInfo]
    relations: Mapping[str, RelationInfo]
    key: tuple[ColumnInfo, ...]
    indexes: tuple[tuple[ColumnInfo, ...], ...]

    @cached_property
    def selectable(self) -> dict[str, ColumnInfo]:
        """Everything that a statement can select, sort and filter by."""
        return {**self.computed, **self.columns}

    def is_secret(self, name: str) -> bool:
        """Whether *name* is a column or a relation that no page gives away, whoever names it."""
        named: ColumnInfo | RelationInfo | None = self.selectable.get(name) or self.relations.get(name)
        return named is not None and named.secret

    def key_of(self, obj: object) -> str:
        """The address form of *obj*'s primary key."""
        return encode_key([getattr(obj, column.name) for column in self.key])

    def parse_key(self, text: str) -> tuple[Any, ...] | None:
        """The primary key that *text*, from an address, stands for; ``None`` when it can be no key.

        Each key has one address only: what would be written otherwise is no key.
        """
        parts = text.split(",")
        if len(parts) != len(self.key):
            return None
        try:
            values = tuple(column.parse(unquote(part)) for column, part in zip(self.key, parts, strict=True))
        except ValueError:
            return None
        return values if encode_key(values) == text else None

    def is_one_of(self, keys: Sequence[Sequence[Any]]) -> ColumnElement[bool]:
        """The condition for the rows with these primary keys."""
        if len(self.key) == 1:
            column = self.key[0]
            return column.attribute.in_([column.bound(value) for (value,) in keys])
        return or_(
            *(
                and_(
                    *(
                        column.attribute == column.bound(value)
                        for column, value in zip(self.key, key, strict=True)
                    )
                )
                for key in keys
            )
        )

    @cached_property
    def version(self) -> ColumnInfo | None:
        """The column that counts an object's versions, where the model has one."""
        return self._of(self.mapper.version_id_col)

    @cached_property
    def discriminator(self) -> ColumnInfo | None:
        """The column that says of which class a row is, where classes share a table or inherit one."""
        return self._of(self.mapper.polymorphic_on)

    @cached_property
    def held(self) -> dict[str, RelationInfo]:
        """The columns that hold another row's key, and the writable relation that each belongs to.

        Of relations that share a column, the one with the fewest: it has no other to be chosen by.
        """
        writable = [relation for relation in self.relations.values() if relation.is_writable]
        widest_first = sorted(writable, key=lambda relation: -len(relation.columns))
        return {column.name: relation for relation in widest_first for column in relation.columns}

    def _of(self, column: Any) -> ColumnInfo | None:
        return next((info for info in self.columns.values() if info.column is column), None)

    def worded(
        self, labels: Mapping[str, Any], help_texts: Mapping[str, Any], choices: Mapping[str, Any]
    ) -> "ModelInfo":
        """The same with other words: what an admin calls things, where it differs from the model."""

        def word(info: Any) -> Any:
            changes: dict[str, Any] = {}
            if info.name in labels:
                changes["label"] = labels[info.name]
            if info.name in help_texts:
                changes["help"] = help_texts[info.name]
            if info.name in choices and isinstance(info, ColumnInfo):
                changes["choices"] = as_choices(choices[info.name])
            return replace(info, **changes) if changes else info

        columns = {name: word(info) for name, info in self.columns.items()}
        relations = {
            name: replace(word(info), columns=tuple(columns[column.name] for column in info.columns))
            for name, info in self.relations.items()
        }
        return replace(
            self,
            columns=columns,
            computed={name: word(info) for name, info in self.computed.items()},
            relations=relations,
            key=tuple(columns[info.name] for info in self.key),
            indexes=tuple(tuple(columns[info.name] for info in index) for index in self.indexes),
        )


def as_choices(choices: Any) -> Choices:
    """Pairs of a value and its text, with the value as an address writes it; none where they are no pairs."""
    if not are_pairs(choices):
        return ()
    return tuple((format_value(value), text) for value, text in choices)


def are_pairs(choices: Any) -> bool:
    """Whether *choices* are written as such: the letters of a word, or the keys of a dictionary, are no pairs."""
    return isinstance(choices, list | tuple) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in choices
    )


def as_states(states: Any) -> dict[str, str]:
    """*states*, written by value, by the value's text in an address; what is no dictionary says nothing."""
    return (
        {format_value(value): state for value, state in states.items()} if isinstance(states, Mapping) else {}
    )
