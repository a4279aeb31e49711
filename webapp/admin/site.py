"""The admin of one application: which models it looks after, and the menu for a person."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, current_app, url_for

from webapp.admin.mapping import describe
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may, vocabulary

# The first words of addresses that are not a model's (design: the public contract).
RESERVED_NAMES = frozenset(
    "account admin api healthz import login logout readyz search setup static styleguide web".split()
)


@dataclass(frozen=True)
class MenuEntry:
    name: str
    label: str
    href: str
    icon: str
    is_current: bool


@dataclass(frozen=True)
class MenuGroup:
    label: str
    entries: list[MenuEntry]


class AdminSite:
    """The registered admins of one application; there is one in ``app.extensions["admin"]``."""

    def __init__(self) -> None:
        self._admins: dict[str, ModelAdmin] = {}
        self._blueprints: dict[str, Blueprint] = {}

    def register(self, model: type, admin_class: type[ModelAdmin] = ModelAdmin) -> Blueprint:
        """Look after *model* as *admin_class* says.

        :returns: the model's blueprint, for pages of your own beside the engine's.
        :raises ValueError: when the name is taken, reserved, or cannot stand in an address.
        """
        model_admin = admin_class()
        model_admin.model = model
        model_admin.info = describe(model).worded(
            model_admin.labels, model_admin.help_texts, model_admin.choices
        )
        model_admin.name = model_admin.name or model_admin.info.mapper.local_table.name  # type: ignore[attr-defined]
        name = model_admin.name
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name in RESERVED_NAMES:
            raise ValueError(
                f"{admin_class.__name__}.name: {name!r} cannot be an address here; set another name"
            )
        if name in self._admins:
            raise ValueError(f"{admin_class.__name__}.name: {name!r} is registered already; set another name")
        words = model.__name__
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", words).lower().capitalize()
        model_admin.label = model_admin.label or spaced
        model_admin.label_plural = model_admin.label_plural or f"{model_admin.label}s"
        self._admins[name] = model_admin
        self._blueprints[name] = Blueprint(name, __name__, url_prefix=f"/{name}")
        return self._blueprints[name]

    def __iter__(self) -> Iterator[ModelAdmin]:
        return iter(self._admins.values())

    def admin(self, name: str) -> ModelAdmin:
        """The admin registered as *name*.

        :raises KeyError: when there is none.
        """
        return self._admins[name]

    def admin_of(self, model: type) -> ModelAdmin | None:
        """The first admin that was registered for *model*; ``None`` when nobody looks after it."""
        return next((model_admin for model_admin in self if model_admin.model is model), None)

    def blueprint(self, name: str) -> Blueprint:
        return self._blueprints[name]

    def permissions(self) -> list[str]:
        """Every permission there is, in the order of registration."""
        return [permission for model_admin in self for permission in vocabulary(model_admin)]

    def menu(self, user: Any, current: str | None = None) -> list[MenuGroup]:
        """The models that *user* may see, under their headings.

        :param current: the name of the model whose page is shown.
        """
        groups: dict[str, list[MenuEntry]] = {}
        for model_admin in self:
            if may(user, model_admin, "view"):
                groups.setdefault(str(model_admin.menu_group), []).append(_entry(model_admin, current))
        return [MenuGroup(label, entries) for label, entries in groups.items()]


def current_site(app: Flask | None = None) -> AdminSite:
    """The site of *app*, by default of the application that runs."""
    site: AdminSite = (app or current_app).extensions["admin"]
    return site


def _entry(model_admin: ModelAdmin, current: str | None) -> MenuEntry:
    return MenuEntry(
        name=model_admin.name,
        label=str(model_admin.label_plural),
        href=url_for(f"{model_admin.name}.list"),
        icon=model_admin.icon,
        is_current=model_admin.name == current,
    )
