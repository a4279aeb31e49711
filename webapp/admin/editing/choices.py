"""What the relations of a form may be set to where that is few, and which of it each relation to many leads to."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, func, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from webapp.admin.editing.chosen import LONG, among, number_of, own_names
from webapp.admin.info import RelationInfo
from webapp.admin.loading import rows_of, shows_everything
from webapp.admin.options import ModelAdmin
from webapp.admin.paging import SortKey, declared_order, ordering, total_order
from webapp.admin.sidebyside import Along, first_keys, read_rows, side_by_side
from webapp.plans import SETTLED


class Asked(NamedTuple):
    """A model that is chosen from, in its order, and the relations to it of which is asked what they lead to."""

    target: ModelAdmin
    order: tuple[SortKey, ...]
    relations: tuple[RelationInfo, ...] = ()


class Plan(NamedTuple):
    """What is asked of choices that exist for everybody.

    :ivar most: of a model that has more it is not few.
    """

    asked: tuple[Asked, ...]
    most: int

    @property
    def relations(self) -> list[RelationInfo]:
        return [relation for one in self.asked for relation in one.relations]


class Few(NamedTuple):
    """:ivar objects: of each model, by its admin's name, all there are; ``None`` where those are too many.
    :ivar long: the relations that lead to more than :data:`.LONG`."""

    objects: dict[str, list[Any] | None]
    long: frozenset[RelationInfo] = frozenset()


def read_few(plan: Plan, values: dict[str, Any]) -> Sequence[Any]:
    """The rows that *plan* asks for, with the :func:`values_of` whoever has its relations."""
    return read_rows(_few_of_all(plan), values)


def few_objects(
    targets: Sequence[ModelAdmin],
    user: Any,
    most: int,
    holders: Mapping[RelationInfo, Any] | None = None,
    read: Callable[[Plan, dict[str, Any]], Sequence[Any]] = read_few,
) -> Few:
    """All objects of each of *targets* that exist for *user*, where they are few: one statement for all.

    :param most: a target that has more has too many; none of them is read but the one that tells.
    :param holders: by relations to many what each is a relation of. Where all that one leads to is among these
        objects, its holder has it from now on.
    :param read: reads them where they exist for everybody.
    """
    if not targets:
        return Few({})
    holders = holders or {}
    plan = Plan(tuple(_asked_of(target, user, holders) for target in targets), most)
    values = values_of(plan, lambda relation, name: getattr(holders[relation], name))
    if all(map(shows_everything, targets)):
        rows = read(plan, values)
    else:
        rows = read_rows(_few_of([(one, rows_of(one.target, user)) for one in plan.asked], most), values)
    found: dict[str, list[Any] | None] = {}
    long: list[RelationInfo] = []
    told = len(targets) + 1
    for number, one in enumerate(plan.asked, 1):
        objects = [row[number] for row in rows if row[number] is not None]
        is_few = all(row[0] <= most for row in rows if row[number] is not None)
        found[one.target.name] = objects if is_few else None
        for relation in one.relations:
            chosen = [row[number] for row in rows if row[told]]
            if is_few and rows[0][told + 1] == len(chosen):
                set_committed_value(holders[relation], relation.name, chosen)
            if rows[0][told + 1] > LONG:
                long.append(relation)
            told += 2
    return Few(found, frozenset(long))


def _asked_of(target: ModelAdmin, user: Any, holders: Mapping[RelationInfo, Any]) -> Asked:
    order = tuple(declared_order(target, user))
    of_target = (relation for relation in holders if relation.target is target.model)
    return Asked(target, order, tuple(relation for relation in of_target if _is_in(order, relation, target)))


@lru_cache(maxsize=1_000)
def _is_in(order: tuple[SortKey, ...], relation: RelationInfo, target: ModelAdmin) -> bool:
    """Whether what *relation* leads to comes in the *order* in which it is chosen from."""
    keys = total_order(order, target.info)
    columns = {key.column.name: key.column.attribute.expression for key in keys}
    written = [str(one).removesuffix(" ASC") for one in ordering(keys, columns, backward=False)]
    said = [str(one).removesuffix(" ASC") for one in relation.attribute.property.order_by or ()]
    return said == written[: len(said)]


def values_of(plan: Plan, own: Callable[[RelationInfo, str], Any]) -> dict[str, Any]:
    """What *plan* is asked with.

    :param own: gives the value that whoever has a relation has of a column.
    """
    return {
        asked: own(relation, name)
        for number, relation in enumerate(plan.relations)
        for asked, name in own_names(relation, f"holder{number}_")
    }


@lru_cache(maxsize=200)
def _few_of_all(plan: Plan) -> Select[Any]:
    """Made once: to make it costs four times as much as to ask it, at each form."""
    return few_along(plan).execution_options(**SETTLED)


def few_along(plan: Plan, along: Along | None = None) -> Select[Any]:
    """The statement for what *plan* asks, by itself or *along* with another."""
    return _few_of([(one, select(one.target.model)) for one in plan.asked], plan.most, along)


def _few_of(asked: Sequence[tuple[Asked, Select[Any]]], most: int, along: Along | None = None) -> Select[Any]:
    keys = [(one.target, _few_keys(one.target, rows, one.order, most)) for one, rows in asked]
    relations = [relation for one, _rows in asked for relation in one.relations]

    def besides(target: ModelAdmin, entity: Any) -> list[ColumnElement[Any]]:
        """Of each relation to the target whether it leads to the object, and to how many in all."""
        told: list[ColumnElement[Any]] = []
        for number, relation in enumerate(relations):
            if relation.target is target.model:
                name = f"holder{number}_"
                told += [
                    among(relation, target, entity, name),
                    number_of(relation, max(most, LONG), name),
                ]
        return told

    return side_by_side(keys, most + 1, besides if relations else None, along)


def _few_keys(target: ModelAdmin, rows: Select[Any], declared: Sequence[SortKey], most: int) -> Subquery:
    """The keys of *rows* where they are at most *most*; else the one behind so many, alone."""
    some = first_keys(target, rows, declared, most + 1)
    counted = select(some, func.count().over().label("total")).subquery()
    is_wanted = or_(counted.columns.total <= most, counted.columns.place > most)
    return select(counted).where(is_wanted).subquery()
