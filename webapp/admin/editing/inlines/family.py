"""All inlines of one form, read from the database and from the request, and judged together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from wtforms import Field

from webapp.admin.editing.conflicts import entries_by_key
from webapp.admin.editing.forms import values_of
from webapp.admin.editing.inlines.bound import all_inlines_of, is_offered, left_out
from webapp.admin.editing.inlines.children import ChildPage, child_page, children_with, other_children
from webapp.admin.editing.inlines.moving import asked_move, moved
from webapp.admin.editing.inlines.rows import (
    BLANK,
    MAX_ROWS,
    ChildRow,
    Sent,
    copied_row,
    keys_of,
    lost_row,
    new_row,
    sent_rows,
    stored_row,
    unseen_row,
    unwelcome_row,
)
from webapp.admin.editing.related import let_go
from webapp.admin.editing.restoring import deletion_of
from webapp.admin.history import LogEntry
from webapp.admin.inlines import Inline
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.running import request
from webapp.texts import format_decimal
from webapp.texts import gettext as _

# The button that asks for one more empty row begins so, and ends in the inline's prefix.
MORE = "_add_"
# So does the one that asks for another page of the children.
TURN = "_page_"
# Of so many children that are gone it is looked up who deleted them.
MAX_TOLD = 10
# A copy takes so many children of a kind along; each is written with its own entry.
MAX_COPIED = 500


@dataclass
class InlineSet:
    """One inline of the form.

    :ivar rows: children and new rows in the order of the page. :ivar blank: what a script makes new rows of.
    :ivar page: where the children on the page stand among all. :ivar errors: what is wrong with them together.
    :ivar further: of a copy, the children that were not on the page and come along.
    :ivar is_offered: whether the form has it for this person; else it is there for what was sent, and shows no child.
    """

    inline: Inline
    rows: list[ChildRow]
    may_add: bool
    page: ChildPage
    errors: list[str] = field(default_factory=list)
    blank: ChildRow | None = None
    further: list[ChildRow] = field(default_factory=list)
    is_offered: bool = True

    @property
    def written(self) -> list[ChildRow]:
        """The rows that are written when the form is saved."""
        return [*(row for row in self.kept if row.is_touched and row.form is not None), *self.further]

    @property
    def kept(self) -> list[ChildRow]:
        """The rows that are there when the form is saved."""
        return [row for row in self.rows if not row.is_off and (row.obj is not None or row.is_touched)]

    @property
    def is_paged(self) -> bool:
        return bool(self.page.previous or self.page.next)

    @property
    def room(self) -> int:
        """How many more rows there may be, as far as the page tells."""
        there, most = sum(not row.is_off for row in self.rows), self.inline.max_num
        left = MAX_ROWS - len(self.rows)
        return max(left if most is None else min(left, most - there), 0)

    def count_problem(self, number: int) -> str | None:
        """What is wrong with that many children; ``None`` where nothing is."""
        least, most = self.inline.min_num, self.inline.max_num
        if most is not None and number > most:
            return str(_("There can be at most %(count)s.", count=format_decimal(most)))
        if number < least:
            return str(_("There must be at least %(count)s.", count=format_decimal(least)))
        return None


class Family:
    """The inlines of *parent_admin*'s form of *parent*, or with ``None`` of a new object.

    :param view_only: the person may not change the parent, and so none of its children.
    :param original: what a new object is a copy of: its children that were sent are copied along.
    """

    def __init__(
        self,
        parent_admin: ModelAdmin,
        user: Any,
        parent: Any = None,
        *,
        view_only: bool = False,
        original: Any = None,
    ) -> None:
        self.user = user
        self.parent = parent
        self.original = original
        self.view_only = view_only
        self.is_sent = request.method == "POST" and not view_only
        inlines = all_inlines_of(parent_admin, user, original if parent is None else parent)
        sets = [
            self._set(inline, view_only) if is_offered(inline, user) else self._unseen(inline)
            for inline in inlines
        ]
        if self.is_sent:
            sets += [self._unseen(inline) for inline in left_out(parent_admin, inlines)]
        self.sets = [one for one in sets if one is not None]

    @property
    def rows(self) -> Iterator[ChildRow]:
        return (row for one in self.sets for row in one.rows)

    @property
    def fields(self) -> Iterator[Field]:
        """Those of all rows."""
        return (field for row in self.rows for field in row.form or ())

    @property
    def wants_more(self) -> bool:
        """Whether the form was sent for one more empty row, another order or other rows, and not to be saved."""
        return self.is_turned or (
            self.is_sent
            and any(
                (one.may_add and f"{MORE}{one.inline.prefix}" in request.form)
                or asked_move(one.inline.prefix)
                for one in self.sets
            )
        )

    @property
    def is_turned(self) -> bool:
        """Whether the form was sent for another page of children."""
        return self.is_sent and any(_turns(one) for one in self.sets)

    @property
    def is_touched(self) -> bool:
        """Whether something was typed into a row, or asked of one."""
        return any(row.is_touched or row.is_off or row.refused for row in self.rows)

    @property
    def has_conflict(self) -> bool:
        return any(row.is_conflict for row in self.rows)

    def validate(self) -> bool:
        """Judge every row in which something was typed, and how many there are."""
        rows = [row for one in self.sets for row in one.kept if row.is_touched]
        valid = [row.form is not None and bool(row.form.validate()) for row in rows]
        for one in self.sets:
            if self.parent is None and self.original is not None and one.may_add:
                one.further = self._further(one)
            is_unknown = one.is_paged or any(row.refused for row in one.rows)
            problem = None if is_unknown else one.count_problem(len(one.kept) + len(one.further))
            one.errors = [problem] if problem and self.changes_number(one) else []
            if len(one.further) > MAX_COPIED:
                most = format_decimal(MAX_COPIED)
                one.errors.append(_("There are too many to copy at once: at most %(count)s.", count=most))
        return all(valid) and not self._tell_refused() and not any(one.errors for one in self.sets)

    def _tell_refused(self) -> bool:
        """Say at each row what was asked of it that the person may not; whether there is any."""
        refused = [row for row in self.rows if row.refused]
        for row in refused:
            row.errors = [row.refused]
        return bool(refused)

    def changes_number(self, one: InlineSet) -> bool:
        """Whether there will be more or fewer: what was wrong before is no reason to refuse something else."""
        return self.parent is None or any(
            row.is_off or row.obj is None for row in one.rows if row.is_touched or row.is_off
        )

    def values_of(self, row: ChildRow) -> dict[str, Any]:
        return values_of(row.form, row.layout) if row.form is not None else {}

    # Reading

    def _set(self, inline: Inline, view_only: bool) -> InlineSet:
        source = self.original if self.parent is None else self.parent
        may_add = not view_only and may(self.user, inline, "add")
        if self.is_sent:
            rows = self._sent(inline, source, may_add)
            made = InlineSet(inline, rows, may_add, ChildPage([]))
        else:
            page = child_page(inline, self.user, source) if source is not None else ChildPage([])
            rows = [
                stored_row(inline, self.user, obj, number, view_only=view_only)
                for number, obj in enumerate(page.objects)
            ]
            made = InlineSet(inline, rows, may_add, page)
            self._begin(made)
        return made

    def _unseen(self, inline: Inline) -> InlineSet | None:
        """What was sent for *inline*, which this form does not have; ``None`` where nothing was."""
        sent = sent_rows(inline) if self.is_sent else []
        rows = [row for one in sent if (row := unseen_row(inline, self.user, one))]
        return InlineSet(inline, rows, False, ChildPage([]), is_offered=False) if rows else None

    def _sent(self, inline: Inline, source: Any, may_add: bool) -> list[ChildRow]:
        sent = sent_rows(inline)
        there = children_with(inline, self.user, source, keys_of(sent)) if source is not None else {}
        rows: list[ChildRow] = []
        for one in sent:
            if one.key in there:
                if self.parent is not None or may_add:
                    is_copied = self.parent is None
                    child = there[one.key]
                    rows.append(stored_row(inline, self.user, child, one.number, one, is_copied=is_copied))
            else:
                row = self._without_child(inline, one, may_add)
                rows += [row] if row else []
        return rows

    def _without_child(self, inline: Inline, one: Sent, may_add: bool) -> ChildRow | None:
        if one.key and not may(self.user, inline, "view"):
            return unseen_row(inline, self.user, one)
        if one.key:
            return lost_row(inline, self.user, one, may_add=may_add)
        if may_add:
            return new_row(inline, self.user, one.number, one)
        return unwelcome_row(inline, self.user, one)

    def _further(self, one: InlineSet) -> list[ChildRow]:
        sent = keys_of(sent_rows(one.inline))
        found = other_children(one.inline, self.user, self.original, sent, MAX_COPIED + 1)
        return [copied_row(one.inline, self.user, obj) for obj in found]

    def _begin(self, one: InlineSet) -> None:
        """The empty rows that a form begins with."""
        if one.may_add:
            wanted = max(one.inline.min_num - len(one.rows), 0) + one.inline.extra
            for _number in range(min(wanted, one.room)):
                self._append(one)

    def _append(self, one: InlineSet) -> None:
        number = max((int(row.number) for row in one.rows), default=-1) + 1
        one.rows.append(new_row(one.inline, self.user, number))

    # Drawing

    def complete(self) -> None:
        """Make ready what was sent to be drawn again: with the children that were not sent, and what one can add."""
        for one in self.sets:
            if self.is_sent and one.is_offered:
                if _turns(one):
                    # What nobody has touched is left behind on its page.
                    one.rows = [
                        row for row in one.rows if not row.key or row.is_touched or row.is_off or row.refused
                    ]
                self._add_unsent(one)
                if one.inline.position and (move := asked_move(one.inline.prefix)):
                    one.rows = moved(one.rows, one.inline.position, *move)
                if f"{MORE}{one.inline.prefix}" in request.form and one.may_add and one.room:
                    self._append(one)
            if one.may_add and one.room:
                one.blank = new_row(one.inline, self.user, BLANK)
        self._tell_refused()

    def _add_unsent(self, one: InlineSet) -> None:
        source = self.original if self.parent is None else self.parent
        if source is None:
            return
        inline = one.inline
        # What was refused half-way has left every child to be read again.
        one.page = child_page(inline, self.user, source)
        present = {inline.info.key_of(obj): obj for obj in one.page.objects}
        sent = {row.key: row for row in one.rows if row.key}
        present |= children_with(inline, self.user, source, [key for key in sent if key not in present])
        number = max((int(row.number) for row in one.rows), default=-1) + 1
        entries = entries_by_key(inline.name, [key for key, row in sent.items() if row.shows_both])
        rows: list[ChildRow] = []
        for key in [*(inline.info.key_of(obj) for obj in one.page.objects), *sent]:
            if key in sent:
                rows += self._compared(one, sent.pop(key), present.get(key), entries.get(key, ()))
            elif key in present and not any(row.key == key for row in rows):
                rows.append(stored_row(inline, self.user, present[key], number))
                number += 1
        one.rows = [*rows, *(row for row in one.rows if not row.key)]
        for row in [row for row in one.rows if row.is_lost][:MAX_TOLD]:
            row.entry = deletion_of(inline.keeper, self.user, row.sent.key if row.sent else "")
        for row in one.further:
            told = row.form.errors if row.form is not None else {}
            one.errors += [f"{row.text}: {error}" for errors in told.values() for error in errors]

    def _compared(
        self, one: InlineSet, row: ChildRow, now: Any, entries: Sequence[LogEntry]
    ) -> Iterator[ChildRow]:
        """*row*, refused, beside its child as it is *now*; nothing where that is gone and nobody asked for it."""
        if now is None and row.sent is not None:
            lost = lost_row(row.inline, self.user, row.sent, may_add=one.may_add)
            yield from [lost] if lost else []
            return
        if row.is_outdated(now):
            yield stored_row(row.inline, self.user, now, row.number)
            return
        row.obj = now
        if row.form is not None:
            let_go(row.form)
        if row.shows_both:
            row.compare(self.user, now, entries)
        yield row


def _turns(one: InlineSet) -> bool:
    return f"{TURN}{one.inline.prefix}" in request.form
