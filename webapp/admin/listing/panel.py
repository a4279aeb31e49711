"""What narrows a list, finished for the page: the panel of filters, and a chip for each that is on."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from webapp.admin.info import ColumnInfo
from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.filters import OPERATORS, Filter, Span, parameter_of
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.paging import Option
from webapp.admin.texts import is_number, list_text, number_text
from webapp.admin.zones import to_zone, viewer_zone


@dataclass(frozen=True)
class FilterControl:
    """:ivar place: which of several for the same name, from 1; 0 where there is one."""

    name: str
    label: str
    kind: str
    value: str
    options: list[Option]
    place: int = 0


@dataclass(frozen=True)
class FilterPanel:
    hidden: list[tuple[str, str]]
    controls: list[FilterControl]
    clear_href: str | None


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


def filter_panel(spec: ListSpec, state: ListState, clear_href: str | None) -> FilterPanel:
    given = {filter_.parameter: filter_.texts for filter_ in state.filters}
    first = {name: texts[0] for name, texts in given.items()}
    controls = [
        control
        for column in spec.filterable.values()
        for control in (*_controls(column, first), *_emptiness(column, first))
        # A control holds one value; several stay as they are until their chip is taken off.
        if len(given.get(control.name, ())) < 2
    ]
    names = {control.name for control in controls}
    return FilterPanel(
        hidden=state.pairs(names),
        controls=controls,
        clear_href=clear_href,
    )


def _controls(column: ColumnInfo, given: dict[str, str]) -> list[FilterControl]:
    label = str(column.label)
    plain = parameter_of(column, "eq")
    if column.kind == "boolean" or column.choices:
        chosen = given.get(plain, "")
        choices = column.choices or (("true", _("Yes")), ("false", _("No")))
        options = [Option("", _("Any"), not chosen)]
        options += [Option(value, str(text), value == chosen) for value, text in choices]
        return [FilterControl(plain, label, "select", chosen, options)]
    if column.kind in ("date", "datetime"):
        return [
            _typed(parameter_of(column, operator), f"{label}: {word}", "date", given)
            for operator, word in (("gte", _("from")), ("lte", _("until")))
        ]
    operator = "contains" if "contains" in OPERATORS.get(column.kind, {}) else "eq"
    return [_typed(parameter_of(column, operator), label, "text", given)]


def _emptiness(column: ColumnInfo, given: dict[str, str]) -> list[FilterControl]:
    """The control for whether there is a value, where a column may have none."""
    if not column.nullable or "isnull" not in OPERATORS.get(column.kind, {}):
        return []
    name = parameter_of(column, "isnull")
    chosen = given.get(name, "")
    answers = (("", _("Any")), ("true", _("Empty")), ("false", _("Not empty")))
    options = [Option(value, text, value == chosen) for value, text in answers]
    return [FilterControl(name, _("%(column)s: value", column=column.label), "select", chosen, options)]


def _typed(name: str, label: str, kind: str, given: dict[str, str]) -> FilterControl:
    value = given.get(name, "")
    # A date input would drop a moment.
    return FilterControl(name, label, "text" if kind == "date" and len(value) > 10 else kind, value, [])


def chip_of(filter_: Filter, addresses: Addresses) -> Chip:
    column, operator = filter_.column, filter_.operator
    words = _words(column, operator)
    word = str(OPERATORS[column.kind][operator])
    pairs = zip(filter_.texts, filter_.values, strict=True)
    label = str(column.label) if operator == "eq" else f"{column.label} {word}"
    return Chip(
        label,
        list_text((words.get(text) or _value_text(text, value) for text, value in pairs), "or"),
        addresses.list(without=(filter_.parameter,)),
        _chip_controls(filter_, label, words),
        addresses.state.pairs((filter_.parameter,)),
    )


def _words(column: ColumnInfo, operator: str) -> dict[str, str]:
    """What the values that can be chosen mean in words; of values that are typed none."""
    if column.kind == "boolean" or operator == "isnull":
        return {"true": _("Yes"), "false": _("No")}
    return {value: str(text) for value, text in column.choices}


def _chip_controls(filter_: Filter, label: str, words: dict[str, str]) -> list[FilterControl]:
    is_typed = not words or filter_.operator in ("contains", "startswith", "in")
    texts = (",".join(filter_.texts),) if filter_.operator == "in" else filter_.texts
    controls = []
    for place, text in enumerate(texts, 1 if len(texts) > 1 else 0):
        if is_typed:
            kind = "date" if filter_.column.kind in ("date", "datetime") else "text"
            control = _typed(filter_.parameter, label, kind, {filter_.parameter: text})
        else:
            options = [Option(value, shown, value == text) for value, shown in words.items()]
            control = FilterControl(filter_.parameter, label, "select", text, options)
        controls.append(replace(control, place=place))
    return controls


def _value_text(text: str, value: Any) -> str:
    """What the address says, as the person's language writes it."""
    if isinstance(value, Span) and len(text) > len("2026-11-22"):
        return str(format_datetime(to_zone(value.first, viewer_zone()).replace(tzinfo=None), rebase=False))
    if isinstance(value, Span | date):
        return str(format_date(date.fromisoformat(text), rebase=False))
    return number_text(value) if is_number(value) else text
