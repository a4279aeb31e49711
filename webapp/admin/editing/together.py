"""Take many objects back in as few statements as one: one flush writes their rows, one more their entries."""

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import inspect, select
from sqlalchemy.exc import CircularDependencyError, DataError, IntegrityError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from webapp.admin.editing.saving import Invalid, heard
from webapp.admin.editing.takingback import TakingBack
from webapp.admin.editing.unique import is_shared_by_none
from webapp.admin.editing.writing import Written, set_values, tell_written
from webapp.admin.history import differences, snapshot, together
from webapp.admin.info import ModelInfo
from webapp.admin.loading import when_asked
from webapp.admin.options import ModelAdmin
from webapp.extensions import db

# What an admin says of each object that is saved: what it asks the database there has to find the others written.
HOOKS = ("clean", "prepare", "before_save", "after_save")

Sent = tuple[TakingBack, FlaskForm, dict[str, Any]]


class NotTogether(Exception):
    """One of them is refused, so none is written, and each is to be tried by itself."""


def go_together(taking: TakingBack) -> bool:
    """Whether all that is asked of the object of *taking* can be asked of it alone, before anything is written."""
    said = {hook: getattr(getattr(taking.model_admin, hook), "__func__", None) for hook in HOOKS}
    has_hooks = any(function is not getattr(ModelAdmin, hook) for hook, function in said.items())
    return not has_hooks and not is_shared_by_none(taking.model_admin.info, taking.values.keys())


def write_together(model_admin: ModelAdmin, sent: Sequence[Sent], user: Any) -> list[Any]:
    """Write to objects of *model_admin* what their forms say, inside a writing transaction that holds them.

    :param sent: of each what is taken back, its valid form and what that says.
    :returns: the objects. :raises NotTogether: when one is refused; nothing is written then.
    """
    info = model_admin.info
    try:
        with db.session.begin_nested(), together(db.session()):
            before = [snapshot(info, taking.obj) for taking, _form, _values in sent]
            related = []
            for taking, form, values in sent:
                with heard(model_admin, form):
                    related.append(set_values(model_admin, form, taking.layout, values, user, taking.obj))
            db.session.flush()
            objects = [taking.obj for taking, _form, _values in sent]
            _read_computed(info, objects)
            for (taking, form, _values), former, moved in zip(sent, before, related, strict=True):
                changes = differences(info, former, snapshot(info, taking.obj), moved)
                tell_written(model_admin, form, Written(taking.obj, "change", changes), user)
    except (
        Invalid,
        IntegrityError,
        DataError,
        CircularDependencyError,
        StaleDataError,
        ObjectDeletedError,
    ) as error:
        raise NotTogether from error
    return objects


def _read_computed(info: ModelInfo, objects: Sequence[Any]) -> None:
    """Read what the database itself has put into the rows, of all of them at once."""
    lacking = [obj for obj in objects if not inspect(obj).expired_attributes.isdisjoint(info.columns)]
    if lacking:
        keys = [inspect(obj).identity for obj in lacking]
        statement: Any = select(info.model).where(info.is_one_of(keys)).options(*when_asked(info))
        db.session.scalars(statement).unique().all()
