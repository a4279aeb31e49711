"""What taking back a request would do: to each object by itself, read batch by batch however many there are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from webapp.admin.editing.bringing import losses_of
from webapp.admin.editing.inlines.apart import Place, RowsApart, told_by
from webapp.admin.editing.kept import Loss, gone, is_as_left, read_before
from webapp.admin.editing.kinship import MAX_DELETED, MAX_SHOWN, held_places, in_order
from webapp.admin.editing.restoring import deletion_of, may_not
from webapp.admin.editing.takingback import TakingBack, joined, take_back_of
from webapp.admin.history import EVENTS, Change, LogEntry, changes_of
from webapp.admin.loading import form_related, rows_of, with_options
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.texts import gettext as _

# As many as an action takes; more objects than this are taken back one by one, from the history of each.
MAX_OBJECTS = 10_000
# So many are read, locked and written together.
BATCH = 200


@dataclass
class Step:
    """One object that the request did something to.

    :ivar entries: what it did, oldest first. :ivar problem: why it is not taken back.
    :ivar taking: what taking it back makes of an object that is there, where somebody looks at it; *losses* what
        cannot be given back.
    :ivar act: the texts of all that the request deleted.
    :ivar is_waiting: what it led to was deleted in the same request, and has to come back first.
    :ivar is_back: it is as it was before already.
    """

    model_admin: ModelAdmin
    entries: list[LogEntry]
    problem: str | None = None
    taking: TakingBack | None = None
    losses: list[Loss] = field(default_factory=list)
    is_waiting: bool = False
    is_back: bool = False
    act: Mapping[Place, str] = field(default_factory=dict)

    @property
    def entry(self) -> LogEntry:
        return self.entries[-1]

    @property
    def place(self) -> tuple[str, str]:
        return self.entry.name, self.entry.key

    @property
    def is_deletion(self) -> bool:
        return self.entry.verb == "delete"

    @property
    def is_addition(self) -> bool:
        """Whether there was no such object before: taking that back is a delete, which asks first."""
        return self.entries[0].verb == "add"


def steps_of(request_id: str, user: Any) -> list[Step]:
    """What taking a request back would do, as far as *user* may know of it: first what was deleted, each after those
    that it hung on.

    :raises Rejected: when it did something to more objects than are taken back in one step.
    """
    by_last = {told[-1].id: told for told in _told(request_id)}
    lasts = [told[-1] for told in by_last.values()]
    deletions = in_order([entry for entry in lasts if entry.verb == "delete"])
    others = [entry for entry in lasts if entry.verb != "delete" and not _is_above(by_last[entry.id])]
    act = {(entry.name, entry.key): entry.label for entry in deletions}
    steps = [
        Step(admin, by_last[entry.id], act=act)
        for entry in (*deletions, *others)
        if (admin := told_by(entry, user)) is not None and may(user, admin, "view")
    ]
    found: list[Step] = []
    returning: set[Place] = set()
    shown = 0
    for step in look(steps, user):
        if step.is_deletion and isinstance(step.model_admin, RowsApart):
            step.problem = step.problem or step.model_admin.problem(step.entry, user, returning)
        if step.is_deletion and not step.problem:
            returning.add(step.place)
        elif returning and _leads_to_one_of(step, returning):
            step.problem, step.losses, step.is_waiting = None, [], True
        shown += step.problem is None
        if shown > MAX_SHOWN:
            # Nobody sees it, and ten thousand of them are much to hold.
            step.taking = None
        found.append(step)
    return found


def _told(request_id: str) -> list[list[LogEntry]]:
    """The entries of a request, by object. :raises Rejected: when these are too many."""
    statement = select(LogEntry).where(LogEntry.request_id == request_id, LogEntry.verb.not_in(EVENTS))
    entries = db.session.scalars(statement.order_by(LogEntry.id).limit(2 * MAX_OBJECTS + 1)).all()
    places: dict[tuple[str, str], list[LogEntry]] = {}
    for entry in entries:
        places.setdefault((entry.name, entry.key), []).append(entry)
    deleted = sum(told[-1].verb == "delete" for told in places.values())
    if is_too_much(len(places), deleted) or len(entries) > 2 * MAX_OBJECTS:
        raise Rejected(
            _("This did something to so many records that each is taken back from its own history only.")
        )
    return list(places.values())


def is_too_much(number: int, deleted: int) -> bool:
    """Whether so many objects, *deleted* of which are gone, are not taken back in one step."""
    return number > MAX_OBJECTS or deleted > MAX_DELETED


def _is_above(entries: Sequence[LogEntry]) -> bool:
    """Whether they tell only what happened to children, which have entries of their own."""
    changes = [change for entry in entries for change in changes_of(entry)]
    return entries[0].verb != "add" and bool(changes) and all(change.kind == "inline" for change in changes)


def _leads_to_one_of(step: Step, returning: set[Place]) -> bool:
    """Whether the object held the key of one that comes back."""
    if step.is_deletion or step.taking is None:
        return False
    return not returning.isdisjoint(led_to(step))


def led_to(step: Step) -> set[Place]:
    """What the object, which is there, held the keys of before the request."""
    changes = joined(step.entries)
    return {*held_places(step.model_admin, changes), *_left_places(step.model_admin, changes)}


def _left_places(model_admin: ModelAdmin, changes: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """The objects to which relations led before *changes* and not after, as name and key."""
    for change in changes:
        relation = model_admin.info.relations.get(change.field)
        target = current_site().admin_of(relation.target) if relation else None
        if target is not None and change.old:
            left = [change.old] if change.kind == "relation" else change.old
            yield from ((target.name, key) for key, _text in left)


def look(steps: Sequence[Step], user: Any) -> Iterator[Step]:
    """Look what taking *steps* back would do; those of which *user* may not even know are left out."""
    for batch in batches(steps):
        with looked_at(batch, user) as known:
            pass
        yield from known


def batches(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    for start in range(0, len(steps), BATCH):
        yield steps[start : start + BATCH]


@contextmanager
def looked_at(steps: Sequence[Step], user: Any, *, afresh: bool = False) -> Iterator[list[Step]]:
    """Those of *steps*, one batch, of which *user* may know, looked at; what their changes lead to is known in the
    block without asking the database for each.

    :param afresh: what was read of the objects before is read again.
    """
    there = _objects(steps, user, afresh=afresh)
    changes = {step.place: joined(step.entries) for step in steps if not step.is_deletion}
    wanted = [
        (step.model_admin, there[step.place], changes[step.place])
        for step in steps
        if step.place in there and step.place in changes
    ]
    wanted += [(step.model_admin, None, changes_of(step.entry)) for step in steps if step.is_deletion]
    with read_before(wanted, user):
        for step in steps:
            step.problem, step.taking, step.is_back = None, None, False
        yield [step for step in steps if _look(step, user, there, changes)]


def _objects(steps: Sequence[Step], user: Any, *, afresh: bool) -> dict[tuple[str, str], Any]:
    """The objects of *steps* that exist for *user*: one statement for each of their models."""
    admins = {step.model_admin.name: step.model_admin for step in steps}
    found: dict[tuple[str, str], Any] = {}
    for name, admin in admins.items():
        keys = [admin.info.parse_key(step.entry.key) for step in steps if step.model_admin is admin]
        rows = rows_of(admin, user).where(admin.info.is_one_of([key for key in keys if key is not None]))
        statement = with_options(rows, form_related(admin)).execution_options(populate_existing=afresh)
        found |= {(name, admin.info.key_of(obj)): obj for obj in db.session.scalars(statement).unique()}
    return found


def _look(
    step: Step,
    user: Any,
    there: Mapping[tuple[str, str], Any],
    changes: Mapping[tuple[str, str], Sequence[Change]],
) -> bool:
    """Look at one of them; false where *user* may not even know of its object."""
    admin, entry, obj = step.model_admin, step.entry, there.get(step.place)
    if step.is_deletion:
        if obj is not None:
            step.problem, step.is_back = _("It is there again."), True
            return True
        return _look_at_deletion(step, user)
    if obj is None:
        is_own = entry.actor_key == str(user.id)
        step.problem = gone(entry.label)
        return is_own
    if step.is_addition:
        step.problem = (
            _("It was added. To take that back, delete it in the form that it stands in.")
            if isinstance(admin, RowsApart)
            else _("It was added. To take that back, delete it on its own page.")
        )
    elif not may(user, admin, "change", obj):
        step.problem = may_not()
    else:
        _look_at_changes(step, user, obj, changes[step.place])
    return True


def _look_at_deletion(step: Step, user: Any) -> bool:
    admin, entry = step.model_admin, step.entry
    found = deletion_of(admin, user, entry.key)
    if found is None or (isinstance(admin, RowsApart) and not admin.is_known(found, user)):
        return False
    if found.id != entry.id:
        step.problem = _("It was there again meanwhile, and was deleted once more.")
    elif not may(user, admin, "add"):
        step.problem = may_not()
    else:
        try:
            step.losses = losses_of(admin, entry, user, step.act.keys())
        except Rejected as rejected:
            step.problem = rejected.message
    return True


def _look_at_changes(step: Step, user: Any, obj: Any, changes: Sequence[Change]) -> None:
    taking = take_back_of(step.model_admin, user, obj, changes)
    step.is_back = not taking.values and not taking.losses
    if not all(is_as_left(step.model_admin, obj, change) for change in changes):
        step.problem = _("Somebody has changed it since.")
        return
    step.taking, step.losses = taking, taking.losses
    if not taking.values:
        reasons = [f"{loss.label}: {loss.reason}" for loss in taking.losses]
        step.problem = " ".join(reasons) or _("It is as it was before.")
