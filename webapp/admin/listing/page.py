"""The list page, finished: what the template draws without asking anything back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.admin.display import lower_first
from webapp.admin.editing.rows import RowForm
from webapp.admin.editing.submissions import ONCE_FIELD, new_token
from webapp.admin.history import LogEntry
from webapp.admin.listing.addresses import Addresses, whole_query, with_query
from webapp.admin.listing.asked import AskedList
from webapp.admin.listing.cells import EditBar, cell_forms, edit_bar, edited_columns, put_fields
from webapp.admin.listing.chips import Chip, chip_of
from webapp.admin.listing.chooser import display_address
from webapp.admin.listing.counting import Count, CountLine, count_line, count_of
from webapp.admin.listing.drawing import DrawnRows, cells_of, opened_columns
from webapp.admin.listing.drilldown import drilldown
from webapp.admin.listing.facets import Facet, facets
from webapp.admin.listing.filters.parameters import EXPORT_FORMATS, FORMAT
from webapp.admin.listing.pager import list_pager
from webapp.admin.listing.panel import FilterPanel, filter_panel
from webapp.admin.listing.query import Rows, read_rows, searched
from webapp.admin.listing.refused import Refused
from webapp.admin.listing.searching import search_help
from webapp.admin.listing.sorting import Head, SortBar, heads, sort_bar
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.listing.viewpage import ViewMenu, view_menu
from webapp.admin.matching import Search
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import Option, Pager
from webapp.admin.permissions import may, offered
from webapp.admin.readers import sees_all
from webapp.admin.site import current_site
from webapp.admin.tabs import list_links
from webapp.admin.values import encode_key, query_string
from webapp.append_only import is_declared
from webapp.texts import gettext as _
from webapp.web.addresses import address
from webapp.web.errors import Link
from webapp.web.tokens import form_token


@dataclass(frozen=True)
class SearchBox:
    """:ivar hidden: what else the list's address says, to be sent along."""

    q: str
    placeholder: str
    help: str
    hidden: list[tuple[str, str]]
    clear_href: str | None


@dataclass(frozen=True)
class Empty:
    """Why there are no rows: ``nothing_yet``, ``nothing_matches`` or ``nothing_here``; and the way on."""

    kind: str
    title: str
    text: str
    link: Link | None


@dataclass(frozen=True)
class ActionBar:
    """What can be done to the rows that are ticked.

    :ivar across: the words for all that the list matches, where that is more than this page; *note* why not all.
    """

    action: str
    hidden: list[tuple[str, str]]
    options: list[Option]
    across: str | None
    note: str | None


@dataclass(frozen=True)
class ListPage:
    title: str
    name: str
    label: str
    path: str
    count: CountLine
    links: list[Link]
    add: Link | None
    #: The list as a file, in each format; empty for who may not take it away.
    exports: list[Link]
    search: SearchBox | None
    filters: FilterPanel | None
    display_href: str
    views: ViewMenu
    chips: list[Chip]
    clear_href: str | None
    sorting: SortBar | None
    dates: Facet | None
    facets: list[Facet]
    heads: list[Head]
    rows: DrawnRows
    editing: EditBar | None
    actions: ActionBar | None
    pager: Pager | None
    empty: Empty | None


def list_page(asked: AskedList, user: Any, refused: Refused | None = None) -> ListPage:
    """Read and finish the page that is asked for, in at most three statements: the search, the rows and their number.

    One more each for a walk that gave up, a relation to many that is shown, fields in the cells, a drill-down by dates,
    and a filter whose choices are counted.

    :param refused: what was typed into its cells and could not be saved.
    """
    spec, state = asked.spec, asked.state
    model_admin = spec.model_admin
    addresses = Addresses(spec, state)
    search = searched(spec, state)
    rows = read_rows(spec, state, user, search)
    keys = [encode_key(key) for key in rows.keys]
    forms = cell_forms(spec, state, keys, user, refused)
    count = count_of(spec, state, rows, user, search)
    add = (
        Link(_("Add %(model)s", model=lower_first(model_admin.label)), address(f"{model_admin.name}.add"))
        if may(user, model_admin, "add")
        else None
    )
    filter_names = [name for filter_ in state.filters for name in filter_.parameters]
    clear_href = addresses.list(filter_names) if filter_names else None
    return ListPage(
        title=str(model_admin.label_plural),
        name=model_admin.name,
        label=str(model_admin.label_plural),
        path=addresses.path,
        count=count_line(spec, count, addresses),
        links=[*list_links(model_admin, user), *_deleted(model_admin, user)],
        add=add,
        exports=_exports(spec, state, user),
        search=_search_box(spec, state, search, addresses) if spec.searched else None,
        filters=filter_panel(spec, state, addresses, clear_href) if spec.filterable else None,
        display_href=display_address(addresses),
        views=view_menu(asked, user, addresses),
        chips=[chip_of(filter_, spec, addresses) for filter_ in state.filters],
        clear_href=clear_href,
        sorting=sort_bar(spec, state, addresses),
        dates=drilldown(spec, state, addresses),
        facets=facets(spec, state, search, addresses) if state.facets else [],
        heads=heads(spec, state, addresses),
        rows=_rows(asked, rows, keys, forms, addresses),
        editing=edit_bar(spec, state, keys, forms, refused),
        actions=_action_bar(spec, state, rows, count, user) if rows.keys else None,
        pager=list_pager(spec, state, rows, addresses) if rows.keys else None,
        empty=None if rows.keys else _empty(spec, state, count, add, addresses),
    )


def _rows(
    asked: AskedList, rows: Rows, keys: list[str], forms: Mapping[str, RowForm], addresses: Addresses
) -> DrawnRows:
    spec, columns = asked.spec, asked.state.columns
    linked = spec.columns.linked(columns)
    opened = opened_columns(columns, {*linked, *edited_columns(spec, asked.state)})
    cells = cells_of(columns, rows.values, addresses.rows(keys), linked, opened)
    if forms:
        put_fields(columns, keys, forms, cells)
    return DrawnRows(keys, cells, opened)


def _deleted(model_admin: ModelAdmin, user: Any) -> Iterator[Link]:
    """The way to what was deleted, in the history of the whole site, for who reads that."""
    history = current_site().admin_of(LogEntry)
    if history is None or not model_admin.can_delete or is_declared(model_admin.info.mapper.local_table):
        return
    if may(user, history, "view") and sees_all(user, model_admin):
        asked = query_string([("model_is", model_admin.name), ("verb_is", "delete")])
        yield Link(_("Deleted"), with_query(address(f"{history.name}.list"), asked))


def _exports(spec: ListSpec, state: ListState, user: Any) -> list[Link]:
    if not may(user, spec.model_admin, "export"):
        return []
    path = address(f"{spec.model_admin.name}.export")
    return [
        Link(label, f"{path}?{state.query(['size', 'facets'], **{FORMAT: name})}")
        for name, label in EXPORT_FORMATS.items()
    ]


def _search_box(spec: ListSpec, state: ListState, search: Search, addresses: Addresses) -> SearchBox:
    return SearchBox(
        q=state.q,
        placeholder=_("Search %(models)s", models=lower_first(spec.model_admin.label_plural)),
        help=search_help(spec.model_admin, spec.searched, search),
        hidden=state.pairs(("q",)),
        clear_href=addresses.list(q=None) if state.q else None,
    )


def _action_bar(spec: ListSpec, state: ListState, rows: Rows, count: Count, user: Any) -> ActionBar | None:
    actions = offered(spec.model_admin, user)
    if not actions:
        return None
    is_part = rows.before is not None or rows.after is not None
    return ActionBar(
        action=with_query(address(f"{spec.model_admin.name}.action"), whole_query(state)),
        hidden=[
            ("csrf_token", form_token()),
            (ONCE_FIELD, new_token(spec.model_admin.name, user)),
            ("_count", str(count.number) if count.is_bounded else ""),
        ],
        options=[
            Option("", _("Choose an action"), True),
            *(Option(name, str(action.label), False) for name, action in actions.items()),
        ],
        across=_("All %(count)s that match", count=count) if is_part and count.is_bounded else None,
        note=None if count.is_bounded else _("Narrow the list to choose all of it."),
    )


def _empty(spec: ListSpec, state: ListState, count: Count, add: Link | None, addresses: Addresses) -> Empty:
    models = lower_first(spec.model_admin.label_plural)
    if count.number:
        return Empty(
            "nothing_here",
            _("Nothing on this page"),
            _("There are no %(models)s beyond this place any more.", models=models),
            Link(_("First page"), addresses.list()),
        )
    if state.is_narrowed:
        return Empty(
            "nothing_matches",
            _("Nothing matches"),
            _("No %(models)s match this search and these filters.", models=models),
            Link(_("Show all"), addresses.plain),
        )
    return Empty(
        "nothing_yet", _("Nothing here yet"), _("There are no %(models)s so far.", models=models), add
    )
