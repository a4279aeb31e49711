"""Who reads the history, and what of it: fields that an admin shows him, and objects that exist for him."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from flask import url_for
from markupsafe import Markup

from webapp.admin.display import show_value
from webapp.admin.history import Change, LogEntry
from webapp.admin.info import ModelInfo
from webapp.admin.loading import related, rows_of, with_options
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db

# Of a page that names more objects than these, the others are told without a link.
MAX_LINKED = 500


class Reader:
    """:ivar admins: those of the application, by name. :ivar obj: the object whose history it is, where it is one's."""

    def __init__(self, user: Any, obj: Any = None) -> None:
        self.user = user
        self.obj = obj
        self.admins = {model_admin.name: model_admin for model_admin in current_site()}
        self._shown: dict[str, frozenset[str] | None] = {}
        self._visible: dict[ModelAdmin, frozenset[str]] = {}

    @cached_property
    def knows_addresses(self) -> bool:
        """Whether he may read from where others came: who may see the history of the whole site."""
        model_admin = current_site().admin_of(LogEntry)
        if model_admin is None:
            return bool(getattr(self.user, "is_superuser", False))
        return may(self.user, model_admin, "view")

    def is_self(self, actor_key: str | None) -> bool:
        return actor_key is not None and actor_key == str(getattr(self.user, "id", None))

    def is_shown(self, model_admin: ModelAdmin, name: str) -> bool:
        """Whether *model_admin* shows him *name* anywhere; what is no column or relation, it has no say in."""
        info = model_admin.info
        if name not in info.selectable and name not in info.relations:
            return True
        if model_admin.name not in self._shown:
            obj = self.obj if isinstance(self.obj, model_admin.model) else None
            self._shown[model_admin.name] = _shown_names(model_admin, self.user, obj)
        shown = self._shown[model_admin.name]
        return shown is None or not shown.isdisjoint(alike(info, name))

    def look_up(
        self, told: Iterable[tuple[ModelAdmin | None, Change]], entries: Iterable[LogEntry] = ()
    ) -> None:
        """Find out which of the objects that these changes name, and which of those that *entries* are about, exist
        for him: a statement for each model."""
        named: defaultdict[ModelAdmin, dict[str, None]] = defaultdict(dict)
        for entry in entries:
            if entry.name in self.admins:
                named[self.admins[entry.name]][entry.key] = None
        for model_admin, change in told:
            for target, key in self._references(model_admin, change):
                named[target][key] = None
        for target, keys in named.items():
            if may(self.user, target, "view"):
                self._visible[target] = _existing(target, self.user, list(keys)[:MAX_LINKED])

    def of_rows(self, parent: ModelAdmin | None, name: str) -> ModelAdmin | None:
        """Who looks after the rows that the history tells of under *name*, in the form of *parent*."""
        return self.admins.get(name)

    def may_see(self, model_admin: ModelAdmin, key: str) -> bool:
        """Whether he may read of an object: of its model, and where that shows some of its rows only, of this one.

        Only of what was looked up that is known; an object that is gone was, perhaps, never there for him.
        """
        if not may(self.user, model_admin, "view"):
            return False
        return self.sees_all(model_admin) or key in self._visible.get(model_admin, ())

    def sees_all(self, model_admin: ModelAdmin) -> bool:
        return sees_all(self.user, model_admin)

    def linked(self, model_admin: ModelAdmin | None, key: str, text: str) -> Markup:
        """The text of an object, with a link where it is there for him."""
        shown = show_value("text", text)
        if model_admin is None or key not in self._visible.get(model_admin, ()):
            return shown
        return Markup('<a href="{}">{}</a>').format(url_for(f"{model_admin.name}.change", key=key), shown)

    def _references(self, model_admin: ModelAdmin | None, change: Change) -> Iterable[tuple[ModelAdmin, str]]:
        """The objects that *change* names, with the admin of each."""
        if change.kind == "inline":
            child = change.new
            target = self.of_rows(model_admin, child.name)
            if target is not None:
                yield target, child.key
                for one in child.changes:
                    yield from self._references(target, one)
        elif change.kind in ("relation", "relations") and model_admin is not None:
            relation = model_admin.info.relations.get(change.field)
            target = current_site().admin_of(relation.target) if relation else None
            pairs = [*(change.old or ()), *(change.new or ())] if change.kind == "relations" else []
            pairs += [pair for pair in (change.old, change.new) if change.kind == "relation" and pair]
            yield from ((target, pair[0]) for pair in pairs if target is not None)


def sees_all(user: Any, model_admin: ModelAdmin) -> bool:
    """Whether *user*, who may view a model, may read of all of its rows: where some are hidden from others, what is
    told of those that are gone would tell of them."""
    return bool(getattr(user, "is_superuser", False)) or hides_none(user, model_admin)


def hides_none(user: Any, model_admin: ModelAdmin) -> bool:
    """Whether neither ``query`` nor ``can`` hides a row from *user*, who may view the model."""
    return type(model_admin).query is ModelAdmin.query and not _may_hide(user, model_admin)


def _may_hide(user: Any, model_admin: ModelAdmin) -> bool:
    """Whether ``can`` may refuse him one that ``query`` shows."""
    said = model_admin.may_see_all(user)
    return type(model_admin).can is not ModelAdmin.can if said is None else not said


def _shown_names(model_admin: ModelAdmin, user: Any, obj: Any) -> frozenset[str] | None:
    """The fields of the form, the columns of the list and ``history_fields``; ``None`` where nothing is left out."""
    fieldsets = model_admin.get_fieldsets(user, obj)
    names = [name for _title, options in fieldsets for name in options["fields"]]
    names = names or list(model_admin.get_fields(user, obj))
    others = {
        "created_at",
        *model_admin.get_readonly_fields(user, obj),
        *model_admin.get_list_display(user),
        *model_admin.get_list_columns(user),
        *model_admin.get_history_fields(user, obj),
    }
    if names:
        return frozenset(names) | others
    excluded = set(model_admin.get_exclude(user, obj)) - others
    if not excluded:
        return None
    info = model_admin.info
    return frozenset({*info.selectable, *info.relations} - {n for one in excluded for n in alike(info, one)})


def alike(info: ModelInfo, name: str) -> frozenset[str]:
    """*name*, and the relation whose key that column holds, or the columns that hold that relation's key."""
    relation = info.held.get(name) or info.relations.get(name)
    return frozenset([name, *([relation.name, *(one.name for one in relation.columns)] if relation else [])])


def _existing(model_admin: ModelAdmin, user: Any, keys: list[str]) -> frozenset[str]:
    info = model_admin.info
    wanted = [values for key in keys if (values := info.parse_key(key)) is not None]
    if not wanted:
        return frozenset()
    rows = rows_of(model_admin, user).where(info.is_one_of(wanted))
    if _may_hide(user, model_admin):
        objs = list(db.session.scalars(with_options(rows, related(model_admin))).unique())
        model_admin.load_related(objs, user)
        return frozenset(info.key_of(obj) for obj in objs if may(user, model_admin, "view", obj))
    columns = [column.attribute.expression for column in info.key]
    found = db.session.execute(rows.with_only_columns(*columns, maintain_column_froms=True))
    return frozenset(encode_key(row) for row in found)
