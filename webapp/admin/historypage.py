"""The history of one object: its entries a page at a time, of all fields or of one, by everybody or by one person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NoReturn

from flask import url_for
from flask_babel import format_date
from sqlalchemy import Select, Text, case, cast, desc, func, or_, select
from sqlalchemy.orm import aliased

from webapp.admin.editing.inlines.apart import RowsReader
from webapp.admin.editing.inlines.bound import bind
from webapp.admin.editing.restoring import may_know
from webapp.admin.history import PRUNE, LogEntry, beginning, beginning_of, changes_of, entries_of
from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import Option, Pager
from webapp.admin.permissions import may
from webapp.admin.readers import Reader, alike
from webapp.admin.site import current_site
from webapp.admin.tabs import Tab, tabs_of
from webapp.admin.timeline import HistoryLine, history_lines, known_as
from webapp.admin.values import parse_value, query_string
from webapp.admin.zones import to_zone, viewer_zone
from webapp.extensions import db
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse

PAGE_SIZE = 50
# Who is to choose from is looked for among so many entries.
PEOPLE_AMONG = 1_000
# The person of what nobody did who had signed in.
NOBODY = "none"


@dataclass(frozen=True)
class HistoryFilter:
    """A field of the form above the timeline; its first option is all."""

    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True)
class HistoryPage:
    """:ivar filters: empty where there is nothing to choose. :ivar everything: the way out of what is filtered."""

    title: str
    heading: str
    lines: list[HistoryLine]
    pager: Pager | None
    tabs: list[Tab]
    filters: list[HistoryFilter]
    everything: Link | None
    #: How an object that is gone comes back.
    restore: Link | None = None
    #: The history of an earlier record under the same key.
    earlier: Link | None = None
    #: Of a page that tells of nothing the day since which the history is kept; what was older is pruned.
    kept_since: str = ""


@dataclass(frozen=True)
class _Asked:
    """What the address says: the entry that the page follows, the one field and the one person.

    :ivar names: under which changes of that field are kept.
    """

    after: int | None
    field: str
    person: str
    names: frozenset[str]

    @property
    def filtered(self) -> list[tuple[str, str]]:
        return [pair for pair in (("field", self.field), ("person", self.person)) if pair[1]]


def history_page(model_admin: ModelAdmin, obj: Any, user: Any, arguments: Mapping[str, str]) -> HistoryPage:
    """The changes of *obj*, newest first, a page at a time.

    :param arguments: of the address: ``after`` is the number of the entry that the page follows; ``field`` and
        ``person`` what the page is about.
    """
    key, reader = model_admin.info.key_of(obj), RowsReader(user, obj)
    may_restore = may(user, model_admin, "change", obj)
    page = _page(model_admin, key, text_of(obj), reader, arguments, may_restore=may_restore, is_there=True)
    return replace(page, tabs=tabs_of(model_admin, user, obj))


def deleted_page(
    model_admin: ModelAdmin, deletion: LogEntry, user: Any, arguments: Mapping[str, str]
) -> HistoryPage:
    """The same of an object that is gone, with the way back.

    :param deletion: the entry that tells how it went.
    """
    page = _page(
        model_admin,
        deletion.key,
        deletion.label,
        RowsReader(user),
        arguments,
        may_restore=False,
        is_there=False,
    )
    if not may(user, model_admin, "add"):
        return page
    return replace(page, restore=Link(_("Restore this object …"), _restore_address(deletion)))


def _page(
    model_admin: ModelAdmin,
    key: str,
    text: str,
    reader: Reader,
    arguments: Mapping[str, str],
    *,
    may_restore: bool,
    is_there: bool,
) -> HistoryPage:
    here = url_for(f"{model_admin.name}.history", key=key)
    fields = _fields(model_admin, reader)
    asked = _read(arguments, fields, here, model_admin.info)
    everything = entries_of(model_admin.name, key)
    # One more tells whether there is a further page.
    entries = db.session.scalars(_narrowed(everything, asked).limit(PAGE_SIZE + 1)).all()
    is_whole = asked.after is None and not asked.filtered and len(entries) <= PAGE_SIZE
    newest = entries if is_whole else _newest(everything)
    life = _life(model_admin, key, reader.user, newest, asked.after, is_there=is_there)
    entries, newest = ([one for one in part if life.holds(one)] for part in (entries, newest))
    shown = entries[:PAGE_SIZE]
    people = _people(newest)
    if asked.person and asked.person not in people:
        if not shown and not _has_acted(everything, asked.person):
            _refuse("person", here)
        people[asked.person] = shown[0].actor_label if shown else asked.person
    # The statement takes some too many: what is in a document or hangs on the object has names of its own.
    kept = [entry for entry in shown if not asked.names or _tells_of(entry, asked.names)]
    lines = history_lines(kept, reader, asked.names)
    return HistoryPage(
        title=_("History of %(object)s", object=text),
        heading=_("History of %(object)s", object=text),
        lines=[
            replace(line, restore=_restore_address(entry))
            if may_restore and not life.is_earlier and _gives_back(entry, line)
            else line
            for entry, line in zip(kept, lines, strict=True)
            # That something happened to what is hidden from the reader is told no more than what.
            if line.changes or not asked.field
        ],
        pager=_pager(here, asked, shown[-1].id if len(entries) > PAGE_SIZE else None),
        tabs=[],
        filters=_filters(fields, people, asked) if entries or asked.filtered else [],
        everything=Link(_("Show all changes"), here) if asked.filtered else None,
        earlier=_earlier(here, life) if len(entries) <= PAGE_SIZE else None,
        kept_since="" if newest else _kept_since(),
    )


@dataclass(frozen=True)
class _Life:
    """Which of the entries under a key tell of one record.

    :ivar began: the number of the entry that ended the one before it. :ivar is_told: the reader may know of that one.
    :ivar is_earlier: it is not the present record.
    """

    began: int | None = None
    is_told: bool = False
    is_earlier: bool = False

    def holds(self, entry: Any) -> bool:
        return self.began is None or entry.id > self.began


def _life(
    model_admin: ModelAdmin, key: str, user: Any, newest: Sequence[Any], after: int | None, *, is_there: bool
) -> _Life:
    """The life of the present record by its *newest* entries, or of an earlier one, to which *after* leads."""
    turns = [one for one in newest if one.verb is not None]
    began = beginning(turns, is_there=is_there)
    if began is None or not may_know(model_admin, user, db.session.get_one(LogEntry, began)):
        return _Life(began)
    if after is None or after > began + 1:
        return _Life(began, is_told=True)
    return _Life(beginning_of(model_admin.name, key, after, is_there=False), is_told=True, is_earlier=True)


def _earlier(here: str, life: _Life) -> Link | None:
    if life.began is None or not life.is_told:
        return None
    return Link(_("An earlier record had the same key"), f"{here}?after={life.began + 1}")


def _kept_since() -> str:
    """The first whole day of which the history is kept; empty where none of it was ever pruned."""
    pruned = select(LogEntry).where(LogEntry.verb == PRUNE).order_by(desc(LogEntry.at), desc(LogEntry.id))
    checkpoint = db.session.scalar(pruned.limit(1))
    moment = (
        next((one.new for one in changes_of(checkpoint) if one.field == "before"), None)
        if checkpoint
        else None
    )
    if moment is None:
        return ""
    # Where the reader's day began before the command's, the next one is the first.
    day = to_zone(moment, viewer_zone()) + timedelta(days=1, microseconds=-1)
    return str(format_date(day.date(), "long", rebase=False))


def _gives_back(entry: LogEntry, line: HistoryLine) -> bool:
    """Whether something of what *line* tells can be restored here; what a child went through, its own history tells."""
    is_own = any(change.kind != "inline" for change in changes_of(entry))
    return is_own and any(not change.secret for change in line.changes)


def _restore_address(entry: LogEntry) -> str:
    # Before it was added there was nothing; what is meant is what it was then.
    whole = {"_whole": 1} if entry.verb == "add" else {}
    values: dict[str, Any] = {"key": entry.key, "_entry": entry.id, **whole}
    return url_for(f"{entry.name}.restore", **values)


def _read(arguments: Mapping[str, str], fields: Mapping[str, str], here: str, info: ModelInfo) -> _Asked:
    after, field, person = (arguments.get(name, "") for name in ("after", "field", "person"))
    if field and field not in fields:
        _refuse("field", here)
    with _refusing("person", here):
        parse_value("text", person)
    with _refusing("after", here):
        names = alike(info, field) if field else frozenset()
        return _Asked(parse_value("integer", after) if after else None, field, person, names)


@contextmanager
def _refusing(name: str, here: str) -> Iterator[None]:
    try:
        yield
    except ValueError:
        _refuse(name, here)


def _fields(model_admin: ModelAdmin, reader: Reader) -> dict[str, str]:
    """What may have changed and *reader* is shown, with its label: no secret, not the version; also the rows that
    hang on the object."""
    info = model_admin.info
    silent = {"updated_at", info.version.name if info.version else ""}
    columns = {name: column for name, column in info.columns.items() if known_as(info, name) is column}
    everything: dict[str, ColumnInfo | RelationInfo] = {**columns, **info.relations}
    fields = {
        name: str(known.label)
        for name, known in everything.items()
        if not known.secret and name not in silent and reader.is_shown(model_admin, name)
    }
    for inline_class in model_admin.get_inlines(reader.user, reader.obj):
        inline = bind(model_admin, inline_class, current_site())
        if may(reader.user, inline, "view"):
            fields[inline.prefix] = str(inline.label_plural)
    return fields


def _narrowed(entries: Select[Any], asked: _Asked) -> Select[Any]:
    if asked.after is not None:
        entries = entries.where(LogEntry.id < asked.after)
    if asked.names:
        # As history.py writes it, and every engine keeps it.
        changes = cast(LogEntry.changes, Text)
        told = (changes.contains(f'"field": "{name}"', autoescape=True) for name in sorted(asked.names))
        entries = entries.where(or_(*told))
    return _by(entries, asked.person) if asked.person else entries


def _by(entries: Select[Any], person: str) -> Select[Any]:
    return entries.where(LogEntry.actor_key == (None if person == NOBODY else person))


def _tells_of(entry: LogEntry, names: Collection[str]) -> bool:
    return any(change.field in names for change in changes_of(entry))


def _newest(entries: Select[Any]) -> Sequence[Any]:
    """Who is named in the newest of *entries*, and which of those add or delete; newest first."""
    newest = aliased(LogEntry, entries.limit(PEOPLE_AMONG).subquery())
    is_turn = newest.verb.in_(("add", "delete"))
    turn = [case((is_turn, column), else_=None) for column in (newest.id, newest.verb, newest.through)]
    last = func.max(newest.id).label("id")
    found = select(
        newest.actor_key, newest.actor_label, last, turn[1].label("verb"), turn[2].label("through")
    )
    found = found.group_by(newest.actor_key, newest.actor_label, *turn)
    return db.session.execute(found.order_by(desc(last))).all()


def _people(entries: Sequence[Any]) -> dict[str, str]:
    """Those who are named in *entries*, by key; the person may have had several names, of which one will do."""
    people = {
        entry.actor_key: entry.actor_label
        for entry in sorted(entries, key=lambda entry: str(entry.actor_label))
        if entry.actor_key is not None
    }
    if len(people) < len({entry.actor_key for entry in entries}):
        people[NOBODY] = _("nobody who had signed in")
    return people


def _has_acted(entries: Select[Any], person: str) -> bool:
    return db.session.scalar(_by(entries, person).with_only_columns(LogEntry.id).limit(1)) is not None


def _filters(fields: Mapping[str, str], people: Mapping[str, str], asked: _Asked) -> list[HistoryFilter]:
    return [
        HistoryFilter("field", _("Field"), _options(_("All fields"), fields, asked.field)),
        HistoryFilter("person", _("By"), _options(_("Everybody"), people, asked.person)),
    ]


def _options(everything: str, known: Mapping[str, str], chosen: str) -> list[Option]:
    return [
        Option("", everything, not chosen),
        *(Option(value, label, value == chosen) for value, label in known.items()),
    ]


def _pager(here: str, asked: _Asked, last: int | None) -> Pager | None:
    def address(*place: tuple[str, str]) -> str:
        query = query_string([*asked.filtered, *place])
        return f"{here}?{query}" if query else here

    newest = None if asked.after is None else address()
    older = None if last is None else address(("after", str(last)))
    return Pager(newest, None, older, None, [], "") if newest or older else None


def _refuse(name: str, here: str) -> NoReturn:
    refuse(
        400,
        _("The part “%(name)s” of this address is none of this history.", name=name),
        Link(_("Newest changes"), here),
    )
