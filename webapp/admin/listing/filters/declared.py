"""What a list declares to be narrowed by, for one person."""

from typing import Any

from webapp.admin.listing.filters.columns import filterable_column
from webapp.admin.listing.filters.given import Filterable
from webapp.admin.listing.filters.relations import filterable_relation
from webapp.admin.options import ModelAdmin


def declared_filters(model_admin: ModelAdmin, person: Any) -> dict[str, Filterable]:
    """What ``list_filter`` names, by name; a relation only to who may see where it leads."""
    info = model_admin.info
    found: dict[str, Filterable] = {}
    for name in model_admin.get_list_filter(person):
        if name in info.relations:
            relation = filterable_relation(info.relations[name], person)
            if relation is not None:
                found[name] = relation
        else:
            found[name] = filterable_column(info.selectable[name], person)
    return found
