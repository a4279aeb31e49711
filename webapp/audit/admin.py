"""How the history of the whole site is read. Nobody writes it here, not even a superuser."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import get_template_attribute, url_for
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, select

from webapp.admin.editing.inlines.apart import RowsReader
from webapp.admin.editing.restorepage import restore_address
from webapp.admin.editing.restoring import deletion_of, may_know
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin, choice_filter, display
from webapp.admin.permissions import actions_of, may
from webapp.admin.readers import Reader, sees_all
from webapp.admin.site import current_site
from webapp.admin.timeline import (
    THROUGH,
    VERBS,
    address_text,
    changes_text,
    history_lines,
    through_text,
    verb_text,
    what_text,
    who_text,
)
from webapp.running import g
from webapp.texts import lazy_gettext as _l
from webapp.web.viewer import person

# What was done on the command line is through nothing else.
COMMAND_LINE = "cli"


class LogEntryAdmin(ModelAdmin):
    label = _l("History entry")
    label_plural = _l("History entries")
    icon = "history"
    menu_group = _l("System")
    labels = {"at": _l("When"), "actor_label": _l("Person"), "label": _l("Record")}

    can_add = can_change = can_delete = False

    list_display = ("at", "who", "done", "about", "record", "differences", "how")
    list_columns = ("address", "request")
    list_filter = ("at", "actor_label", "model_is", "verb_is", "through_is")
    date_hierarchy = "at"
    search_fields = ("label", "actor_label")
    ordering = ("-at",)

    fieldsets = (
        (None, {"fields": ("told",)}),
        (
            _l("Details"),
            {"fields": ("at", "who", "done", "about", "record", "record_key", "how", "address", "request")},
        ),
    )

    def query(self, user: Any) -> Select[Any]:
        entries = select(LogEntry)
        if getattr(user, "is_superuser", False):
            return entries
        return entries.where(LogEntry.name.in_([one.name for one in _readable(user)]))

    @display(_l("Person"))
    def who(self, obj: LogEntry) -> str:
        return who_text(obj)

    @display(_l("What"))
    def done(self, obj: LogEntry) -> str:
        return verb_text(obj.verb, obj.name)

    @display(_l("Model"))
    def about(self, obj: LogEntry) -> str:
        model_admin = _reader().admins.get(obj.name)
        return str(model_admin.label) if model_admin else obj.name

    @display(_l("Record"))
    def record(self, obj: LogEntry) -> str:
        """What is gone is restored from its own history."""
        model_admin, user = _reader().admins.get(obj.name), person()
        if obj.verb != "delete" or model_admin is None or not may_know(model_admin, user, obj):
            return what_text(obj, model_admin)
        href = url_for(f"{model_admin.name}.history", key=obj.key)
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(href, obj.label)

    @display(_l("Key"))
    def record_key(self, obj: LogEntry) -> str:
        return obj.key

    @display(_l("Changes"))
    def differences(self, obj: LogEntry) -> str:
        return changes_text(obj, _reader())

    @display(_l("How"))
    def how(self, obj: LogEntry) -> str:
        return through_text(obj)

    @display(_l("Address"))
    def address(self, obj: LogEntry) -> str:
        return address_text(obj, _reader())

    @display(_l("Request"))
    def request(self, obj: LogEntry) -> str:
        return obj.request_id or ""

    @display(_l("Entry"))
    def told(self, obj: LogEntry) -> Markup:
        """The entry as the timeline of its record tells it."""
        [line] = history_lines([obj], _reader())
        model_admin = _reader().admins.get(obj.name)
        if obj.verb == "delete" and model_admin is not None and may(person(), model_admin, "add"):
            gone = deletion_of(model_admin, person(), obj.key)
            is_it = gone is not None and gone.id == obj.id
            line = replace(line, restore=restore_address(model_admin, obj) if is_it else None)
        told: Markup = get_template_attribute("macros/history.html", "timeline")([line])
        return told

    def _models(self, user: Any) -> list[tuple[str, Any]]:
        return [(one.name, one.label_plural) for one in _readable(user)]

    @choice_filter(_l("Model"), choices=_models)
    def model_is(self, value: str, user: Any) -> ColumnElement[bool]:
        return LogEntry.name == value

    def _verbs(self, user: Any) -> list[tuple[str, Any]]:
        actions = {name: action.label for one in _readable(user) for name, action in actions_of(one).items()}
        return list({**actions, **VERBS}.items())

    @choice_filter(_l("What"), choices=_verbs)
    def verb_is(self, value: str, user: Any) -> ColumnElement[bool]:
        return LogEntry.verb == value

    @choice_filter(_l("How"), choices=((COMMAND_LINE, _l("on the command line")), *THROUGH.items()))
    def through_is(self, value: str, user: Any) -> ColumnElement[bool]:
        return LogEntry.origin == COMMAND_LINE if value == COMMAND_LINE else LogEntry.through == value


def _readable(user: Any) -> Sequence[ModelAdmin]:
    """The admins of whose objects *user* may read all."""
    return [one for one in current_site() if may(user, one, "view") and sees_all(user, one)]


def _reader() -> Reader:
    """Who makes this request, as the one reader of all rows of its page."""
    if "history_reader" not in g:
        g.history_reader = RowsReader(person())
    reader: Reader = g.history_reader
    return reader
