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
    select,
    tuple_,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import (
    Load,
    LoaderCriteriaOption,
    Session,
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
from webapp.admin.paging import SortKey, ordering
from webapp.admin.site import current_site
from webapp.extensions import db

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


def plain_rows(
    session: Session, info: ModelInfo, statement: Select[Any], asked: dict[str, Any] | None = None
) -> Sequence[Any]:
    """The rows of a *statement* for columns of the model, without what a session does for rows that hold objects."""
    return session.connection(bind_arguments={"mapper": info.mapper}).execute(statement, asked).all()


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


def form_related(
    model_admin: ModelAdmin, but: Collection[str] = (), entity: Any = None
) -> list[LoaderOption]:
    """What one object comes with for its form: all columns and whatever it leads to, in the same statement; to many,
    when asked.

    :param but: relations to what is here already. :param entity: the alias that the statement has for the model.
    """
    relations = model_admin.info.relations
    to_one = [name for name, relation in relations.items() if relation.is_writable and not relation.is_list]
    wanted = _wanted(model_admin, to_one)
    loaded = [relation for relation in wanted if not relation.is_list and relation.name not in but]
    names = {relation.name for relation in loaded}
    return [
        *(_with_target(relation, entity) for relation in loaded),
        *when_asked(model_admin.info, names, entity),
    ]


def when_asked(info: ModelInfo, but: Collection[str] = (), entity: Any = None) -> list[LoaderOption]:
    """Let all columns be read, and relations when they are asked for, whatever the mapper says.

    :param but: the relations that are loaded in another way.
    """
    asked = [relation for name, relation in info.relations.items() if relation.is_read and name not in but]
    if entity is None:
        return [undefer("*"), *(lazyload(relation.attribute) for relation in asked)]
    return [Load(entity).undefer("*"), *(lazyload(getattr(entity, relation.name)) for relation in asked)]


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


@contextmanager
def kept_as_loaded() -> Iterator[None]:
    """Let what is here already read its relations as before: a statement that meets it again tells it too to raise."""
    here = [(state, dict(state.callables)) for state in db.session.identity_map.all_states()]
    yield
    for state, callables in here:
        state.callables = callables


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
