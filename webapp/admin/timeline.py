"""Entries of the history as lines that a person reads."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from webapp.admin.changes import Beginning
from webapp.admin.display import number_of, show_value, time_ago, whole
from webapp.admin.history import Change, InlineChange, LogEntry, changes_of
from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import actions_of
from webapp.admin.readers import Reader
from webapp.admin.site import current_site
from webapp.admin.texts import list_text
from webapp.admin.values import format_value
from webapp.admin.wordwise import Run, compared
from webapp.texts import format_decimal, ngettext, pgettext
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l

MAX_LABELS = 4
_MOMENT = re.compile(r'<time [^>]*title="([^"]*)">[^<]*</time>')
# Longer texts, and those of several lines, are compared word by word.
SHORT_TEXT = 60

# Stored as a word, shown in the reader's language.
VERBS = {
    "add": _l("added"),
    "change": _l("changed"),
    "delete": _l("deleted"),
    "password": _l("set the password"),
    "grant": _l("granted"),
    "revoke": _l("revoked"),
    "join": _l("gave a group to"),
    "leave": _l("took a group from"),
    "setup": _l("set up the first administrator"),
    "seed": _l("made up"),
    "prune": _l("pruned from the history"),
    "export": _l("exported"),
    "export-begun": _l("began to export"),
    "export-broken-off": _l("broke off exporting"),
    "sign-in": _l("signed in"),
    "sign-out": _l("signed out"),
    "sign-in-failed": _l("failed to sign in as"),
    "sign-in-locked": _l("was stopped after too many failed tries to sign in as"),
    "confirmed": _l("gave the password once more"),
    "denied": _l("was refused to write as"),
    # The action of this name tells it too.
    "end_sessions": _l("ended sessions of"),
    "reset-asked": _l("asked for a link by mail to set the password of"),
    "reset": _l("set, by a link, the password of"),
    "link-sent": _l("sent a link to set the password of"),
    "link-shown": _l("was shown a link to set the password of"),
    "email-asked": _l("asked for another e-mail address of"),
    "email-confirmed": _l("confirmed the e-mail address of"),
    "email-stopped": _l("kept, by a link, the e-mail address of"),
    "unlock": _l("forgot the failed sign-ins of"),
}
THROUGH = {
    "form": _l("in the form"),
    "list": _l("in the list"),
    "action": _l("by an action"),
    "inline": _l("in the form of another record"),
    "undo": _l("by undoing"),
    "account": _l("in the own account"),
}
# What entries tell that is in no column of the object: of an export, and of what was pruned.
EVENT_LABELS = {
    "format": _l("Format"),
    "rows": _l("Rows"),
    "list": _l("List"),
    "entries": _l("Entries"),
    "before": _l("Before"),
    "first": _l("First"),
    "last": _l("Last"),
    "sha256": "SHA-256",
    "sessions": _l("Sessions"),
    "device": _l("Browser"),
    "page": _l("Page"),
}
FROM_STRANGERS = frozenset({"sign-in-failed", "sign-in-locked", "reset-asked"})
EXPORTS = ("export", "export-begun", "export-broken-off")
_ICONS = {
    "add": "plus",
    "change": "pencil",
    "delete": "trash",
    "prune": "trash",
    **dict.fromkeys(("password", "reset", "reset-asked", "link-sent", "link-shown"), "key"),
    "sign-in": "sign-in",
    "confirmed": "key",
    "denied": "lock",
    "end_sessions": "sign-out",
} | dict.fromkeys(EXPORTS, "download")


@dataclass(frozen=True)
class ChangeLine:
    """:ivar is_many: of more things than one, *old* left and *new* came; otherwise the one is now the other.
    :ivar runs: a long text, its differences in their places, instead of *old* and *new*.
    """

    label: str
    old: Markup | None = None
    new: Markup | None = None
    secret: bool = False
    is_many: bool = False
    runs: list[Run] = field(default_factory=list)


@dataclass(frozen=True)
class HistoryLine:
    """:ivar what: the object's text; *via* where it was done, when that was not in a browser.
    :ivar around: through what and from where, in words, as far as it is known and the reader may know it.
    :ivar restore: where the reader can take it back.
    """

    when: Markup
    who: str
    verb: str
    what: str
    via: str
    changes: list[ChangeLine]
    icon: str
    around: tuple[str, ...] = ()
    restore: str | None = None

    @property
    def changed(self) -> str:
        """In short what changed: each name once, as of several rows that were added; or of many how many they are."""
        labels = list(dict.fromkeys(change.label for change in self.changes))
        number = len(self.changes)
        if len(labels) <= MAX_LABELS:
            return list_text(labels, "unit")
        return str(ngettext("%(number)s value", "%(number)s values", number, number=format_decimal(number)))


def history_lines(
    entries: Sequence[LogEntry], reader: Reader, only: Collection[str] = (), *, brief: bool = False
) -> list[HistoryLine]:
    """Make *entries* readable for *reader*, with links to what they name where he may see it.

    :param only: the names of the one field to tell of. :param brief: without links, which cost statements, and of what
        changed the name alone, which is all that is told of it.
    """
    listed = [(entry, _told(entry, only)) for entry in entries]
    if not brief:
        reader.look_up(
            ((reader.admins.get(entry.name), change) for entry, changes in listed for change in changes),
            # To itself an object's own history needs no link.
            entries if reader.obj is None else (),
        )
    return [_line(entry, changes, reader, brief) for entry, changes in listed]


def _told(entry: LogEntry, only: Collection[str] = ()) -> list[Change]:
    return [
        change
        for change in changes_of(entry)
        if _tells_something(entry.verb, change) and (not only or change.field in only)
    ]


def _line(entry: LogEntry, changes: list[Change], reader: Reader, brief: bool) -> HistoryLine:
    model_admin = reader.admins.get(entry.name)
    return HistoryLine(
        when=time_ago(entry.at),
        who=who_text(entry),
        verb=verb_text(entry.verb, entry.name),
        # "alice signed in alice" would say the name twice.
        what=reader.linked(model_admin, entry.key, what_text(entry, model_admin))
        if entry.label != entry.actor_label or entry.verb not in VERBS
        else "",
        via=_via(entry),
        changes=[line for change in changes for line in _change_lines(change, model_admin, reader, brief)],
        icon=_ICONS.get(entry.verb, "history"),
        around=tuple(part for part in (through_text(entry), address_text(entry, reader)) if part),
    )


def who_text(entry: LogEntry) -> str:
    return entry.actor_label or str(_("somebody not signed in"))


def what_text(entry: LogEntry, model_admin: ModelAdmin | None) -> str:
    """The object's text; of what was exported how many there were, in the reader's language."""
    if entry.verb not in EXPORTS or model_admin is None:
        return entry.label
    rows = next((change.new for change in changes_of(entry) if change.field == "rows"), None)
    if rows is None and entry.verb == "export-begun":
        return str(model_admin.label_plural)
    # That there were none is not among the changes.
    return number_of(model_admin, rows or 0)


def _via(entry: LogEntry) -> str:
    """Where it was done, when not in a person's browser: of somebody who is not known the address is all there is."""
    if entry.origin != "web":
        return str(_("on the command line"))
    return (entry.ip or "") if entry.verb in FROM_STRANGERS else ""


def through_text(entry: LogEntry) -> str:
    """Through what, in words; empty where nobody has said it."""
    if entry.origin != "web":
        return str(_("on the command line"))
    return str(THROUGH.get(entry.through or "", ""))


def address_text(entry: LogEntry, reader: Reader) -> str:
    """The address it came from, where *reader* may know it."""
    is_known = entry.verb in FROM_STRANGERS or reader.knows_addresses or reader.is_self(entry.actor_key)
    return (entry.ip or "") if is_known else ""


def changes_text(entry: LogEntry, reader: Reader) -> str:
    """What *reader* may know of the changes, as plain text on one line."""
    model_admin = reader.admins.get(entry.name)
    lines = [line for change in _told(entry) for line in _change_lines(change, model_admin, reader)]
    return "; ".join(f"{line.label}: {_plain(line)}" for line in lines)


def _plain(change: ChangeLine) -> str:
    if change.secret:
        return pgettext("of a secret", "changed")
    if change.runs:
        signs = {"was": "[-{}-]", "now": "[+{}+]", "same": "{}"}
        return " ".join("".join(signs[run.kind].format(run.text) for run in change.runs).split())
    old, new = (None if value is None else _exact(value) for value in (change.old, change.new))
    if change.is_many:
        return " ".join(f"{sign}{value}" for sign, value in (("-", old), ("+", new)) if value is not None)
    return " → ".join(value for value in (old, new) if value is not None)


def _exact(value: Markup) -> str:
    """As text, which may be read much later: of a moment all of it, which stands in its title."""
    return Markup(_MOMENT.sub(r"\1", value)).striptags()  # noqa: S704


def _tells_something(verb: str, change: Change) -> bool:
    # A new object's empty fields are no news.
    return change.is_secret or verb == "change" or (change.old, change.new) not in ((None, ""), ("", None))


def _change_lines(
    change: Change, model_admin: ModelAdmin | None, reader: Reader, brief: bool = False
) -> list[ChangeLine]:
    if change.kind == "inline":
        return _child_lines(change, model_admin, reader, brief)
    # That a secret was changed is all that anybody is told of it.
    if model_admin and not change.is_secret and not reader.is_shown(model_admin, change.field):
        return []
    return [_change_line(change, model_admin.info if model_admin else None, reader, brief)]


def _child_lines(change: Change, parent: ModelAdmin | None, reader: Reader, brief: bool) -> list[ChangeLine]:
    """What happened to a child, told to those who may see it."""
    child: InlineChange = change.new
    model_admin = reader.of_rows(parent, child.name)
    if model_admin is not None and not reader.may_see(model_admin, child.key):
        return []
    label = str(model_admin.label) if model_admin else change.field.replace("_", " ").capitalize()
    if child.verb != "change":
        text = reader.linked(reader.admins.get(child.name), child.key, child.label)
        old, new = (text, None) if child.verb == "delete" else (None, text)
        return [ChangeLine(label, old, new, is_many=True)]
    lines = [line for one in child.changes for line in _change_lines(one, model_admin, reader, brief)]
    return [replace(line, label=f"{label} “{child.label}”, {line.label}") for line in lines]


def _change_line(change: Change, info: ModelInfo | None, reader: Reader, brief: bool) -> ChangeLine:
    column = info.columns.get(change.field) if info else None
    relation = info.relations.get(change.field) if info else None
    known = known_as(info, change.field) if info else None
    label = str(known.label if known else EVENT_LABELS.get(change.field, change.field))
    if change.is_secret:
        return ChangeLine(label, secret=True)
    if brief:
        return ChangeLine(label)
    change = _of_texts(change)
    if _is_long(change, column):
        return ChangeLine(
            label, runs=[Run(kind, whole(text)) for kind, text in compared(change.old, change.new)]
        )
    old, new = (_shown(change.kind, value, column, relation, reader) for value in (change.old, change.new))
    return ChangeLine(label, old, new, is_many=change.kind == "relations")


def known_as(info: ModelInfo, name: str) -> ColumnInfo | RelationInfo | None:
    """What a change of *name* is told of: of a column that alone holds a key the relation, also where the key is all
    that is known of what it led to."""
    relation = info.held.get(name)
    is_alone = relation is not None and len(relation.columns) == 1
    return relation if is_alone else info.columns.get(name) or info.relations.get(name)


def _of_texts(change: Change) -> Change:
    """*change* of texts where it is one of JSON of which a side is kept as text: both are compared as such."""
    if change.kind != "json" or not any(isinstance(value, Beginning) for value in (change.old, change.new)):
        return change
    old, new = (None if value is None else format_value(value) for value in (change.old, change.new))
    return replace(change, kind="text", old=old, new=new)


def _is_long(change: Change, column: ColumnInfo | None) -> bool:
    old, new = change.old, change.new
    if not (
        change.kind == "text"
        and isinstance(old, str)
        and isinstance(new, str)
        and old.strip()
        and new.strip()
    ):
        return False
    has_lines = "\n" in old or "\n" in new
    return not (column and column.choices) and (has_lines or max(len(old), len(new)) > SHORT_TEXT)


def _shown(
    kind: str, value: Any, column: ColumnInfo | None, relation: RelationInfo | None, reader: Reader
) -> Markup | None:
    target = current_site().admin_of(relation.target) if relation else None
    if kind == "relations":
        texts = [reader.linked(target, key, text) for key, text in value or ()]
        # What is joined has been escaped, and so has what joins it.
        return Markup(list_text(texts, "unit")) if texts else None  # noqa: S704
    if value is not None and kind == "relation":
        key, text = value
        return reader.linked(target, key, text)
    return None if value is None else show_value(kind, value, column)


def verb_text(verb: str, name: str) -> str:
    """What was done, in the reader's language; an action is told by its label, where there still is such an action."""
    if verb in VERBS:
        return str(VERBS[verb])
    label: Any = verb
    for model_admin in current_site():
        if model_admin.name == name and verb in actions_of(model_admin):
            label = actions_of(model_admin)[verb].label
    return str(_("did “%(action)s” to", action=label))
