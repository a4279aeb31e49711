"""Which fields the form of an object has for one person, and in which order."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import inspect

from webapp.admin.display import ShownColumn, shown_column
from webapp.admin.editing.beginning import for_new
from webapp.admin.editing.fields import has_field
from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo
from webapp.admin.loading import MAX_RELATED, load_few
from webapp.admin.options import Fieldsets, ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import AdminSite, current_site
from webapp.texts import format_decimal
from webapp.texts import gettext as _


class Part(NamedTuple):
    """A part of a form, as the declaration says it.

    :ivar columns: its fields stand in so many of them where there is room. :ivar is_collapsed: closed to begin with.
    :ivar tab: the tab that it stands in; without one it stands above them.
    """

    names: list[str]
    title: str | None = None
    description: str | None = None
    columns: int = 1
    is_collapsed: bool = False
    tab: str | None = None


class Layout(NamedTuple):
    """Which fields a form has for one person and one object.

    :ivar parts: what is in it, in the order of the page.
    :ivar columns: the mapped columns that may be written, by name; *relations* the ways to other rows that may be;
        *extra* are fields of the declared form class.
    :ivar readonly: what is shown only.
    """

    parts: list[Part]
    columns: dict[str, ColumnInfo]
    relations: dict[str, RelationInfo]
    extra: list[str]
    readonly: dict[str, ShownColumn]

    @property
    def names(self) -> list[str]:
        """All that is in the form, in the order of the page."""
        return [name for part in self.parts for name in part.names]


def form_layout(model_admin: ModelAdmin, user: Any, obj: Any = None, *, view_only: bool = False) -> Layout:
    """Decide the fields of *obj*'s form, or with ``None`` of the form that adds one.

    A field that the person may not write is not in the form class at all, so that what is posted for it has no
    effect (OWASP ASVS 5.0 §15.3.3).
    """
    info = model_admin.info
    declared = declared_fields(model_admin.get_form_class(user, obj))
    fixed = _fixed(model_admin, user, obj)
    layout = Layout(_parts(model_admin, declared, user, obj), {}, {}, [], {})
    for name in layout.names:
        relation = info.relations.get(name)
        if name in declared and name not in info.columns:
            layout.extra.append(name)
        elif view_only or _is_only_shown(info, name, fixed):
            layout.readonly[name] = shown_beside(model_admin, name, obj)
        elif relation is not None and _may_choose(relation, user, obj):
            layout.relations[name] = relation
        elif name in info.columns and has_field(info.columns[name]):
            layout.columns[name] = for_new(info.columns[name]) if obj is None else info.columns[name]
        else:
            layout.readonly[name] = shown_beside(model_admin, name, obj)
    return _without(layout, layout.extra) if view_only else layout


def cell_layout(model_admin: ModelAdmin, user: Any, obj: Any, names: Sequence[str]) -> Layout:
    """Those of the columns *names* that *obj*'s form lets this person write, for the cells of a list."""
    info = model_admin.info
    declared = declared_fields(model_admin.get_form_class(user, obj))
    in_form = {name for part in _parts(model_admin, declared, user, obj) for name in part.names}
    fixed = _fixed(model_admin, user, obj)
    columns = {
        name: info.columns[name]
        for name in names
        if name in in_form and not _is_only_shown(info, name, fixed) and fits_cell(info.columns[name])
    }
    return Layout([Part(list(columns))], columns, {}, [], {})


def fits_cell(column: ColumnInfo) -> bool:
    """Whether a cell of a list can hold a field for *column*."""
    return not column.secret and column.kind != "binary" and has_field(column)


def key_of_other(info: ModelInfo, name: str, site: AdminSite) -> RelationInfo | None:
    """The relation whose key the column *name* holds, where somebody looks after what it leads to.

    Such a key is chosen and never typed: only so it is sure to be of a row that exists for this person.
    """
    relation = info.held.get(name)
    is_looked_after = relation is not None and site.admin_of(relation.target) is not None
    return relation if is_looked_after else None


@lru_cache(maxsize=500)
def declared_fields(form_class: type | None) -> Sequence[str]:
    """The names of the fields that *form_class* declares itself."""
    if form_class is None:
        return ()
    return tuple(
        name
        for name in dir(form_class)
        if not name.startswith("_") and hasattr(getattr(form_class, name), "_formfield")
    )


def _without(layout: Layout, names: Sequence[str]) -> Layout:
    hidden = set(names)
    parts = [
        part._replace(names=[name for name in part.names if name not in hidden]) for part in layout.parts
    ]
    return Layout(parts, layout.columns, layout.relations, [], layout.readonly)


def _is_only_shown(info: ModelInfo, name: str, fixed: Collection[str]) -> bool:
    return name in fixed or (name in info.held and key_of_other(info, name, current_site()) is not None)


def _fixed(model_admin: ModelAdmin, user: Any, obj: Any) -> set[str]:
    """What nobody writes here: declared so, and of a row that exists already its key and its class."""
    info = model_admin.info
    fixed = set(model_admin.get_readonly_fields(user, obj))
    if obj is not None:
        # Under its key a row has its address and its history, so it keeps the key.
        keys = {column.name for column in info.key}
        fixed |= keys | {relation.name for name, relation in info.held.items() if name in keys}
    return fixed | ({info.discriminator.name} if info.discriminator else set())


def _may_choose(relation: RelationInfo, user: Any, obj: Any) -> bool:
    """Whether the form has a field for *relation*.

    Who may not see the other model cannot choose; a new row that needs one has the field all the same, which then
    says what is missing.
    """
    target = current_site().admin_of(relation.target)
    if not relation.is_writable or target is None:
        return False
    return may(user, target, "view") or (obj is None and not relation.nullable)


def shown_beside(model_admin: ModelAdmin, name: str, obj: Any) -> ShownColumn:
    """How *name* is shown where nobody writes it; of more rows than a page can hold only that there are more."""
    relation = model_admin.info.relations.get(name)
    if relation is not None and _leads_to_too_many(relation, obj):
        return _too_many(relation)
    return shown_column(model_admin, model_admin.info, name)


def _leads_to_too_many(relation: RelationInfo, obj: Any) -> bool:
    """Whether *relation* leads from *obj* to more than is shown; if not, they are loaded now."""
    if not relation.is_list or obj is None:
        return False
    return relation.name not in inspect(obj).dict and not load_few(relation, obj)


def _too_many(relation: RelationInfo) -> ShownColumn:
    text = _("more than %(count)s", count=format_decimal(MAX_RELATED))
    return ShownColumn(relation.name, str(relation.label), "text", None, lambda obj: text, None, "")


def _parts(model_admin: ModelAdmin, declared: Sequence[str], user: Any, obj: Any) -> list[Part]:
    said = model_admin.get_fieldsets(user, obj) or _default_fieldsets(model_admin, declared, user, obj)
    return [
        Part(
            names=list(options["fields"]),
            title=_text(title),
            description=_text(options.get("description")),
            columns=options.get("columns", 1),
            is_collapsed=options.get("collapsed", False),
            tab=_text(options.get("tab")),
        )
        for title, options in said
    ]


def _text(label: Any) -> str | None:
    return None if label is None else str(label) or None


def _default_fieldsets(model_admin: ModelAdmin, declared: Sequence[str], user: Any, obj: Any) -> Fieldsets:
    info = model_admin.info
    names = list(model_admin.get_fields(user, obj))
    if not names:
        excluded = set(model_admin.get_exclude(user, obj))
        names = [name for name in _default_names(info) if name not in excluded]
        names += [name for name in declared if name not in info.columns and name not in excluded]
    return ((None, {"fields": names}),)


def _default_names(info: ModelInfo) -> list[str]:
    """Every column that a person thinks of; in place of another row's key the relation that leads there."""
    version, discriminator = info.version, info.discriminator
    automatic = {
        "created_at",
        "updated_at",
        version.name if version else "",
        discriminator.name if discriminator else "",
    }
    names: dict[str, None] = {}
    for name, column in info.columns.items():
        if name in info.held and not info.held[name].secret:
            names[info.held[name].name] = None
        elif not column.secret and name not in automatic and not column.is_generated:
            names[name] = None
    for name, relation in info.relations.items():
        is_looked_after = current_site().admin_of(relation.target) is not None
        if relation.is_list and relation.is_writable and is_looked_after and not relation.secret:
            names[name] = None
    return list(names)
