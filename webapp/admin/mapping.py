"""What the mapper knows of a model: its columns and relations, how they are called, which are secret, and its keys.

Everything that asks "what is this column?" asks here: lists, forms, filters, history. Labels, help and choices come
from ``info``, help also from ``doc`` and from a hybrid's docstring; where there is no label it comes from the name.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, cast, get_args, get_origin

from sqlalchemy import Column, ColumnElement, UniqueConstraint, inspect, types
from sqlalchemy.dialects.mysql import SET
from sqlalchemy.exc import ArgumentError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import ColumnProperty, Mapped, Mapper, QueryableAttribute, RelationshipProperty

from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo, as_choices, as_states
from webapp.admin.unreadable import show_what_is_there

SECRET_NAME = re.compile(r"^password|_hash$|token|secret", re.IGNORECASE)
MAX_TEXT_OF = 200


@cache
def describe(model: type) -> ModelInfo:
    """Describe *model*, any class mapped by SQLAlchemy.

    :raises sqlalchemy.exc.NoInspectionAvailable: when it is not mapped.
    """
    mapper: Mapper[Any] = inspect(model)
    columns = {
        prop.key: _describe_column(prop) for prop in _column_properties(mapper) if _is_stored(prop.columns[0])
    }
    computed = {name: info for name, info in _computed(mapper) if name not in columns}
    relations = {prop.key: _describe_relation(prop, columns) for prop in mapper.relationships}
    key = tuple(columns[mapper.get_property_by_column(column).key] for column in mapper.primary_key)
    return ModelInfo(model, mapper, columns, computed, relations, key, tuple(_indexes(mapper, columns)))


def _indexes(mapper: Mapper[Any], columns: Mapping[str, ColumnInfo]) -> Iterator[tuple[ColumnInfo, ...]]:
    """The indexes of plain mapped columns; one over an expression or over some of the rows is left out."""
    by_column = {info.column: info for info in columns.values()}
    for index in sorted(getattr(mapper.local_table, "indexes", ()), key=lambda index: str(index.name)):
        expressions = list(index.expressions)
        if not index.dialect_kwargs and all(expression in by_column for expression in expressions):
            yield tuple(by_column[expression] for expression in expressions)


def _column_properties(mapper: Mapper[Any]) -> list[ColumnProperty[Any]]:
    """The columns that the class has attributes for: the mapper may keep one to itself that tells classes apart."""
    return [prop for prop in mapper.column_attrs if prop.instrument]


def _is_stored(column: ColumnElement[Any]) -> bool:
    """Whether somebody writes *column*: of a table's own, the database may fill in one itself and take no value."""
    if not isinstance(column, Column) or column.primary_key:
        return isinstance(column, Column)
    return column.computed is None and not (column.identity is not None and column.identity.always)


def _is_unique(column: Column[Any]) -> bool:
    """Whether no two rows have the same in *column*, alone."""
    constraints = getattr(column.table, "constraints", ())
    unique = [one.columns for one in constraints if isinstance(one, UniqueConstraint)]
    return bool(column.unique) or any(
        list(group) == [column] for group in [*unique, column.table.primary_key.columns]
    )


def _describe_column(prop: ColumnProperty[Any]) -> ColumnInfo:
    column = cast(Column[Any], prop.columns[0])
    return replace(
        _describe_value(prop.key, column, prop.class_attribute, column.info, prop.doc or column.doc),
        nullable=bool(column.nullable),
        unique=_is_unique(column),
        is_stored=True,
        # A class that inherits a table has its key from there.
        is_generated=any(_is_generated(cast(Column[Any], one)) for one in prop.columns),
    )


def _is_generated(column: Column[Any]) -> bool:
    is_counted = column is column.table.autoincrement_column
    return column.primary_key and (
        is_counted or column.default is not None or column.server_default is not None
    )


def _computed(mapper: Mapper[Any]) -> Iterator[tuple[str, ColumnInfo]]:
    """What SQL computes for each row: expressions mapped as columns, and hybrids that have an expression."""
    for prop in _column_properties(mapper):
        column = prop.columns[0]
        if not _is_stored(column):
            described = column if isinstance(column, Column) else prop
            yield (
                prop.key,
                _describe_value(prop.key, column, prop.class_attribute, described.info, described.doc),
            )
    descriptor: Any
    for name, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type is not HybridExtensionType.HYBRID_PROPERTY:
            continue
        try:
            attribute: Any = getattr(mapper.class_, name)
            expression = attribute.expression
        except (AttributeError, TypeError, ArgumentError, InvalidRequestError):
            # A hybrid may be written for single objects only.
            continue
        if isinstance(expression, ColumnElement):
            yield (
                name,
                _describe_value(name, expression, attribute, descriptor.info, _docstring(descriptor)),
            )


def _docstring(descriptor: Any) -> str | None:
    """What the developer wrote under the function: its first line."""
    function: Callable[..., Any] | None = getattr(descriptor, "fget", None)
    return (getattr(function, "__doc__", None) or "").strip().partition("\n")[0] or None


def _describe_value(
    name: str, column: Any, attribute: QueryableAttribute[Any], info: Mapping[Any, Any], doc: str | None
) -> ColumnInfo:
    show_what_is_there(column.type)
    kind, python_type = _kind(column.type, _annotated(attribute))
    if kind == "enum":
        members: Any = python_type
        choices: Any = tuple((member.name, member.name.replace("_", " ").capitalize()) for member in members)
    else:
        # An Enum of plain strings has no class; it takes these and nothing else.
        choices = tuple((word, word) for word in getattr(column.type, "enums", ()))
    return ColumnInfo(
        name=name,
        kind=kind,
        label=info.get("label", _words(name)),
        help=info.get("help", doc or ""),
        nullable=True,
        unique=False,
        length=getattr(column.type, "length", None),
        choices=as_choices(info.get("choices", choices)),
        format=info.get("format", ""),
        secret=bool(info.get("sensitive", SECRET_NAME.search(name))),
        python_type=python_type,
        attribute=attribute,
        column=column,
        is_stored=False,
        states=as_states(info.get("states")),
        said=info,
    )


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def model_words(model: type) -> str:
    """What to call a *model* that nobody gave a label: the words of its name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", model.__name__)
    return spaced.lower().capitalize()


def _describe_relation(prop: RelationshipProperty[Any], columns: Mapping[str, ColumnInfo]) -> RelationInfo:
    by_column = {info.column: info for info in columns.values()}
    held = [by_column.get(cast(Column[Any], local)) for local, _remote in prop.local_remote_pairs or ()]
    is_to_one = prop.direction.name == "MANYTOONE"
    own = tuple(column for column in held if column is not None) if is_to_one else ()
    is_plain = prop.secondary is not None if not is_to_one else len(own) == len(held) > 0
    is_read = prop.lazy not in ("dynamic", "write_only", "noload")
    info = prop.info
    return RelationInfo(
        name=prop.key,
        label=info.get("label", _words(prop.key)),
        help=info.get("help", prop.doc or next((column.help for column in own if column.help), "")),
        is_list=bool(prop.uselist),
        nullable=any(column.nullable for column in own) if own else True,
        secret=bool(info.get("sensitive", SECRET_NAME.search(prop.key))),
        target=prop.mapper.class_,
        columns=own,
        is_writable=is_plain and not prop.viewonly and is_read,
        is_read=is_read,
        attribute=prop.class_attribute,
        said=info,
    )


# TypeDecorators that are a kind of their own, with a field, and not what they store.
_OWN_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = ()

# The first match counts; a TypeDecorator is known by what it stores as and by the Python type it gives.
_KINDS: tuple[tuple[type[types.TypeEngine[Any]], str], ...] = (
    (types.Boolean, "boolean"),
    (types.Enum, "enum"),
    (types.Text, "longtext"),
    (types.String, "text"),
    (types.Integer, "integer"),
    (types.Float, "number"),
    (types.Numeric, "decimal"),
    (types.DateTime, "datetime"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.Uuid, "uuid"),
    (types.LargeBinary, "binary"),
    (types.JSON, "json"),
)


def _kind(column_type: types.TypeEngine[Any], annotated: type | None) -> tuple[str, type]:
    if isinstance(column_type, types.Interval):
        # A moment in the tables of SQLite and MariaDB, and never one in Python.
        return "interval", timedelta
    if isinstance(column_type, types.PickleType | SET):
        # The bytes are a program of the application's own: nobody else writes them (CWE-502). A set is no text.
        return "unknown", object
    own_kind = next((kind for known, kind in _OWN_KINDS if isinstance(column_type, known)), None)
    if own_kind is not None:
        return own_kind, column_type.python_type
    stored = column_type.impl_instance if isinstance(column_type, types.TypeDecorator) else column_type
    for known, kind in _KINDS:
        if isinstance(stored, known):
            enum_class: type | None = getattr(stored, "enum_class", None)
            if kind == "enum":
                return ("enum", enum_class) if enum_class else ("text", str)
            given = _given(column_type, annotated)
            # A type of the developer's own that gives something else: no control of ours makes one. A member of an
            # enumeration is written by its name, which such a type does not know.
            is_made = not issubclass(given, stored.python_type) or issubclass(given, enum.Enum)
            return ("unknown", given) if is_made else (kind, given)
    return "unknown", object


def _given(column_type: types.TypeEngine[Any], annotated: type | None) -> type:
    """The Python type of the column's values; ``object`` where a type of the developer's own does not say.

    It says so in ``python_type``, or the model does as ``Mapped[datetime]``; one that leaves alone what the database
    gives need not say anything.
    """
    if not isinstance(column_type, types.TypeDecorator):
        return column_type.python_type
    makers = [kind for kind in type(column_type).__mro__ if not kind.__module__.startswith("sqlalchemy.")]
    if any("python_type" in vars(kind) for kind in makers):
        return column_type.python_type
    reads = ("process_result_value", "result_processor")
    if not any(name in vars(kind) for kind in makers for name in reads):
        return column_type.impl_instance.python_type
    return annotated or object


def _annotated(attribute: QueryableAttribute[Any]) -> type | None:
    """The class in the model's ``Mapped[…]`` for *attribute*; ``None`` where there is none, or not one only."""
    for kind in getattr(getattr(attribute, "class_", None), "__mro__", ()):
        written = vars(kind).get("__annotations__", {}).get(attribute.key)
        if get_origin(written) is Mapped:
            [inner] = get_args(written)
            named = [one for one in get_args(inner) or (inner,) if one is not type(None)]
            return named[0] if len(named) == 1 and isinstance(named[0], type) else None
    return None


def text_of(obj: object) -> str:
    """What to call *obj*: its text, or, where its class gives it none, the class and the key: ``Book 7``.

    A long text is cut: it stands in titles, and in messages, which travel in a cookie of at most 4 KiB (RFC 6265 §6.1).
    """
    model: type = type(obj)
    text = _own_text(obj) or f"{model.__name__} {describe(model).key_of(obj)}"
    return text if len(text) <= MAX_TEXT_OF else f"{text[:MAX_TEXT_OF]}…"


def _own_text(obj: object) -> str:
    try:
        text = str(obj)
        return "" if text == repr(obj) else text.strip()
    except SQLAlchemyError:
        # What is not loaded is for the developer to name.
        raise
    except Exception:
        # A row that its class cannot tell, often for a column that is empty, takes nobody's page away.
        return ""
