"""From years to months to days: which of them hold rows, found by index lookups only.

The search and the other filters do not count here: to ask for them too would be to read rows, and this costs the same
in a table of any size.
"""

from calendar import monthrange
from datetime import date
from typing import Any

from flask_babel import format_date
from sqlalchemy import ColumnElement, func, select

from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.chips import period_text
from webapp.admin.listing.facets import Facet, FacetLink
from webapp.admin.listing.filters.columns import FilterableColumn
from webapp.admin.listing.filters.given import Filter
from webapp.admin.listing.filters.operators import CALENDAR
from webapp.admin.listing.filters.parameters import parameter_of
from webapp.admin.listing.filters.periods import Period, Span, today
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.loading import rows_of
from webapp.admin.zones import to_zone, viewer_zone
from webapp.extensions import db
from webapp.texts import gettext as _
from webapp.web.errors import Link

# How many years are looked at, and how many of them are to come; those before and after are one link each.
YEARS = 30
AHEAD = 4


def drilldown(spec: ListSpec, state: ListState, addresses: Addresses) -> Facet | None:
    """The periods below the one that the list is narrowed to, in one statement; ``None`` where there are none."""
    subject = spec.hierarchy
    if subject is None:
        return None
    own = [filter_ for filter_ in state.filters if filter_.subject.name == subject.name]
    chosen = next((filter_.values for filter_ in own if filter_.operator in CALENDAR), ())
    wider = _wider(chosen[0]) if len(chosen) == 1 else None
    periods = _periods(wider, own)
    ends = [] if wider else _ends(subject, periods[0], periods[-1])
    there = _there(spec, subject, periods, [condition for _parameter, _day, condition in ends])
    links = [
        FacetLink(_text(period, wider), _href(addresses, subject, period), "", period in chosen)
        for period, is_there in zip(periods, there, strict=False)
        if is_there
    ]
    for (parameter, day, _condition), is_there in zip(ends, there[len(periods) :], strict=True):
        if is_there:
            words = _("before %(year)s") if parameter.endswith("__lt") else _("from %(year)s")
            href = addresses.list(_narrowing(subject), **{parameter: day.isoformat()})
            links.append(FacetLink(words % {"year": day.year}, href, "", False))
    return Facet(str(subject.label), links, _back(addresses, subject, wider)) if links or wider else None


def _wider(period: Period) -> Period:
    """What is drilled into: of a day its month."""
    return period._replace(day=None)


def _periods(wider: Period | None, own: list[Filter]) -> list[Period]:
    if wider is None:
        first = _first_year(own)
        return [Period(year) for year in range(first, min(first + YEARS, date.max.year + 1))]
    if wider.month is None:
        return [wider._replace(month=month) for month in range(1, 13)]
    days = monthrange(wider.year, wider.month)[1]
    return [wider._replace(day=day) for day in range(1, days + 1)]


def _first_year(own: list[Filter]) -> int:
    """Where the years that are looked at begin: beyond the end that the list is narrowed to, else around today."""
    for filter_ in own:
        operator, value = filter_.operator, filter_.values[0]
        if operator in ("gt", "gte", "between"):
            first = value[0] if operator == "between" else value
            return min(_year(first), date.max.year - YEARS + 1)
        if operator in ("lt", "lte"):
            # What is under the first day of a year holds none of it.
            return max(_year(value) - YEARS + (operator == "lte"), 1)
    return today().year + AHEAD - YEARS + 1


def _year(value: Any) -> int:
    moment = value.first if isinstance(value, Span) else value
    year: int = to_zone(moment, viewer_zone()).year if isinstance(value, Span) else moment.year
    return year


def _ends(
    subject: FilterableColumn, first: Period, last: Period
) -> list[tuple[str, date, ColumnElement[bool]]]:
    """What comes before and after the years that are looked at: a parameter, its day and the condition."""
    days = {"lt": first.first}
    if last.year < date.max.year:
        days["gte"] = date(last.year + 1, 1, 1)
    found = []
    for operator, day in days.items():
        condition = subject.condition(operator, subject.read(operator, day.isoformat()))
        found.append((parameter_of(subject.name, operator), day, condition))
    return found


def _there(
    spec: ListSpec, subject: FilterableColumn, periods: list[Period], further: list[ColumnElement[bool]]
) -> tuple[bool, ...]:
    """Whether there are rows in each of *periods*, then for each of the *further* conditions."""
    rows = rows_of(spec.model_admin, spec.person)
    # The smallest value of a range is one step into the index; EXISTS would let PostgreSQL read the table for it.
    smallest = func.min(subject.column.attribute.expression).is_not(None)
    conditions = [subject.condition("day", period) for period in periods] + further
    probes = [
        rows.where(condition).with_only_columns(smallest, maintain_column_froms=True).scalar_subquery()
        for condition in conditions
    ]
    return tuple(bool(found) for found in db.session.execute(select(*probes)).one())


def _text(period: Period, wider: Period | None) -> str:
    if wider is None:
        return str(period.year)
    return str(format_date(period.first, "d" if wider.month else "LLLL", rebase=False))


def _href(addresses: Addresses, subject: FilterableColumn, period: Period) -> str:
    parts = zip(_parameters(subject), period, strict=True)
    return addresses.list(
        _narrowing(subject), **{name: str(number) for name, number in parts if number is not None}
    )


def _back(addresses: Addresses, subject: FilterableColumn, wider: Period | None) -> Link | None:
    if wider is None:
        return None
    if wider.month is None:
        return Link(_("All dates"), addresses.list(_parameters(subject)))
    year = wider._replace(month=None)
    return Link(period_text(year), _href(addresses, subject, year))


def _parameters(subject: FilterableColumn) -> list[str]:
    return [parameter_of(subject.name, operator) for operator in CALENDAR]


def _narrowing(subject: FilterableColumn) -> list[str]:
    """What a period or an end replaces: all that says which dates the list has, and may have none in common with it."""
    return [parameter_of(subject.name, operator) for operator in subject.operators if operator != "ne"]
