"""How many rows a list has: exactly up to a bound, beyond it about how many, and exactly when somebody asks.

Counting goes through every row, so what nobody asked for stops at the bound; the same answer, "more than that", is
remembered for some seconds, because a large table does not become a small one meanwhile.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from time import monotonic
from typing import Any

from sqlalchemy import Dialect, Select, Subquery, Table, column, func, literal, null, select, table

from webapp.admin.display import lower_first
from webapp.admin.info import ModelInfo
from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.filters.parameters import COUNT, EXACT
from webapp.admin.listing.kept import Narrowed, Shape, narrowed_by_values, rows_of_shape
from webapp.admin.listing.query import Rows, filtered, searched
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.loading import is_plain, plain_rows
from webapp.admin.matching import Search
from webapp.admin.options import ModelAdmin
from webapp.admin.values import query_string
from webapp.column_types import MYSQL_NAMES
from webapp.extensions import db
from webapp.running import current_app, request
from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.time_limit import TookTooLong, scalar_within
from webapp.web.errors import Link

# Counting stops here: beyond, "10,000+" says as much to a person and costs no more on a larger table.
MAX_COUNT = 10_000
# Seconds that "10,000+" holds, and that somebody who wants to know exactly waits.
HOLDS = 10
PATIENCE = 10
# Different lists of which one process remembers it.
MAX_REMEMBERED = 200


@dataclass(frozen=True)
class Count:
    """How many rows there are.

    :ivar is_exact: false when counting stopped at the bound; *about* is then how many the engine believes there are.
    :ivar took_too_long: it was to be exact, and could not be.
    """

    number: int
    is_exact: bool
    about: int | None = None
    took_too_long: bool = False

    @classmethod
    def of(cls, counted: int, estimate: float | None = None) -> "Count":
        """What *counted*, the number of rows of a :func:`bounded` statement, and the engine's *estimate* say."""
        if counted <= MAX_COUNT:
            return cls(counted, True)
        is_more = estimate is not None and estimate > MAX_COUNT
        return cls(MAX_COUNT, False, _rounded(estimate) if estimate is not None and is_more else None)

    @property
    def is_bounded(self) -> bool:
        """Whether it is exact and no more than a list counts by itself."""
        return self.is_exact and self.number <= MAX_COUNT

    def __str__(self) -> str:
        number: str = format_decimal(self.number)
        return number if self.is_exact else str(_("%(number)s+", number=number))


@dataclass(frozen=True)
class CountLine:
    """What a page says of its list's length. :ivar exactly: to the same page with all rows counted."""

    text: str
    exactly: Link | None = None
    note: str | None = None


def count_of(spec: ListSpec, state: ListState, rows: Rows, user: Any, search: Search) -> Count:
    """How many rows the list has of which *rows* are a page."""
    # A first page that is not full has just been counted.
    if state.position is None and not state.last and rows.after is None:
        return Count(len(rows.keys), True)
    return count_rows(spec, state, user, search)


def count_line(spec: ListSpec, count: Count, addresses: Addresses) -> CountLine:
    one = count.is_exact and count.number == 1
    text = f"{count} {lower_first(spec.model_admin.label if one else spec.model_admin.label_plural)}"
    if count.about is not None:
        text = _("%(count)s (about %(number)s)", count=text, number=format_decimal(count.about))
    if count.took_too_long:
        return CountLine(text, note=_("Counting all of them took too long. Narrow the list to count fewer."))
    if count.is_exact:
        return CountLine(text)
    # Where the page begins stays as it is.
    query = query_string([*request.args.items(multi=True), (COUNT, EXACT)])
    return CountLine(text, exactly=Link(_("Count exactly"), f"{addresses.path}?{query}"))


def count_rows(spec: ListSpec, state: ListState, user: Any, search: Search | None = None) -> Count:
    """Count what matches, never beyond :data:`MAX_COUNT` unless *state* asks for it."""
    narrowed = None if state.counts_exactly else narrowed_by_values(spec, state)
    if narrowed is not None:
        return _kept_count(spec, narrowed)
    search = search or searched(spec, state)
    base = filtered(spec, state, user)
    is_whole = _is_whole(base, spec.info)
    if search.counted is not None and is_whole and not state.counts_exactly:
        return Count.of(search.counted)
    rows = base.where(*search.conditions)
    is_estimated = is_whole and not search.conditions
    if not state.counts_exactly:
        return _bounded_count(rows, spec.info, is_estimated)
    try:
        return Count(_exact_count(rows, spec.info), True)
    except TookTooLong:
        return replace(_bounded_count(rows, spec.info, is_estimated), took_too_long=True)


def bounded(statement: Select[Any]) -> Subquery:
    """The rows of *statement* to be counted, and no more of them than it takes to know that there are too many."""
    return _countable(statement).limit(MAX_COUNT + 1).subquery()


def _countable(statement: Select[Any]) -> Select[Any]:
    return statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)


def _exact_count(rows: Select[Any], info: ModelInfo) -> int:
    engine = db.session.get_bind(info.mapper).engine
    statement = select(func.count()).select_from(_countable(rows).subquery())
    number: int = scalar_within(PATIENCE, engine, statement)
    return number


def _kept_count(spec: ListSpec, narrowed: Narrowed) -> Count:
    key = (spec.info.mapper, MAX_COUNT, narrowed.shape, tuple(narrowed.values.values()))
    bind = db.session.get_bind(spec.info.mapper)
    return _counted(
        key,
        lambda: _count_of_shape(spec.model_admin, narrowed.shape, bind.dialect, MAX_COUNT),
        spec.info,
        narrowed.values,
    )


@lru_cache(maxsize=1_000)
def _count_of_shape(model_admin: ModelAdmin, shape: Shape, dialect: Dialect, _most: int) -> Select[Any]:
    rows = rows_of_shape(model_admin, shape)
    estimate = _estimate(model_admin.info, dialect) if _is_whole(rows, model_admin.info) else null()
    return select(func.count(), estimate).select_from(bounded(rows))


def _bounded_count(rows: Select[Any], info: ModelInfo, is_estimated: bool) -> Count:
    def statement() -> Select[Any]:
        estimate = _estimate(info, db.session.get_bind(info.mapper).dialect) if is_estimated else null()
        return select(func.count(), estimate).select_from(bounded(rows))

    return _counted(_key_of(rows.limit(MAX_COUNT + 1)), statement, info)


def _counted(
    key: Hashable, statement: Callable[[], Select[Any]], info: ModelInfo, values: dict[str, Any] | None = None
) -> Count:
    """What *statement* counts, or what is remembered of it."""
    memory: _Memory = current_app.extensions.setdefault("counts", _Memory())
    known = memory.recall(key)
    if known is not None:
        return known
    [counted] = plain_rows(db.session(), info, statement(), values)
    count = Count.of(*counted)
    if not count.is_exact:
        memory.keep(key, count)
    return count


# What the engine believes


def _is_whole(statement: Select[Any], info: ModelInfo) -> bool:
    """Whether *statement*, of :func:`.rows_of`, selects all rows of the model's one table."""
    return (
        is_plain(statement)
        and len(statement._raw_columns) == 1
        and statement._limit_clause is None
        and statement._offset_clause is None
        # One of several classes has a condition or a join of its own, which is added as the statement runs.
        and info.mapper.inherits is None
        and isinstance(info.mapper.local_table, Table)
    )


def _estimate(info: ModelInfo, dialect: Dialect) -> Any:
    """How many rows the model's table has, as its engine noted the last time it looked; SQL without any cost."""
    here: Any = info.mapper.local_table
    if dialect.name == "postgresql":
        name = dialect.identifier_preparer.format_table(here)
        tables = table("pg_class", column("oid"), column("reltuples"), schema="pg_catalog")
        return select(tables.c.reltuples).where(tables.c.oid == func.to_regclass(name)).scalar_subquery()
    if dialect.name in MYSQL_NAMES:
        names = ("table_schema", "table_name", "table_rows")
        tables = table("tables", *map(column, names), schema="information_schema")
        is_it = tables.c.table_name == here.name, tables.c.table_schema == (here.schema or func.database())
        return select(tables.c.table_rows).where(*is_it).scalar_subquery()
    # SQLite knows only after an ANALYZE, in a table that is not there before it.
    return null()


def _rounded(estimate: float) -> int:
    """*estimate* with the two digits that one may believe."""
    return int(float(f"{estimate:.1e}"))


# What is remembered


class _Memory:
    """That there were more rows than are counted, of the statements that were asked last."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, Count]] = {}

    def recall(self, key: Hashable) -> Count | None:
        until, count = self._known.get(key, (0.0, None))
        return count if monotonic() < until else None

    def keep(self, key: Hashable, count: Count) -> None:
        if key is None:
            return
        # The newest at the end.
        self._known.pop(key, None)
        self._known[key] = (monotonic() + HOLDS, count)
        for oldest in list(self._known)[:-MAX_REMEMBERED]:
            self._known.pop(oldest, None)


def _key_of(statement: Select[Any]) -> Hashable:
    """The shape of *statement* and its values; ``None`` where SQLAlchemy has none, as for some types of one's own."""
    shape = statement._generate_cache_key()
    if shape is None:
        return None
    values = tuple(_frozen(parameter.effective_value) for parameter in shape.bindparams)
    try:
        hash(key := (shape.key, values))
    except TypeError:
        return None
    return key


def _frozen(value: Any) -> Any:
    return (type(value), tuple(value)) if isinstance(value, list | tuple) else (type(value), value)
