"""Objects of several models that are read in one statement, beside each other, each in the order of its own model."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Load, aliased, raiseload
from sqlalchemy.orm.interfaces import LoaderOption

from webapp.admin.loading import kept_as_loaded, related, rows_of
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import SortKey, declared_order, ordering, total_order
from webapp.extensions import db

#: As it stands, and no value that is sent along: to make each ready takes as long as to read a row.
ONE: ColumnElement[int] = literal_column("1", Integer)

#: What is asked besides of each row, made of the admin whose object stands in it and of what stands for that.
Besides = Callable[[ModelAdmin, Any], Sequence[ColumnElement[Any]]]


class Along(NamedTuple):
    """:ivar statement: has one row. :ivar may: the condition for objects to come along with that."""

    statement: Select[Any]
    may: ColumnElement[bool]

    def only(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """The condition for the rows of *column* to come along: a comparison of both sides, without which SQLAlchemy
        takes it on MariaDB for every row with each."""
        return column == case((self.may, column))


def find_objects(
    wanted: Sequence[tuple[ModelAdmin, Sequence[tuple[Any, ...]]]], user: Any
) -> dict[str, list[Any]]:
    """Those that exist for *user* of the objects with these keys, by the admin's name: one statement for all."""
    found = []
    for target, keys in wanted:
        among = rows_of(target, user).where(target.info.is_one_of(keys))
        found.append((target, first_keys(target, among, declared_order(target, user), len(keys))))
    most = max((len(keys) for _target, keys in wanted), default=0)
    rows = read_rows(side_by_side(found, most)) if found else []
    return {
        target.name: [row[number] for row in rows if row[number] is not None]
        for number, (target, _keys) in enumerate(wanted, 1)
    }


def first_rows(target: ModelAdmin, rows: Select[Any], order: Sequence[SortKey], limit: int) -> Subquery:
    """The first of *rows* in their complete *order*: of each the key and what the order is by, under their names."""
    info = target.info
    names = dict.fromkeys([column.name for column in info.key] + [key.column.name for key in order])
    columns = {name: info.selectable[name].attribute.expression.label(name) for name in names}
    query = rows.with_only_columns(*columns.values(), maintain_column_froms=True)
    plain = {name: info.selectable[name].attribute.expression for name in names}
    return query.order_by(*ordering(order, plain, backward=False)).limit(limit).subquery()


def first_keys(target: ModelAdmin, rows: Select[Any], declared: Sequence[SortKey], limit: int) -> Subquery:
    """The keys of the first of *rows* in the *declared* order, as ``key0`` and so on, each with its place, from 1."""
    order = total_order(declared, target.info)
    some = first_rows(target, rows, order, limit)
    place = func.row_number().over(order_by=ordering(order, some.columns, backward=False))
    # Their own names could be “place” too.
    key = [some.columns[column.name].label(f"key{number}") for number, column in enumerate(target.info.key)]
    return select(*key, place.label("place")).subquery()


def _has_key(target: ModelAdmin, entity: Any, some: Subquery) -> ColumnElement[bool]:
    """The condition for the object of *target* for which *entity* stands to be one of the :func:`first_keys` *some*."""
    key = enumerate(target.info.key)
    return and_(*(getattr(entity, one.name) == some.columns[f"key{number}"] for number, one in key))


def side_by_side(
    wanted: Sequence[tuple[ModelAdmin, Subquery]],
    limit: int,
    besides: Besides | None = None,
    along: Along | None = None,
) -> Select[Any]:
    """The statement for the objects of several models, each with its :func:`first_keys`: rows of a place, an object of
    each model or ``None``, and what is asked *besides*.

    With that there is a row of the first place, whether or not an object has it.

    :param along: what one model comes along with, behind its columns; then nothing may be loaded with the objects.
    """
    first, is_alone = select(ONE.label("place")), len(wanted) == 1
    # One model needs no places for others beside it.
    places: Any = first.subquery() if is_alone else _up_to(limit, first)
    place = func.coalesce(wanted[0][1].columns.place, ONE) if is_alone else places.columns.place
    statement: Any = select() if along is None else along.statement
    statement = statement.add_columns(place.label("place"))
    if along is None:
        statement = statement.select_from(places)
    options: list[LoaderOption] = []
    asked: list[ColumnElement[Any]] = []
    taken: list[ColumnElement[bool]] = [] if besides is None else [place == ONE]
    for target, some in wanted:
        entity: Any = aliased(target.model)
        alone = true() if along is None else along.only(some.columns.place)
        statement = statement.outerjoin(some, alone if is_alone else some.columns.place == place)
        statement = statement.outerjoin(entity, _has_key(target, entity, some)).add_columns(entity)
        options += related(target, entity=entity) if along is None else [Load(entity).raiseload("*")]
        taken.append(some.columns.place.is_not(None))
        asked += besides(target, entity) if besides else ()
    # A place that nothing has would be a row of nothing, and there are fifty of them.
    if along is None:
        statement = statement.where(or_(false(), *taken)).options(raiseload("*"))
    ordered: Select[Any] = statement.add_columns(*asked).order_by(place).options(*options)
    return ordered


def _up_to(limit: int, first: Select[int]) -> Any:
    """The places from the *first* to so many."""
    places = first.cte("places", recursive=True)
    return places.union_all(select(places.columns.place + 1).where(places.columns.place < limit))


def read_rows(statement: Select[Any], asked: dict[str, Any] | None = None) -> Sequence[Any]:
    """The rows of a :func:`side_by_side`."""
    with kept_as_loaded():
        return db.session.execute(statement, asked).unique().all()
