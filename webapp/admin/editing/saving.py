"""The unit of work: a valid form becomes a row and its history in one transaction, or nothing at all."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy.exc import CircularDependencyError, DataError, IntegrityError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from webapp.admin.editing.assigning import (
    shown_values,
)
from webapp.admin.editing.forms import values_of
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.refused import validators_heard
from webapp.admin.editing.related import let_go
from webapp.admin.editing.submissions import Once
from webapp.admin.editing.unique import taken_fields
from webapp.admin.editing.versions import Conflict, check_version
from webapp.admin.editing.violations import refusal
from webapp.admin.editing.writing import Along, write
from webapp.admin.history import together
from webapp.admin.info import ModelInfo
from webapp.admin.options import ModelAdmin, Rejected
from webapp.extensions import db, writing


class Invalid(Exception):
    """The form was found wrong while saving; its fields carry the errors."""


class Taken(Invalid):
    """Another row holds what no two may have."""


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
    along: Along | None = None,
    once: Once | None = None,
) -> Any:
    """Write what *form* says to *obj*, or to a new object, with one entry in the history.

    :param original: what a new object is a copy of: what its form shows and nobody can type comes along.
    :param version: the version that the form was made from; ``None`` skips the check.
    :param along: what is saved with it, or not at all.
    :param once: the form, where it is written once however often it is sent.
    :returns: the object as it was committed.
    :raises AlreadySent: when it was. :raises Invalid: when a hook or the database refuses; the form's errors say why.
    :raises Conflict: when *version* is not the present one any more. Nothing is written in either case.
    """
    values = values_of(form, layout)
    if original is not None:
        values = shown_values(model_admin.info, layout, original) | values
    try:
        judge(model_admin, form, layout, values, user, obj, version)
    finally:
        # What is wrong with the one keeps nobody from learning what is wrong with the other.
        if along:
            along.judge()
    ending = along.told() if along else nullcontext()
    with told(model_admin.info, form, values, obj), ending, writing(), heard(model_admin, form):
        model_admin.begin(user)
        if once:
            once.spend("" if obj is None else model_admin.info.key_of(obj))
        written = write(model_admin, form, layout, values, user, obj, version, along)
        if once and obj is None:
            once.made(model_admin.info.key_of(written.obj))
        elif once and not written.changes:
            once.give_back()
    tell_committed([(model_admin, written.obj)], user)
    if along:
        along.tell_committed()
    return written.obj


def save_all(model_admin: ModelAdmin, edits: Sequence[Edit], user: Any) -> None:
    """Write several objects in one transaction, each with its entry, or none of them.

    :param edits: for each its form, layout, object and version, as :func:`save` takes them.
    :raises Invalid: when one is refused; :raises Conflict: when one was changed. The others are judged all the same.
    """
    info = model_admin.info
    refused: list[Exception] = []
    values = [values_of(form, layout) for form, layout, _obj, _version in edits]
    for (form, layout, obj, version), typed in zip(edits, values, strict=True):
        try:
            judge(model_admin, form, layout, typed, user, obj, version)
        except (Invalid, Conflict) as error:
            refused.append(error)
    if refused:
        raise refused[0]
    saved: list[Any] = []
    try:
        with writing(), together(db.session()):
            for (form, layout, obj, version), typed in zip(edits, values, strict=True):
                with heard(model_admin, form):
                    if not saved:
                        model_admin.begin(user)
                    saved.append(write(model_admin, form, layout, typed, user, obj, version).obj)
    except Exception:
        # The row after those that were written, or the last one where it is the end that is refused.
        place = min(len(saved), len(edits) - 1)
        form, _layout, obj, _version = edits[place]
        with told(info, form, values[place], obj):
            raise
    tell_committed([(model_admin, target) for target in saved], user)


def judge(
    model_admin: ModelAdmin,
    form: FlaskForm,
    layout: Layout,
    values: dict[str, Any],
    user: Any,
    obj: Any,
    version: str | None,
) -> None:
    """What is judged before a transaction begins, and what is slow."""
    refuse_taken(form, model_admin.info, values, obj)
    ask_hooks(model_admin, form, user, obj)
    check_version(model_admin.info, obj, version, layout)


def ask_hooks(model_admin: ModelAdmin, form: FlaskForm, user: Any, obj: Any) -> None:
    """What the application says of a valid *form*, before a transaction begins."""
    with heard(model_admin, form):
        model_admin.clean(form, obj, user)
        model_admin.prepare(form, obj, user)


@contextmanager
def heard(model_admin: ModelAdmin, form: FlaskForm) -> Iterator[None]:
    """Turn what a hook or a validator refuses into an error of *form*. :raises Invalid: when one does."""
    with _rejections(form), validators_heard(model_admin.info):
        yield


@contextmanager
def told(info: ModelInfo, form: FlaskForm, values: dict[str, Any], obj: Any) -> Iterator[None]:
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
        refuse_taken(form, info, values, obj)
        with _rejections(form):
            raise refusal(error, info, form._fields) from error


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


def refuse_taken(form: FlaskForm, info: ModelInfo, values: dict[str, Any], obj: Any) -> None:
    """Refuse what another row has already where no two may have it. :raises Taken: with errors at the fields."""
    taken = taken_fields(info, values, obj, form._fields)
    for name, message in taken.items():
        _add_error(form, name, message)
    if taken:
        raise Taken


@contextmanager
def _rejections(form: FlaskForm) -> Iterator[None]:
    """Turn a hook's refusal into an error of the form."""
    try:
        yield
    except Rejected as rejected:
        _add_error(form, rejected.field, rejected.message)
        raise Invalid from rejected


def _add_error(form: FlaskForm, name: str | None, message: str) -> None:
    if name is not None and name in form:
        form[name].errors = [*form[name].errors, message]
    else:
        form.form_errors.append(message)
