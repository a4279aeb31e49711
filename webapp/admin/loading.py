"""Objects as a list, a lookup or a choice needs them: read in one statement, with what their texts need and no more.

A relation that nobody named would be read row by row, a statement each; here it raises instead, in words that name it.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    BooleanClauseList,
    FromClause,
    Join,
    Select,
    Subquery,
    and_,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import (
    LoaderCriteriaOption,
    Session,
    aliased,
    joinedload,
    lazyload,
    raiseload,
    selectinload,
    undefer,
    with_parent,
)
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import LoaderOption
from sqlalchemy.sql import operators

from webapp.admin.info import ModelInfo, RelationInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import SortKey, declared_order, ordering, total_order
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.plans import SETTLED

# More at once is no form to look at any more; the other side of the relation can still be changed.
MAX_RELATED = 200


def rows_of(model_admin: ModelAdmin, user: Any) -> Select[Any]:
    """The rows that exist for *user*, in no order; each once, also where the admin's query joins or groups them."""
    if shows_everything(model_admin):
        return _everything(model_admin)
    statement = model_admin.query(user).order_by(None)
    if any(isinstance(one, LoaderCriteriaOption) for one in statement._with_options):
        raise TypeError(
            f"{type(model_admin).__name__}.query: wherever the statement becomes part of another, SQLAlchemy forgets "
            "with_loader_criteria(), and its rows would be there for everybody. Write the condition with where()."
        )
    if not _may_repeat(statement, model_admin.info):
        return statement
    key = [column.attribute.expression for column in model_admin.info.key]
    # Named by their keys they can be sorted, counted and paged as if the query were a plain one.
    keys = statement.with_only_columns(*key, maintain_column_froms=True).correlate(None)
    rows: Select[Any] = select(model_admin.model)
    return rows.where(key[0].in_(keys) if len(key) == 1 else tuple_(*key).in_(keys))


@lru_cache(maxsize=1_000)
def _everything(model_admin: ModelAdmin) -> Select[Any]:
    return select(model_admin.model)


def is_plain(statement: Select[Any]) -> bool:
    """Whether *statement* neither joins anything nor leaves anything out."""
    return not statement._setup_joins and not statement._from_obj and statement.whereclause is None


def shows_everything(model_admin: ModelAdmin) -> bool:
    """Whether nothing but the declaration says which rows there are, so that they are the same for everybody."""
    return getattr(model_admin.query, "__func__", None) is ModelAdmin.query


def _may_repeat(statement: Select[Any], info: ModelInfo) -> bool:
    if statement._distinct or statement._group_by_clauses:
        return True
    if is_plain(statement):
        return False
    sources = statement.get_final_froms()
    return len(sources) > 1 or not _holds_once(sources[0], info)


def _holds_once(source: FromClause, info: ModelInfo) -> bool:
    """Whether a row of the model stands in *source* once at most: each join leads to one row, named by its key."""
    if not isinstance(source, Join):
        return source in info.mapper.tables
    clause: Any = source.onclause
    is_list = isinstance(clause, BooleanClauseList) and clause.operator is operators.and_
    parts = [part for part in (clause.clauses if is_list else [clause]) if _is_equation(part)]
    named = {side for part in parts for side in (part.left, part.right)}
    key = set(source.right.primary_key)
    return bool(key) and key <= named and _holds_once(source.left, info)


def _is_equation(part: Any) -> bool:
    return isinstance(part, BinaryExpression) and part.operator is operators.eq


def objects_on(
    model_admin: ModelAdmin,
    user: Any,
    page: Subquery,
    order: Sequence[SortKey],
    shown: Sequence[str] = (),
    *,
    backward: bool = False,
    session: Session | None = None,
    options: Sequence[LoaderOption] = (),
) -> list[Any]:
    """The objects of *page*, a :func:`.page_statement` with their keys, in *order*, loaded as the admin says.

    :param shown: the columns and relations that the page shows; each relation to many costs one statement more.
    :param options: what is loaded instead, where the page is more than a list.
    :param session: by default the request's.
    """
    is_on_page = and_(*(column.attribute == page.columns[column.name] for column in model_admin.info.key))
    statement = rows_of(model_admin, user).join(page, is_on_page)
    statement = statement.order_by(*ordering(order, page.columns, backward=backward))
    columns = [column.attribute for name, column in model_admin.info.columns.items() if name in shown]
    options = options or [
        *related(model_admin, shown),
        *(undefer(column) for column in columns),
        raiseload("*"),
    ]
    found = (session or db.session()).scalars(with_options(statement, options))
    return list(found.unique())


def with_options(statement: Select[Any], options: Sequence[LoaderOption]) -> Select[Any]:
    """*statement* with *options*, but for what an admin's query says itself how to load: SQLAlchemy takes one word."""
    said = {step for option in statement._with_options for step in _first_steps(option)}
    return statement.options(*(option for option in options if said.isdisjoint(_first_steps(option))))


def _first_steps(option: Any) -> set[Any]:
    """The columns and relations of the model that a loader option is about; of one for all of them nothing."""
    return {element.path[1] for element in getattr(option, "context", ()) if len(element.path) > 1}


def related(model_admin: ModelAdmin, names: Sequence[str] = (), entity: Any = None) -> list[LoaderOption]:
    """What objects come with: the relations that the admin and *names* name, and what the mapper loads anyway.

    :param entity: the alias that the statement has for the model.
    """
    return [_with_target(relation, entity) for relation in _wanted(model_admin, names)]


def _wanted(model_admin: ModelAdmin, names: Sequence[str]) -> list[RelationInfo]:
    relations = model_admin.info.relations
    wanted = dict.fromkeys((*model_admin.list_select_related, *names, *_eager(model_admin.info)))
    return [relations[name] for name in wanted if name in relations]


def whole(model_admin: ModelAdmin) -> list[LoaderOption]:
    """What an object comes with whose every column is looked at."""
    return [*related(model_admin), undefer("*")]


def form_related(model_admin: ModelAdmin, but: Collection[str] = ()) -> list[LoaderOption]:
    """What one object comes with for its form: all columns and whatever it leads to, in the same statement; to many,
    when asked.

    :param but: relations to what is here already.
    """
    relations = model_admin.info.relations
    to_one = [name for name, relation in relations.items() if relation.is_writable and not relation.is_list]
    wanted = _wanted(model_admin, to_one)
    loaded = [relation for relation in wanted if not relation.is_list and relation.name not in but]
    names = {relation.name for relation in loaded}
    return [*(_with_target(relation) for relation in loaded), *when_asked(model_admin.info, names)]


def when_asked(info: ModelInfo, but: Collection[str] = ()) -> list[LoaderOption]:
    """Let all columns be read, and relations when they are asked for, whatever the mapper says.

    :param but: the relations that are loaded in another way.
    """
    asked = [relation for name, relation in info.relations.items() if relation.is_read and name not in but]
    return [undefer("*"), *(lazyload(relation.attribute) for relation in asked)]


def load_few(relation: RelationInfo, obj: Any) -> bool:
    """Read what *obj*'s *relation* leads to, if it is not too much for a form; whether it is there now."""
    statement: Any = (
        select(relation.target).where(with_parent(obj, relation.attribute)).limit(MAX_RELATED + 1)
    )
    if relation.attribute.property.order_by:
        statement = statement.order_by(*relation.attribute.property.order_by)
    target = current_site().admin_of(relation.target)
    found = db.session.scalars(statement.options(*(related(target) if target else ()))).unique().all()
    if len(found) > MAX_RELATED:
        return False
    set_committed_value(obj, relation.name, list(found))
    return True


def _eager(info: ModelInfo) -> list[str]:
    return [
        name
        for name, relation in info.relations.items()
        if relation.attribute.property.lazy in ("joined", "selectin", "subquery", "immediate", False)
    ]


def _with_target(relation: RelationInfo, entity: Any = None) -> LoaderOption:
    """Load *relation*, and with its objects what their own texts need."""
    attribute = getattr(entity, relation.name) if entity is not None else relation.attribute
    load = selectinload(attribute) if relation.is_list else joinedload(attribute)
    target = current_site().admin_of(relation.target)
    needed = [target.info.relations[name] for name in target.list_select_related] if target else []
    return load.options(*(joinedload(other.attribute) for other in needed))


def few_objects(targets: Sequence[ModelAdmin], user: Any, most: int) -> dict[str, list[Any] | None]:
    """All objects of each of *targets* that exist for *user*, by the admin's name: one statement for all.

    :param most: of a target that has more there is ``None``; none of them is read but the one that tells.
    """
    asked = tuple((target, tuple(declared_order(target, user))) for target in targets)
    if all(map(shows_everything, targets)):
        statement = _few_of_all(asked, most)
    else:
        keys = [(target, _few_keys(target, rows_of(target, user), order, most)) for target, order in asked]
        statement = _side_by_side(keys, most + 1)
    return {
        name: [obj for _place, obj in found] if all(place <= most for place, _obj in found) else None
        for name, found in _objects_of(statement, targets).items()
    }


@lru_cache(maxsize=200)
def _few_of_all(asked: tuple[tuple[ModelAdmin, tuple[SortKey, ...]], ...], most: int) -> Select[Any]:
    """The statement of :func:`few_objects` where everything exists for everybody: to make it costs four times as
    much as to ask it, at each form."""
    keys = [(target, _few_keys(target, select(target.model), order, most)) for target, order in asked]
    return _side_by_side(keys, most + 1).execution_options(**SETTLED)


def find_objects(
    wanted: Sequence[tuple[ModelAdmin, Sequence[tuple[Any, ...]]]], user: Any
) -> dict[str, list[Any]]:
    """Those that exist for *user* of the objects with these keys, by the admin's name: one statement for all."""
    found = []
    for target, keys in wanted:
        among = rows_of(target, user).where(target.info.is_one_of(keys))
        found.append((target, _first_keys(target, among, declared_order(target, user), len(keys))))
    most = max((len(keys) for _target, keys in wanted), default=0)
    objects = _objects_of(_side_by_side(found, most), [target for target, _keys in wanted])
    return {name: [obj for _place, obj in placed] for name, placed in objects.items()}


def _side_by_side(wanted: Sequence[tuple[ModelAdmin, Subquery]], limit: int) -> Select[Any]:
    """The statement for the objects of several models, each with the keys of a :func:`_first_keys`."""
    places = select(literal(1).label("place")).cte("places", recursive=True)
    places = places.union_all(select(places.columns.place + 1).where(places.columns.place < limit))
    statement: Any = select(places.columns.place)
    options: list[LoaderOption] = []
    places_taken = []
    for target, some in wanted:
        entity: Any = aliased(target.model)
        key = enumerate(target.info.key)
        is_there = and_(*(getattr(entity, one.name) == some.columns[f"key{number}"] for number, one in key))
        statement = statement.outerjoin(some, some.columns.place == places.columns.place)
        statement = statement.outerjoin(entity, is_there).add_columns(entity)
        options += related(target, entity=entity)
        places_taken.append(some.columns.place.is_not(None))
    # A place that nothing has would be a row of nothing, and there are fifty of them.
    ordered: Select[Any] = (
        statement.where(or_(false(), *places_taken))
        .order_by(places.columns.place)
        .options(*options, raiseload("*"))
    )
    return ordered


def _objects_of(side_by_side: Select[Any], targets: Sequence[ModelAdmin]) -> dict[str, list[tuple[int, Any]]]:
    """The objects of each of *targets*, by the admin's name, each behind its place."""
    if not targets:
        return {}
    with kept_as_loaded():
        rows = db.session.execute(side_by_side).unique().all()
    return {
        target.name: [(row[0], row[number]) for row in rows if row[number] is not None]
        for number, target in enumerate(targets, 1)
    }


@contextmanager
def kept_as_loaded() -> Iterator[None]:
    """Let what is here already read its relations as before: a statement that meets it again tells it too to raise."""
    here = [(obj, dict(inspect(obj).callables)) for obj in db.session.identity_map.values()]
    yield
    for obj, callables in here:
        inspect(obj).callables = callables


def _few_keys(target: ModelAdmin, rows: Select[Any], declared: Sequence[SortKey], most: int) -> Subquery:
    """The keys of *rows* where they are at most *most*; else the one behind so many, alone."""
    some = _first_keys(target, rows, declared, most + 1)
    counted = select(some, func.count().over().label("total")).subquery()
    is_wanted = or_(counted.columns.total <= most, counted.columns.place > most)
    return select(counted).where(is_wanted).subquery()


def _first_keys(target: ModelAdmin, rows: Select[Any], declared: Sequence[SortKey], limit: int) -> Subquery:
    """The keys of the first of *rows* in the *declared* order, as ``key0`` and so on, each with its place, from 1."""
    info = target.info
    order = total_order(declared, info)
    names = dict.fromkeys([column.name for column in info.key] + [key.column.name for key in order])
    columns = {name: info.selectable[name].attribute.expression.label(name) for name in names}
    query = rows.with_only_columns(*columns.values(), maintain_column_froms=True)
    plain = {name: info.selectable[name].attribute.expression for name in names}
    some = query.order_by(*ordering(order, plain, backward=False)).limit(limit).subquery()
    place = func.row_number().over(order_by=ordering(order, some.columns, backward=False))
    # Their own names could be “place” too.
    key = [some.columns[column.name].label(f"key{number}") for number, column in enumerate(info.key)]
    return select(*key, place.label("place")).subquery()


@contextmanager
def told(model_admin: ModelAdmin) -> Iterator[None]:
    """Say to the developer which word is missing when a text or a computed column reads a relation nobody loaded."""
    try:
        yield
    except InvalidRequestError as error:
        if "lazy='raise" not in str(error):
            raise
        raise RuntimeError(
            f"{type(model_admin).__name__}: a computed column or __str__ reads a relation that lists do not load. "
            f"Name it in {type(model_admin).__name__}.list_select_related. ({error})"
        ) from error
