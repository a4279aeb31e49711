"""What a relation to many leads to, a page at a time: how many there are, who they are, and what a search finds."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, inspect, select, tuple_
from sqlalchemy.orm import aliased, with_parent
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.visitors import replacement_traverse

from webapp.admin.info import RelationInfo
from webapp.admin.loading import related, rows_of, with_options
from webapp.admin.mapping import describe
from webapp.admin.matching import search_for
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import SortKey, declared_order, ordering, total_order
from webapp.admin.permissions import may
from webapp.admin.search import parse_terms, search_fields
from webapp.admin.sidebyside import ONE, first_rows
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.plans import SETTLED

#: As many are shown at once; where there are no more, the form knows all of them.
PAGE_SIZE = 50
# More are not counted.
MAX_COUNT = 10_000
# Of more than so many the first are met soon by a walk through all that can be chosen, which gives up after so many.
LONG = WALKED = 1_000
# A page further back is found by a search, not by leafing.
MAX_PAGE = 10_000

# By the relation and the identity of its holder: the keys that were asked for, and which of them it leads to.
_Links = Mapping[tuple[Any, Any], tuple[Collection[str], Mapping[str, Any]]]
_linked: "ContextVar[_Links]" = ContextVar("linked", default={})  # noqa: B039 - never written to


@dataclass(frozen=True)
class ChosenPage:
    """Some of what is chosen.

    :ivar total: how many there are in all, at most one more than :data:`MAX_COUNT`. :ivar number: of this page, from 1.
    :ivar q: what they were searched for; *has_next* whether there are further ones.
    """

    objects: list[Any]
    total: int
    number: int = 1
    q: str = ""
    has_next: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether these are all."""
        return self.number == 1 and not self.q and not self.has_next


def chosen_page(
    relation: RelationInfo,
    target: ModelAdmin,
    user: Any,
    holder: Any,
    number: int = 1,
    q: str = "",
    *,
    is_long: bool = False,
) -> ChosenPage:
    """What *relation* of *holder* leads to: one statement; where it is few they are *holder*'s from now on.

    All of them are shown, whoever looks; a search is among those that exist for *user*.

    :param is_long: they are more than :data:`LONG`: looked for by a walk first, one statement more where it gives up.
    """
    if relation.name in inspect(holder).dict:
        return _loaded(relation, holder)
    order = () if relation.attribute.property.order_by else declared_order(target, user)
    statement = _page_of_all(relation, target, order)
    if q:
        rows = _matching(relation, target, user, holder, q)
        if rows is None:
            return ChosenPage([], 0, 1, q)
        statement = _page_of(rows, relation, target, order)
    asked = {"skipped": (number - 1) * PAGE_SIZE}
    asked |= own_values(relation, holder)
    found: Sequence[Any] = ()
    if is_long and number == 1 and not q and order:
        found = db.session.execute(_walk(relation, target, order), asked).unique().all()
    if len(found) <= PAGE_SIZE:
        found = db.session.execute(statement, asked).unique().all()
    objects = [row[0] for row in found]
    if number > 1 and not objects:
        return chosen_page(relation, target, user, holder, 1, q)
    counted = found[0][1] if found else 0
    made = ChosenPage(objects[:PAGE_SIZE], counted, number, q, len(objects) > PAGE_SIZE)
    if made.is_whole:
        set_committed_value(holder, relation.name, list(made.objects))
    return made


def chosen_among(
    relation: RelationInfo, target: ModelAdmin, holder: Any, keys: Sequence[tuple[Any, ...]]
) -> dict[str, Any]:
    """Those of the objects with *keys* that *relation* of *holder* leads to in the database, by their written key.

    :param holder: ``None`` where it is a new one, which leads to nothing yet.
    """
    if not keys or holder is None:
        return {}
    known = among_linked(relation, holder, [encode_key(key) for key in keys])
    if known is not None:
        return known
    statement: Any = _all_of(relation, target, holder).where(target.info.is_one_of(keys))
    found = db.session.scalars(with_options(statement, related(target))).unique()
    return {target.info.key_of(obj): obj for obj in found}


def among_linked(relation: RelationInfo, holder: Any, keys: Collection[str]) -> dict[str, Any] | None:
    """The same inside of :func:`linked`; ``None`` where it does not know."""
    asked, found = _linked.get().get((relation.attribute, inspect(holder).identity), ((), {}))
    return {key: found[key] for key in keys if key in found} if keys and set(keys) <= set(asked) else None


@contextmanager
def linked(wanted: Mapping[RelationInfo, Sequence[tuple[Any, Collection[str]]]]) -> Iterator[None]:
    """In the block :func:`chosen_among` knows which of these keys each relation of these holders leads to: one
    statement for each relation. A relation of a model to itself is asked for each, where it is asked."""
    known: dict[tuple[Any, Any], tuple[Collection[str], dict[str, Any]]] = {}
    for relation, holders in wanted.items():
        target = current_site().admin_of(relation.target)
        mapper = relation.attribute.property.parent
        if target is None or relation.attribute.property.mapper.common_parent(mapper):
            continue
        known |= {(relation.attribute, inspect(one).identity): (keys, {}) for one, keys in holders}
        model: type = mapper.class_
        holder = describe(model)
        keys = sorted({key for _one, keys in holders for key in keys})
        wanted_keys = [values for key in keys if (values := target.info.parse_key(key)) is not None]
        own = [column.attribute for column in holder.key]
        statement: Any = select(*own, relation.target).select_from(model).join(relation.attribute)
        statement = statement.where(
            holder.is_one_of([inspect(one).identity for one, _keys in holders]),
            target.info.is_one_of(wanted_keys),
        )
        for *key, obj in db.session.execute(with_options(statement, related(target))).unique():
            known[relation.attribute, tuple(key)][1][target.info.key_of(obj)] = obj
    token = _linked.set(known)
    try:
        yield
    finally:
        _linked.reset(token)


def _loaded(relation: RelationInfo, holder: Any) -> ChosenPage:
    objects = relation.related(holder)
    return ChosenPage(objects, len(objects))


@lru_cache(maxsize=1_000)
def _page_of_all(relation: RelationInfo, target: ModelAdmin, order: tuple[SortKey, ...]) -> Select[Any]:
    """Made once: each form asks it, and to make it costs more than to ask it."""
    rows: Select[Any] = select(relation.target).where(*leads_to(relation))
    return _page_of(rows, relation, target, order).execution_options(**SETTLED)


def _page_of(
    rows: Select[Any], relation: RelationInfo, target: ModelAdmin, declared: Sequence[SortKey]
) -> Select[Any]:
    """The page of *rows* after so many that are ``skipped``, each with how many are chosen in all."""
    order = total_order(declared, target.info)
    columns = {key.column.name: key.column.attribute.expression for key in order}
    said = relation.attribute.property.order_by or ()
    page = rows.add_columns(number_of(relation, MAX_COUNT)).order_by(
        *said, *ordering(order, columns, backward=False)
    )
    return with_options(page.offset(bindparam("skipped")).limit(PAGE_SIZE + 1), related(target))


@lru_cache(maxsize=1_000)
def _walk(relation: RelationInfo, target: ModelAdmin, order: tuple[SortKey, ...]) -> Select[Any]:
    """The first page of what *relation* leads to, as far as it is among the first :data:`WALKED` of *target*: to sort
    ten thousand for fifty of them takes several times as long."""
    complete = total_order(order, target.info)
    some = first_rows(target, select(relation.target), complete, WALKED)
    entity: Any = aliased(relation.target)
    is_same = (getattr(entity, column.name) == some.columns[column.name] for column in target.info.key)
    # Asked of one after the other: where it says EXISTS, PostgreSQL may look for all of the thousands first.
    is_chosen = _links(relation, target, entity).limit(1).scalar_subquery().is_not(None)
    page = select(entity, number_of(relation, MAX_COUNT)).join(some, and_(*is_same)).where(is_chosen)
    page = page.order_by(*ordering(complete, some.columns, backward=False)).limit(PAGE_SIZE + 1)
    return page.options(*related(target, entity=entity)).execution_options(**SETTLED)


def among(
    relation: RelationInfo, target: ModelAdmin, entity: Any, prefix: str = "holder"
) -> ColumnElement[bool]:
    """The condition for objects of *target*, for which *entity* stands, that *relation* leads to them."""
    return _links(relation, target, entity, prefix).exists()


def _links(relation: RelationInfo, target: ModelAdmin, entity: Any, prefix: str = "holder") -> Select[Any]:
    """Rows, where *relation* leads to the object for which *entity* stands."""
    same = (column.attribute == getattr(entity, column.name) for column in target.info.key)
    return select(ONE).where(*leads_to(relation, prefix), *same).correlate(entity)


def leads_to(relation: RelationInfo, prefix: str = "holder") -> tuple[Any, Any]:
    """The conditions of what *relation* leads to from a holder, whose :func:`own_values` are asked with."""
    prop, names = relation.attribute.property, _own_names(relation, prefix)

    def given(part: Any) -> Any:
        return bindparam(names[part][0], type_=part.type) if part in names else None

    return replacement_traverse(prop.primaryjoin, {}, given), prop.secondaryjoin  # type: ignore[call-overload]


def number_of(relation: RelationInfo, most: int, prefix: str = "holder") -> ColumnElement[int]:
    """To how many *relation* leads, or one more than *most*. The rows between the two models are counted: to count what
    they lead to would read each of it."""
    prop, names = relation.attribute.property, _own_names(relation, prefix)
    own = [row == bindparam(names[local][0], type_=local.type) for local, row in prop.synchronize_pairs]
    rows = select(ONE).select_from(prop.secondary).where(*own).limit(most + 1).subquery()
    return select(func.count()).select_from(rows).scalar_subquery()


def own_values(relation: RelationInfo, holder: Any, prefix: str = "holder") -> dict[str, Any]:
    """What says of *holder* what *relation* leads to, by the names that the statements have for it."""
    return {asked: getattr(holder, name) for asked, name in own_names(relation, prefix)}


def own_names(relation: RelationInfo, prefix: str) -> Iterable[tuple[str, str]]:
    """The names of these values in the statements, each with that of the holder's attribute."""
    return _own_names(relation, prefix).values()


@lru_cache(maxsize=1_000)
def _own_names(relation: RelationInfo, prefix: str) -> dict[Any, tuple[str, str]]:
    """The columns of the holder that say what *relation* leads to: each with its name in a statement, and in Python."""
    prop = relation.attribute.property
    columns = enumerate(sorted(prop.local_columns, key=str))
    return {
        column: (f"{prefix}{number}", prop.parent.get_property_by_column(column).key)
        for number, column in columns
    }


def _all_of(relation: RelationInfo, target: ModelAdmin, holder: Any) -> Select[Any]:
    return select(relation.target).where(with_parent(holder, relation.attribute))


def _matching(
    relation: RelationInfo, target: ModelAdmin, user: Any, holder: Any, q: str
) -> Select[Any] | None:
    """Those that match *q* and exist for *user*; ``None`` where that can be nothing."""
    info = target.info
    terms = parse_terms(q)
    fields = search_fields(info, target.get_search_fields(user))
    search = search_for(info, fields, terms)
    if not fields or search.counted == 0 or not may(user, target, "view"):
        return None
    key = [column.attribute.expression for column in info.key]
    keys = select(*key).where(with_parent(holder, relation.attribute)).correlate(None)
    is_chosen = key[0].in_(keys) if len(key) == 1 else tuple_(*key).in_(keys)
    return rows_of(target, user).where(is_chosen, *search.conditions)
