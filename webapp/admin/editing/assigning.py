"""A form's values onto an object, as the model wants them set."""

from collections.abc import Mapping
from inspect import signature
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import flag_modified

from webapp.admin.editing.chosen import chosen_among
from webapp.admin.editing.documents import assign
from webapp.admin.editing.flushing import changed_unread
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.refused import setting
from webapp.admin.editing.relatedlist import Difference
from webapp.admin.info import ModelInfo, RelationInfo
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.texts import format_decimal, ngettext


def new_object(model_admin: ModelAdmin, values: Mapping[str, Any]) -> Any:
    """An object of the model; a class that cannot be made of nothing is given what it asks for by name."""
    asked = [
        name
        for name, parameter in signature(model_admin.model).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    with setting():
        return model_admin.model(**{name: _plain(values.get(name)) for name in asked})


def _plain(value: Any) -> Any:
    return list(value.come) if isinstance(value, Difference) else value


def assign_values(info: ModelInfo, target: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        relation = info.relations.get(name)
        with setting(name):
            if relation is None:
                assign(target, info.columns[name], value)
            elif isinstance(value, Difference):
                _change(relation, target, value)
            elif value is not getattr(target, name):
                setattr(target, name, value)


def _change(relation: RelationInfo, target: Any, asked: Difference) -> None:
    """What is asked, as far as others have not done it meanwhile."""
    other = current_site().admin_of(relation.target)
    if other is None or not (asked.come or asked.left):
        return
    keys = [*(inspect(obj).identity for obj in asked.come), *asked.left]
    there = chosen_among(relation, other, target, keys) if inspect(target).persistent else {}
    come = [obj for obj in asked.come if other.info.key_of(obj) not in there]
    left = {encode_key(key) for key in asked.left}
    relation.change(target, come, [obj for key, obj in there.items() if key in left])
    changed_unread(target, relation)


def tie_to_itself(info: ModelInfo, target: Any) -> None:
    """Where *target* leads to itself, or did, let its columns alone say so: SQLAlchemy would wait for it to be written
    before it is."""
    akin = [
        relation
        for relation in info.relations.values()
        if isinstance(target, relation.target) and not (relation.is_list and relation.is_writable)
    ]
    held = [relation for relation in akin if relation.columns and relation.name in inspect(target).dict]
    if any(target is one for relation in held for one in _former_and_present(relation, target)):
        for relation in held:
            for name, key in relation.column_values(getattr(target, relation.name)).items():
                setattr(target, name, key)
        db.session.expire(target, [relation.name for relation in akin])


def _former_and_present(relation: RelationInfo, target: Any) -> tuple[Any, ...]:
    return (*(inspect(target).attrs[relation.name].history.deleted or ()), getattr(target, relation.name))


def count_version(info: ModelInfo, target: Any) -> None:
    """Write *target*'s row, and so count its version, also where only rows between it and others change."""
    if info.version is not None:
        kept = {column.name for column in (*info.key, info.version)}
        name = next((name for name in info.columns if name not in kept), None)
        if name is not None:
            flag_modified(target, name)


def shown_values(info: ModelInfo, layout: Layout, original: Any) -> dict[str, Any]:
    """What the form of *original* shows and has no field for, as far as another row may hold it too."""
    own = [*info.key, info.version, info.discriminator]
    return {
        name: getattr(original, name)
        for name, column in info.columns.items()
        if name in layout.readonly and column not in own and not (column.unique or column.secret)
    }


def refuse_too_long(info: ModelInfo, obj: Any) -> None:
    """Refuse text that is longer than its column, which a hook or an action has set: SQLite would keep it.

    :raises Rejected: with the name of the column.
    """
    for name, column in info.columns.items():
        if column.length is not None and column.kind == "text" and name in inspect(obj).dict:
            value = getattr(obj, name)
            if (
                isinstance(value, str)
                and len(value) > column.length
                and inspect(obj).attrs[name].history.added
            ):
                message = ngettext(
                    "“%(label)s” keeps at most %(count)s character.",
                    "“%(label)s” keeps at most %(count)s characters.",
                    column.length,
                    label=column.label,
                    count=format_decimal(column.length),
                )
                raise Rejected(message, name)
