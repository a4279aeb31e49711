"""The panel of filters, finished for the page: for each of them the controls that people use most.

Every other operator can be asked for in the address, and has its chip.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial

from flask import url_for
from markupsafe import Markup

from webapp.admin.editing.lookupbox import ChosenBox
from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.filters.choices import FilterableChoice
from webapp.admin.listing.filters.columns import FilterableColumn
from webapp.admin.listing.filters.given import Filter, Filterable
from webapp.admin.listing.filters.operators import OPERATORS
from webapp.admin.listing.filters.parameters import parameter_of
from webapp.admin.listing.filters.relations import FilterableRelation
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.paging import Option
from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.templates import kept

# The last days that are offered; today is one of them.
DAYS = (1, 7, 30, 90, 365)
# Kinds that are asked for from one value to another.
RANGED = ("integer", "decimal", "number", "interval", "date", "datetime", "time")


@dataclass(frozen=True)
class FilterControl:
    """:ivar kind: ``select``, ``date``, ``time``, ``text`` or ``lookup``, which has a *box*.
    :ivar place: which of several for the same name, from 1; 0 where there is one.
    :ivar me: whether "me" is chosen; ``None`` where it is not offered.
    """

    name: str
    label: str
    kind: str
    value: str
    options: list[Option]
    place: int = 0
    box: ChosenBox | None = None
    me: bool | None = None


@dataclass(frozen=True)
class FilterPart:
    """The controls of one filter.

    :ivar key: says that they are empty and which they are: those of two lists with one key are the same.
    """

    controls: Callable[[], list[FilterControl]]
    key: Hashable | None = None


@dataclass(frozen=True)
class FilterPanel:
    hidden: list[tuple[str, str]]
    parts: list[FilterPart]
    clear_href: str | None
    counts: Link | None

    def draw(self, control: Callable[[FilterControl], str]) -> Markup:
        """Draw each control by the template's macro; empty ones, a tenth of a list's work, not for each page anew."""

        def draw_part(part: FilterPart) -> Markup:
            return Markup("").join(control(one) for one in part.controls())

        def draw_all() -> Markup:
            return Markup("").join(
                draw_part(part) if part.key is None else kept(part.key, partial(draw_part, part))
                for part in self.parts
            )

        keys = [part.key for part in self.parts]
        return draw_all() if None in keys else kept(("filters", *keys), draw_all)


def filter_panel(
    spec: ListSpec, state: ListState, addresses: Addresses, clear_href: str | None
) -> FilterPanel:
    said = {*state.given, *(name for filter_ in state.filters for name, _text in filter_.parts)}
    parts, names = [], set()
    for subject in spec.filterable.values():
        if _is_said(subject, said):
            controls = _controls_of(spec, subject, state.filters)
            names |= {control.name for control in controls}
            parts.append(FilterPart(partial(list, controls)))
        else:
            empty = partial(_controls_of, spec, subject)
            parts.append(FilterPart(empty, ("filter", spec.model_admin.name, _key_of(subject))))
    return FilterPanel(state.pairs(names), parts, clear_href, _counts(spec, state, addresses))


def _is_said(subject: Filterable, names: Set[str]) -> bool:
    """Whether one of *names* belongs to *subject*."""
    return any(name == subject.name or name.startswith(f"{subject.name}__") for name in names)


def _controls_of(spec: ListSpec, subject: Filterable, filters: Sequence[Filter] = ()) -> list[FilterControl]:
    given: dict[str, list[str]] = {}
    for name, text in (part for filter_ in filters for part in filter_.parts):
        given.setdefault(name, []).append(text)
    first = {name: texts[0] for name, texts in given.items()}
    chosen = {filter_.parameter: filter_ for filter_ in filters}
    return [
        control
        for control in _controls(spec, subject, first, chosen)
        # Most controls hold one value; several stay as they are until their chip is taken off.
        if control.box or len(given.get(control.name, ())) < 2
    ]


def _key_of(subject: Filterable) -> Hashable:
    if isinstance(subject, FilterableChoice):
        return (subject.name, *subject.words.items())
    if isinstance(subject, FilterableColumn):
        return (subject.name, subject.in_panel, subject.own_key is not None)
    return (subject.name, isinstance(subject, FilterableRelation) and subject.me is not None)


def _counts(spec: ListSpec, state: ListState, addresses: Addresses) -> Link | None:
    """The switch for how many rows each choice has, where anything is chosen from a few."""
    if not any(choices_of(subject, "eq") for subject in spec.filterable.values()):
        return None
    if state.facets:
        return Link(_("Hide counts"), addresses.list(facets=None))
    return Link(_("Show counts"), addresses.list(facets="1"))


def _controls(
    spec: ListSpec, subject: Filterable, given: dict[str, str], chosen: dict[str, Filter]
) -> Iterator[FilterControl]:
    if isinstance(subject, FilterableRelation):
        name = parameter_of(subject.name, "eq")
        yield lookup_control(spec, subject, name, str(subject.label), chosen.get(name))
        if subject.relation.nullable:
            yield _emptiness(subject, given)
    elif isinstance(subject, FilterableColumn):
        if subject.in_panel:
            yield from _column_controls(subject, given)
            if subject.column.nullable:
                yield _emptiness(subject, given)
    elif isinstance(subject, FilterableChoice):
        name = parameter_of(subject.name, "eq")
        yield select_control(name, str(subject.label), subject.words, given.get(name, ""))


def lookup_control(
    spec: ListSpec, subject: FilterableRelation, name: str, label: str, filter_: Filter | None
) -> FilterControl:
    """The control that chooses what *subject* shall lead to, any of several."""
    keys = filter_.texts if filter_ else ()
    texts = {chosen.key: chosen.text or chosen.key for chosen in filter_.values} if filter_ else {}
    me = subject.me.key if subject.me else None
    href = url_for(f"{spec.model_admin.name}.lookup", field=subject.name)
    box = ChosenBox(name, href, chosen=[key for key in keys if key != me], texts=texts)
    return FilterControl(name, label, "lookup", "", [], box=box, me=None if me is None else me in keys)


def _column_controls(subject: FilterableColumn, given: dict[str, str]) -> Iterator[FilterControl]:
    column, label = subject.column, str(subject.label)
    plain = parameter_of(column.name, "eq")
    if column.kind == "boolean" or column.choices:
        yield select_control(plain, label, choices_of(subject, "eq"), given.get(plain, ""))
    elif column.kind in RANGED and subject.own_key is None:
        if "last" in subject.operators:
            yield _days(subject, given)
        for operator in ("gte", "lte"):
            word = OPERATORS[column.kind][operator]
            yield typed_control(subject, operator, f"{label}: {word}", given)
    else:
        yield typed_control(subject, "contains" if "contains" in subject.operators else "eq", label, given)


def choices_of(subject: Filterable, operator: str) -> dict[str, str]:
    """The values that can be chosen, with their words; of those that are typed none."""
    if isinstance(subject, FilterableChoice):
        return subject.words
    column = subject.column if isinstance(subject, FilterableColumn) else None
    if operator == "isnull" or (column and column.kind == "boolean"):
        return {"true": _("Yes"), "false": _("No")}
    return {value: str(text) for value, text in column.choices} if column else {}


def select_control(name: str, label: str, choices: dict[str, str], value: str) -> FilterControl:
    options = [Option("", _("Any"), not value)]
    options += [Option(choice, text, choice == value) for choice, text in choices.items()]
    return FilterControl(name, label, "select", value, options)


def _emptiness(subject: Filterable, given: dict[str, str]) -> FilterControl:
    """The control for whether there is a value, where there may be none."""
    name = parameter_of(subject.name, "isnull")
    label = _("%(column)s: value", column=subject.label)
    return select_control(name, label, {"true": _("Empty"), "false": _("Not empty")}, given.get(name, ""))


def _days(subject: FilterableColumn, given: dict[str, str]) -> FilterControl:
    name = parameter_of(subject.name, "last")
    value = given.get(name, "")
    offered = sorted({*DAYS, *([int(value)] if value else [])})
    label = _("%(column)s: period", column=subject.label)
    return select_control(name, label, {str(days): days_text(days) for days in offered}, value)


def days_text(days: int) -> str:
    """The last *days* in words."""
    return str(_("today") if days == 1 else _("last %(count)s days", count=format_decimal(days)))


def typed_control(
    subject: FilterableColumn, operator: str, label: str, given: dict[str, str]
) -> FilterControl:
    """The control that a value is typed into; *given* is what the address says."""
    name = parameter_of(subject.name, operator)
    value = given.get(name, "")
    kind = "text" if operator == "last" else input_kind(subject.column.kind, value)
    return FilterControl(name, label, kind, value, [])


def input_kind(kind: str, value: str) -> str:
    """The kind of input for a value of a column of *kind*, which now is *value* or empty."""
    found = {"date": "date", "datetime": "date", "time": "time"}.get(kind, "text")
    # An input for days would drop a moment, and a word such as "today".
    is_word = found == "date" and (len(value) > len("2026-11-22") or not value[:1].isdigit())
    return "text" if value and is_word else found
