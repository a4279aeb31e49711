"""Inlines as they stand in the form of one model: each with its keeper, its bond and the words it goes by."""

from collections.abc import Sequence
from typing import Any

from webapp.admin.editing.files import file_fields
from webapp.admin.editing.forms import may_take_files
from webapp.admin.editing.inlines.bonds import Bond, bonds_of
from webapp.admin.inlines import Inline
from webapp.admin.mapping import describe, model_words
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import AdminSite, current_site

# Kept by the parent's admin, which lives as long as the application.
_KEPT_AS = "_bound_inlines"


class ByParent(ModelAdmin):
    """Looks after a model that nobody is registered for: who may change the parent may change its rows.

    The parent itself, the object, is asked about before any of its rows.
    """

    def __init__(self, parent: ModelAdmin) -> None:
        self.parent = parent

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        if verb == "view":
            return may(user, self.parent, "view")
        return any(may(user, self.parent, one) for one in ("change", "add"))


def inlines_of(parent: ModelAdmin, user: Any, obj: Any = None) -> list[Inline]:
    """The inlines in *user*'s form of *obj*, or of a new object: those of which he may see or add rows."""
    return [inline for inline in all_inlines_of(parent, user, obj) if is_offered(inline, user)]


def all_inlines_of(parent: ModelAdmin, user: Any, obj: Any = None) -> list[Inline]:
    """Also those that *user* may neither see nor add to: rows may come for them, from a page made before."""
    site = current_site()
    return [bind(parent, inline, site) for inline in parent.get_inlines(user, obj)]


def left_out(parent: ModelAdmin, inlines: Sequence[Inline]) -> list[Inline]:
    """What ``get_inlines`` has given *parent* before, and not among *inlines* this time: rows may come for it, too. An
    inline that no form of this process had is not known."""
    site = current_site()
    others = {one.prefix: one for one in (bind(parent, each, site) for each in known_inlines(parent))}
    for one in inlines:
        others.pop(one.prefix, None)
    return list(others.values())


def known_inlines(parent: ModelAdmin) -> list[type[Inline]]:
    """What *parent* declares, and what ``get_inlines`` has given it before."""
    return [*{**dict.fromkeys(parent.inlines), **vars(parent).get(_KEPT_AS, {})}]


def is_offered(inline: Inline, user: Any) -> bool:
    return may(user, inline, "view") or may(user, inline, "add")


def may_hold_files(parent: ModelAdmin, site: AdminSite) -> bool:
    """Whether *parent*'s form may hold a file, its own or that of a row."""
    is_decided = type(parent).get_inlines is not ModelAdmin.get_inlines
    inlines = [bind(parent, inline, site) for inline in parent.inlines]
    return is_decided or may_take_files(parent) or any(_may_hold_files(inline) for inline in inlines)


def _may_hold_files(inline: Inline) -> bool:
    is_decided = type(inline).get_form_class is not Inline.get_form_class
    return is_decided or may_take_files(inline.keeper) or bool(file_fields(inline.form_class))


def bond_of(inline: Inline) -> Bond:
    bond: Bond = vars(inline)["bond"]
    return bond


def bind(parent: ModelAdmin, inline_class: type[Inline], site: AdminSite) -> Inline:
    """*inline_class* in the form of *parent*; the checks have seen that it has one bond there."""
    kept: dict[type[Inline], Inline] = vars(parent).setdefault(_KEPT_AS, {})
    if inline_class not in kept:
        kept[inline_class] = _bound(parent, inline_class, site)
    return kept[inline_class]


def _bound(parent: ModelAdmin, inline_class: type[Inline], site: AdminSite) -> Inline:
    inline = inline_class()
    keeper = inline.keeper = site.admin_of(inline.model) or _by_parent(parent, inline)
    inline.info = keeper.info.worded(inline.labels, inline.help_texts, inline.choices)
    bond = bonds_of(parent.info, inline.info, inline.fk_name)[0]
    vars(inline)["bond"] = bond
    inline.prefix = inline.prefix or prefix_of(inline, bond)
    inline.name = keeper.name
    inline.label = inline.label or keeper.label
    inline.label_plural = inline.label_plural or keeper.label_plural
    inline.list_select_related = inline.list_select_related or keeper.list_select_related
    if inline.empty_value_display == ModelAdmin.empty_value_display:
        inline.empty_value_display = keeper.empty_value_display
    for word in ("can_add", "can_change", "can_delete"):
        setattr(inline, word, getattr(inline, word) and getattr(keeper, word))
    to_many = {name for name, relation in inline.info.relations.items() if relation.is_list}
    inline.left_out = bond.names | to_many
    if bond.is_single:
        inline.max_num = 1
    return inline


def prefix_of(inline: Inline, bond: Bond) -> str:
    """What its fields' names begin with, where the declaration does not say."""
    if bond.back is not None:
        return bond.back.name
    table = getattr(inline.info.mapper.local_table, "name", "rows")
    return f"{table}_{bond.pairs[0][0].name}"


def _by_parent(parent: ModelAdmin, inline: Inline) -> ModelAdmin:
    keeper, model = ByParent(parent), inline.model
    keeper.list_select_related = inline.list_select_related
    keeper.model, keeper.info = model, describe(model)
    # No admin's name has a dot in it.
    keeper.name = f"{getattr(keeper.info.mapper.local_table, 'name', '')}.row"
    keeper.label, keeper.label_plural = model_words(model), f"{model_words(model)}s"
    return keeper
