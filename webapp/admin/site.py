"""The admin of one application: which models it looks after, and the menu for a person."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Blueprint, Flask
from sqlalchemy.exc import NoInspectionAvailable, SQLAlchemyError

from webapp.admin.info import ModelInfo
from webapp.admin.mapping import describe, model_words
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may, vocabulary
from webapp.admin.problems import Problem, admin_name
from webapp.running import current_app, script_root
from webapp.texts import language
from webapp.web.addresses import address

# The first words of addresses that are not a model's (design: the public contract).
RESERVED_NAMES = frozenset(
    "account admin api healthz import login logout readyz search setup static styleguide undo web".split()
)


@dataclass(frozen=True, eq=False)
class MenuEntry:
    """One model; the same one for as long as it says the same."""

    name: str
    label: str
    href: str
    icon: str
    is_current: bool


class MenuGroup(NamedTuple):
    label: str
    entries: tuple[MenuEntry, ...]


class AdminSite:
    """The registered admins of one application; there is one in ``app.extensions["admin"]``."""

    def __init__(self) -> None:
        self._admins: dict[str, ModelAdmin] = {}
        self._blueprints: dict[str, Blueprint] = {}
        #: What could not be registered, for the checks to tell together with everything else that is wrong.
        self.refused: list[Problem] = []

    def register(self, model: type, admin_class: type[ModelAdmin] = ModelAdmin) -> Blueprint:
        """Look after *model* as *admin_class* says.

        A declaration that cannot stand here is kept in :attr:`refused`, and the application does not start with it.

        :returns: the model's blueprint, for pages of your own beside the engine's; of one that is refused a
            blueprint that leads nowhere.
        """
        problem = self._refusal(model, admin_class)
        if problem is not None:
            self.refused.append(problem)
            return Blueprint("refused", __name__)
        try:
            model_admin = admin_class()
        except TypeError as error:
            self.refused.append(_unmade(admin_class, model, error))
            return Blueprint("refused", __name__)
        model_admin.model = model
        model_admin.info = _worded(model_admin)
        name = model_admin.name = _name_of(model, admin_class)
        model_admin.label = model_admin.label or model_words(model)
        model_admin.label_plural = model_admin.label_plural or f"{model_admin.label}s"
        self._admins[name] = model_admin
        self._blueprints[name] = Blueprint(name, __name__, url_prefix=f"/{name}")
        return self._blueprints[name]

    def _refusal(self, model: type, admin_class: type[ModelAdmin]) -> Problem | None:
        """Why *model* cannot be looked after by *admin_class*; ``None`` when it can."""

        def problem(number: str, attribute: str, message: str, way_out: str) -> Problem:
            return Problem(f"admin.{number}", admin_name(admin_class, model), attribute, message, way_out)

        if not (isinstance(admin_class, type) and issubclass(admin_class, ModelAdmin)):
            return problem(
                "E507", "", "It is no class of admins.", "Give a class that inherits from ModelAdmin."
            )
        model_name = getattr(model, "__name__", repr(model))
        try:
            # An object of a mapped class can be inspected too, and is no model.
            describe(model if isinstance(model, type) else object)
        except NoInspectionAvailable:
            return problem(
                "E504",
                "",
                f"{model_name} is no mapped class.",
                "Register a subclass of Base that has a table.",
            )
        except SQLAlchemyError as error:
            return problem(
                "E505",
                "",
                f"SQLAlchemy cannot map {model_name}: {str(error).splitlines()[0]}",
                "Correct the model it names.",
            )
        name = _name_of(model, admin_class)
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name):
            return problem(
                "E501",
                "name",
                f"{name!r} cannot be an address.",
                "Set name to a word of small letters, digits and _, at most 100, that begins with a letter.",
            )
        if name in RESERVED_NAMES:
            return problem("E502", "name", f"{name!r} is an address of the system.", "Set another name.")
        if name in self._admins:
            other = self._admins[name]
            return problem(
                "E503",
                "name",
                f"{name!r} is the name of {admin_name(type(other), other.model)} already, which looks after "
                f"{other.model.__name__}.",
                f"Set another name for {model_name}.",
            )
        return None

    def __iter__(self) -> Iterator[ModelAdmin]:
        return iter(self._admins.values())

    def admin(self, name: str) -> ModelAdmin:
        """The admin registered as *name*.

        :raises KeyError: when there is none.
        """
        return self._admins[name]

    def find(self, name: str) -> ModelAdmin | None:
        """The same; ``None`` when there is none."""
        return self._admins.get(name)

    def admin_of(self, model: type) -> ModelAdmin | None:
        """The first admin that was registered for *model*; ``None`` when nobody looks after it."""
        return next((model_admin for model_admin in self if model_admin.model is model), None)

    def blueprint(self, name: str) -> Blueprint:
        return self._blueprints[name]

    def permissions(self) -> list[str]:
        """Every permission there is, in the order of registration."""
        return [permission for model_admin in self for permission in vocabulary(model_admin)]

    def menu(self, user: Any, current: str | None = None) -> tuple[MenuGroup, ...]:
        """The models that *user* may see, under their headings.

        :param current: the name of the model whose page is shown.
        """
        groups: dict[str, list[MenuEntry]] = {}
        for model_admin in self:
            if may(user, model_admin, "view"):
                entry = _entry(model_admin, model_admin.name == current, language().catalogue, script_root())
                groups.setdefault(str(model_admin.menu_group), []).append(entry)
        return tuple(MenuGroup(label, tuple(entries)) for label, entries in groups.items())


def current_site(app: Flask | None = None) -> AdminSite:
    """The site of *app*, by default of the application that runs."""
    site: AdminSite = (app or current_app).extensions["admin"]
    return site


def _unmade(admin_class: type[ModelAdmin], model: type, error: TypeError) -> Problem:
    return Problem(
        "admin.E543",
        admin_name(admin_class, model),
        "__init__",
        f"It cannot be made without arguments: {error}.",
        "Leave __init__ out; what an admin needs of one person is given to its hooks.",
    )


def _name_of(model: type, admin_class: type[ModelAdmin]) -> str:
    return admin_class.name or getattr(describe(model).mapper.local_table, "name", "")


def _worded(model_admin: ModelAdmin) -> ModelInfo:
    """What the mapper knows, in the admin's words; without them where they are none, which the checks tell."""
    info = describe(model_admin.model)
    try:
        return info.worded(model_admin.labels, model_admin.help_texts, model_admin.choices)
    except (TypeError, ValueError):
        return info


@lru_cache(maxsize=1_000)
def _entry(model_admin: ModelAdmin, is_current: bool, _catalogue: Any, _root: str) -> MenuEntry:
    return MenuEntry(
        name=model_admin.name,
        label=str(model_admin.label_plural),
        href=address(f"{model_admin.name}.list"),
        icon=model_admin.icon,
        is_current=is_current,
    )
