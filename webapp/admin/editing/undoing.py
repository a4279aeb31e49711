"""Take back all that one request did: each object by itself, and none that somebody has changed since."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy import select

from webapp.admin.editing.bringing import Untied, problems_of, restore_silently, tie_again, untied_from
from webapp.admin.editing.inlines.apart import Place, RowsApart, tell_above
from webapp.admin.editing.kept import is_as_left
from webapp.admin.editing.kinship import REST, ties_of
from webapp.admin.editing.restoring import may_not
from webapp.admin.editing.saving import Taken, tell_committed
from webapp.admin.editing.steps import Step, batches, led_to, looked_at
from webapp.admin.editing.submissions import Once
from webapp.admin.editing.takingback import Refused, TakingBack, joined, sent_of, take_back_within
from webapp.admin.editing.together import NotTogether, Sent, go_together, write_together
from webapp.admin.editing.versions import Conflict
from webapp.admin.editing.writing import Written
from webapp.admin.options import ModelAdmin, Rejected
from webapp.extensions import db, writing
from webapp.texts import gettext as _


class NotAll(Exception):
    """Something of it cannot be taken back as it was, so nothing was; *failures* say what and why, and *untied* what
    would lead to something no more."""

    def __init__(self, failures: Sequence[tuple[Step, str]], untied: Sequence[Untied] = ()) -> None:
        super().__init__()
        self.failures = failures
        self.untied = untied


class _TakenNow(Rejected):
    """Another record holds what one would get back, and may lose it yet."""


@dataclass
class Undone:
    """What came of it.

    :ivar number: how many objects of each admin are as they were before, and *first* one of them, with its admin.
    :ivar failures: the others, each with its reason. :ivar waiting: those to be tried again.
    :ivar told: those whose admins are told after the commit.
    :ivar returned: what was deleted and is there again. :ivar rows: what was written of the rows of inlines.
    :ivar untied: what came back and leads no more to what did not.
    """

    number: Counter[ModelAdmin] = field(default_factory=Counter)
    first: tuple[ModelAdmin, Any] | None = None
    failures: list[tuple[Step, str]] = field(default_factory=list)
    waiting: list[Step] = field(default_factory=list)
    told: list[tuple[ModelAdmin, Any]] = field(default_factory=list)
    returned: dict[Place, Any] = field(default_factory=dict)
    untied: list[Untied] = field(default_factory=list)
    rows: list[tuple[ModelAdmin, Written]] = field(default_factory=list)

    def add(self, admin: ModelAdmin, obj: Any) -> None:
        """Note an object that is as it was before; it is held only where its admin wants to see it once more."""
        self.number[admin] += 1
        self.first = self.first or (admin, obj)
        if getattr(admin.after_commit, "__func__", None) is not ModelAdmin.after_commit:
            self.told.append((admin, obj))

    def note(self, step: Step, take_back: Callable[[], Written], *, is_last: bool = False) -> None:
        """Take one *step* back, and note what came of it.

        :param is_last: it is not tried again.
        """
        try:
            written = take_back()
        except Rejected as rejected:
            if isinstance(rejected, _TakenNow) and not is_last:
                self.waiting.append(step)
                return
            self.failures.append((step, rejected.message))
        else:
            self.add(step.model_admin, written.obj)
            self.returned |= {step.place: written.obj} if step.is_deletion else {}
            self.rows += [(step.model_admin, written)] if isinstance(step.model_admin, RowsApart) else []


def undo(steps: Sequence[Step], user: Any, *, is_whole: bool = False, once: Once | None = None) -> Undone:
    """Take *steps* back in one transaction; what is refused stays as it is, and the others go on.

    :param is_whole: all of it without a loss, or nothing. :param once: the page that asked, where one did.
    :raises NotAll: in that case. :raises Rejected: when an admin refuses it to all. :raises AlreadySent: when it was.
    """
    undone = Undone()
    admins = {step.model_admin.name: step.model_admin for step in steps}
    with writing():
        if once:
            once.spend()
        for admin in admins.values():
            admin.begin(user)
        deleted = [step for step in steps if step.is_deletion]
        changed = [step for step in steps if not step.is_deletion]
        _restore_all(deleted, deleted, user, undone)
        if late := _let_wait(undone):
            # What others got in its place they give back first, and who led to it can do so again after that.
            places = {step.place for step in late}
            first = [step for step in changed if places.isdisjoint(led_to(step))]
            _take_back_all(first, user, undone, is_whole=is_whole)
            _restore_all(late, deleted, user, undone, is_last=True)
            changed = [step for step in changed if not places.isdisjoint(led_to(step))]
        _take_back_all(changed, user, undone, is_whole=is_whole)
        _take_back_waiting(user, undone, is_whole=is_whole, is_last=True)
        for step in deleted:
            if step.place in undone.returned:
                obj = undone.returned[step.place]
                undone.untied += untied_from(step.model_admin, step.entry, obj, step.act)
        if is_whole and (undone.failures or undone.untied):
            raise NotAll(undone.failures, undone.untied)
        tell_above(undone.rows, user)
        if once and not undone.first:
            once.give_back()
    tell_committed(undone.told, user)
    return undone


def _restore_all(
    steps: Sequence[Step], act: Sequence[Step], user: Any, undone: Undone, *, is_last: bool = False
) -> None:
    """Write what was deleted again; what of it hung on each other in a circle is tied when all of it is there.

    :param act: all that was deleted.
    """
    coming = {step.place for step in act}
    for step in steps:
        if undone.waiting and _hangs_on_one_of(step, {other.place for other in undone.waiting}):
            undone.waiting.append(step)
            continue
        restored = partial(_restore, step, user, undone.returned, coming - undone.returned.keys())
        undone.note(step, restored, is_last=is_last)
    for step in act:
        if step.place in undone.returned:
            tie_again(step.model_admin, step.entry, user, undone.returned)


def _hangs_on_one_of(step: Step, places: Collection[Place]) -> bool:
    return any(tie.is_firm and tie.place in places for tie in ties_of(step.model_admin, step.entry))


def _let_wait(undone: Undone) -> list[Step]:
    """What was deleted and whose values others hold, which may give them back."""
    late, undone.waiting = undone.waiting, []
    return late


def _restore(step: Step, user: Any, returned: Mapping[Place, Any], coming: Collection[Place]) -> Written:
    try:
        return restore_silently(step.model_admin, step.entry, user, returned, coming)
    except Conflict as conflict:
        raise Rejected(_changed()) from conflict
    except Rejected as rejected:
        if isinstance(rejected.__cause__, Taken):
            raise _TakenNow(rejected.message) from rejected
        raise


def _take_back_all(steps: Sequence[Step], user: Any, undone: Undone, *, is_whole: bool) -> None:
    for batch in batches(steps):
        _take_back(batch, user, undone, is_whole=is_whole)
        if is_whole and undone.failures:
            raise NotAll(undone.failures)
    _take_back_waiting(user, undone, is_whole=is_whole)


def _take_back(batch: Sequence[Step], user: Any, undone: Undone, *, is_whole: bool) -> None:
    """Take back the changes of one *batch*: each object is locked, then looked at again, then written."""
    _lock(batch)
    again: list[Step] = []
    with looked_at(batch, user, afresh=True) as known:
        ready = _ready(batch, known, undone, is_whole=is_whole)
        for admin in {step.model_admin.name: step.model_admin for step in ready}.values():
            own = [step for step in ready if step.model_admin is admin]
            together = [step for step in own if go_together(_taking(step))]
            again += _take_back_together(admin, together, user, undone)
            for step in own:
                if not go_together(_taking(step)):
                    undone.note(step, partial(_take_back_held, step, user))
    for step in again:
        undone.note(step, partial(_take_back_alone, step, user, is_whole=is_whole))
    for step in batch:
        # It holds the object, its form and what was read with it; ten thousand of them are much to hold.
        step.taking = None


def _take_back_waiting(user: Any, undone: Undone, *, is_whole: bool, is_last: bool = False) -> None:
    """Try once more what was refused because others held its values; they may have given them back since."""
    waiting, undone.waiting = undone.waiting, []
    # Backwards, as whoever got a value got it after the other had let it go.
    for step in reversed(waiting):
        undone.note(step, partial(_take_back_alone, step, user, is_whole=is_whole), is_last=is_last)
        step.taking = None


def _lock(batch: Sequence[Step]) -> None:
    """Let nobody else change the objects of *batch* before the transaction ends: one statement for each model.

    Apart from reading them: no engine locks the rows of a query that groups or leaves duplicates out.
    """
    for admin in {step.model_admin.name: step.model_admin for step in batch}.values():
        info = admin.info
        found = [info.parse_key(step.entry.key) for step in batch if step.model_admin is admin]
        columns = [column.attribute for column in info.key]
        rows = select(*columns).where(info.is_one_of([key for key in found if key is not None]))
        db.session.execute(rows.order_by(*columns).with_for_update(of=info.mapper.tables)).all()


def _ready(batch: Sequence[Step], known: Sequence[Step], undone: Undone, *, is_whole: bool) -> list[Step]:
    """Those of *batch* that can be taken back; of the others *undone* learns why not."""
    ready, seen = [], {id(step) for step in known}
    for step in batch:
        if id(step) not in seen or step.taking is None:
            undone.failures.append((step, step.problem or may_not()))
        elif is_whole and step.losses:
            undone.failures.append((step, step.losses[0].reason))
        else:
            ready.append(step)
    return ready


def _take_back_together(
    admin: ModelAdmin, steps: Sequence[Step], user: Any, undone: Undone
) -> Sequence[Step]:
    """Take *steps* back at once; gives them where one of them is refused by the database or its model."""
    sent: list[tuple[Step, Sent]] = []
    for step in steps:
        taking = _taking(step)
        try:
            sent.append((step, (taking, *sent_of(taking, user))))
        except Refused as refused:
            undone.failures.append((step, problems_of(refused.form)))
    try:
        objects = write_together(admin, [one for _step, one in sent], user) if sent else []
    except NotTogether:
        return [step for step, _sent in sent]
    for obj in objects:
        undone.add(admin, obj)
    return ()


def _take_back_held(step: Step, user: Any) -> Written:
    """Take *step* back by itself, whose object was locked and read: what was done for another may have changed it."""
    taking = _taking(step)
    if not all(is_as_left(step.model_admin, taking.obj, change) for change in joined(step.entries)):
        raise Rejected(_changed())
    try:
        return take_back_within(taking, user)
    except Conflict as conflict:
        raise Rejected(_changed()) from conflict
    except Refused as refused:
        kind = _TakenNow if isinstance(refused.__cause__, Taken) else Rejected
        raise kind(problems_of(refused.form)) from refused


def _take_back_alone(step: Step, user: Any, *, is_whole: bool) -> Written:
    """Take *step* back by itself after it was refused with others, looked at once more."""
    undone = Undone()
    with looked_at([step], user, afresh=True) as known:
        if not _ready([step], known, undone, is_whole=is_whole):
            raise Rejected(undone.failures[0][1])
        return _take_back_held(step, user)


def _taking(step: Step) -> TakingBack:
    if step.taking is None:
        raise RuntimeError("a step that nobody has looked at is not taken back")
    return step.taking


def _changed() -> str:
    return str(_("Somebody has changed it since."))


def chosen(steps: Sequence[Step], ids: Collection[str], shown: Collection[str] = ()) -> list[Step]:
    """Those of *steps* that a person has ticked and that can be taken back.

    :param ids: of what is ticked; :data:`REST` is all that the page did not show, and *shown* what it did.
    """
    return [
        step
        for step in steps
        if step.problem is None
        and ((number := str(step.entry.id)) in ids or (REST in ids and number not in shown))
    ]
