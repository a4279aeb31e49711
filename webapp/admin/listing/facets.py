"""How many rows each choice of a filter has: on demand, bounded, and one statement a filter."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select

from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.counting import Count, bounded
from webapp.admin.listing.filters.columns import FilterableColumn
from webapp.admin.listing.filters.given import Filterable
from webapp.admin.listing.filters.parameters import parameter_of
from webapp.admin.listing.panel import choices_of
from webapp.admin.listing.query import narrowed
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.matching import Search
from webapp.extensions import db
from webapp.texts import gettext as _
from webapp.web.errors import Link

# Each is a subquery of its own.
MAX_CHOICES = 50


@dataclass(frozen=True)
class FacetLink:
    """:ivar count: how many rows it has; empty where they are not counted."""

    label: str
    href: str
    count: str
    is_current: bool


@dataclass(frozen=True)
class Facet:
    """Links to the list narrowed further by one thing. :ivar back: to what is wider."""

    label: str
    links: list[FacetLink]
    back: Link | None = None


def facets(spec: ListSpec, state: ListState, search: Search, addresses: Addresses) -> list[Facet]:
    """The counts of all choices, each with the search and the other filters that are on."""
    return [
        _facet(spec, state, search, addresses, subject, choices)
        for subject in spec.filterable.values()
        if 0 < len(choices := list(_choices(subject))) <= MAX_CHOICES
    ]


def _choices(subject: Filterable) -> Iterator[tuple[str, str, str]]:
    """What can be chosen, as operator, text of the address, and words."""
    for text, words in choices_of(subject, "eq").items():
        yield "eq", text, words
    if isinstance(subject, FilterableColumn) and subject.column.nullable and choices_of(subject, "eq"):
        yield "isnull", "true", _("Empty")


def _facet(
    spec: ListSpec,
    state: ListState,
    search: Search,
    addresses: Addresses,
    subject: Filterable,
    choices: list[tuple[str, str, str]],
) -> Facet:
    own = [filter_ for filter_ in state.filters if filter_.subject is subject]
    others = replace(
        state, filters=tuple(filter_ for filter_ in state.filters if filter_.subject is not subject)
    )
    numbers = _numbers(spec, others, search, subject, choices)
    parameters = [name for filter_ in own for name in filter_.parameters]
    given = {part for filter_ in own for part in filter_.parts}
    links = []
    for (operator, text, words), number in zip(choices, numbers, strict=True):
        name = parameter_of(subject.name, operator)
        is_current = (name, text) in given
        change = {} if is_current else {name: text}
        href = addresses.list(parameters, **change)
        links.append(FacetLink(words, href, str(Count.of(number)), is_current))
    return Facet(str(subject.label), links)


def _numbers(
    spec: ListSpec,
    state: ListState,
    search: Search,
    subject: Filterable,
    choices: list[tuple[str, str, str]],
) -> tuple[int, ...]:
    rows = narrowed(spec, state, spec.person, search)
    counts: list[Any] = []
    for operator, text, _words in choices:
        matching = rows.where(subject.condition(operator, subject.read(operator, text)))
        counts.append(select(func.count()).select_from(bounded(matching)).scalar_subquery())
    return tuple(db.session.execute(select(*counts)).one())
