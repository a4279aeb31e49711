"""The address of a list, parsed once into a value that cannot be wrong.

Everything after this works on a frozen :class:`ListState`; what is undeclared or malformed ends here, with the
name of the part, so that a list never silently shows something other than what was asked for.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

from werkzeug.datastructures import MultiDict

from webapp.admin.cursors import BadCursor, read_cursor
from webapp.admin.display import ShownColumn, shown_column
from webapp.admin.info import ColumnInfo, ModelInfo
from webapp.admin.listing.columns import Columns, read_columns
from webapp.admin.listing.filters.columns import FilterableColumn, read_value
from webapp.admin.listing.filters.declared import declared_filters, hierarchy_of
from webapp.admin.listing.filters.given import Filter, Filterable
from webapp.admin.listing.filters.parameters import COUNT, EXACT, FORMAT, OWN_PARAMETERS
from webapp.admin.listing.filters.parameters import BadParameter as BadParameter
from webapp.admin.listing.filters.parsing import parse_filters
from webapp.admin.listing.filters.periods import Span
from webapp.admin.listing.filters.relations import with_texts
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import (
    SORTABLE_KINDS,
    Position,
    SortKey,
    declared_order,
    total_order,
)
from webapp.admin.search import SearchField, Term, parse_terms, search_fields
from webapp.admin.texts import list_text
from webapp.admin.values import query_string
from webapp.texts import gettext as _
from webapp.texts import language

SIZES = (25, 50, 100, 250)
POSITIONS = ("after", "before", "from", "last")
# What is asked for one page and not for those that it leads to.
OF_ONE_PAGE = frozenset({*POSITIONS, COUNT})


@dataclass(frozen=True)
class ListSpec:
    """What a list declares, for one person: the only things that its address can ask for."""

    model_admin: ModelAdmin
    person: Any
    info: ModelInfo
    columns: Columns
    #: The columns that may be edited in their cells.
    editable: Set[str]
    sortable: Mapping[str, ColumnInfo]
    filterable: Mapping[str, Filterable]
    #: The column of the drill-down by dates.
    hierarchy: FilterableColumn | None
    searched: tuple[SearchField, ...]
    default_sort: tuple[SortKey, ...]

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(sorted({*SIZES, self.model_admin.list_per_page}))


@dataclass(frozen=True)
class Chosen:
    """How a person wants a list whose address does not say it; empty and ``None`` leave it to the declaration."""

    columns: tuple[str, ...] = ()
    size: int | None = None

    def kept(self, spec: ListSpec) -> "Chosen":
        """The same without what is as declared, so that a declaration that changes later still shows."""
        is_declared = self.columns == spec.columns.declared
        is_usual = self.size == spec.model_admin.list_per_page
        return Chosen(() if is_declared else self.columns, None if is_usual else self.size)


NOTHING_CHOSEN = Chosen()


@dataclass(frozen=True)
class ListState:
    """What a list shows: columns, search, filters, order, size, and where the page begins.

    :ivar order: complete, ending in a unique key; *sort* is what the address asked for.
    :ivar last: the last page, which ends at the end and not a number of rows after the beginning.
    :ivar facets: how many rows each choice of the filters has is asked for; *counts_exactly* how many there are in all.
    """

    columns: tuple[ShownColumn, ...]
    q: str
    terms: tuple[Term, ...]
    filters: tuple[Filter, ...]
    sort: tuple[SortKey, ...]
    order: tuple[SortKey, ...]
    size: int
    position: Position | None
    last: bool
    facets: bool
    counts_exactly: bool
    #: The parameters as pairs, without those :data:`OF_ONE_PAGE`.
    parameters: tuple[tuple[str, str], ...]
    #: What the list would be given by its view: a name of these that is left out stands empty in an address.
    given: tuple[str, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.terms or self.filters)

    def query(self, without: Iterable[str] = (), /, **changes: str | None) -> str:
        """The query string of this list with *changes*, which may be called like anything; a changed list begins at its
        first page.

        :param without: parameters to leave out, *changes* with ``None`` are left out too.
        """
        pairs = [(name, value) for name, value in changes.items() if value is not None]
        said = {name for name, _value in pairs}
        return query_string(
            [pair for pair in self.pairs({*without, *changes}) if pair[0] not in said] + pairs
        )

    def pairs(self, without: Collection[str] = ()) -> list[tuple[str, str]]:
        """The parameters but those of *without*, as a form of the list sends them along or a query string has them."""
        kept = [(name, value) for name, value in self.parameters if name not in without]
        said = {name for name, _value in kept}
        return kept + [(name, "") for name in self.given if name not in said]


def list_spec(model_admin: ModelAdmin, user: Any) -> ListSpec:
    """What *model_admin* declares for *user*."""
    info = model_admin.info
    # The start refuses what a declaration gives away; what a hook names for one person is known here first.
    declared = tuple(name for name in model_admin.get_list_display(user) if not info.is_secret(name)) or (
        "__str__",
    )
    filterable = declared_filters(model_admin, user)
    links = model_admin.get_list_display_links(user)
    names = (*declared, *(name for name in model_admin.get_list_columns(user) if not info.is_secret(name)))
    known, sortable = _columns_of(model_admin, names, language().catalogue)
    return ListSpec(
        model_admin=model_admin,
        person=user,
        info=info,
        columns=Columns(known, declared, None if links is None else tuple(links)),
        sortable=sortable,
        editable=info.columns.keys() & model_admin.get_list_editable(user),
        filterable=filterable,
        hierarchy=hierarchy_of(model_admin, filterable, user),
        searched=search_fields(info, model_admin.get_search_fields(user)),
        default_sort=declared_order(model_admin, user),
    )


@lru_cache(maxsize=1_000)
def _columns_of(
    model_admin: ModelAdmin, names: tuple[str, ...], _catalogue: Any
) -> tuple[Mapping[str, ShownColumn], Mapping[str, ColumnInfo]]:
    """The columns with these *names*, and those of them that can be sorted by; kept, for they are the same for
    everybody who may see as many and reads the same language."""
    known = {name: shown_column(model_admin, model_admin.info, name) for name in names}
    sorted_by = {
        name: model_admin.info.selectable.get(column.order_by or "") for name, column in known.items()
    }
    sortable = {
        name: column
        for name, column in sorted_by.items()
        if column is not None and column.kind in SORTABLE_KINDS
    }
    return MappingProxyType(known), MappingProxyType(sortable)


def parse_state(
    spec: ListSpec,
    arguments: "MultiDict[str, str]",
    chosen: Chosen = NOTHING_CHOSEN,
    view: Sequence[tuple[str, str]] = (),
) -> ListState:
    """Read a list's address; what it names of other models is read in one statement.

    :param chosen: what the person chose for what the address does not say.
    :param view: the parameters of a saved view, for what the address does not name, be it with an empty value.
    :raises BadParameter: for the first part that is undeclared or malformed.
    """
    silent = [pair for pair in view if not any(name in arguments for name in _names_of(pair[0]))]
    arguments = MultiDict([*silent, *arguments.items(multi=True)]) if silent else arguments
    given = [(name, value) for name, value in arguments.items(multi=True) if value != ""]
    for name, value in given:
        if "\0" in name + value or any(unicodedata.category(character) == "Cs" for character in name + value):
            raise BadParameter(name, _("It holds characters that no address can hold."))
    single = {name: _single(name, arguments) for name, _value in given if name in OWN_PARAMETERS}
    q = single.get("q", "")
    terms = _parse_terms(q) if q else ()
    if not terms:
        # Of blanks and quotation marks alone: it searches for nothing, and no link goes on saying it.
        q = ""
        single.pop("q", None)
    if q and not spec.searched:
        raise BadParameter("q", _("This list cannot be searched."))
    filters = parse_filters(spec.filterable, [pair for pair in given if pair[0] not in OWN_PARAMETERS])
    sort = _parse_sort(spec, single["sort"]) if "sort" in single else ()
    sorted_by = {column.name for column in spec.sortable.values()}
    order = total_order(sort or spec.default_sort, spec.info, sorted_by)
    if FORMAT in single:
        raise BadParameter(FORMAT, _("This list does not know it."))
    position = _parse_position(order, single, spec.info)
    return ListState(
        columns=_parse_columns(spec, single.get("columns", ""), chosen),
        q=q,
        terms=terms,
        filters=with_texts(filters, spec.person),
        sort=sort,
        order=order,
        size=parse_size(spec, single.get("size", ""), chosen),
        position=position,
        last=_parse_switch(single, "last"),
        facets=_parse_switch(single, "facets"),
        counts_exactly=_parse_count(single),
        parameters=(
            *((name, value) for name, value in single.items() if name not in OF_ONE_PAGE),
            *(part for filter_ in filters for part in filter_.parts),
        ),
        given=tuple(dict.fromkeys(name for name, _value in view)),
    )


def _names_of(parameter: str) -> tuple[str, ...]:
    """The names under which an address may say *parameter*: ``status`` and ``status__eq`` are the same filter."""
    return (parameter,) if parameter in OWN_PARAMETERS else (parameter, f"{parameter}__eq")


def _parse_terms(q: str) -> tuple[Term, ...]:
    try:
        return parse_terms(q)
    except ValueError as error:
        raise BadParameter("q", str(error)) from error


def _single(name: str, arguments: "MultiDict[str, str]") -> str:
    values = [value for value in arguments.getlist(name) if value]
    if len(values) > 1:
        raise BadParameter(name, _("It can be given only once."))
    return values[0]


def _parse_sort(spec: ListSpec, text: str) -> tuple[SortKey, ...]:
    keys: dict[str, SortKey] = {}
    names: dict[str, str] = {}
    for part in text.split(","):
        name = part.removeprefix("-")
        if name not in spec.sortable:
            raise BadParameter("sort", _("This list cannot be sorted by “%(name)s”.", name=name[:50]))
        column = spec.sortable[name]
        before = names.setdefault(column.name, name)
        if column.name in keys:
            raise BadParameter("sort", _same_column(before, name))
        keys[column.name] = SortKey(column, part.startswith("-"))
    return tuple(keys.values())


def _same_column(first: str, second: str) -> str:
    if first == second:
        return str(_("“%(name)s” stands in it twice.", name=first))
    return str(_("“%(first)s” and “%(second)s” sort by the same column.", first=first, second=second))


def _parse_columns(spec: ListSpec, text: str, chosen: Chosen) -> tuple[ShownColumn, ...]:
    try:
        names = read_columns(spec.columns, text) if text else spec.columns.still_there(chosen.columns)
    except ValueError as error:
        raise BadParameter("columns", str(error)) from error
    return spec.columns.named(names or spec.columns.declared)


def parse_size(spec: ListSpec, text: str, chosen: Chosen) -> int:
    """How many rows a page has where *text* says it, else as *chosen*.

    :raises BadParameter: when a page cannot have so many.
    """
    if not text:
        return chosen.size if chosen.size in spec.sizes else spec.model_admin.list_per_page
    if text not in {str(size) for size in spec.sizes}:
        raise BadParameter("size", _("A page has %(sizes)s rows.", sizes=list_text(spec.sizes, "or")))
    return int(text)


def _parse_switch(single: Mapping[str, str], name: str) -> bool:
    if single.get(name, "1") != "1":
        raise BadParameter(name, _("It can only be 1."))
    return name in single


def _parse_count(single: Mapping[str, str]) -> bool:
    if single.get(COUNT, EXACT) != EXACT:
        raise BadParameter(COUNT, _("It can only be %(value)s.", value=EXACT))
    return COUNT in single


def _parse_position(order: Sequence[SortKey], single: Mapping[str, str], info: ModelInfo) -> Position | None:
    given = [name for name in POSITIONS if name in single]
    if len(given) > 1:
        raise BadParameter(
            given[1], _("A page cannot begin in two places; leave out “%(name)s”.", name=given[1])
        )
    if not given or given == ["last"]:
        return None
    name = given[0]
    try:
        if name == "from":
            return Position((_read_start(order[0], single[name]),), inclusive=True)
        return Position(read_cursor(order, single[name], info), backward=name == "before")
    except BadCursor as error:
        raise BadParameter(name, _("It belongs to another list or another order.")) from error


def _read_start(key: SortKey, text: str) -> Any:
    """The value that a page begins at; of a date-time column a day will do."""
    try:
        value = read_value(key.column, text)
    except ValueError as error:
        raise BadParameter("from", str(error)) from error
    if isinstance(value, Span):
        # Going down, the day begins with its last moment.
        return value.last if key.descending else value.first
    return value
