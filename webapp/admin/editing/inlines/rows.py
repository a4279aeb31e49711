"""The rows of an inline, each with its own form: as they are stored, as they were sent, and empty ones."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote

from flask_wtf import FlaskForm

from webapp.admin.editing.choice import Choice
from webapp.admin.editing.conflicts import MINE_BUTTON, Subject, both_versions, is_choosing, text_in
from webapp.admin.editing.layout import Layout, form_layout
from webapp.admin.editing.touched import sent_for, typed_in
from webapp.admin.editing.versions import version_of
from webapp.admin.history import LogEntry
from webapp.admin.inlines import Inline
from webapp.admin.mapping import text_of
from webapp.admin.permissions import may
from webapp.admin.texts import list_text
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse
from webapp.web.tokens import own_address

# What a row carries beside its fields: key, version and a mark of what its fields held; and the box to take it off.
ROW_FIELD = "_row"
DELETE_FIELD = "_delete"
#: The number of the row that a script makes others of.
BLANK = "__n__"
#: The version of a row in which somebody typed and whose child is gone: what is kept of it becomes a new one.
GONE = "gone"
# A page of children and three times as many new ones; each costs some statements.
MAX_ROWS = 200


@dataclass
class ChildRow:
    """One child, or what is to become one.

    :ivar obj: the child; ``None`` of a new one. :ivar form: its fields; ``None`` where it is shown only.
    :ivar key: the child's, empty of a new one. :ivar sent: what came of it, if it was sent.
    :ivar version: what the form was made from; *was* marks of what its fields held then.
    :ivar is_conflict: somebody else has changed or deleted it since; *is_choosing* that both versions were seen before.
    :ivar entry: who has, where the history knows. :ivar choices: by name, for each field that differs.
    :ivar is_off: it is to be deleted, or left out where it is new.
    :ivar errors: what is wrong with it as a whole. :ivar text: what one is called that is not on the page.
    :ivar refused: what was asked of it that the person may not do, or not any more; with it nothing is saved.
    """

    inline: Inline
    number: str
    obj: Any
    layout: Layout
    form: FlaskForm | None
    key: str = ""
    sent: "Sent | None" = None
    version: str = ""
    was: str = ""
    may_delete: bool = False
    is_off: bool = False
    is_touched: bool = False
    is_conflict: bool = False
    is_choosing: bool = False
    entry: LogEntry | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    text: str = ""
    refused: str = ""

    @property
    def prefix(self) -> str:
        return f"{self.inline.prefix}-{self.number}-"

    @property
    def hidden(self) -> tuple[str, str]:
        # A version may be a moment, with colons of its own.
        return f"{self.prefix}{ROW_FIELD}", f"{self.key}:{quote(self.version, safe='')}:{self.was}"

    @property
    def shows_both(self) -> bool:
        """Whether what was sent stands beside what is there now."""
        return self.is_conflict or self.is_choosing

    @property
    def is_lost(self) -> bool:
        """Whether what it was made from is not among the children any more."""
        return self.is_conflict and self.obj is None

    @property
    def may_come_back(self) -> bool:
        """Whether all of what was typed has it added again."""
        return self.is_lost and self.version == GONE

    def is_outdated(self, now: Any) -> bool:
        """Whether nobody has asked for anything of a child that is another one *now*."""
        is_asked = self.is_touched or self.is_off or self.is_choosing
        return not is_asked and version_of(self.inline.info, now) != self.version

    def subject(self, user: Any, obj: Any, **options: Any) -> Subject:
        """What its form is about, which is *obj*."""
        # The token is that of the page.
        own = {"prefix": self.prefix, "meta": {"csrf": False}}
        return Subject(self.inline, self.layout, user, obj, {**own, **options})

    def compare(self, user: Any, now: Any, entries: Sequence[LogEntry]) -> None:
        """Show what was sent beside the child as it is *now*.

        :param entries: its last changes, newest first.
        """
        self.obj, self.version = now, version_of(self.inline.info, now)
        self.entry = next(iter(entries), None)
        may_change = may(user, self.inline, "change", now)
        # What the other person did may have taken fields from this one.
        self.layout = row_layout(self.inline, user, now, view_only=not may_change)
        if self.form is None or not may_change:
            self.form = None
            return
        subject = self.subject(user, now)
        versions = both_versions(subject, self.form, subject.marks_by_field(self.form, self.was), entries)
        self.form, self.choices = versions.form, versions.choices

    @property
    def has_errors(self) -> bool:
        return bool(self.errors or (self.form and (self.form.errors or self.form.form_errors)))


@dataclass(frozen=True)
class Sent:
    """What came of one row beside its fields."""

    number: str
    key: str
    version: str
    was: str
    is_off: bool

    @property
    def is_gone(self) -> bool:
        """Whether its page said that its child is gone, and that it could be added again."""
        return not self.key and self.version == GONE

    @property
    def is_left_out(self) -> bool:
        """Whether it is no child and shall be none."""
        return self.is_off and not self.key


def stored_row(
    inline: Inline,
    user: Any,
    obj: Any,
    number: int | str,
    sent: Sent | None = None,
    *,
    view_only: bool = False,
    is_copied: bool = False,
) -> ChildRow:
    """The row of *obj*, with fields where *user* may change it.

    :param sent: what came of it; a row that was not sent is shown as it is.
    :param is_copied: it is read to be written as a new one, which takes no permission to change it.
    """
    may_change = not view_only and may(user, inline, "change", obj)
    layout = row_layout(inline, user, obj, view_only=not may_change)
    row = ChildRow(inline, str(number), obj, layout, None, inline.info.key_of(obj), sent)
    row.may_delete = not view_only and (is_copied or may(user, inline, "delete", obj))
    row.version = version_of(inline.info, obj)
    if sent and not is_copied:
        return _as_sent(row, user, sent, may_change=may_change)
    if may_change or is_copied:
        # What was not sent begins anew.
        options = {} if sent else {"formdata": None}
        row.form = row.subject(user, obj, is_copy=is_copied, **options).typed()
        row.was = sent.was if sent else row.subject(user, obj).marks(row.form)
    row.is_off, row.is_touched = sent is not None and sent.is_off, is_copied
    row.version = sent.version if sent else row.version
    return row


def _as_sent(row: ChildRow, user: Any, sent: Sent, *, may_change: bool) -> ChildRow:
    """*row*, which shows a child, with what was sent for it."""
    if may_change:
        row.form, row.is_touched = row.subject(user, row.obj).read(sent.was)
        row.is_choosing, row.was = is_choosing(row.form), sent.was
    else:
        row.refused = _typed_in_vain(row, user, sent.was)
    row.is_off = sent.is_off and row.may_delete
    if sent.is_off and not row.may_delete:
        row.refused = _("You may not delete “%(row)s”, or not any more.", row=text_of(row.obj))
    row.is_conflict = sent.version != row.version and (row.is_touched or row.is_off)
    row.version = sent.version
    return row


def _typed_in_vain(row: ChildRow, user: Any, was: str) -> str:
    """What is said of values that came for a child that *user* may not change: they stand in it, to be copied."""
    typing = replace(row, layout=row_layout(row.inline, user, row.obj))
    form, is_touched = typing.subject(user, row.obj).read(was)
    # A row that was shown only carries no marks.
    if not (was and is_touched):
        return ""
    typed = (f"{one.label.text}: {text_in(one)}" for one in form if text_in(one))
    return _(
        "You may not change “%(row)s”, or not any more. You typed: %(typed)s.",
        row=text_of(row.obj),
        typed=list_text(typed, "unit"),
    )


def copied_row(inline: Inline, user: Any, obj: Any) -> ChildRow:
    """The row of *obj*, which is not on the page and is copied as it is."""
    row = stored_row(inline, user, obj, BLANK, is_copied=True)
    row.is_touched, row.text = True, text_of(obj)
    return row


def new_row(inline: Inline, user: Any, number: int | str, sent: Sent | None = None) -> ChildRow:
    """A row for a child that is not there yet."""
    layout = row_layout(inline, user, None)
    row = ChildRow(inline, str(number), None, layout, None, sent=sent, may_delete=True)
    subject = row.subject(user, None)
    if sent is None:
        row.form = subject.present()
        row.was = subject.marks(row.form)
        return row
    row.form = subject.typed()
    row.was = sent.was or subject.marks(subject.present())
    row.is_off, row.version = sent.is_off, GONE if sent.is_gone else ""
    row.is_touched = row.was != subject.marks(row.form, sent_for)
    return row


def unwelcome_row(inline: Inline, user: Any, sent: Sent) -> ChildRow | None:
    """What was typed for a new child where *user* may add none: shown, to be copied.

    :returns: nothing where nothing was typed.
    """
    row = new_row(inline, user, sent.number, sent)
    if sent.is_left_out or not ((sent.was or sent.is_gone) and row.is_touched):
        return None
    said = _("You may not add to these records, or not any more. What you typed stands here to be copied.")
    return replace(row, is_touched=False, is_off=True, may_delete=False, refused=said)


def unseen_row(inline: Inline, user: Any, sent: Sent) -> ChildRow | None:
    """What was typed into a row of which *user* may see none: shown, to be copied.

    Neither the row is looked up nor what its page showed is repeated: who never saw it would learn what there is.

    :returns: nothing where nothing was typed, nor the row to be deleted.
    """
    row = new_row(inline, user, sent.number, sent)
    names = [name for name in row.layout.names if row.form is not None and name in row.form]
    typed = typed_in(row.form, names, sent.was) if sent.was or sent.is_gone else []
    if sent.is_left_out or not (typed or sent.is_off):
        return None
    for name in set(names) - set(typed):
        del row.form[name]  # type: ignore[union-attr]
    said = _("You may not see these records, or not any more. What you typed stands here to be copied.")
    return replace(row, is_touched=False, is_off=True, may_delete=False, refused=said)


def lost_row(inline: Inline, user: Any, sent: Sent, *, may_add: bool) -> ChildRow | None:
    """What was sent for a child that is not this parent's, or not any more: kept, to be added anew or left out.

    :param may_add: whether it can be added anew; otherwise it is shown only.
    :returns: nothing where nobody asked for anything of it.
    """
    row = replace(new_row(inline, user, sent.number, sent), is_off=True, is_conflict=True)
    if not sent.is_off and (not sent.was or not row.is_touched):
        return None
    row.was, row.may_delete = "", may_add
    # What was to be deleted stays so, also where all of what was typed is kept.
    row.version = GONE if may_add and not sent.is_off else ""
    return row


def row_layout(inline: Inline, user: Any, obj: Any, *, view_only: bool = False) -> Layout:
    layout = form_layout(inline, user, obj, view_only=view_only)
    if inline.position in layout.columns:
        # Left empty it comes last.
        layout.columns[inline.position] = replace(layout.columns[inline.position], nullable=True)
    return layout


def sent_rows(inline: Inline) -> list[Sent]:
    """What the request holds of *inline*'s rows, in their order; answers 400 to what no page of ours sends."""
    pattern = re.compile(rf"{inline.prefix}-([0-9]{{1,6}})-.")
    found = {int(match[1]) for name in (*request.form, *request.files) if (match := pattern.match(name))}
    rows = [_sent(inline, number) for number in sorted(found)]
    keys = [row.key for row in rows if row.key]
    # Of those that are to be taken off each lets one more be added.
    if len(rows) > 2 * MAX_ROWS or len(set(keys)) < len(keys):
        _refuse()
    return rows


def _sent(inline: Inline, number: int) -> Sent:
    prefix = f"{inline.prefix}-{number}-"
    carried = request.form.getlist(f"{prefix}{ROW_FIELD}")
    parts = carried[0].split(":") if carried else ["", "", ""]
    if len(carried) > 1 or len(parts) != 3 or (parts[0] and inline.info.parse_key(parts[0]) is None):
        _refuse()
    key, version, was = parts
    sent = Sent(str(number), key, unquote(version), was, f"{prefix}{DELETE_FIELD}" in request.form)
    return replace(sent, is_off=False) if sent.is_gone and MINE_BUTTON in request.form else sent


def _refuse() -> None:
    refuse(400, _("These are not the rows of this form."), Link(_("Back to the form"), own_address()))


def keys_of(rows: Sequence[Sent]) -> list[str]:
    return [row.key for row in rows if row.key]
