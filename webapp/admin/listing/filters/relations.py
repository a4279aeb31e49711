"""A relation that a list can be narrowed by: the rows that lead to an object, or to none, each of them once.

An object that the person may not see is as one that is not there: it matches nothing, and is shown by its key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BooleanClauseList,
    ColumnElement,
    Select,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from webapp.admin.info import ModelInfo, RelationInfo
from webapp.admin.listing.filters.columns import ME
from webapp.admin.listing.filters.given import Filter
from webapp.admin.listing.filters.operators import RELATION_OPERATORS
from webapp.admin.mapping import describe, text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.sidebyside import find_objects
from webapp.admin.site import current_site
from webapp.admin.values import parse_value
from webapp.extensions import db
from webapp.texts import gettext as _

# So many rows are sorted as quickly as a hundred are found among a million of which a hundredth match.
FEW = 10_000


@dataclass(frozen=True)
class Chosen:
    """An object that an address names.

    :ivar values: its primary key. :ivar text: what to call it; ``None`` where it is not there for the person.
    :ivar is_common: more than a few rows lead to it, through a table between the two.
    """

    key: str
    values: tuple[Any, ...]
    text: str | None = None
    is_common: bool = False


@dataclass(frozen=True)
class FilterableRelation:
    """A relation in ``list_filter``, for one person.

    :ivar target: the admin of the model that it leads to. :ivar me: who looks, where it leads to people.
    """

    relation: RelationInfo
    target: ModelAdmin
    me: Chosen | None

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def label(self) -> Any:
        return self.relation.label

    @property
    def operators(self) -> Mapping[str, Any]:
        return RELATION_OPERATORS

    def split(self, text: str) -> list[str]:
        """The keys in *text*; a key of several columns has commas of its own."""
        parts, width = text.split(","), len(self.target.info.key)
        return [",".join(parts[place : place + width]) for place in range(0, len(parts), width)]

    def read(self, operator: str, text: str) -> Any:
        """Whether it shall lead nowhere, or an object's key.

        :raises ValueError: with a sentence for the person.
        """
        if operator == "isnull":
            return parse_truth(self.label, text)
        if text == ME and self.me is not None:
            return self.me
        values = self.target.info.parse_key(text)
        if values is None:
            model = self.target.label
            raise ValueError(
                _("“%(relation)s” takes the key of a %(model)s here.", relation=self.label, model=model)
            )
        return Chosen(text, values)

    def condition(self, operator: str, value: Any) -> ColumnElement[bool]:
        if operator == "isnull":
            return self._leads_nowhere() if value else ~self._leads_nowhere()
        leads = self._leads_to(value) if value.text is not None else false()
        if operator != "ne":
            return leads
        return or_(~leads, self._leads_nowhere()) if self._held else ~leads

    def comparison(self, operator: str, value: Any) -> None:
        """It is about another table."""

    @property
    def _held(self) -> dict[str, Any]:
        """The columns of this model that hold the other's key, by the name that the key has there.

        Empty where the other model has to be asked: it holds the key, or it is found in a way of its own.
        """
        key = {column.column: column.name for column in self.target.info.key}
        held = {column.column: column.attribute.expression for column in self.relation.columns}
        pairs = self.relation.attribute.property.local_remote_pairs or ()
        own = {key[remote]: held[local] for local, remote in pairs if remote in key and local in held}
        is_plain = self.relation.is_writable and len(own) == len(key) == len(held)
        is_plain = is_plain and _is_plain(self.relation.attribute.property.primaryjoin, pairs)
        return own if is_plain else {}

    def _leads_to(self, chosen: Chosen) -> ColumnElement[bool]:
        named = list(zip(self.target.info.key, chosen.values, strict=True))
        if self._held:
            return and_(*(self._held[column.name] == column.bound(value) for column, value in named))
        between = self.between(chosen)
        if between is not None and not chosen.is_common:
            own = self._between_keys[0]
            return (own[0] if len(own) == 1 else tuple_(*own)).in_(between)
        return self._exists(and_(*(column.attribute == column.bound(value) for column, value in named)))

    def between(self, chosen: Chosen) -> Select[Any] | None:
        """The rows that lead to *chosen* in the table between the two models, where there is one."""
        if self._between_keys is None:
            return None
        _own, pointing, held = self._between_keys
        named = zip(self.target.info.key, chosen.values, strict=True)
        return select(*pointing).where(*(held[column.name] == column.bound(value) for column, value in named))

    @property
    def _between_keys(self) -> Any:
        """Of a plain table between: this model's key, what points to it there, and what holds the other's key."""
        prop: Any = self.relation.attribute.property
        key = {column.column: column.name for column in self.target.info.key}
        held = {
            key[remote]: column for remote, column in prop.secondary_synchronize_pairs or () if remote in key
        }
        is_plain = prop.secondary is not None and self.relation.is_writable and len(held) == len(key)
        if not is_plain or not _is_plain(prop.secondaryjoin, prop.secondary_synchronize_pairs):
            return None
        if not _is_plain(prop.primaryjoin, prop.synchronize_pairs):
            return None
        return *zip(*prop.synchronize_pairs, strict=True), held

    def _leads_nowhere(self) -> ColumnElement[bool]:
        if self._held:
            return or_(*(column.is_(None) for column in self._held.values()))
        return ~self._exists(None)

    def _exists(self, condition: ColumnElement[bool] | None) -> ColumnElement[bool]:
        attribute: Any = self.relation.attribute
        found: ColumnElement[bool] = (
            attribute.any(condition) if self.relation.is_list else attribute.has(condition)
        )
        return found


def _is_plain(join: Any, pairs: Sequence[Any]) -> bool:
    """Whether a relation's *join* says no more than that *pairs* of columns are equal."""
    parts = join.clauses if isinstance(join, BooleanClauseList) else [join]
    return len(parts) == len(pairs)


def parse_truth(label: Any, text: str) -> bool:
    try:
        return bool(parse_value("boolean", text))
    except ValueError as error:
        raise ValueError(
            _("“%(column)s” takes %(what)s here.", column=label, what=_("true or false"))
        ) from error


def filterable_relation(relation: RelationInfo, person: Any) -> FilterableRelation | None:
    """*relation* as *person* may narrow by it; ``None`` to who may not see where it leads."""
    target = current_site().admin_of(relation.target)
    if target is None or not may(person, target, "view"):
        return None
    me = None
    if isinstance(person, relation.target):
        info: ModelInfo = describe(relation.target)
        me = Chosen(ME, tuple(getattr(person, column.name) for column in info.key), _("me"))
    return FilterableRelation(relation, target, me)


def with_texts(filters: Sequence[Filter], person: Any) -> tuple[Filter, ...]:
    """*filters* with the texts of the objects that *person* may see of those they name: one statement for all."""
    admins: dict[str, ModelAdmin] = {}
    keys: dict[str, dict[str, tuple[Any, ...]]] = {}
    for filter_ in filters:
        for chosen in filter_.values:
            subject = filter_.subject
            if isinstance(chosen, Chosen) and chosen.text is None and isinstance(subject, FilterableRelation):
                admins[subject.target.name] = subject.target
                keys.setdefault(subject.target.name, {})[chosen.key] = chosen.values
    if not admins:
        return tuple(filters)
    found = find_objects([(target, list(keys[name].values())) for name, target in admins.items()], person)
    texts = {
        (name, target.info.key_of(obj)): text_of(obj)
        for name, target in admins.items()
        for obj in found[name]
        if may(person, target, "view", obj)
    }
    return _counted([_with_texts(filter_, texts) for filter_ in filters])


def _with_texts(filter_: Filter, texts: Mapping[tuple[str, str], str]) -> Filter:
    if not isinstance(filter_.subject, FilterableRelation) or filter_.operator == "isnull":
        return filter_
    name = filter_.subject.target.name
    values = (replace(chosen, text=chosen.text or texts.get((name, chosen.key))) for chosen in filter_.values)
    return replace(filter_, values=tuple(values))


def _counted(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """*filters* with what is common in a table between two models marked so: one bounded statement, where there is one.

    Few rows are found from there and sorted. Of many that would read all, and SQLite does not see by itself that it
    is better to go through the list's own index and to ask for each row.
    """
    counts: dict[tuple[int, str], Any] = {}
    for place, filter_ in enumerate(filters):
        for chosen in filter_.values:
            subject = filter_.subject
            if (
                isinstance(chosen, Chosen)
                and chosen.text is not None
                and isinstance(subject, FilterableRelation)
            ):
                between = subject.between(chosen)
                if between is not None:
                    few = between.with_only_columns(literal(1)).limit(FEW + 1).subquery()
                    counts[place, chosen.key] = select(func.count()).select_from(few).scalar_subquery()
    if not counts:
        return tuple(filters)
    numbers = dict(zip(counts, db.session.execute(select(*counts.values())).one(), strict=True))
    return tuple(
        filter_
        if not isinstance(filter_.subject, FilterableRelation) or filter_.operator == "isnull"
        else replace(
            filter_,
            values=tuple(
                replace(chosen, is_common=numbers.get((place, chosen.key), 0) > FEW)
                for chosen in filter_.values
            ),
        )
        for place, filter_ in enumerate(filters)
    )
