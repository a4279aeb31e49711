"""One narrowing of a list, as its address gives it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, or_

from webapp.admin.listing.filters.comparisons import Comparison
from webapp.admin.listing.filters.parameters import parameter_of


class Filterable(Protocol):
    """What a list can be narrowed by, for one person: a column, a relation, or a filter of the admin's own."""

    @property
    def name(self) -> str: ...

    @property
    def label(self) -> Any: ...

    @property
    def operators(self) -> Mapping[str, Any]:
        """Those that an address may use, with the word that a chip shows."""

    def split(self, text: str) -> list[str]:
        """The values in the one text of "is one of"."""

    def read(self, operator: str, text: str) -> Any:
        """What *text* means; :raises ValueError: with a sentence for the person."""

    def condition(self, operator: str, value: Any) -> ColumnElement[bool]: ...

    def comparison(self, operator: str, value: Any) -> Comparison | None:
        """The condition without its SQL; ``None`` where it is more than a column beside values."""


@dataclass(frozen=True)
class Filter:
    """Something to narrow by, an operator, and values of which one must hold.

    :ivar texts: the values as the address gave them, *values* what they mean.
    :ivar parts: what the address says for it, as pairs of a parameter and a text.
    """

    subject: Filterable
    operator: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def parameter(self) -> str:
        return parameter_of(self.subject.name, self.operator)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all its parts."""
        return tuple(dict.fromkeys(name for name, _text in self.parts))

    def condition(self) -> ColumnElement[bool]:
        """The condition in SQL: any of the values; none of them for "is not"."""
        return self.join(*(self.subject.condition(self.operator, value) for value in self.values))

    @property
    def join(self) -> Callable[..., ColumnElement[bool]]:
        """What makes one condition of those of its values."""
        return and_ if self.operator == "ne" else or_
