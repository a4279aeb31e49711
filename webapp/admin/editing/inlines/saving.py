"""Children saved with their parent: all of it in one transaction, each with its own entry in the history."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import func, inspect, select

from webapp.admin.editing.assigning import shown_values
from webapp.admin.editing.deletepage import refusal_text
from webapp.admin.editing.deletion import Deleted, Protected, consequences, delete_rows
from webapp.admin.editing.inlines.bound import bond_of
from webapp.admin.editing.inlines.children import number_of_children
from webapp.admin.editing.inlines.family import Family, InlineSet
from webapp.admin.editing.inlines.rows import ChildRow
from webapp.admin.editing.kept import gone
from webapp.admin.editing.relatedlist import Difference
from webapp.admin.editing.saving import Invalid, ask_hooks, heard, refuse_taken, tell_committed, told
from webapp.admin.editing.versions import Conflict, version_of
from webapp.admin.editing.writing import Written, read_again, write
from webapp.admin.history import Change, InlineChange, through, together
from webapp.admin.info import ModelInfo
from webapp.admin.inlines import Inline
from webapp.admin.mapping import text_of
from webapp.admin.options import Rejected
from webapp.admin.texts import list_text
from webapp.extensions import db
from webapp.texts import gettext as _


class ProtectedChild(Invalid):
    """Other rows need a child that was to be deleted, or the person may not delete what would go with it."""


class Children:
    """What is saved with a parent (:class:`webapp.admin.editing.saving.Along`).

    :param family: valid, as it was sent.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self.user = family.user
        self._at: ChildRow | None = None
        self._leaving: InlineSet | None = None
        self._written: list[tuple[Inline, Any]] = []
        self._deleted: list[Deleted] = []

    @property
    def is_growing(self) -> bool:
        return any(self.family.changes_number(one) for one in self.family.sets)

    def judge(self) -> None:
        if self.family.has_conflict:
            raise Conflict
        refused: list[Invalid] = []
        for row in self._touched():
            try:
                ask_hooks(row.inline, row.form, self.user, row.obj)
            except Invalid as error:
                refused.append(error)
        if refused:
            raise refused[0]

    @through("inline")
    def write(self, obj: Any) -> list[Change]:
        """What leaves goes first, so that others can take its place; then what is changed, then what is new."""
        told: list[Change] = []
        with together(db.session()):
            for one in self.family.sets:
                if one.further or any(row.is_off or row.is_touched for row in one.rows):
                    one.inline.begin(self.user)
                    told += self._write_set(one, obj)
        return told

    @contextmanager
    def told(self) -> Iterator[None]:
        try:
            yield
        except Protected as error:
            self._say_why()
            raise ProtectedChild from error
        except Conflict:
            if self._at is not None:
                self._at.is_conflict = True
            raise
        except Exception:
            row = self._at
            if row is None or row.form is None:
                raise
            with told(row.inline.info, row.form, self._values(row, self.family.parent), row.obj):
                raise

    def tell_committed(self) -> None:
        for deleted in self._deleted:
            deleted.after_commit(self.user)
        tell_committed(self._written, self.user)

    def _touched(self) -> list[ChildRow]:
        return [row for one in self.family.sets for row in one.written]

    def _write_set(self, one: InlineSet, parent: Any) -> Iterator[Change]:
        rows = one.written
        changed = [row for row in rows if row.obj is not None and not self._is_copy]
        if one.inline.info.version is None:
            # What leaves may empty what leads to it, which nobody else has done.
            self._check_all(changed)
        yield from self._delete(one)
        added = [row for row in rows if row.obj is None or self._is_copy]
        place = _Place(one.inline, parent)
        for row in (*changed, *added):
            self._at = row
            written = self._write(row, parent, place)
            self._written.append((one.inline, written.obj))
            if written.changes or written.verb == "add":
                yield _told_above(one.inline, written.verb, written.obj, written.changes)
        self._at = None
        if rows or any(row.is_off for row in one.rows):
            self._count(one, parent)

    @property
    def _is_copy(self) -> bool:
        return self.family.parent is None

    def _delete(self, one: InlineSet) -> Iterator[Change]:
        leaving = [row for row in one.rows if row.is_off and row.obj is not None and not self._is_copy]
        if not leaving:
            return
        self._leaving = one
        self._check_all(leaving)
        left = [_told_above(one.inline, "delete", row.obj, ()) for row in leaving]
        try:
            self._deleted.append(delete_rows(one.inline, [row.obj for row in leaving], self.user))
        except Rejected as rejected:
            one.errors = [rejected.message]
            raise Invalid from rejected
        self._leaving = None
        _refuse_gone(one.inline.info, [row for row in one.written if row.obj is not None])
        yield from left

    def _check_all(self, rows: Sequence[ChildRow]) -> None:
        """:raises Conflict: when one of the children is not what its row was made from."""
        for row in rows:
            self._at = row
            if version_of(row.inline.info, read_again(row.inline.info, row.obj, None)) != row.version:
                raise Conflict
        self._at = None

    def _write(self, row: ChildRow, parent: Any, place: "_Place") -> Written:
        inline, form = row.inline, row.form
        obj = None if self._is_copy else row.obj
        values = self._values(row, parent)
        with heard(inline, form):
            if inline.position in values and values[inline.position] is None:
                values[inline.position] = place.next()
            _leave_what_went(row, values)
            refuse_taken(form, inline.info, values, obj)
            version = row.version if inline.info.version is not None else None
            return write(inline, form, row.layout, values, self.user, obj, version)

    def _values(self, row: ChildRow, parent: Any) -> dict[str, Any]:
        values = self.family.values_of(row)
        if self._is_copy and row.obj is not None:
            values = _copied(row, values)
        if row.obj is None or self._is_copy:
            values |= bond_of(row.inline).values(parent) if parent is not None else {}
        return values

    def _count(self, one: InlineSet, parent: Any) -> None:
        """Whether there are as many as there may be, also where the page did not show all."""
        most = one.inline.max_num
        if not self.family.changes_number(one) or (most is None and not one.inline.min_num):
            return
        problem = one.count_problem(
            number_of_children(one.inline, parent, 1 + max(most or 0, one.inline.min_num))
        )
        if problem:
            one.errors = [problem]
            raise Invalid

    def _say_why(self) -> None:
        """Tell at each row that cannot be deleted what needs it."""
        one = self._leaving
        for row in one.rows if one else ():
            if row.is_off and row.obj is not None:
                found = consequences(row.inline, [row.obj], self.user)
                if not found.is_allowed:
                    named = [
                        f"{part.label} ({list_text((text_of(obj) for obj in part.named), 'unit')})"
                        if part.named
                        else part.label
                        for part in (*found.protected, *found.forbidden)
                    ]
                    row.errors = [f"{refusal_text(found)} {list_text(named, 'unit')}".strip()]


class _Place:
    """The places of new rows, after all that are there."""

    def __init__(self, inline: Inline, parent: Any) -> None:
        self.inline = inline
        self.parent = parent
        self.last: int | None = None

    def next(self) -> int:
        if self.last is None:
            column = self.inline.info.columns[self.inline.position].attribute
            statement = select(func.max(column)).where(bond_of(self.inline).holds(self.parent))
            self.last = db.session.scalar(statement) or 0
        self.last += 1
        return self.last


def _refuse_gone(info: ModelInfo, rows: Sequence[ChildRow]) -> None:
    """:raises Invalid: when one of *rows*, which were there before, went with those that were taken off."""
    keys = [tuple(getattr(row.obj, column.name) for column in info.key) for row in rows]
    columns = [column.attribute for column in info.key]
    there = (
        set(map(tuple, db.session.execute(select(*columns).where(info.is_one_of(keys))))) if keys else set()
    )
    went = [row for row, key in zip(rows, keys, strict=True) if key not in there]
    for row in went:
        row.errors = [_("It would go with what is taken off here. Take it off as well, or keep that.")]
    if went:
        raise Invalid


def _leave_what_went(row: ChildRow, values: dict[str, Any]) -> None:
    """Take out of *values* what leads to a row that has just been taken off: that was emptied, as it asks.

    :raises Rejected: where that row was chosen in the same form.
    """
    for name in row.layout.relations.keys() & values.keys():
        chosen = values[name]
        for other in chosen.come if isinstance(chosen, Difference) else [chosen]:
            if other is not None and inspect(other).deleted:
                if row.obj is None or row.form is None or row.form[name].object_data is not other:
                    raise Rejected(gone(text_of(other)), name)
                del values[name]


def _copied(row: ChildRow, values: dict[str, Any]) -> dict[str, Any]:
    """*values* with what makes a copy of the child and nobody can type."""
    info: ModelInfo = row.inline.info
    bond = bond_of(row.inline)
    own = {column.name for column in info.key if not column.is_generated} - bond.names
    relations = {
        name for name, relation in info.relations.items() if relation.columns and name not in bond.names
    }
    held = {name: getattr(row.obj, name) for name in relations & set(row.layout.readonly)}
    key = {name: getattr(row.obj, name) for name in own if name not in info.held}
    return shown_values(info, row.layout, row.obj) | key | held | values


def _told_above(inline: Inline, verb: str, obj: Any, changes: Sequence[Change]) -> Change:
    """What the parent's history tells of a child."""
    what = InlineChange(verb, inline.name, inline.info.key_of(obj), text_of(obj), tuple(changes))
    return Change(inline.prefix, "inline", None, what)
