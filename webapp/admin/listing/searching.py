"""What the page says of its search: where it looks, and how far."""

from collections.abc import Sequence
from functools import lru_cache

from webapp.admin.display import lower_first
from webapp.admin.indexed import has_index
from webapp.admin.matching import MAX_LOOKED_AT, Search
from webapp.admin.options import ModelAdmin
from webapp.admin.search import SearchField
from webapp.admin.texts import list_text
from webapp.texts import Language, format_decimal, language
from webapp.texts import gettext as _


def search_help(model_admin: ModelAdmin, fields: Sequence[SearchField], search: Search) -> str:
    """Where a search looks; of a long list without an index, that it looks at the beginnings of texts only."""
    return _said(model_admin, tuple(fields), search.at_beginnings, language())


@lru_cache(maxsize=1_000)
def _said(
    model_admin: ModelAdmin, fields: tuple[SearchField, ...], at_beginnings: bool, _language: Language
) -> str:
    names = list_text(field_label(field) for field in fields)
    if at_beginnings:
        return str(
            _(
                "Looks at the beginnings of %(fields)s: more than %(number)s rows have no search index.",
                fields=names,
                number=format_decimal(MAX_LOOKED_AT),
            )
        )
    if said := str(model_admin.search_help):
        return said
    looks = _(
        "Looks in %(fields)s. All words must be found; “quotation marks” keep a phrase together, "
        "^ asks for a beginning, = for a whole text.",
        fields=names,
    )
    if not has_index(model_admin.info, fields):
        return str(looks)
    short = _(
        "Of more than %(number)s rows, one or two letters are looked for at the beginning.",
        number=format_decimal(MAX_LOOKED_AT),
    )
    return f"{looks} {short}"


def field_label(field: SearchField) -> str:
    """What a field of a search is called inside a sentence: "title", "name of author"."""
    label = lower_first(field.column.label)
    for relation in reversed(field.path):
        label = str(_("%(column)s of %(relation)s", column=label, relation=lower_first(relation.label)))
    return label
