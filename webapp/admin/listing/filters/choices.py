"""A filter of the admin's own: a method with ``@choice_filter``, which makes a condition of what is chosen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement

from webapp.admin.listing.filters.operators import CHOICE_OPERATORS
from webapp.admin.options import FilterOptions, ModelAdmin
from webapp.admin.values import format_value
from webapp.texts import gettext as _
from webapp.texts import language


@dataclass(frozen=True)
class FilterableChoice:
    """A method in ``list_filter``, for one person.

    :ivar offered: by the text of an address, the value that the method is given and the words for it.
    """

    name: str
    label: Any
    offered: Mapping[str, tuple[Any, str]]
    method: Callable[[Any, Any], ColumnElement[bool]]
    person: Any

    @property
    def operators(self) -> Mapping[str, Any]:
        return CHOICE_OPERATORS

    @property
    def words(self) -> dict[str, str]:
        return {text: words for text, (_value, words) in self.offered.items()}

    def split(self, text: str) -> list[str]:
        return [text]

    def read(self, operator: str, text: str) -> Any:
        """The value that *text* stands for.

        :raises ValueError: with a sentence for the person.
        """
        if text not in self.offered:
            raise ValueError(
                _("“%(column)s” takes %(what)s here.", column=self.label, what=_("one of its own values"))
            )
        return self.offered[text][0]

    def condition(self, operator: str, value: Any) -> ColumnElement[bool]:
        return self.method(value, self.person)

    def comparison(self, operator: str, value: Any) -> None:
        """The method may say something else each time."""


def choice_filter_of(model_admin: ModelAdmin, name: str) -> FilterOptions | None:
    """What ``@choice_filter`` was told of the admin's method *name*; ``None`` where it is no filter."""
    options = getattr(getattr(model_admin, name, None), "choice_filter", None)
    return options if isinstance(options, FilterOptions) else None


def filterable_choice(
    model_admin: ModelAdmin, options: FilterOptions, person: Any
) -> FilterableChoice | None:
    """The filter as *person* may use it; ``None`` to whom it offers nothing."""
    choices = options.choices
    is_asked = callable(choices)
    offered = _offered(choices(model_admin, person)) if is_asked else _declared(options, language().catalogue)
    method = getattr(model_admin, options.name)
    return FilterableChoice(options.name, options.label, offered, method, person) if offered else None


@lru_cache(maxsize=1_000)
def _declared(options: FilterOptions, _catalogue: Any) -> Mapping[str, tuple[Any, str]]:
    """Kept, for they are the same for everybody who reads the same language."""
    return MappingProxyType(_offered(options.choices))


def _offered(pairs: Iterable[tuple[Any, Any]]) -> dict[str, tuple[Any, str]]:
    return {format_value(value): (value, str(words)) for value, words in pairs}
