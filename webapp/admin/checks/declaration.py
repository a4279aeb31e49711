"""One declaration while it is looked at: what the checks ask of it, and how they tell what they find."""

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from webapp.admin.editing.layout import declared_fields as declared_fields
from webapp.admin.info import ModelInfo
from webapp.admin.inlines import Inline
from webapp.admin.options import ModelAdmin
from webapp.admin.problems import Problem, admin_name
from webapp.admin.site import AdminSite

#: Everything that a declaration may say: what is public in ModelAdmin.
WORDS = frozenset(name for name in (*vars(ModelAdmin), *ModelAdmin.__annotations__) if name[0] != "_")
INLINE_WORDS = frozenset(name for name in (*vars(Inline), *Inline.__annotations__) if name[0] != "_")
HOOKS = {
    name: inspect.signature(member)
    for name, member in vars(ModelAdmin).items()
    if name in WORDS and inspect.isfunction(member)
}
MAX_NAMES = 12


@dataclass(frozen=True)
class Declaration:
    """A registered admin, among the others of its site."""

    site: AdminSite
    admin: ModelAdmin

    @property
    def info(self) -> ModelInfo:
        return self.admin.info

    @property
    def name(self) -> str:
        return admin_name(type(self.admin), self.admin.model)

    @property
    def model_name(self) -> str:
        return self.admin.model.__name__

    def problem(self, number: str, attribute: str, message: str, way_out: str) -> Problem:
        return Problem(f"admin.{number}", self.name, attribute, message, way_out)

    def value(self, word: str) -> Any:
        return getattr(self.admin, word)

    def names(self, word: str) -> list[tuple[str, str]]:
        """The names that *word* lists, each with its place; what is no list of names has its own check."""
        return list(names_in(word, self.value(word)))

    def form_names(self) -> list[tuple[str, str]]:
        """The names that the form is declared with, each with its place."""
        found = self.names("fields")
        fieldsets = self.value("fieldsets")
        for number, fieldset in enumerate(fieldsets if isinstance(fieldsets, list | tuple) else ()):
            if isinstance(fieldset, list | tuple) and len(fieldset) == 2 and isinstance(fieldset[1], dict):
                found += names_in(f"fieldsets[{number}][1]['fields']", fieldset[1].get("fields"))
        return found

    def decides(self, hook: str) -> bool:
        """Whether the admin has a *hook* of its own, so that the constant does not tell all."""
        engine = Inline if isinstance(self.admin, Inline) else ModelAdmin
        return getattr(type(self.admin), hook, None) is not getattr(engine, hook)

    @cached_property
    def form_fields(self) -> Sequence[str]:
        """The fields that the form class declares."""
        form_class = self.value("form_class")
        return declared_fields(form_class) if isinstance(form_class, type) else ()

    @cached_property
    def own(self) -> dict[str, Any]:
        """What the admin's classes declare beside the engine's, by name."""
        members: dict[str, Any] = {}
        for base in reversed(type(self.admin).__mro__):
            if base not in ModelAdmin.__mro__ and base.__module__ != Inline.__module__:
                members |= vars(base)
        return {name: member for name, member in members.items() if name[0] != "_"}

    @property
    def words(self) -> frozenset[str]:
        """All that may be said here."""
        return WORDS | INLINE_WORDS if isinstance(self.admin, Inline) else WORDS

    def method(self, name: str) -> Callable[..., Any] | None:
        """The admin's own method *name*, bound."""
        method = getattr(self.admin, name) if name in self.own and name not in WORDS else None
        return method if callable(method) else None

    def is_shown(self, name: str) -> bool:
        """Whether a list or a form can show *name*: the model has it, or else the admin has a method for it."""
        return (
            name == "__str__"
            or name in self.info.selectable
            or name in self.info.relations
            or getattr(self.admin.model, name, None) is not None
            or self.method(name) is not None
        )

    def shown_names(self) -> list[str]:
        of_model = [name for name in dir(self.admin.model) if name[0] != "_" and name not in _OF_EVERY_MODEL]
        # What begins so is a hook, of ours or of another admin.
        own = [name for name in self.own if self.method(name) and not name.startswith(("get_", "has_"))]
        return [*self.mapped_names(), *of_model, *own]

    def mapped_names(self) -> list[str]:
        return [*self.info.selectable, *self.info.relations]

    def is_secret(self, name: str) -> bool:
        return self.info.is_secret(name)

    def secret(self, place: str, name: str) -> Problem:
        return self.problem(
            "E514",
            place,
            f"{name!r} looks secret, and a list would give it away.",
            'Leave it out; if it is no secret, say so at the model: info={"sensitive": False}.',
        )


_OF_EVERY_MODEL = frozenset({"metadata", "registry"})


def names_in(place: str, value: Any) -> Iterator[tuple[str, str]]:
    for number, name in enumerate(value if isinstance(value, list | tuple) else ()):
        if isinstance(name, str):
            yield f"{place}[{number}]", name


def did_you_mean(name: str, known: Collection[str]) -> str:
    """A sentence with the known name that is nearest to *name*, else with the names there are."""
    near = get_close_matches(name, known, n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    there_are = sorted(set(known))
    more = ", …" if len(there_are) > MAX_NAMES else ""
    return f"There are: {', '.join(there_are[:MAX_NAMES])}{more}." if there_are else "There are none."


def takes(function: Callable[..., Any], *counts: int) -> bool:
    """Whether *function* can be called with each of these numbers of arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # Some callables written in C do not say.
        return True
    try:
        for count in counts:
            signature.bind(*range(count))
    except TypeError:
        return False
    return True
