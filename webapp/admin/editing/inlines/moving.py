"""Rows that stand in an order, moved up and down by buttons: their places are swapped, and written when it is saved."""

from collections.abc import Sequence
from typing import Any

from webapp.admin.editing.inlines.rows import ChildRow
from webapp.running import request

# The buttons begin so, end in the inline's prefix, and their value is the number of the row.
UP = "_up_"
DOWN = "_down_"


def asked_move(prefix: str) -> tuple[str, int] | None:
    """The number of the row of that inline which is to be moved, and by how many places."""
    for word, step in ((UP, -1), (DOWN, 1)):
        if number := request.form.get(f"{word}{prefix}"):
            return number, step
    return None


def moved(rows: Sequence[ChildRow], position: str, number: str, step: int) -> list[ChildRow]:
    """*rows* with the one of that *number* moved by *step* places among those that have a place.

    :param position: the column that holds the place.
    """
    placed = sorted((row for row in rows if _has_place(row, position)), key=lambda row: _place(row, position))
    at = next((index for index, row in enumerate(placed) if row.number == number), None)
    if at is not None and 0 <= at + step < len(placed):
        places = _places([_place(row, position) for row in placed])
        placed.insert(at + step, placed.pop(at))
        for row, place in zip(placed, places, strict=True):
            _put(row, position, place)
    return [*placed, *(row for row in rows if row not in placed)]


def _has_place(row: ChildRow, position: str) -> bool:
    """Whether *row* can be moved; an empty one that nobody has filled in has no place yet."""
    is_there = row.obj is not None or row.is_touched
    return is_there and row.form is not None and position in row.layout.columns


def _place(row: ChildRow, position: str) -> float:
    value = row.form[position].data if row.form is not None else None
    return value if isinstance(value, int) else float("inf")


def _places(sorted_places: Sequence[float]) -> list[int]:
    """The places themselves where they are all different, else as many from the first one on."""
    if len(set(sorted_places)) == len(sorted_places) and sorted_places[-1] != float("inf"):
        return [int(place) for place in sorted_places]
    first = 1 if sorted_places[0] == float("inf") else int(sorted_places[0])
    return [first + index for index in range(len(sorted_places))]


def _put(row: ChildRow, position: str, place: int) -> None:
    field: Any = row.form[position] if row.form is not None else None
    field.data, field.raw_data = place, [str(place)]
