"""What a list declares to be narrowed by, for one person."""

from collections.abc import Mapping
from typing import Any

from webapp.admin.listing.filters.choices import choice_filter_of, filterable_choice
from webapp.admin.listing.filters.columns import FilterableColumn, filterable_column
from webapp.admin.listing.filters.given import Filterable
from webapp.admin.listing.filters.operators import CALENDAR, OPERATORS
from webapp.admin.listing.filters.relations import filterable_relation
from webapp.admin.options import ModelAdmin

# What the links of the drill-down say in an address.
DRILLING = (*CALENDAR, "lt", "gte")


def declared_filters(model_admin: ModelAdmin, person: Any) -> dict[str, Filterable]:
    """What ``list_filter`` names, by name, of what *person* may narrow by; then the column of ``date_hierarchy``."""
    names = [name for name in model_admin.get_list_filter(person) if not model_admin.info.is_secret(name)]
    named = {name: _declared(model_admin, name, person) for name in names}
    found = {name: subject for name, subject in named.items() if subject is not None}
    name = model_admin.get_date_hierarchy(person)
    if name:
        found.setdefault(name, _drilled(model_admin, name))
    return found


def hierarchy_of(
    model_admin: ModelAdmin, filterable: Mapping[str, Filterable], person: Any
) -> FilterableColumn | None:
    """The column that the list is drilled down by, as one to narrow by."""
    subject = filterable.get(model_admin.get_date_hierarchy(person))
    return subject if isinstance(subject, FilterableColumn) else None


def _declared(model_admin: ModelAdmin, name: str, person: Any) -> Filterable | None:
    info = model_admin.info
    if name in info.relations:
        return filterable_relation(info.relations[name], person)
    if name in info.selectable:
        return filterable_column(info.selectable[name], person)
    options = choice_filter_of(model_admin, name)
    if options is None:
        raise KeyError(name)
    return filterable_choice(model_admin, options, person)


def _drilled(model_admin: ModelAdmin, name: str) -> FilterableColumn:
    column = model_admin.info.selectable[name]
    return FilterableColumn(
        column, {operator: OPERATORS[column.kind][operator] for operator in DRILLING}, in_panel=False
    )
