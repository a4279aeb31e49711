"""Take back all that one request did: each object by itself, and none that somebody has changed since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash
from sqlalchemy import select

from webapp.admin.editing.finding import seek
from webapp.admin.editing.kept import Loss, gone, is_as_left
from webapp.admin.editing.restoring import (
    admin_named,
    deletion_of,
    held_places,
    in_order,
    may_not,
    problems_of,
    restore_silently,
    revive,
)
from webapp.admin.editing.saving import read_again, tell_committed
from webapp.admin.editing.takingback import Refused, TakingBack, joined, take_back_of, take_back_within
from webapp.admin.editing.versions import Conflict
from webapp.admin.history import EVENTS, LogEntry, changes_of, number_told
from webapp.admin.loading import form_related
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.extensions import db, writing
from webapp.texts import gettext as _
from webapp.web.logs import request_id

# More objects than this are taken back one by one, from the history of each.
MAX_OBJECTS = 100


class NotAll(Exception):
    """Something of it cannot be taken back as it was, so nothing was."""


@dataclass
class Step:
    """One object that the request did something to.

    :ivar entries: what it did, oldest first. :ivar problem: why it is not taken back.
    :ivar taking: what taking it back makes of an object that is there; *losses* what cannot be given back.
    :ivar is_waiting: what it led to was deleted in the same request, and has to come back first.
    """

    model_admin: ModelAdmin
    entries: list[LogEntry]
    problem: str | None = None
    taking: TakingBack | None = None
    losses: list[Loss] = field(default_factory=list)
    is_waiting: bool = False

    @property
    def entry(self) -> LogEntry:
        return self.entries[-1]

    @property
    def is_deletion(self) -> bool:
        return self.entry.verb == "delete"

    @property
    def is_addition(self) -> bool:
        """Whether there was no such object before: taking that back is a delete, which asks first."""
        return self.entries[0].verb == "add"


@dataclass
class Undone:
    """:ivar done: the objects that are as they were before; *failures* the others, each with its reason."""

    done: list[tuple[ModelAdmin, Any]] = field(default_factory=list)
    failures: list[tuple[Step, str]] = field(default_factory=list)


def steps_of(request_id: str, user: Any) -> list[Step]:
    """What taking a request back would do, as far as *user* may know of it: first what was deleted, each after those
    that it hung on.

    :raises Rejected: when it did something to more objects than are taken back in one step.
    """
    statement = select(LogEntry).where(LogEntry.request_id == request_id, LogEntry.verb.not_in(EVENTS))
    entries = db.session.scalars(statement.order_by(LogEntry.id).limit(2 * MAX_OBJECTS + 1)).all()
    places: dict[tuple[str, str], list[LogEntry]] = {}
    for entry in entries:
        places.setdefault((entry.name, entry.key), []).append(entry)
    if len(places) > MAX_OBJECTS or len(entries) > 2 * MAX_OBJECTS:
        raise Rejected(
            _("This did something to so many records that each is taken back from its own history only.")
        )
    by_last = {told[-1].id: told for told in places.values()}
    deletions = in_order([told[-1] for told in places.values() if told[-1].verb == "delete"])
    others = [told[-1] for told in places.values() if told[-1].verb != "delete" and not _is_above(told)]
    steps: list[Step] = []
    for entry in (*deletions, *others):
        admin = admin_named(entry.name)
        if admin is not None and may(user, admin, "view"):
            step = Step(admin, by_last[entry.id])
            if look(step, user):
                if _leads_to_one_of(step, steps):
                    step.problem, step.losses, step.is_waiting = None, [], True
                steps.append(step)
    return steps


def _is_above(entries: Sequence[LogEntry]) -> bool:
    """Whether they tell only what happened to children, which have entries of their own."""
    changes = [change for entry in entries for change in changes_of(entry)]
    return entries[0].verb != "add" and bool(changes) and all(change.kind == "inline" for change in changes)


def _leads_to_one_of(step: Step, steps: Sequence[Step]) -> bool:
    """Whether the object held the key of one that comes back with *steps*."""
    deleted = {(one.model_admin.name, one.entry.key) for one in steps if one.is_deletion and not one.problem}
    if step.is_deletion or not deleted or step.taking is None:
        return False
    held = held_places(step.model_admin, joined(step.entries))
    return not deleted.isdisjoint(held)


def look(step: Step, user: Any) -> bool:
    """Look what taking *step* back would do; false where *user* may not even know of its object."""
    admin, entry = step.model_admin, step.entry
    obj = seek(admin, user, entry.key, form_related)
    if step.is_deletion:
        if obj is not None:
            step.problem = _("It is there again.")
            return True
        return _look_at_deletion(step, user)
    if obj is None:
        is_own = entry.actor_key == str(user.id)
        step.problem = gone(entry.label)
        return is_own
    if step.is_addition:
        step.problem = _("It was added. To take that back, delete it on its own page.")
    elif not may(user, admin, "change", obj):
        step.problem = may_not()
    else:
        _look_at_changes(step, user, obj)
    return True


def _look_at_deletion(step: Step, user: Any) -> bool:
    admin, entry = step.model_admin, step.entry
    found = deletion_of(admin, user, entry.key)
    if found is None:
        return False
    if found.id != entry.id:
        step.problem = _("It was there again meanwhile, and was deleted once more.")
    elif not may(user, admin, "add"):
        step.problem = may_not()
    else:
        try:
            step.losses = revive(admin, user, entry).former.losses
        except Rejected as rejected:
            step.problem = rejected.message
    return True


def _look_at_changes(step: Step, user: Any, obj: Any) -> None:
    changes = joined(step.entries)
    if not all(is_as_left(step.model_admin, obj, change) for change in changes):
        step.problem = _("Somebody has changed it since.")
        return
    step.taking = take_back_of(step.model_admin, user, obj, changes)
    step.losses = step.taking.losses
    if not step.taking.values:
        reasons = [f"{loss.label}: {loss.reason}" for loss in step.losses]
        step.problem = " ".join(reasons) or _("It is as it was before.")


def undo(steps: Sequence[Step], user: Any, *, is_whole: bool = False) -> Undone:
    """Take *steps* back in one transaction; what is refused stays as it is, and the others go on.

    :param is_whole: all of it without a loss, or nothing.
    :raises NotAll: in that case. :raises Rejected: when an admin refuses it to all.
    """
    undone = Undone()
    admins = {step.model_admin.name: step.model_admin for step in steps}
    with writing():
        for admin in admins.values():
            admin.begin(user)
        for step in steps:
            try:
                obj = _restore(step, user) if step.is_deletion else _take_back(step, user, is_whole=is_whole)
            except Rejected as rejected:
                undone.failures.append((step, rejected.message))
            else:
                undone.done.append((step.model_admin, obj))
        if is_whole and undone.failures:
            raise NotAll
    tell_committed(undone.done, user)
    return undone


def _restore(step: Step, user: Any) -> Any:
    try:
        return restore_silently(step.model_admin, step.entry, user)
    except Conflict as conflict:
        raise Rejected(_("Somebody has changed it since.")) from conflict


def _take_back(step: Step, user: Any, *, is_whole: bool) -> Any:
    """:raises Rejected: when it is refused, or has changed since it was looked at."""
    admin = step.model_admin
    try:
        obj = step.taking.obj if step.taking is not None else None
        if obj is not None:
            read_again(admin.info, obj, None)
        step.problem, step.taking = None, None
        if not look(step, user) or step.taking is None:
            raise Rejected(step.problem or may_not())
        if is_whole and step.losses:
            raise Rejected(step.losses[0].reason)
        return take_back_within(step.taking, user)
    except Conflict as conflict:
        raise Rejected(_("Somebody has changed it since.")) from conflict
    except Refused as refused:
        raise Rejected(problems_of(refused.form)) from refused


def chosen(steps: Sequence[Step], ids: Collection[str]) -> list[Step]:
    """Those of *steps* that a person has ticked and that can be taken back."""
    return [step for step in steps if step.problem is None and str(step.entry.id) in ids]


def number_to_undo() -> str:
    """The number under which what this request has done is taken back; empty where that is nothing, or too much."""
    return request_id() if 0 < number_told() <= MAX_OBJECTS else ""


def flash_done(message: str) -> None:
    """Tell what was done, with a button to take it back where it is not too much."""
    number = number_to_undo()
    flash(message, f"success:{number}" if number else "success")
    if number_told() > MAX_OBJECTS:
        flash(_("It was done to so many that each is taken back from its own history only."), "info")
