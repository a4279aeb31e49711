"""A chip for each filter that is on: what it says, the list without it, and the controls that change it."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import format_date, format_datetime

from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.filters.columns import ME, FilterableColumn
from webapp.admin.listing.filters.given import Filter
from webapp.admin.listing.filters.operators import BETWEEN, CALENDAR
from webapp.admin.listing.filters.periods import TODAY, Period, Span
from webapp.admin.listing.filters.relations import FilterableRelation
from webapp.admin.listing.panel import (
    FilterControl,
    choices_of,
    days_text,
    lookup_control,
    typed_control,
)
from webapp.admin.listing.state import ListSpec
from webapp.admin.paging import Option
from webapp.admin.texts import is_number, list_text, number_text
from webapp.admin.zones import to_zone, viewer_zone
from webapp.texts import gettext as _


@dataclass(frozen=True)
class Chip:
    """One filter that is on, the list without it, and what changes it.

    :ivar controls: one for each of its values. :ivar hidden: what else the list's address says, to be sent along.
    """

    label: str
    value: str
    remove_href: str
    controls: list[FilterControl]
    hidden: list[tuple[str, str]]


def chip_of(filter_: Filter, spec: ListSpec, addresses: Addresses) -> Chip:
    label = _label(filter_)
    return Chip(
        label,
        _value(filter_),
        addresses.list(filter_.parameters),
        _controls(filter_, spec, label),
        addresses.state.pairs(filter_.parameters),
    )


def _label(filter_: Filter) -> str:
    operator, label = filter_.operator, str(filter_.subject.label)
    if operator in ("eq", "last", *CALENDAR):
        return label
    word = BETWEEN if operator == "between" else filter_.subject.operators[operator]
    return f"{label} {word}"


def _value(filter_: Filter) -> str:
    subject, operator = filter_.subject, filter_.operator
    if isinstance(subject, FilterableRelation) and operator != "isnull":
        return list_text((chosen.text or chosen.key for chosen in filter_.values), "or")
    pairs = list(zip(filter_.texts, filter_.values, strict=False))
    if operator == "between":
        [ends] = filter_.values
        first, last = (_text(text, value) for text, value in zip(filter_.texts, ends, strict=True))
        return str(_("%(first)s and %(last)s", first=first, last=last))
    if operator in CALENDAR:
        return list_text((period_text(period) for period in filter_.values), "or")
    if operator == "last":
        return list_text((days_text(int(text)) for text in filter_.texts), "or")
    words = choices_of(subject, operator)
    if isinstance(subject, FilterableColumn) and subject.own_key is not None:
        words = {ME: _("me"), **words}
    return list_text((words.get(text) or _text(text, value) for text, value in pairs), "or")


def period_text(period: Period) -> str:
    """A year, a month or a day as the person's language writes it."""
    if period.day:
        return str(format_date(period.first, rebase=False))
    if period.month:
        return str(format_date(period.first, "MMMM y", rebase=False))
    return str(period.year)


def _text(text: str, value: Any) -> str:
    """What the address says of one value, as the person's language writes it."""
    if text == TODAY and isinstance(value, Span | date):
        return str(_("today"))
    if isinstance(value, Span) and len(text) > len("2026-11-22"):
        return str(format_datetime(to_zone(value.first, viewer_zone()).replace(tzinfo=None), rebase=False))
    if isinstance(value, Span | date):
        return str(format_date(date.fromisoformat(text), rebase=False))
    return number_text(value) if is_number(value) else text


def _controls(filter_: Filter, spec: ListSpec, label: str) -> list[FilterControl]:
    subject, operator = filter_.subject, filter_.operator
    if isinstance(subject, FilterableRelation) and operator != "isnull":
        return [lookup_control(spec, subject, filter_.parameter, label, filter_)]
    if operator in CALENDAR:
        return [_calendar_control(name, text, place) for place, (name, text) in enumerate(filter_.parts, 1)]
    if operator == "between" and isinstance(subject, FilterableColumn):
        given = dict(filter_.parts)
        return [
            typed_control(subject, end, f"{subject.label}: {subject.operators[end]}", given)
            for end in ("gte", "lte")
        ]
    return _plain_controls(filter_, label)


def _plain_controls(filter_: Filter, label: str) -> list[FilterControl]:
    """A control for each value, typed or chosen."""
    subject, operator = filter_.subject, filter_.operator
    words = choices_of(subject, operator)
    is_typed = not words or operator in ("contains", "startswith", "in", "last")
    texts = (",".join(filter_.texts),) if operator == "in" else filter_.texts
    controls = []
    for place, text in enumerate(texts, 1 if len(texts) > 1 else 0):
        if is_typed and isinstance(subject, FilterableColumn):
            control = typed_control(subject, operator, label, {filter_.parameter: text})
        else:
            options = [Option(value, shown, value == text) for value, shown in words.items()]
            control = FilterControl(filter_.parameter, label, "select", text, options)
        controls.append(replace(control, place=place))
    return controls


def _calendar_control(name: str, text: str, place: int) -> FilterControl:
    words = {"year": _("Year"), "month": _("Month"), "day": _("Day")}
    return FilterControl(name, words[name.rpartition("__")[2]], "text", text, [], place=place)
