"""Entries of the history as lines that a person reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import url_for
from markupsafe import Markup

from webapp.admin.display import show_value, time_ago
from webapp.admin.history import Change, InlineChange, LogEntry, changes_of, entries_of
from webapp.admin.info import ModelInfo
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import Pager
from webapp.admin.permissions import actions_of, may
from webapp.admin.site import current_site
from webapp.admin.tabs import Tab, tabs_of
from webapp.admin.texts import list_text
from webapp.admin.values import parse_value
from webapp.extensions import db
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.web.errors import Link, refuse
from webapp.web.viewer import person

PAGE_SIZE = 50
MAX_LABELS = 4

# Stored as a word, shown in the reader's language.
VERBS = {
    "add": _l("added"),
    "change": _l("changed"),
    "delete": _l("deleted"),
    "password": _l("set the password"),
    "grant": _l("granted"),
    "revoke": _l("revoked"),
    "setup": _l("set up the first administrator"),
    "seed": _l("made up"),
    "export": _l("exported"),
    "export-begun": _l("began to export"),
    "export-broken-off": _l("broke off exporting"),
    "sign-in": _l("signed in"),
    "sign-out": _l("signed out"),
    "sign-in-failed": _l("failed to sign in as"),
    "sign-in-locked": _l("was stopped after too many failed tries to sign in as"),
    "unlock": _l("forgot the failed sign-ins of"),
}
FROM_STRANGERS = frozenset({"sign-in-failed", "sign-in-locked"})
_ICONS = {
    "add": "plus",
    "change": "pencil",
    "delete": "trash",
    "password": "key",
    "sign-in": "sign-in",
} | dict.fromkeys(("export", "export-begun", "export-broken-off"), "download")


@dataclass(frozen=True)
class ChangeLine:
    label: str
    old: Markup | None
    new: Markup | None
    secret: bool


@dataclass(frozen=True)
class HistoryLine:
    """:ivar what: the object's text; *via* where it was done, when that was not in a browser."""

    when: Markup
    who: str
    verb: str
    what: str
    via: str
    changes: list[ChangeLine]
    icon: str
    restore: str | None = None

    @property
    def changed(self) -> str:
        """In short what changed: the names, or of many how many they are."""
        number = len(self.changes)
        if number <= MAX_LABELS:
            return list_text((change.label for change in self.changes), "unit")
        return str(ngettext("%(number)s value", "%(number)s values", number, number=format_decimal(number)))


def history_line(entry: LogEntry, info: ModelInfo | None) -> HistoryLine:
    """Make *entry* readable.

    :param info: the model's columns, for their labels; ``None`` where the model is not registered any more.
    """
    return HistoryLine(
        when=time_ago(entry.at),
        who=entry.actor_label or _("somebody not signed in"),
        verb=_verb(entry),
        # "alice signed in alice" would say the name twice.
        what=entry.label if entry.label != entry.actor_label or entry.verb not in VERBS else "",
        via=_via(entry),
        changes=[
            line
            for change in changes_of(entry)
            if _tells_something(entry.verb, change)
            for line in _change_lines(change, info)
        ],
        icon=_ICONS.get(entry.verb, "history"),
    )


def _via(entry: LogEntry) -> str:
    """Where it was done, when not in a person's browser: of somebody who is not known the address is all there is."""
    if entry.origin != "web":
        return str(_("command line"))
    return (entry.ip or "") if entry.verb in FROM_STRANGERS else ""


def _tells_something(verb: str, change: Change) -> bool:
    # A new object's empty fields are no news.
    return change.is_secret or verb == "change" or (change.old, change.new) not in ((None, ""), ("", None))


def _change_lines(change: Change, info: ModelInfo | None) -> list[ChangeLine]:
    if change.kind != "inline":
        return [_change_line(change, info)]
    child: InlineChange = change.new
    model_admin = next((one for one in current_site() if one.name == child.name), None)
    if model_admin is not None and not may(person(), model_admin, "view"):
        # What happened to it is told to those who may see it.
        return []
    label = str(model_admin.label) if model_admin else change.field.replace("_", " ").capitalize()
    text = show_value("text", child.label)
    if child.verb != "change":
        old, new = (text, None) if child.verb == "delete" else (None, text)
        return [ChangeLine(label, old, new, False)]
    lines = [_change_line(one, model_admin.info if model_admin else None) for one in child.changes]
    return [replace(line, label=f"{label} “{child.label}”, {line.label}") for line in lines]


def _change_line(change: Change, info: ModelInfo | None) -> ChangeLine:
    column = info.columns.get(change.field) if info else None
    known = column or (info.relations.get(change.field) if info else None)
    label = str(known.label) if known else change.field
    if change.is_secret:
        return ChangeLine(label, None, None, True)
    return ChangeLine(
        label, _shown(change.kind, change.old, column), _shown(change.kind, change.new, column), False
    )


def _shown(kind: str, value: Any, column: Any) -> Markup | None:
    if kind == "relations":
        texts = [show_value("text", text) for _key, text in value or ()]
        # What is joined has been escaped, and so has what joins it.
        return Markup(list_text(texts, "unit")) if texts else None  # noqa: S704
    if value is not None and kind == "relation":
        return show_value("text", value[1])
    return None if value is None else show_value(kind, value, column)


def _verb(entry: LogEntry) -> str:
    """What was done, in the reader's language; an action is told by its label, where there still is such an action."""
    if entry.verb in VERBS:
        return str(VERBS[entry.verb])
    label: Any = entry.verb
    for model_admin in current_site():
        if model_admin.name == entry.name and entry.verb in actions_of(model_admin):
            label = actions_of(model_admin)[entry.verb].label
    return str(_("did “%(action)s” to", action=label))


@dataclass(frozen=True)
class HistoryPage:
    title: str
    heading: str
    lines: list[HistoryLine]
    pager: Pager | None
    tabs: list[Tab]
    #: How an object that is gone comes back, and what is said of it.
    restore: Link | None = None


def history_page(model_admin: ModelAdmin, obj: Any, user: Any, arguments: Mapping[str, str]) -> HistoryPage:
    """The changes of *obj*, newest first, a page at a time.

    :param arguments: of the address: ``after`` is the number of the entry that the page follows.
    """
    key = model_admin.info.key_of(obj)
    may_restore = may(user, model_admin, "change", obj)
    tabs = tabs_of(model_admin, user, obj)
    return _history_page(model_admin, key, text_of(obj), tabs, arguments, may_restore=may_restore)


def deleted_page(
    model_admin: ModelAdmin, deletion: LogEntry, user: Any, arguments: Mapping[str, str]
) -> HistoryPage:
    """The same of an object that is gone, with the way back.

    :param deletion: the entry that tells how it went.
    """
    page = _history_page(model_admin, deletion.key, deletion.label, [], arguments, may_restore=False)
    if not may(user, model_admin, "add"):
        return page
    return replace(page, restore=Link(_("Restore this object …"), _restore_address(deletion)))


def _restore_address(entry: LogEntry) -> str:
    # Before it was added there was nothing; what is meant is what it was then.
    whole = {"_whole": 1} if entry.verb == "add" else {}
    values: dict[str, Any] = {"key": entry.key, "_entry": entry.id, **whole}
    return url_for(f"{entry.name}.restore", **values)


def _history_page(
    model_admin: ModelAdmin,
    key: str,
    text: str,
    tabs: list[Tab],
    arguments: Mapping[str, str],
    *,
    may_restore: bool,
) -> HistoryPage:
    info = model_admin.info
    here = url_for(f"{model_admin.name}.history", key=key)
    before_id = _entry_id(arguments.get("after", ""), here)
    # One more tells whether there is a further page.
    statement = entries_of(model_admin.name, key).limit(PAGE_SIZE + 1)
    if before_id is not None:
        statement = statement.where(LogEntry.id < before_id)
    entries = db.session.scalars(statement).all()
    shown = entries[:PAGE_SIZE]
    older = f"{here}?after={shown[-1].id}" if len(entries) > PAGE_SIZE else None
    newest = None if before_id is None else here
    return HistoryPage(
        title=_("History of %(object)s", object=text),
        heading=_("History of %(object)s", object=text),
        lines=[_with_restore(history_line(entry, info), entry, may_restore) for entry in shown],
        pager=Pager(newest, None, older, None, [], "") if newest or older else None,
        tabs=tabs,
    )


def _with_restore(line: HistoryLine, entry: LogEntry, may_restore: bool) -> HistoryLine:
    has_values = any(not change.secret for change in line.changes)
    return replace(line, restore=_restore_address(entry)) if may_restore and has_values else line


def _entry_id(text: str, here: str) -> int | None:
    if not text:
        return None
    try:
        return int(parse_value("integer", text))
    except ValueError:
        refuse(
            400,
            _("The part “after” of this address is no place in this history."),
            Link(_("Newest changes"), here),
        )
