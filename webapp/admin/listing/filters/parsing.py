"""The filters of an address, read into values that cannot be wrong; what is undeclared or malformed is refused by name.

A filter is something that the list declares and an operator of its kind; whatever else an address asks for is refused,
so a list is no oracle for columns it does not show (CVE-2022-31177).
"""

from collections.abc import Mapping, Sequence

from webapp.admin.listing.filters.given import Filter, Filterable
from webapp.admin.listing.filters.operators import CALENDAR
from webapp.admin.listing.filters.parameters import BadParameter, parameter_of
from webapp.admin.listing.filters.periods import Period
from webapp.texts import gettext as _

MAX_VALUES = 100


def parse_filters(
    filterable: Mapping[str, Filterable], given: Sequence[tuple[str, str]]
) -> tuple[Filter, ...]:
    """The filters of the address; what stands in it twice, also once as ``a`` and once as ``a__eq``, is "or".

    :raises BadParameter: for the first part that is undeclared or malformed.
    """
    filters: dict[tuple[str, str], Filter] = {}
    for parameter, text in given:
        subject, operator = _split(filterable, parameter)
        before = filters.get((subject.name, operator))
        try:
            filters[subject.name, operator] = _parse(subject, operator, text, before)
        except ValueError as error:
            raise BadParameter(parameter, str(error)) from error
    for subject in filterable.values():
        _join_calendar(filters, subject)
        _join_ends(filters, subject)
    return tuple(filters.values())


def _split(filterable: Mapping[str, Filterable], parameter: str) -> tuple[Filterable, str]:
    if parameter in filterable:
        return filterable[parameter], "eq"
    name, separator, operator = parameter.rpartition("__")
    if separator and name in filterable:
        return filterable[name], operator
    raise BadParameter(parameter, _("This list does not know it."))


def _parse(subject: Filterable, operator: str, text: str, before: Filter | None) -> Filter:
    if operator not in subject.operators:
        raise ValueError(_("“%(column)s” cannot be filtered in this way.", column=subject.label))
    added = subject.split(text) if operator == "in" else [text]
    if "" in added:
        # Alone it would be as not given, so no link could say it.
        raise ValueError(_("One of the values between its commas is empty; that cannot be asked for."))
    texts = (*(before.texts if before else ()), *added)
    if len(texts) > MAX_VALUES:
        raise ValueError(_("At most %(count)d values at once.", count=MAX_VALUES))
    parameter = parameter_of(subject.name, operator)
    return Filter(
        subject,
        operator,
        texts,
        tuple(subject.read(operator, text) for text in texts),
        tuple((parameter, text) for text in texts),
    )


def _join_calendar(filters: dict[tuple[str, str], Filter], subject: Filterable) -> None:
    """Make one filter of a year, a month and a day: the narrowest of them, which is a range that an index serves."""
    given = [
        filters.pop((subject.name, operator)) for operator in CALENDAR if (subject.name, operator) in filters
    ]
    if not given:
        return
    wider: list[int] = []
    for filter_, needed in zip(given, CALENDAR, strict=False):
        if filter_.operator != needed:
            raise BadParameter(
                filter_.parameter, _("It needs “%(part)s” beside it.", part=f"{subject.name}__{needed}")
            )
        if filter_ is not given[-1]:
            if len(filter_.values) > 1:
                raise BadParameter(filter_.parameter, _("It can be given only once."))
            wider.append(filter_.values[0])
    narrowest = given[-1]
    periods = tuple(Period._make((*wider, value, None, None)[:3]) for value in narrowest.values)
    for period in periods:
        if not period.exists:
            raise BadParameter(narrowest.parameter, _("There is no such day."))
    parts = tuple(part for filter_ in given for part in filter_.parts)
    filters[subject.name, narrowest.operator] = Filter(
        subject, narrowest.operator, narrowest.texts, periods, parts
    )


def _join_ends(filters: dict[tuple[str, str], Filter], subject: Filterable) -> None:
    """Make one filter of the two ends of a range."""
    first, last = (filters.get((subject.name, operator)) for operator in ("gte", "lte"))
    if first is None or last is None or len(first.values) > 1 or len(last.values) > 1:
        return
    del filters[subject.name, "gte"], filters[subject.name, "lte"]
    filters[subject.name, "between"] = Filter(
        subject,
        "between",
        (*first.texts, *last.texts),
        ((first.values[0], last.values[0]),),
        (*first.parts, *last.parts),
    )
