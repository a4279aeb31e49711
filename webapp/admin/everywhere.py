"""Search everywhere: what the words of one search find in every model at once, and where they lead to besides."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from webapp.admin.display import lower_first
from webapp.admin.loading import objects_on, rows_of, told
from webapp.admin.mapping import text_of
from webapp.admin.matching import read_page, search_for
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import declared_order, total_order
from webapp.admin.permissions import may
from webapp.admin.search import Term, parse_terms, search_fields
from webapp.admin.site import AdminSite
from webapp.admin.texts import list_text
from webapp.texts import gettext as _
from webapp.texts import ngettext
from webapp.web.errors import Link

# Each model costs a statement or three, and a person looks at the first few of each only.
MAX_MODELS = 10
MAX_ROWS = 5


@dataclass(frozen=True)
class Hit:
    text: str
    href: str
    icon: str


@dataclass(frozen=True)
class HitGroup:
    """:ivar all: the way to the list of all that match, where there can be more than is shown."""

    label: str
    hits: list[Hit]
    all: Link | None = None


@dataclass(frozen=True)
class SearchPage:
    """:ivar note: what was left out, and why."""

    title: str
    q: str
    help: str
    groups: list[HitGroup]
    note: str | None
    count: str

    def as_json(self) -> dict[str, Any]:
        """The same for scripts, as one list."""
        results = [
            {"group": group.label, "text": hit.text, "href": hit.href, "icon": hit.icon}
            for group in self.groups
            for hit in (*group.hits, *([Hit(group.all.label, group.all.href, "search")] if group.all else []))
        ]
        return {"results": results, "note": self.note}


def parse_search(arguments: "MultiDict[str, str]") -> str:
    """What the address searches for.

    :raises ValueError: with a sentence for the person, when it says anything else or cannot be searched for.
    """
    unknown = next((name for name in arguments if name != "q"), None)
    if unknown is not None:
        name = "".join(character for character in unknown[:60] if character.isprintable())
        raise ValueError(_("Searching everywhere does not know “%(name)s”.", name=name))
    given = arguments.getlist("q")
    if len(given) > 1:
        raise ValueError(_("One can search for one text at a time."))
    q = given[0] if given else ""
    parse_terms(q)
    return q


def search_page(site: AdminSite, user: Any, q: str) -> SearchPage:
    """What *user* finds with *q*: pages of the menu, and the first rows of each model."""
    terms = parse_terms(q)
    searched = [one for one in site if may(user, one, "view") and one.get_search_fields(user)]
    groups: list[HitGroup] = []
    if terms:
        places = _places(site, user, terms)
        groups = [HitGroup(_("Go to"), places)] if places else []
        found = (_found(model_admin, user, q, terms) for model_admin in searched[:MAX_MODELS])
        groups += [group for group in found if group.hits]
    is_cut = bool(terms) and len(searched) > MAX_MODELS
    number = sum(len(group.hits) for group in groups)
    return SearchPage(
        title=_("Search"),
        q=q,
        help=_("Looks in %(models)s.", models=_names(searched[:MAX_MODELS])) if searched else "",
        groups=groups,
        note=_("Not searched: %(models)s. Search them in their lists.", models=_names(searched[MAX_MODELS:]))
        if is_cut
        else None,
        count=ngettext("%(num)s result", "%(num)s results", number) if terms else "",
    )


def _names(admins: Iterable[ModelAdmin]) -> str:
    return list_text(lower_first(model_admin.label_plural) for model_admin in admins)


def _places(site: AdminSite, user: Any, terms: tuple[Term, ...]) -> list[Hit]:
    """The pages whose names hold all of *terms*: lists, and forms that add."""
    places = [
        Hit(entry.label, entry.href, entry.icon) for group in site.menu(user) for entry in group.entries
    ]
    for model_admin in site:
        if may(user, model_admin, "add"):
            label = _("Add %(model)s", model=lower_first(model_admin.label))
            places.append(Hit(label, url_for(f"{model_admin.name}.add"), "plus"))
    return [place for place in places if all(term.is_in(place.text) for term in terms)]


def _found(model_admin: ModelAdmin, user: Any, q: str, terms: tuple[Term, ...]) -> HitGroup:
    """The first rows of one model that match, in the order of its list."""
    info = model_admin.info
    order = total_order(declared_order(model_admin, user), info)
    names = dict.fromkeys([*(column.name for column in info.key), *(key.column.name for key in order)])
    search = search_for(info, search_fields(info, model_admin.get_search_fields(user)), terms)
    statement = rows_of(model_admin, user).with_only_columns(
        *(info.selectable[name].attribute.expression.label(name) for name in names),
        maintain_column_froms=True,
    )

    def read(page: Select[Any]) -> list[Any]:
        return objects_on(model_admin, user, page.subquery(), order)

    objects = read_page(search, statement, order, None, MAX_ROWS, read)
    pattern = url_for(f"{model_admin.name}.change", key="~")
    with told(model_admin):
        hits = [
            Hit(text_of(obj), pattern.replace("~", info.key_of(obj)), model_admin.icon)
            for obj in objects
            if may(user, model_admin, "view", obj)
        ]
    every = Link(
        _("All that match in %(models)s", models=model_admin.label_plural),
        f"{url_for(f'{model_admin.name}.list')}?{urlencode({'q': q})}",
    )
    return HitGroup(str(model_admin.label_plural), hits, every)
