"""Doing it: one transaction, one object after the other, each with its entry in the history."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.exc import CircularDependencyError, DataError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from webapp.admin.actions.selection import Key, Selection, batches
from webapp.admin.editing.assigning import refuse_too_long
from webapp.admin.editing.deletion import Protected, delete_rows
from webapp.admin.editing.refused import validators_heard
from webapp.admin.editing.saving import tell_committed
from webapp.admin.editing.submissions import Once
from webapp.admin.editing.versions import Conflict, changed_since
from webapp.admin.editing.violations import refusal
from webapp.admin.history import Change, differences, record, relation_changes, snapshot, together
from webapp.admin.info import ModelInfo
from webapp.admin.mapping import text_of
from webapp.admin.options import ActionOptions, ModelAdmin, Rejected
from webapp.admin.permissions import DELETE, may
from webapp.admin.values import encode_key
from webapp.extensions import db, writing
from webapp.texts import gettext as _

_REFUSALS = (
    Rejected,
    Protected,
    Conflict,
    CircularDependencyError,
    IntegrityError,
    DataError,
    StaleDataError,
)


class Changed(Exception):
    """The list matches another number of objects than the person has agreed to.

    :ivar number: how many it is now.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Outdated(Exception):
    """Somebody else has changed objects since the person has seen them.

    :ivar objs: these.
    """

    def __init__(self, objs: Sequence[Any]) -> None:
        super().__init__(objs)
        self.objs = objs


@dataclass(frozen=True)
class Failure:
    """An object that was left as it is, and why.

    :ivar key: ``None`` where the person may not open it.
    """

    key: str | None
    text: str
    reason: str


@dataclass
class Outcome:
    """:ivar done: the text of each object that it was done to; *gone* how many were not there any more."""

    done: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    gone: int = 0


def run(
    action: ActionOptions,
    selection: Selection,
    user: Any,
    form: Any = None,
    expected: int | None = None,
    once: Once | None = None,
    seen: Mapping[str, str] | None = None,
) -> Outcome:
    """Do *action* to each object of *selection*; what refuses or fails is left as it is, the others go on.

    :param form: the action's own, found valid.
    :param expected: how many objects the person has agreed to.
    :param once: the request, where it is done once however often it is sent.
    :param seen: in which state the person has seen some of them (:func:`webapp.admin.editing.versions.read_seen`).
    :raises AlreadySent: when it was. :raises Outdated: when one of these is another one now.
    :raises Changed: when there are not as many as *expected*. :raises Rejected: when the admin refuses it to all.
    :raises TooMany: see :class:`Selection`. Nothing is written in these cases, nor when the action fails otherwise.
    """
    model_admin = selection.model_admin
    running = _Run(action, model_admin, user, form)
    try:
        with writing():
            model_admin.begin(user)
            if once:
                once.spend()
            keys = selection.hold(user)
            if expected is not None and len(keys) != expected:
                raise Changed(len(keys))
            if seen:
                _refuse_changed(selection, user, keys, seen)
            for part in batches(keys):
                running.do(selection.read(user, part))
            running.finish()
            if once and not running.outcome.done:
                once.give_back()
    except IntegrityError as error:
        # What the database looks at only at the end of a transaction.
        raise refusal(error, model_admin.info) from error
    outcome = running.outcome
    asked = len(keys) if selection.asked is None else selection.asked
    outcome.gone = asked - len(outcome.done) - len(outcome.failures)
    tell_committed(running.changed, user)
    return outcome


def _refuse_changed(selection: Selection, user: Any, keys: Sequence[Key], seen: Mapping[str, str]) -> None:
    known = [key for key in keys if encode_key(key) in seen]
    objs = selection.read(user, known) if known else []
    if changed := changed_since(selection.model_admin.info, objs, seen):
        raise Outdated(changed)


class _Run:
    """One action while it is done, batch by batch.

    :ivar changed: what is to be told to which admin after the commit.
    """

    def __init__(self, action: ActionOptions, model_admin: ModelAdmin, user: Any, form: Any) -> None:
        self.action = action
        self.model_admin = model_admin
        self.user = user
        self.form = form
        self.outcome = Outcome()
        self.changed: list[tuple[ModelAdmin, Any]] = []
        self.to_delete: list[Any] = []

    def do(self, objects: list[Any]) -> None:
        self.model_admin.load_related(objects, self.user)
        permitted = []
        for obj in objects:
            if may(self.user, self.model_admin, self.action.permission, obj):
                permitted.append(obj)
            else:
                self._fail(obj, text_of(obj), Rejected(_("You may not do this to it.")))
        if self.action is DELETE:
            self.to_delete += permitted
        else:
            self._call(permitted)

    def finish(self) -> None:
        """Delete all together, as the question has promised: they may need each other across the batches."""
        if self.to_delete:
            self._delete(self.to_delete)

    def _call(self, objects: list[Any]) -> None:
        """Call the admin's method for each of *objects*."""
        entries = []
        for obj in objects:
            text = text_of(obj)
            try:
                changes = self._call_one(obj)
            except _REFUSALS as error:
                self._fail(obj, text, error)
                continue
            entries.append((obj, text_of(obj), changes))
        with together(db.session()):
            for obj, text, changes in entries:
                self.outcome.done.append(text)
                self.changed.append((self.model_admin, obj))
                record(
                    db.session(),
                    verb=self.action.name,
                    name=self.model_admin.name,
                    key=self.model_admin.info.key_of(obj),
                    label=text,
                    actor=self.user,
                    changes=changes,
                )

    def _call_one(self, obj: Any) -> list[Change]:
        """Call the method for *obj*, wholly or not at all; gives what changed in it."""
        info = self.model_admin.info
        before = snapshot(info, obj)
        with db.session.begin_nested(), validators_heard(info), _relations_noted(info, obj) as related:
            getattr(self.model_admin, self.action.name)(obj, self.user, self.form)
            refuse_too_long(info, obj)
            db.session.flush()
        after = {} if inspect(obj).deleted else snapshot(info, obj)
        return differences(info, before, after, list(related.values()))

    def _delete(self, objects: list[Any]) -> None:
        """Delete *objects* together, as they may need each other, and one by one where that is refused."""
        try:
            self._delete_together(objects)
        except _REFUSALS:
            gone: set[int] = set()
            for obj, text in [(obj, text_of(obj)) for obj in objects]:
                if id(obj) in gone:
                    # It went with one of those before it.
                    self.outcome.done.append(text)
                    continue
                try:
                    gone |= {id(other) for _asked, other in self._delete_together([obj])}
                except _REFUSALS as error:
                    self._fail(obj, text, error)

    def _delete_together(self, objects: list[Any]) -> tuple[tuple[ModelAdmin, Any], ...]:
        """Delete *objects*; gives them and what went with them."""
        deleted = delete_rows(self.model_admin, objects, self.user)
        self.outcome.done += deleted.labels
        self.changed += deleted.rows
        return deleted.rows

    def _fail(self, obj: Any, text: str, error: Exception) -> None:
        may_open = may(self.user, self.model_admin, "view", obj)
        key = self.model_admin.info.key_of(obj) if may_open else None
        self.outcome.failures.append(Failure(key, text, _reason(error, self.model_admin.info)))


def _reason(error: Exception, info: ModelInfo) -> str:
    if isinstance(error, Rejected):
        return str(error.message)
    if isinstance(error, Protected):
        return str(error) or str(_("Other records need it."))
    if isinstance(error, Conflict | StaleDataError):
        return str(_("Somebody else changed it at the same time."))
    return str(refusal(error, info).message)


@contextmanager
def _relations_noted(info: ModelInfo, obj: Any) -> Iterator[dict[str, Change]]:
    """Note how *obj*'s relations change: a flush forgets it, and any query of the action's own flushes."""
    noted: dict[str, Change] = {}

    def note(*_arguments: Any) -> None:
        for change in relation_changes(info, obj):
            former = noted.get(change.field)
            if former is not None and change.kind == "relations":
                change = replace(change, old=[*former.old, *change.old], new=[*former.new, *change.new])
            elif former is not None:
                change = replace(change, old=former.old)
            noted[change.field] = change

    session = db.session()
    event.listen(session, "before_flush", note)
    try:
        yield noted
    finally:
        event.remove(session, "before_flush", note)
