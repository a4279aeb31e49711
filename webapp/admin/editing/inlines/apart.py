"""Rows that nobody is registered for, looked at apart from the form that they are edited in.

The history tells of them under a name of their own, and brings them back; they have no pages.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import Select, inspect, select, tuple_
from sqlalchemy.orm import Mapper

from webapp.admin.editing.assigning import count_version
from webapp.admin.editing.inlines.bound import bind, bond_of, is_offered, known_inlines
from webapp.admin.editing.inlines.children import number_of_children
from webapp.admin.editing.kept import Unkept, column_value, gone
from webapp.admin.editing.writing import Written, read_again
from webapp.admin.history import Change, InlineChange, LogEntry, changes_of, record
from webapp.admin.inlines import Inline
from webapp.admin.loading import rows_of
from webapp.admin.mapping import text_of
from webapp.admin.options import Fieldsets, ModelAdmin, Rejected
from webapp.admin.permissions import may
from webapp.admin.readers import Reader, hides_none
from webapp.admin.returning import Restored
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.running import g
from webapp.texts import format_decimal
from webapp.texts import gettext as _

# Kept by the parent's admin, by the class of the inline.
_KEPT_AS = "_rows_apart"
# What a bound inline says by itself, and no hook.
_WORDS = (
    *("model", "info", "name", "label", "label_plural", "empty_value_display", "list_select_related"),
    *("left_out", "can_add", "can_change", "can_delete"),
)

#: An object by the name of its admin and its key.
Place = tuple[str, str]


class RowsApart(Inline):
    """The rows of an inline. What the form would not let a person do to one is not done here either: its parent has to
    exist for him, he has to be allowed to change it, and the inline has to stand in its form.

    :ivar parent: whose form the inline stands in. :ivar keeper: the inline, bound to it.
    """

    keeper: Inline

    def __init__(self, parent: ModelAdmin, inline: Inline) -> None:
        self.parent, self.keeper = parent, inline
        for word in _WORDS:
            setattr(self, word, getattr(inline, word))
        self.bond = bond_of(inline)

    def query(self, user: Any) -> Select[Any]:
        """The rows of those parents that exist for *user*."""
        names = [getattr(self.parent.model, name) for _column, name in self.bond.pairs]
        parents = rows_of(self.parent, user).with_only_columns(*names, maintain_column_froms=True)
        own = [column.attribute.expression for column, _name in self.bond.pairs]
        held: Any = own[0] if len(own) == 1 else tuple_(*own)
        return self.keeper.query(user).where(held.in_(parents.correlate(None)))

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        if obj is None or not self.keeper.can(user, verb, obj):
            return obj is None and self.keeper.can(user, verb)
        held = {column.name: getattr(obj, column.name) for column, _name in self.bond.pairs}
        parent = self._parent_with(held, user)
        return parent is not None and self._is_edited(user, "view" if verb == "view" else "change", parent)

    def _is_edited(self, user: Any, verb: str, parent: Any = None) -> bool:
        """Whether *user* may *verb* the *parent*, or with ``None`` a new one, in a form that has the inline."""
        return (
            self.stands_in(user, parent)
            and may(user, self.parent, verb, parent)
            and is_offered(self.keeper, user)
        )

    def may_see_deleted(self, user: Any) -> bool | None:
        """As of its parents, where the inline itself hides none of its rows."""
        of_it = self.keeper.may_see_deleted(user)
        if of_it is not None:
            return of_it
        said = self.parent.may_see_deleted(user)
        shows_all = hides_none(user, self.parent) if said is None else said
        return shows_all and self.hides_none

    @property
    def hides_none(self) -> bool:
        """Whether the inline itself hides none of the rows of a parent."""
        own = type(self.keeper)
        return own.query is Inline.query and own.can is Inline.can

    def get_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.keeper.get_fields(user, obj)

    def get_fieldsets(self, user: Any, obj: Any = None) -> Fieldsets:
        return self.keeper.get_fieldsets(user, obj)

    def get_history_fields(self, user: Any, obj: Any = None) -> Sequence[str]:
        return self.keeper.get_history_fields(user, obj)

    def get_not_restored(self, user: Any) -> Sequence[str]:
        return self.keeper.get_not_restored(user)

    def restore_field(self, change: Any, obj: Any, user: Any) -> Restored | None:
        return self.keeper.restore_field(change, obj, user)

    def stands_in(self, user: Any, parent: Any = None) -> bool:
        """Whether the inline stands in *user*'s form of the *parent*, or with ``None`` of a new one."""
        return type(self.keeper) in self.parent.get_inlines(user, parent)

    def is_known(self, entry: LogEntry, user: Any) -> bool:
        """Whether the row whose delete *entry* tells stood in a form of *user*'s, as far as its parent is there."""
        held = self.held(entry)
        parent = self._parent_with(held, user) if held else None
        return parent is None or self.stands_in(user, parent)

    # Coming back

    def held(self, entry: LogEntry) -> dict[str, Any] | None:
        """What the columns held that lead to the parent of a row that is gone; ``None`` where it is not known."""
        kept = {change.field: change.old for change in changes_of(entry)}
        try:
            values = {
                column.name: column_value(column, kept.get(column.name)) for column, _name in self.bond.pairs
            }
        except Unkept:
            return None
        return None if None in values.values() else values

    def problem(self, entry: LogEntry, user: Any, returning: Collection[Place]) -> str | None:
        """Why *user* cannot bring back the row whose delete *entry* tells; ``None`` where he can.

        :param returning: what comes back before it.
        """
        held = self.held(entry)
        if held is None:
            return str(_("What it hung on was not kept, so it cannot come back."))
        may_not = str(_("You may not do this to it."))
        if not may(user, self, "add"):
            return may_not
        if self._place(held) in returning:
            return None if self._is_edited(user, "add") else may_not
        parent = self._parent_with(held, user)
        if parent is None:
            return gone(str(self.parent.label))
        if not self._is_edited(user, "change", parent):
            return may_not
        most = self.keeper.max_num
        if most is not None and number_of_children(self.keeper, parent, most) >= most:
            return str(_("There can be at most %(count)s.", count=format_decimal(most)))
        return None

    def join(self, entry: LogEntry, user: Any, returned: Mapping[Place, Any]) -> dict[str, Any]:
        """What ties the row of *entry* to its parent again, which counts it as a change of its own.

        To be asked inside the writing transaction. :raises Rejected: when the row cannot come back.
        """
        held = self.held(entry)
        place = self._place(held) if held else None
        is_new = place in returned
        parent = self._parent_with(held, user) if held and not is_new else None
        if parent is not None:
            parent = read_again(self.parent.info, parent, None)
        problem = self.problem(entry, user, returned)
        if problem:
            raise Rejected(problem)
        if is_new:
            return self.bond.values(returned[place])  # type: ignore[index]
        count_version(self.parent.info, parent)
        return self.bond.values(parent)

    def _parent_with(self, held: Mapping[str, Any], user: Any) -> Any:
        """The parent that rows lead to whose columns hold *held*, where it exists for *user*; read once for all."""
        found = g.setdefault("parents_of_rows", {})
        asked = (self, user.id, *(held[column.name] for column, _name in self.bond.pairs))
        known = found.get(asked)
        if known is None or not inspect(known).persistent:
            statement = rows_of(self.parent, user).where(*self._leads(held))
            known = found[asked] = db.session.scalars(statement).unique().first()
        return known

    def _leads(self, held: Mapping[str, Any]) -> Iterator[Any]:
        for column, name in self.bond.pairs:
            own = self.parent.info.columns[name]
            yield own.attribute == own.bound(held[column.name])

    def _place(self, held: Mapping[str, Any]) -> Place | None:
        """The parent's name and key; ``None`` where the row holds something else of it."""
        values = {name: held.get(column.name) for column, name in self.bond.pairs}
        key = [values.get(column.name) for column in self.parent.info.key]
        return None if None in key else (self.parent.name, encode_key(key))

    def address(self, page: str, entry: LogEntry, obj: Any = None) -> str:
        """A page of the parent of the row of *entry*, which may be *obj*; its list where it is not known."""
        own = [column.name for column, _name in self.bond.pairs]
        held = self.held(entry) if obj is None else {name: getattr(obj, name) for name in own}
        if held is None:
            # An entry of an addition tells what it holds since.
            held = {change.field: change.new for change in changes_of(entry) if change.field in own}
        place = self._place(held)
        name = self.parent.name
        return url_for(f"{name}.{page}", key=place[1]) if place else url_for(f"{name}.list")


class RowsReader(Reader):
    """Who reads of rows that nobody is registered for what the form lets him see in which they stand."""

    def of_rows(self, parent: ModelAdmin | None, name: str) -> ModelAdmin | None:
        apart = (rows for rows in all_rows() if rows.name == name and rows.parent is parent)
        return super().of_rows(parent, name) or next(apart, None)

    def sees_all(self, model_admin: ModelAdmin) -> bool:
        """Of rows apart: of one parent, of which he may read."""
        if not isinstance(model_admin, RowsApart) or getattr(self.user, "is_superuser", False):
            return super().sees_all(model_admin)
        obj = self.obj if isinstance(self.obj, model_admin.parent.model) else None
        return model_admin.hides_none and model_admin.stands_in(self.user, obj)


def all_rows() -> Iterator[RowsApart]:
    """Of every inline whose model nobody is registered for. One that no form of this process had is not known where
    ``get_inlines`` alone names it."""
    site = current_site()
    for parent in site:
        kept: dict[type[Inline], RowsApart | None] = vars(parent).setdefault(_KEPT_AS, {})
        for inline_class in known_inlines(parent):
            if inline_class not in kept:
                is_looked_after = site.admin_of(inline_class.model) is not None
                kept[inline_class] = (
                    None if is_looked_after else RowsApart(parent, bind(parent, inline_class, site))
                )
            rows = kept[inline_class]
            if rows is not None:
                yield rows


def named(name: str) -> ModelAdmin | None:
    """Who looks after what the history tells of under *name*: an admin, or the rows of an inline."""
    return current_site().find(name) or next((rows for rows in all_rows() if rows.name == name), None)


def told_by(entry: LogEntry, user: Any) -> ModelAdmin | None:
    """The same for the object of *entry*: of rows that stand in several forms those in whose form it stands."""
    found = current_site().find(entry.name)
    if found is not None:
        return found
    ways = [rows for rows in all_rows() if rows.name == entry.name]
    return next((rows for rows in ways[:-1] if _is_among(rows, entry, user)), ways[-1] if ways else None)


def _is_among(rows: RowsApart, entry: LogEntry, user: Any) -> bool:
    if entry.verb == "delete":
        return rows.held(entry) is not None
    key = rows.info.parse_key(entry.key)
    found = rows_of(rows, user).where(rows.info.is_one_of([key])) if key is not None else None
    return found is not None and db.session.scalars(found).unique().first() is not None


def keeper_of(model: type) -> ModelAdmin | None:
    """Under whose name the history tells of objects of *model* for which nobody is registered; ``None`` where no form
    has them."""
    mapper: Mapper[Any] = inspect(model)
    rows = {each.model: each for each in all_rows()}
    found = next((rows[one.class_] for one in mapper.iterate_to_root() if one.class_ in rows), None)
    return found.keeper.keeper if found is not None else None


def tell_above(written: Sequence[tuple[ModelAdmin, Written]], user: Any) -> None:
    """Tell under their parents, inside the transaction, of those of *written* that are rows: they have no page of
    their own where somebody would read it."""
    by_parent: dict[Any, tuple[RowsApart, list[Change]]] = {}
    for rows, one in written:
        if isinstance(rows, RowsApart):
            held = {column.name: getattr(one.obj, column.name) for column, _name in rows.bond.pairs}
            statement: Select[Any] = select(rows.parent.model).where(*rows._leads(held))
            parent = rows._parent_with(held, user) or db.session.scalars(statement).unique().first()
            what = InlineChange(
                one.verb, rows.name, rows.info.key_of(one.obj), text_of(one.obj), tuple(one.changes)
            )
            told = by_parent.setdefault(parent, (rows, []))[1]
            told += [Change(rows.keeper.prefix, "inline", None, what)]
    for parent, (rows, changes) in by_parent.items():
        record(
            db.session(),
            verb="change",
            name=rows.parent.name,
            key=rows.parent.info.key_of(parent),
            label=text_of(parent),
            actor=user,
            changes=changes,
        )
