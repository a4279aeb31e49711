"""The pages of one object, as tabs above each of them."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may


@dataclass(frozen=True)
class Tab:
    label: str
    href: str
    is_current: bool


def tabs_of(model_admin: ModelAdmin, user: Any, obj: Any) -> list[Tab]:
    """The engine's form, the admin's own pages and the history; the one that is asked for is marked."""
    first = _("Change") if may(user, model_admin, "change", obj) else _("View")
    pages = [
        (first, f"{model_admin.name}.change"),
        *model_admin.get_links(user, obj),
        (_("History"), f"{model_admin.name}.history"),
    ]
    key = model_admin.info.key_of(obj)
    return [
        Tab(str(label), url_for(endpoint, key=key), endpoint == request.endpoint) for label, endpoint in pages
    ]
