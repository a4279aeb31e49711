"""Which columns a list shows, and in which order: those of the address, else those that the person chose, else those
that are declared.

Only declared columns can be asked for, so that a list is no oracle for what it does not show.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from webapp.admin.display import ShownColumn
from webapp.texts import gettext as _


@dataclass(frozen=True)
class Columns:
    """What a list declares of its columns, for one person.

    :ivar known: all that may be shown, by name, those of ``list_display`` first.
    :ivar declared: the names of ``list_display``.
    :ivar links: the names that lead to the object; empty for the first one, ``None`` for none.
    """

    known: Mapping[str, ShownColumn]
    declared: tuple[str, ...]
    links: tuple[str, ...] | None

    def named(self, names: Sequence[str]) -> tuple[ShownColumn, ...]:
        return tuple(self.known[name] for name in names)

    def still_there(self, names: Sequence[str]) -> tuple[str, ...]:
        """*names*, kept from an earlier day, without those that are not declared any more."""
        return tuple(name for name in names if name in self.known)

    def linked(self, shown: Collection[ShownColumn]) -> frozenset[str]:
        """The names among *shown* that lead to the object; the first one where the declared ones are not shown."""
        if self.links is None:
            return frozenset()
        names = [column.name for column in shown]
        return frozenset(name for name in names if name in self.links) or frozenset(names[:1])


def read_columns(columns: Columns, text: str) -> tuple[str, ...]:
    """The names that *text*, such as ``email,username``, asks for.

    :raises ValueError: with a sentence for the person, when one is not declared or stands in it twice.
    """
    names = tuple(text.split(","))
    for place, name in enumerate(names):
        if name not in columns.known:
            raise ValueError(_("This list has no column “%(name)s”.", name=name[:50]))
        if name in names[:place]:
            raise ValueError(_("“%(name)s” stands in it twice.", name=name))
    return names
