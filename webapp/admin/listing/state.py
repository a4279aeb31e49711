"""The address of a list, parsed once into a value that cannot be wrong.

Everything after this works on a frozen :class:`ListState`; what is undeclared or malformed ends here, with the
name of the part, so that a list never silently shows something other than what was asked for.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from webapp.admin.cursors import BadCursor, read_cursor
from webapp.admin.display import ShownColumn, shown_column
from webapp.admin.info import ColumnInfo, ModelInfo
from webapp.admin.listing.filters import (
    FORMAT,
    OWN_PARAMETERS,
    Filter,
    Span,
    parameter_of,
    parse_filter,
    read_value,
)
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import (
    SORTABLE_KINDS,
    Position,
    SortKey,
    declared_order,
    total_order,
)
from webapp.admin.permissions import may
from webapp.admin.search import parse_terms
from webapp.admin.texts import list_text

SIZES = (25, 50, 100, 250)
POSITIONS = ("after", "before", "from", "last")


class BadParameter(ValueError):
    """A part of the address that this list does not understand.

    :ivar parameter: its name, so that the page can name it and link to the list without it.
    """

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
        self.message = message


@dataclass(frozen=True)
class ListSpec:
    """What a list declares, for one person: the only things that its address can ask for."""

    model_admin: ModelAdmin
    info: ModelInfo
    columns: tuple[ShownColumn, ...]
    #: The columns that lead to the object.
    linked: frozenset[str]
    #: The columns that are edited in their cells.
    editable: tuple[str, ...]
    sortable: Mapping[str, ColumnInfo]
    filterable: Mapping[str, ColumnInfo]
    searched: tuple[ColumnInfo, ...]
    default_sort: tuple[SortKey, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(sorted({*SIZES, self.model_admin.list_per_page}))


@dataclass(frozen=True)
class ListState:
    """What a list shows: search, filters, order, size, and where the page begins.

    :ivar order: complete, ending in a unique key; *sort* is what the address asked for.
    :ivar last: the last page, which ends at the end and not a number of rows after the beginning.
    """

    q: str
    terms: tuple[str, ...]
    filters: tuple[Filter, ...]
    sort: tuple[SortKey, ...]
    order: tuple[SortKey, ...]
    size: int
    position: Position | None
    last: bool
    #: The parameters as pairs, without those of the position.
    parameters: tuple[tuple[str, str], ...]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.terms or self.filters)

    def query(self, *, without: Iterable[str] = (), **changes: str | None) -> str:
        """The query string of this list with *changes*; a changed list begins at its first page.

        :param without: parameters to leave out, *changes* with ``None`` are left out too.
        """
        dropped = {*without, *changes}
        pairs = [(name, value) for name, value in self.parameters if name not in dropped]
        pairs += [(name, value) for name, value in changes.items() if value is not None]
        return urlencode(pairs)


def list_spec(model_admin: ModelAdmin, user: Any) -> ListSpec:
    """What *model_admin* declares for *user*."""
    info = model_admin.info
    names = tuple(model_admin.get_list_display(user)) or ("__str__",)
    columns = tuple(shown_column(model_admin, info, name) for name in names)
    links = model_admin.get_list_display_links(user)
    linked = frozenset(names[:1] if links == () else links or ())
    edited = set(model_admin.get_list_editable(user)) & info.columns.keys() - linked
    selectable = info.selectable
    sorted_by = {column.name: selectable.get(column.order_by or "") for column in columns}
    return ListSpec(
        model_admin=model_admin,
        info=info,
        columns=columns,
        sortable={
            name: column
            for name, column in sorted_by.items()
            if column is not None and column.kind in SORTABLE_KINDS
        },
        linked=linked,
        editable=tuple(name for name in names if name in edited) if may(user, model_admin, "change") else (),
        filterable={name: selectable[name] for name in model_admin.get_list_filter(user)},
        searched=tuple(selectable[name] for name in model_admin.get_search_fields(user)),
        default_sort=declared_order(model_admin, user),
    )


def parse_state(spec: ListSpec, arguments: "MultiDict[str, str]") -> ListState:
    """Read a list's address.

    :raises BadParameter: for the first part that is undeclared or malformed.
    """
    given = [(name, value) for name, value in arguments.items(multi=True) if value != ""]
    for name, value in given:
        if "\0" in name + value or any(unicodedata.category(character) == "Cs" for character in name + value):
            raise BadParameter(name, _("It holds characters that no address can hold."))
    single = {name: _single(name, arguments) for name, _value in given if name in OWN_PARAMETERS}
    q = single.get("q", "")
    terms = _parse_terms(q) if q else ()
    if q and not spec.searched:
        raise BadParameter("q", _("This list cannot be searched."))
    filters = _parse_filters(spec, [pair for pair in given if pair[0] not in OWN_PARAMETERS])
    sort = _parse_sort(spec, single["sort"]) if "sort" in single else ()
    order = total_order(sort or spec.default_sort, spec.info)
    for later in ("columns", "view", FORMAT):
        if later in single:
            raise BadParameter(later, _("This list does not know it."))
    position = _parse_position(order, single, spec.info)
    return ListState(
        q=q,
        terms=terms,
        filters=filters,
        sort=sort,
        order=order,
        size=_parse_size(spec, single["size"]) if "size" in single else spec.model_admin.list_per_page,
        position=position,
        last=_parse_last(single),
        parameters=(
            *((name, value) for name, value in single.items() if name not in POSITIONS),
            *((filter_.parameter, text) for filter_ in filters for text in filter_.texts),
        ),
    )


def _parse_terms(q: str) -> tuple[str, ...]:
    try:
        return parse_terms(q)
    except ValueError as error:
        raise BadParameter("q", str(error)) from error


def _single(name: str, arguments: "MultiDict[str, str]") -> str:
    values = [value for value in arguments.getlist(name) if value]
    if len(values) > 1:
        raise BadParameter(name, _("It can be given only once."))
    return values[0]


def _parse_filters(spec: ListSpec, given: Sequence[tuple[str, str]]) -> tuple[Filter, ...]:
    """The filters of the address; what stands in it twice, also once as ``a`` and once as ``a__eq``, is "or"."""
    filters: dict[str, Filter] = {}
    for parameter, text in given:
        column, operator = _split_parameter(spec, parameter)
        name = parameter_of(column, operator)
        before = filters[name].texts if name in filters else ()
        try:
            filters[name] = parse_filter(column, operator, (*before, text))
        except ValueError as error:
            raise BadParameter(parameter, str(error)) from error
    return tuple(filters.values())


def _split_parameter(spec: ListSpec, parameter: str) -> tuple[ColumnInfo, str]:
    if parameter in spec.filterable:
        return spec.filterable[parameter], "eq"
    name, separator, operator = parameter.rpartition("__")
    if separator and name in spec.filterable:
        return spec.filterable[name], operator
    raise BadParameter(parameter, _("This list does not know it."))


def _parse_sort(spec: ListSpec, text: str) -> tuple[SortKey, ...]:
    keys: dict[str, SortKey] = {}
    for part in text.split(","):
        name = part.removeprefix("-")
        if name not in spec.sortable:
            raise BadParameter("sort", _("This list cannot be sorted by “%(name)s”.", name=name[:50]))
        if name in keys:
            raise BadParameter("sort", _("“%(name)s” stands in it twice.", name=name))
        keys[name] = SortKey(spec.sortable[name], part.startswith("-"))
    return tuple(keys.values())


def _parse_size(spec: ListSpec, text: str) -> int:
    if text not in {str(size) for size in spec.sizes}:
        raise BadParameter("size", _("A page has %(sizes)s rows.", sizes=list_text(spec.sizes, "or")))
    return int(text)


def _parse_last(single: Mapping[str, str]) -> bool:
    if "last" in single and single["last"] != "1":
        raise BadParameter("last", _("It can only be 1."))
    return "last" in single


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
