"""The unit of work: a valid form becomes a row and its history in one transaction, or nothing at all."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import inspect
from sqlalchemy.exc import CircularDependencyError, DataError, IntegrityError
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from webapp.admin.editing.beginning import keep_empty
from webapp.admin.editing.documents import assign
from webapp.admin.editing.forms import values_of
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.refused import setting, validators_heard
from webapp.admin.editing.related import let_go
from webapp.admin.editing.unique import taken_fields
from webapp.admin.editing.violations import refusal
from webapp.admin.history import differences, record, relation_changes, snapshot
from webapp.admin.info import ModelInfo, RelationInfo
from webapp.admin.loading import when_asked
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.extensions import db, writing
from webapp.texts import format_decimal, ngettext


class Conflict(Exception):
    """Somebody else changed or deleted the object since the form was made."""


class Invalid(Exception):
    """The form was found wrong while saving; its fields carry the errors."""


#: A form, its layout, the object it is about and the version that it was made from.
Edit = tuple[FlaskForm, Layout, Any, str | None]


def save(
    model_admin: ModelAdmin,
    form: FlaskForm,
    layout: Layout,
    user: Any,
    obj: Any = None,
    version: str | None = None,
    original: Any = None,
) -> Any:
    """Write what *form* says to *obj*, or to a new object, with one entry in the history.

    :param original: what a new object is a copy of: what its form shows and nobody can type comes along.
    :param version: the version that the form was made from; ``None`` skips the check.
    :returns: the object as it was committed.
    :raises Invalid: when a hook or the database refuses; the form's errors say why.
    :raises Conflict: when *version* is not the present one any more. Nothing is written in either case.
    """
    values = values_of(form, layout)
    if original is not None:
        values = _shown_values(model_admin.info, layout, original) | values
    _judge(model_admin, form, values, user, obj, version)
    with _told(model_admin.info, form, values, obj), writing(), _heard(model_admin, form):
        model_admin.begin(user)
        target = _write(model_admin, form, layout, values, user, obj, version)
    tell_committed([(model_admin, target)], user)
    return target


def save_all(model_admin: ModelAdmin, edits: Sequence[Edit], user: Any) -> None:
    """Write several objects in one transaction, each with its entry, or none of them.

    :param edits: for each its form, layout, object and version, as :func:`save` takes them.
    :raises Invalid: when one is refused; :raises Conflict: when one was changed. The others are judged all the same.
    """
    info = model_admin.info
    refused: list[Exception] = []
    values = [values_of(form, layout) for form, layout, _obj, _version in edits]
    for (form, _layout, obj, version), typed in zip(edits, values, strict=True):
        try:
            _judge(model_admin, form, typed, user, obj, version)
        except (Invalid, Conflict) as error:
            refused.append(error)
    if refused:
        raise refused[0]
    saved: list[Any] = []
    try:
        with writing():
            for (form, layout, obj, version), typed in zip(edits, values, strict=True):
                with _heard(model_admin, form):
                    if not saved:
                        model_admin.begin(user)
                    saved.append(_write(model_admin, form, layout, typed, user, obj, version))
    except Exception:
        # The row after those that were written, or the last one where it is the end that is refused.
        place = min(len(saved), len(edits) - 1)
        form, _layout, obj, _version = edits[place]
        with _told(info, form, values[place], obj):
            raise
    tell_committed([(model_admin, target) for target in saved], user)


def _judge(
    model_admin: ModelAdmin, form: FlaskForm, values: dict[str, Any], user: Any, obj: Any, version: str | None
) -> None:
    """What is judged before a transaction begins, and what is slow."""
    info = model_admin.info
    _refuse_taken(form, info, values, obj)
    with _heard(model_admin, form):
        model_admin.clean(form, obj, user)
        model_admin.prepare(form, obj, user)
    check_version(info, obj, version)


@contextmanager
def _heard(model_admin: ModelAdmin, form: FlaskForm) -> Iterator[None]:
    with _rejections(form), validators_heard(model_admin.info):
        yield


@contextmanager
def _told(info: ModelInfo, form: FlaskForm, values: dict[str, Any], obj: Any) -> Iterator[None]:
    """Turn what the database refuses into what the person is told, after the transaction has ended."""
    try:
        yield
    except StaleDataError as error:
        let_go(form)
        raise Conflict from error
    except (Conflict, Invalid):
        let_go(form)
        raise
    except ObjectDeletedError as error:
        if let_go(form):
            raise Invalid from error
        raise
    except (DataError, IntegrityError, CircularDependencyError) as error:
        if let_go(form):
            raise Invalid from error
        # Somebody was quicker between the check and the write; told in the same words as before it.
        _refuse_taken(form, info, values, obj)
        with _rejections(form):
            raise refusal(error, info, form._fields) from error


def _shown_values(info: ModelInfo, layout: Layout, original: Any) -> dict[str, Any]:
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


def tell_committed(changed: Iterable[tuple[ModelAdmin, Any]], user: Any) -> None:
    """Tell each admin which of its objects was changed, now that nothing can be refused any more.

    :raises RuntimeError: when one refuses all the same; the person would be told that nothing was done.
    """
    for model_admin, obj in changed:
        try:
            model_admin.after_commit(obj, user)
        except Rejected as error:
            name = f"{type(model_admin).__name__}.after_commit"
            raise RuntimeError(
                f"{name} comes too late to refuse: do it in before_save or before_delete."
            ) from error


def _write(
    model_admin: ModelAdmin,
    form: FlaskForm,
    layout: Layout,
    values: Mapping[str, Any],
    user: Any,
    obj: Any,
    version: str | None,
) -> Any:
    info = model_admin.info
    adding = obj is None
    target = _new(model_admin, values) if adding else read_again(info, obj, version)
    before = {} if adding else snapshot(info, target)
    # Nothing is written before all is set, also where a relation has to be read for it.
    with db.session.no_autoflush:
        _assign(info, target, values)
        model_admin.before_save(target, form, user)
        refuse_too_long(info, target)
        if adding:
            keep_empty([info.columns[name] for name in layout.columns], target)
    related = relation_changes(info, target)
    if related and not adding:
        _count_version(info, target)
    _tie_to_itself(info, target)
    db.session.add(target)
    db.session.flush()
    changes = differences(info, before, snapshot(info, target), related)
    if adding or changes:
        record(
            db.session(),
            verb="add" if adding else "change",
            name=model_admin.name,
            key=info.key_of(target),
            label=text_of(target),
            actor=user,
            changes=changes,
        )
    model_admin.after_save(target, form, user)
    return target


def _new(model_admin: ModelAdmin, values: Mapping[str, Any]) -> Any:
    """An object of the model; a class that cannot be made of nothing is given what it asks for by name."""
    asked = [
        name
        for name, parameter in signature(model_admin.model).parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    ]
    with setting():
        return model_admin.model(**{name: values.get(name) for name in asked})


def _assign(info: ModelInfo, target: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        relation = info.relations.get(name)
        with setting(name):
            if relation is None:
                assign(target, info.columns[name], value)
            elif relation.is_list or value is not getattr(target, name):
                relation.relate(target, relation.listed(value))


def _tie_to_itself(info: ModelInfo, target: Any) -> None:
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


def _count_version(info: ModelInfo, target: Any) -> None:
    """Write *target*'s row, and so count its version, also where only rows between it and others change."""
    if info.version is not None:
        kept = {column.name for column in (*info.key, info.version)}
        name = next((name for name in info.columns if name not in kept), None)
        if name is not None:
            flag_modified(target, name)


def check_version(info: ModelInfo, obj: Any, version: str | None) -> None:
    """Compare the *version* that a form was made from with *obj*'s.

    :raises Conflict: when they differ.
    """
    if obj is not None and version is not None and version != version_of(info, obj):
        raise Conflict


def version_of(info: ModelInfo, obj: Any) -> str:
    """*obj*'s version as a form carries it; empty where its model counts none."""
    column = info.version
    return str(getattr(obj, column.name)) if column is not None and obj is not None else ""


def read_again(info: ModelInfo, obj: Any, version: str | None) -> Any:
    """*obj* as it is now, inside the writing transaction, locked until its end.

    :raises Conflict: when it is not there any more, or *version* is not the present one.
    """
    key = tuple(getattr(obj, column.name) for column in info.key)
    try:
        found = db.session.get(
            info.model,
            key,
            options=when_asked(info),
            populate_existing=True,
            with_for_update={"of": info.mapper.tables},
        )
    except StaleDataError as error:
        raise Conflict from error
    if found is None:
        raise Conflict
    check_version(info, found, version)
    return found


def _refuse_taken(form: FlaskForm, info: ModelInfo, values: dict[str, Any], obj: Any) -> None:
    taken = taken_fields(info, values, obj)
    for name, message in taken.items():
        form[name].errors = [*form[name].errors, message]
    if taken:
        raise Invalid


@contextmanager
def _rejections(form: FlaskForm) -> Iterator[None]:
    """Turn a hook's refusal into an error of the form."""
    try:
        yield
    except Rejected as rejected:
        if rejected.field is not None and rejected.field in form:
            form[rejected.field].errors = [*form[rejected.field].errors, rejected.message]
        else:
            form.form_errors.append(rejected.message)
        raise Invalid from rejected
