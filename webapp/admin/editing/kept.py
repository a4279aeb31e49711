"""What an entry of the history gives back: the values that fields held before, and of the rest why not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import with_parent

from webapp.admin.changes import Beginning, JsonString
from webapp.admin.editing.beginning import begun
from webapp.admin.editing.chosen import among_linked, linked
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.related import is_known, known, visible
from webapp.admin.editing.relatedlist import Difference
from webapp.admin.history import MAX_RELATED, Change
from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo
from webapp.admin.loading import related, with_options
from webapp.admin.mapping import describe
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.admin.values import encode_key, format_value, json_text
from webapp.extensions import db
from webapp.texts import format_decimal
from webapp.texts import gettext as _


class Unkept(Exception):
    """A value cannot be given back; the message says why."""


@dataclass(frozen=True)
class Loss:
    """What cannot be given back. :ivar label: the field's; :ivar reason: a sentence."""

    label: str
    reason: str


@dataclass
class Former:
    """:ivar values: by the name of a form's field what it held; *losses* what it held and nobody can give back."""

    values: dict[str, Any] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)


def former(
    model_admin: ModelAdmin, layout: Layout, user: Any, changes: Sequence[Change], obj: Any = None
) -> Former:
    """What the fields of *layout* held before *changes*.

    :param obj: what the changes are of; ``None`` where it is gone, and *changes* tell all that it held.
    """
    info = model_admin.info
    found = Former()
    held: dict[str, dict[str, Any]] = {}
    for change in changes:
        relation = info.held.get(change.field)
        if change.kind == "inline":
            # A child has an entry of its own.
            continue
        if relation is not None and relation.name in layout.relations and not change.is_secret:
            held.setdefault(relation.name, {})[change.field] = change.old
            continue
        try:
            _take(found, model_admin, layout, user, change, obj)
        except Unkept as unkept:
            if change.is_secret or change.old not in (None, "") or obj is not None:
                found.losses.append(Loss(_label(info, change.field), str(unkept)))
    for name, values in held.items():
        _take_relation(found, info.relations[name], user, values, obj)
    return found


def _take(
    found: Former, model_admin: ModelAdmin, layout: Layout, user: Any, change: Change, obj: Any
) -> None:
    """Find the field that *change* is taken back with, and its value. :raises Unkept: when there is none."""
    if change.is_secret:
        raise Unkept(_("A secret is not kept in the history."))
    own = model_admin.restore_field(change, obj, user)
    column, relation = layout.columns.get(change.field), layout.relations.get(change.field)
    if own is not None and own.field in layout.extra:
        found.values[own.field] = own.value
        found.losses += [Loss(_label(model_admin.info, change.field), own.lost)] if own.lost else []
    elif column is not None:
        found.values[column.name] = column_value(column, change.old)
    elif relation is not None:
        _take_objects(found, relation, user, change)
    elif obj is not None:
        raise Unkept(_("It is not changed in the form, so it stays as it is."))
    elif not _begins_so(model_admin.info.columns.get(change.field), change.old):
        raise Unkept(_("The form has no field for it, so it begins anew."))


def _begins_so(column: ColumnInfo | None, old: Any) -> bool:
    """Whether a new row begins with *old* anyway."""
    return column is not None and bool(begun(column) == old)


def column_value(column: ColumnInfo, kept: Any) -> Any:
    """*kept*, of a :class:`Change`, as a value of *column*. :raises Unkept: when it is none, or not all of it."""
    if kept is None:
        return None
    if column.kind == "binary":
        raise Unkept(_("The content of a file is not kept in the history."))
    if isinstance(kept, Beginning) and not kept.is_of(kept):
        raise Unkept(_("Only its beginning was kept."))
    if column.kind == "json":
        if isinstance(kept, JsonString) or not isinstance(kept, str):
            return str(kept) if isinstance(kept, str) else kept
        # It is the text of a value, and may be that of a string or of a document.
        raise Unkept(_("Its former value cannot be read any more."))
    try:
        return column.parse(kept if isinstance(kept, str) else format_value(kept))
    except ValueError as error:
        raise Unkept(_("Its former value cannot be read any more.")) from error


def _take_objects(found: Former, relation: RelationInfo, user: Any, change: Change) -> None:
    """Find what *relation* led to; who is gone of many is lost, and the others come back."""
    target = current_site().admin_of(relation.target)
    if target is None or change.kind not in ("relation", "relations"):
        # It was something else when the entry was written.
        raise Unkept(_("Its former value cannot be read any more."))
    old = change.old or ()
    left = {key: text for key, text in ([old] if change.kind == "relation" and old else old)}
    back = visible(target, user, list(left))
    missing = [text for key, text in left.items() if key not in back]
    found.losses += [Loss(str(relation.label), gone(text)) for text in missing]
    if change.is_cut:
        found.losses.append(Loss(str(relation.label), cut()))
    if relation.is_list:
        came = (target.info.parse_key(key) for key, _text in change.new or ())
        come_back = [back[key] for key in left if key in back]
        found.values[relation.name] = Difference(come_back, [key for key in came if key is not None])
    elif not missing:
        found.values[relation.name] = next(iter(back.values()), None)


def _take_relation(
    found: Former, relation: RelationInfo, user: Any, values: Mapping[str, Any], obj: Any
) -> None:
    """Find what the columns of *relation* led to when they held *values*."""
    present = {
        column.name: getattr(obj, column.name) if obj is not None else None for column in relation.columns
    }
    wanted = {**present, **values}
    if any(value is None for value in wanted.values()):
        found.values[relation.name] = None
        return
    target = target_with(relation, user, wanted)
    if target is None:
        text = ", ".join(format_value(value) for value in wanted.values())
        found.losses.append(Loss(str(relation.label), gone(text)))
    else:
        found.values[relation.name] = target


def target_with(relation: RelationInfo, user: Any, values: Mapping[str, Any]) -> Any:
    """The object that *relation* leads to where its columns hold *values*; ``None`` where *user* sees none."""
    target = current_site().admin_of(relation.target)
    if target is None or not may(user, target, "view"):
        return None
    key = _key_led_to(relation, target, values)
    if key is not None and is_known(target, key):
        return visible(target, user, [key]).get(key)
    names = {column.column: column.name for column in relation.columns}
    prop: Any = relation.attribute.property
    mapper: Any = inspect(relation.target)
    conditions = [
        getattr(relation.target, mapper.get_property_by_column(remote).key) == values[names[local]]
        for local, remote in prop.local_remote_pairs or ()
        if local in names
    ]
    statement = with_options(target.query(user).where(*conditions), related(target))
    found = db.session.scalars(statement).unique().first()
    return found if found is not None and may(user, target, "view", found) else None


def _key_led_to(relation: RelationInfo, target: ModelAdmin, values: Mapping[str, Any]) -> str | None:
    """The key of what *relation* leads to where its columns hold *values*; ``None`` where they hold something else."""
    prop: Any = relation.attribute.property
    names = {column.column: column.name for column in relation.columns}
    held = {remote: values[names[local]] for local, remote in prop.local_remote_pairs or () if local in names}
    key = [held.get(column.column) for column in target.info.key]
    return encode_key(key) if len(held) == len(key) and None not in key else None


@contextmanager
def read_before(wanted: Sequence[tuple[ModelAdmin, Any, Sequence[Change]]], user: Any) -> Iterator[None]:
    """In the block what :func:`former` and :func:`is_as_left` ask the database for is known of all of *wanted*: one
    statement for each model that is led to, and for each relation to many.

    :param wanted: objects, each with its admin and the changes that are asked about; ``None`` stands for one that is
        gone.
    """
    targets: dict[str, tuple[ModelAdmin, dict[str, None]]] = {}
    links: dict[RelationInfo, list[tuple[Any, Collection[str]]]] = {}
    for admin, obj, changes in wanted:
        for relation, keys, left in _led_to(admin.info, obj, changes):
            target = current_site().admin_of(relation.target)
            if target is None:
                continue
            targets.setdefault(target.name, (target, {}))[1].update(dict.fromkeys(left))
            if relation.is_list and relation.is_read and obj is not None:
                links.setdefault(relation, []).append((obj, keys))
    with known([(target, list(keys)) for target, keys in targets.values()], user), linked(links):
        yield


def _led_to(
    info: ModelInfo, obj: Any, changes: Sequence[Change]
) -> Iterator[tuple[RelationInfo, Collection[str], Collection[str]]]:
    """The relations of *obj* that *changes* tell of: to which keys they led or lead, and to which of them before."""
    held: dict[str, dict[str, Any]] = {}
    for change in changes:
        relation = info.relations.get(change.field)
        if relation is not None and change.kind == "relations":
            left, came = ({key for key, _text in part or ()} for part in (change.old, change.new))
            yield relation, left | came, left
        elif relation is not None and change.kind == "relation" and change.old:
            yield relation, [change.old[0]], [change.old[0]]
        elif change.field in info.held and not change.is_secret:
            held.setdefault(info.held[change.field].name, {})[change.field] = change.old
    for name, values in held.items():
        relation = info.relations[name]
        target = current_site().admin_of(relation.target)
        wanted = {column.name: getattr(obj, column.name, None) for column in relation.columns} | values
        key = _key_led_to(relation, target, wanted) if target is not None else None
        if key is not None:
            yield relation, [key], [key]


def cut() -> str:
    """What is said of a relation of which an entry does not keep all."""
    return str(_("Of very many only %(number)s were kept.", number=format_decimal(MAX_RELATED)))


def gone(text: str) -> str:
    return str(_("“%(object)s” is not there any more, or it is not visible to you.", object=text[:100]))


def _label(info: ModelInfo, name: str) -> str:
    known = info.columns.get(name) or info.relations.get(name)
    return str(known.label) if known else name


def is_as_left(model_admin: ModelAdmin, obj: Any, change: Change) -> bool:
    """Whether *obj* still holds what *change* has made of its field, so that taking it back overwrites nobody."""
    info = model_admin.info
    if change.kind in ("inline", "secret"):
        return True
    relation = info.relations.get(change.field)
    if relation is not None:
        if not relation.is_read or change.kind not in ("relation", "relations"):
            return not relation.is_read
        if not relation.is_list:
            there = {_key_of(one) for one in relation.related(obj)}
            return there == ({change.new[0]} if change.new else set())
        left, came = ({key for key, _text in part or ()} for part in (change.old, change.new))
        return _among(relation, obj, left | came) == came
    column = info.columns.get(change.field)
    return column is None or _is_same(column, getattr(obj, column.name), change.new)


def _among(relation: RelationInfo, obj: Any, keys: Collection[str]) -> set[str]:
    """Those of *keys* to which *relation* leads from *obj*, however many others there are."""
    known_ones = among_linked(relation, obj, keys)
    if known_ones is not None:
        return set(known_ones)
    target = describe(relation.target)
    wanted = [values for key in keys if (values := target.parse_key(key)) is not None]
    if not wanted:
        return set()
    statement = select(*(column.attribute for column in target.key))
    statement = statement.where(with_parent(obj, relation.attribute), target.is_one_of(wanted))
    return {encode_key(tuple(row)) for row in db.session.execute(statement)}


def _key_of(obj: Any) -> str:
    model: type = type(obj)
    return describe(model).key_of(obj)


def _is_same(column: ColumnInfo, present: Any, kept: Any) -> bool:
    if present is None or kept is None:
        return present is kept
    if column.kind == "binary":
        return True
    if column.kind == "json" and (isinstance(kept, JsonString) or not isinstance(kept, str)):
        return json_text(present) == json_text(kept)
    text = kept if isinstance(kept, str) else format_value(kept)
    if isinstance(text, Beginning):
        return text.is_of(format_value(present)) or (column.kind == "json" and text.is_of(json_text(present)))
    if format_value(present) == text:
        return True
    try:
        value = column.parse(text)
    except ValueError:
        return False
    # What goes into a column is not always what comes out; both are compared as the database has them.
    process = column.column.type.dialect_impl(db.engine.dialect).bind_processor(db.engine.dialect)
    return bool(value == present or (process is not None and process(value) == process(present)))
