"""The pages of one object, as tabs above each of them; and the admin's own pages above its list."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import structlog
from werkzeug.routing import BuildError

from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.append_only import is_declared
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.addresses import address, address_of
from webapp.web.errors import Link

log = structlog.stdlib.get_logger("webapp.links")


class Tab(NamedTuple):
    label: str
    href: str
    is_current: bool


def tabs_of(model_admin: ModelAdmin, user: Any, obj: Any) -> list[Tab]:
    """The engine's form, the admin's own pages and the history; the one that is asked for is marked."""
    first = _("Change") if may(user, model_admin, "change", obj) else _("View")
    pages = [(first, f"{model_admin.name}.change"), *model_admin.get_links(user, obj)]
    # What is never changed has no history.
    if not is_declared(model_admin.info.mapper.local_table):
        pages.append((_("History"), f"{model_admin.name}.history"))
    key = model_admin.info.key_of(obj)
    current = request.endpoint
    return [
        Tab(label, href, endpoint == current)
        for endpoint, label, href in _links(model_admin, "get_links", pages, key=key)
    ]


def list_links(model_admin: ModelAdmin, user: Any) -> list[Link]:
    """The admin's own pages above its list."""
    pages = model_admin.get_list_links(user)
    return [Link(label, href) for _endpoint, label, href in _links(model_admin, "get_list_links", pages)]


def _links(
    model_admin: ModelAdmin, hook: str, pages: Iterable[tuple[Any, str]], key: str | None = None
) -> Iterator[tuple[str, str, str]]:
    """The endpoints, labels and addresses of *pages*. One that leads nowhere is left out and told to the developer:
    only the hook knows it, and only for this person and object, so that no check at the start can."""
    for label, endpoint in pages:
        try:
            href = address(endpoint) if key is None else address_of(endpoint, key)
            yield endpoint, str(label), href
        except BuildError as error:
            told = f"{type(model_admin).__name__}.{hook}"
            log.error("a link leads nowhere", hook=told, endpoint=endpoint, detail=str(error))
