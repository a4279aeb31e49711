"""The chooser above a list: which columns, in which order, and how many rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from webapp.admin.listing.addresses import Addresses, with_query
from webapp.admin.listing.columns import read_columns
from webapp.admin.listing.state import BadParameter, Chosen, ListSpec, ListState, parse_size
from webapp.admin.paging import Option
from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.web.tokens import form_token

# The field with the place of a column is named after it.
PLACE = "place."
MAX_DIGITS = 3


class NoColumn(Exception):
    """No column is chosen."""


@dataclass(frozen=True)
class ColumnChoice:
    """:ivar place: where it stands, from 1; ``None`` where it is not shown."""

    name: str
    label: str
    place: int | None


@dataclass(frozen=True)
class Chooser:
    """:ivar back: the address of the list."""

    action: str
    hidden: list[tuple[str, str]]
    columns: list[ColumnChoice]
    sizes: list[Option]
    back: str


@dataclass(frozen=True)
class DisplayPage:
    title: str
    heading: str
    subheading: str
    chooser: Chooser


def display_page(spec: ListSpec, state: ListState) -> DisplayPage:
    addresses = Addresses(spec, state)
    places = _places(state)
    names = [*places, *(name for name in spec.columns.known if name not in places)]
    chooser = Chooser(
        action=display_address(addresses),
        hidden=[("csrf_token", form_token())],
        columns=[ColumnChoice(name, spec.columns.known[name].label, places.get(name)) for name in names],
        sizes=[Option(str(size), format_decimal(size), size == state.size) for size in spec.sizes],
        back=addresses.list(),
    )
    plural = str(spec.model_admin.label_plural)
    return DisplayPage(f"{_('Display')}: {plural}", _("Display"), plural, chooser)


def display_address(addresses: Addresses) -> str:
    """The chooser's page, from which a person comes back to this list."""
    return with_query(f"{addresses.path}display/", addresses.state.query())


def read_chosen(spec: ListSpec, state: ListState, form: "MultiDict[str, str]") -> Chosen:
    """What the chooser of the list in *state* was sent with.

    :raises NoColumn: when nothing would be shown.
    :raises BadParameter: for what the chooser does not offer.
    """
    if not form.getlist("columns"):
        raise NoColumn
    try:
        names = read_columns(spec.columns, ",".join(form.getlist("columns")))
    except ValueError as error:
        raise BadParameter("columns", str(error)) from error
    before = _places(state)
    wanted = {name: _read_place(form, name) for name in names}
    ordered = tuple(sorted(names, key=lambda name: _rank(name, wanted, before)))
    size = parse_size(spec, form.get("size", ""), Chosen(size=state.size))
    return Chosen(ordered, size)


def as_chosen(state: ListState, chosen: Chosen) -> dict[str, str]:
    """The parameters with which an address says *chosen*, where that is not shown already."""
    changes = {}
    if chosen.columns != tuple(_places(state)):
        changes["columns"] = ",".join(chosen.columns)
    if chosen.size != state.size:
        changes["size"] = str(chosen.size)
    return changes


def _places(state: ListState) -> dict[str, int]:
    return {column.name: place for place, column in enumerate(state.columns, 1)}


def _read_place(form: "MultiDict[str, str]", name: str) -> int | None:
    text = form.get(PLACE + name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise BadParameter(PLACE + name, _("A place is a whole number."))
    return int(text)


def _rank(name: str, wanted: Mapping[str, int | None], before: Mapping[str, int]) -> tuple[bool, int, int]:
    """Where *name* comes; of two for one place the one that was moved there has it, from above as from below."""
    place, old = wanted[name], before.get(name)
    if place is None:
        return True, 0, 0
    return False, place, (place > old) - (place < old) if old is not None else -1
