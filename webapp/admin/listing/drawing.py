"""The rows of a list become HTML, in one walk over each column and one over all of them.

This is where the time of a page of a hundred rows would go, so what nearly all values of a column have in common is
asked once and not for each. A cell says what :func:`webapp.admin.display.formatter` makes of its value, in fewer bytes.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from markupsafe import Markup, escape

from webapp.admin.display import MAX_TEXT, ShownColumn, badges, empty_of, formatter, shows_text, whole
from webapp.admin.info import State
from webapp.admin.values import TURNING
from webapp.admin.zones import brief_moment_formatter
from webapp.web.avatar import hue, initials

_PLACE = re.compile(r"\{(\d+)\}")
_CELL_ENDS = re.compile("</t[dhr]>")


@dataclass(frozen=True)
class DrawnRows:
    """The rows of a page, from the first to the last: their keys, and for each column its cells as HTML.

    :ivar opened: the names of the columns whose cells begin inside the tag of the cell, which so can hold their title.
    """

    keys: list[str]
    cells: list[list[str]]
    opened: Collection[str] = ()

    def draw(self, pattern: str) -> Markup:
        """All rows after *pattern*, the template's row: ``{0}`` for the key, ``{1}`` the number, then the cells."""
        filled = [self.keys, list(map(str, range(1, len(self.keys) + 1))), *self.cells]
        # What stands between two places is at the even places.
        parts = enumerate(_parts(str(pattern), all(self.keys)))
        columns = [filled[int(part)] if place % 2 else repeat(part) for place, part in parts]
        rows = chain.from_iterable(zip(*columns, strict=False))
        return Markup("".join(rows))  # noqa: S704 - cells_of gives escaped HTML, and encoded keys need no escaping


@lru_cache(maxsize=1_000)
def _parts(pattern: str, has_keys: bool) -> list[str]:
    """The template's row in parts: what stands between the places, and the numbers of these.

    Only an empty key needs its quotation marks, and no cell and no row its end tag (HTML §13.1.2.4).
    """
    pattern = _CELL_ENDS.sub("", f"{pattern}\n")
    return _PLACE.split(pattern.replace('"{0}"', "{0}" if has_keys else '"{0}"'))


def opened_columns(columns: Sequence[ShownColumn], but: Collection[str]) -> frozenset[str]:
    """The names of those of *columns* whose cells begin inside their tag: moments have titles, and people initials.

    :param but: the names of those whose cells are links or fields; the first one heads its row.
    """
    return frozenset(
        column.name
        for column in columns[1:]
        if (_is_moment(column) or _is_person(column)) and column.name not in but
    )


def cells_of(
    columns: Sequence[ShownColumn],
    values: Sequence[Sequence[Any]],
    links: Sequence[str],
    linked: Collection[str],
    opened: Collection[str] = (),
) -> list[list[str]]:
    """The cells of a page, column by column.

    :param values: for each column, its values from the first row to the last.
    :param links: for each row the address of its object, escaped.
    :param linked: the names of the columns whose cells lead there.
    :param opened: the names of the columns whose cells begin inside their tag.
    :returns: for each column, its cells as HTML.
    """
    finished = []
    for column, column_values in zip(columns, values, strict=True):
        is_linked = column.name in linked
        # A link holds no other.
        is_address = is_linked and column.column is not None and column.column.format == "url"
        shown = column._replace(kind="text", column=None) if is_address and links else column
        cells = _cells(shown, column_values, is_opened=column.name in opened)
        if is_linked:
            cells = [f'<a href="{link}">{cell}</a>' for link, cell in zip(links, cells, strict=True)]
        finished.append(cells)
    return finished


def _cells(column: ShownColumn, values: Sequence[Any], *, is_opened: bool) -> list[str]:
    empty = empty_of(column)
    if _is_moment(column):
        end = ">" if is_opened else ""
        show = brief_moment_formatter(*("", "") if is_opened else ("<span", "</span>"))
        nothing, otherwise = f"{end}{empty}", formatter(column)
        return [
            show(value)
            if type(value) is datetime
            else nothing
            if value is None
            else f"{end}{otherwise(value)}"
            for value in values
        ]
    if column.kind == "boolean" and set(map(type, values)) == {bool} and not _is_chosen(column):
        return list(map(badges().__getitem__, values))
    cells = _texts_at_once(values, empty) if shows_text(column) else None
    if cells is None:
        # What several rows have in common, such as a state, is shown once.
        show = formatter(column)
        shown = {value: show(value) for value in set(values)} if set(map(type, values)) == {State} else None
        cells = list(map(show if shown is None else shown.__getitem__, values))
    if is_opened:
        named = (_initialled(value) if isinstance(value, str) else "" for value in values)
        return [f"{name}>{cell}" for name, cell in zip(named, cells, strict=True)]
    return cells


@lru_cache(maxsize=10_000)
def _initialled(name: str) -> str:
    """The attributes of a cell that shows the initials of *name*; nothing where nobody is named.

    Attributes, and no element: nobody has them read out, and a hundred rows stay light.
    """
    # Letters and digits, or a question mark.
    return f" class=avatar-{hue(name)} data-initials={initials(name)}" if name.strip() else ""


def _is_person(column: ShownColumn) -> bool:
    return column.column is not None and column.column.format == "person"


def _is_moment(column: ShownColumn) -> bool:
    return column.kind == "datetime" and not _is_chosen(column)


def _is_chosen(column: ShownColumn) -> bool:
    return column.column is not None and bool(column.column.choices)


def _texts_at_once(texts: Sequence[Any], empty: str) -> list[str] | None:
    """The texts in a tenth of the time that one by one takes; ``None`` where one of them has to be looked at."""
    if set(map(type, texts)) != {str} or max(map(len, texts)) > MAX_TEXT:
        return None
    joined = "\n".join(texts)
    escaped = str(escape(joined)).split("\n")
    if len(escaped) != len(texts) or not (joined.isascii() or joined == whole(joined)):
        return None
    is_turning = not joined.isascii() and TURNING.search(joined)
    if not is_turning and all(map(str.strip, escaped)):
        return escaped
    return [
        (f"<bdi>{text}</bdi>" if not text.isascii() and TURNING.search(text) else text)
        if text.strip()
        else empty
        for text in escaped
    ]
