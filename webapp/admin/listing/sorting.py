"""What a list is sorted by: its heads, and the keys that a person has chosen, each to be turned round or removed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from webapp.admin.display import ShownColumn
from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.state import ListSpec, ListState
from webapp.web.errors import Link


@dataclass(frozen=True)
class Head:
    """:ivar priority: its place among the sort keys, from 1, where there are several.
    :ivar further: what the list is sorted by with this column as one more key, or as the one that is turned round; it
        takes the place of what stands last in *sort_href*.
    """

    name: str
    label: str
    kind: str
    sort_href: str | None = None
    further: str | None = None
    direction: str | None = None
    priority: int | None = None


@dataclass(frozen=True)
class SortChip:
    label: str
    is_descending: bool
    turn_href: str
    remove_href: str


@dataclass(frozen=True)
class SortBar:
    """The keys of the address in their order. :ivar further: the list with another column as the last one."""

    chips: list[SortChip]
    further: list[Link]


def heads(spec: ListSpec, state: ListState, addresses: Addresses) -> list[Head]:
    return [_head(column, spec, state, addresses) for column in state.columns]


def sort_bar(spec: ListSpec, state: ListState, addresses: Addresses) -> SortBar | None:
    """``None`` where the list stands in the order that its model declares."""
    asked = _asked(state)
    if not asked:
        return None
    sorted_by = {key.column.name for key in state.sort}
    return SortBar(
        chips=list(_chips(spec, asked, addresses)),
        further=[
            Link(spec.columns.known[name].label, _sorted(addresses, [*asked, name]))
            for name, column in spec.sortable.items()
            if column.name not in sorted_by
        ],
    )


def _asked(state: ListState) -> list[str]:
    """The keys as the address has them: by the names of what is shown, which may sort by another column."""
    text = dict(state.parameters).get("sort", "")
    return text.split(",") if text else []


def _chips(spec: ListSpec, asked: Sequence[str], addresses: Addresses) -> Iterator[SortChip]:
    for place, key in enumerate(asked):
        name = key.removeprefix("-")
        before, after = asked[:place], asked[place + 1 :]
        yield SortChip(
            label=spec.columns.known[name].label,
            is_descending=key != name,
            turn_href=_sorted(addresses, [*before, _turned(key), *after]),
            remove_href=_sorted(addresses, [*before, *after]),
        )


def _sorted(addresses: Addresses, keys: Sequence[str]) -> str:
    return addresses.list(sort=",".join(keys) or None)


def _turned(key: str) -> str:
    return key.removeprefix("-") if key.startswith("-") else f"-{key}"


def _head(column: ShownColumn, spec: ListSpec, state: ListState, addresses: Addresses) -> Head:
    kind = _head_kind(column)
    if column.name not in spec.sortable:
        return Head(column.name, column.label, kind)
    sorted_by = spec.sortable[column.name].name
    shown_sort = state.sort or spec.default_sort
    place = next((place for place, key in enumerate(shown_sort) if key.column.name == sorted_by), None)
    key = None if place is None else shown_sort[place]
    # One more click on a head turns its direction round; a click on another head makes that one the first.
    descending = key is not None and place == 0 and not key.descending
    return Head(
        name=column.name,
        label=column.label,
        kind=kind,
        sort_href=addresses.list(sort=f"-{column.name}" if descending else column.name),
        further=_further(column.name, place, state),
        direction=None if key is None else ("descending" if key.descending else "ascending"),
        priority=place + 1 if place is not None and len(shown_sort) > 1 else None,
    )


def _further(name: str, place: int | None, state: ListState) -> str | None:
    asked = _asked(state)
    if not asked:
        return None
    if place is None:
        return quote_plus(",".join([*asked, name]))
    return quote_plus(",".join([*asked[:place], _turned(asked[place]), *asked[place + 1 :]]))


def _head_kind(column: ShownColumn) -> str:
    is_chosen = column.column is not None and bool(column.column.choices)
    if column.kind in ("integer", "decimal", "number") and not is_chosen:
        return "number"
    return (
        "date" if column.kind in ("date", "datetime") else "boolean" if column.kind == "boolean" else "text"
    )
