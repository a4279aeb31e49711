"""The way from page to page, and straight to where the first sort column has reached a value."""

from webapp.admin.info import ColumnInfo
from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.panel import input_kind
from webapp.admin.listing.query import Rows
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.paging import Option, Pager, StartForm
from webapp.running import request
from webapp.texts import format_decimal, ngettext

# Of the other kinds a person would not know what to type, or has few values to go to.
STARTING_KINDS = frozenset({"text", "integer", "number", "decimal", "date", "datetime", "time"})
NUMBERS = frozenset({"integer", "number", "decimal"})


def list_pager(spec: ListSpec, state: ListState, rows: Rows, addresses: Addresses) -> Pager:
    """Where the list goes on from *rows*, one of its pages."""
    number = len(rows.keys)
    return Pager(
        first=addresses.list() if rows.before else None,
        previous=addresses.list(before=rows.before) if rows.before else None,
        next=addresses.list(after=rows.after) if rows.after else None,
        last=addresses.list(last="1") if rows.after else None,
        sizes=[
            Option(addresses.list(size=str(size)), format_decimal(size), size == state.size)
            for size in spec.sizes
        ],
        shown=ngettext(
            "%(number)s row on this page",
            "%(number)s rows on this page",
            number,
            number=format_decimal(number),
        ),
        start=_start(state) if rows.before or rows.after else None,
    )


def _start(state: ListState) -> StartForm | None:
    column = state.order[0].column
    if column.kind not in STARTING_KINDS or column.choices:
        return None
    value = request.args.get("from", "")
    return StartForm(str(column.label), _kind(column, value), value, state.pairs())


def _kind(column: ColumnInfo, value: str) -> str:
    return "number" if column.kind in NUMBERS else input_kind(column.kind, value)
