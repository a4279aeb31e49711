"""Which rows a delete reaches, from row to row, as SQLAlchemy and the database would go."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Column, Select, inspect, select
from sqlalchemy.orm import Mapper, lazyload, selectin_polymorphic, selectinload, undefer

from webapp.admin.editing.ties import Fate, Kind, Tie, followed, kind_of, one_of
from webapp.admin.loading import related, with_options
from webapp.admin.options import ModelAdmin
from webapp.extensions import db

# More rows than this are not looked at together; what is more goes in batches (:mod:`.atsize`).
MAX_ROWS = 10_000
# Nor a chain of rows longer than this: each step costs some statements.
MAX_DEPTH = 100
# Values in one statement; SQLite takes 32,766 of them and PostgreSQL 65,535.
MAX_VALUES = 30_000
# Keys of several columns in one statement: PostgreSQL reads them one inside the other, and its stack is bounded.
MAX_COMPOSITE = 1_000

Key = tuple[Any, ...]


class Row(NamedTuple):
    kind: Kind
    key: Key


@dataclass
class Reach:
    """The rows that a delete reaches, each in one of the three groups.

    :ivar roots: the objects themselves, which are among *deleted* as well.
    :ivar deleted: whether SQLAlchemy deletes the row; otherwise the database.
    :ivar waits: for a row that goes those that must have gone before, though SQLAlchemy does not know.
    :ivar ways: a row that goes or would have to, the one that it hangs on, and how; *ties* also of those that are
        emptied only.
    :ivar seeds: without roots the rows that are looked at, which are among *deleted* as well and go last.
    :ivar is_complete: false when there is more than is looked at; then the groups are only a part.
    """

    roots: dict[Row, Any]
    deleted: dict[Row, bool] = field(default_factory=dict)
    emptied: dict[Row, None] = field(default_factory=dict)
    protected: dict[Row, None] = field(default_factory=dict)
    waits: dict[Row, set[Row]] = field(default_factory=dict)
    ways: list[tuple[Row, Row, Tie]] = field(default_factory=list)
    ties: list[tuple[Row, Row, Tie]] = field(default_factory=list)
    seeds: dict[Row, bool] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def others(self) -> list[Row]:
        """The rows that go and that nobody asked for."""
        return [row for row in self.deleted if row not in self.roots]


def by_kind(rows: Iterable[Row]) -> dict[Kind, list[Key]]:
    grouped: dict[Kind, list[Key]] = defaultdict(list)
    for row in rows:
        grouped[row.kind].append(row.key)
    return grouped


def portions(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """*keys* in as many parts as statements can take; nearly always one."""
    size = MAX_VALUES if not keys or len(keys[0]) == 1 else MAX_COMPOSITE
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def row_of(obj: Any) -> Row:
    mapper: Mapper[Any] = inspect(type(obj))
    # Asked for its attributes, one whose row is gone would raise.
    return Row(kind_of(mapper), tuple(inspect(obj).identity or mapper.primary_key_from_instance(obj)))


def collect(objs: Sequence[Any], *, lock: bool = False) -> Reach:
    """Find what deleting *objs* reaches: a few statements for each table and step, however many rows there are.

    :param lock: also lock what is found, so that it is still true when the delete comes; *objs* are locked already,
        so that nothing new can be tied to them.
    """
    search = _Search(Reach({row_of(obj): obj for obj in objs}), lock)
    search.run()
    return search.reach


def collect_below(rows: Mapping[Row, bool]) -> Reach:
    """The same of *rows*, which go with others and are locked already; whether SQLAlchemy deletes each of them."""
    search = _Search(Reach({}, seeds=dict(rows)), lock=True)
    search.found = set(rows)
    for row, by_orm in rows.items():
        search._delete(row, by_orm=by_orm)
    search.run()
    return search.reach


class _Search:
    """One search. What SQLAlchemy does is followed to its end before what the database does."""

    def __init__(self, reach: Reach, lock: bool) -> None:
        self.reach = reach
        self.lock = lock
        self.found: set[Row] = set(reach.roots)
        # What the database would delete and SQLAlchemy has to: of an object in several tables it would leave a part.
        self.taken_over: set[Row] = set()
        self.for_orm: list[Row] = []
        self.for_database: list[Row] = []
        self.decided: dict[Row, set[Column[Any]]] = defaultdict(set)

    def run(self) -> None:
        for row in self.reach.roots:
            self._delete(row, by_orm=True)
        steps = 0
        while self.reach.is_complete and (self.for_orm or self.for_database):
            steps += 1
            by_orm = bool(self.for_orm)
            rows = self.for_orm if by_orm else self.for_database
            if by_orm:
                self.for_orm = []
            else:
                self.for_database = []
            self._step(rows, by_orm)
            if steps > MAX_DEPTH:
                self.reach.is_complete = False
        self._settle()

    def _step(self, rows: list[Row], by_orm: bool) -> None:
        for kind, keys in by_kind(rows).items():
            for tie in kind.by_orm if by_orm else kind.by_database:
                for parent, child in self._hanging(kind, keys, tie):
                    self._take(parent, child, tie)

    def _hanging(self, kind: Kind, keys: list[Key], tie: Tie) -> list[tuple[Row, Row]]:
        """The rows on one way, each after the row that it hangs on."""
        room = MAX_ROWS + len(self.reach.roots) + len(self.reach.seeds)
        pairs: list[tuple[Row, Row]] = []
        for portion in portions(keys):
            found = db.session.execute(tie.pairs(portion, room + 1, lock=self.lock)).all()
            self.reach.is_complete &= len(found) <= room
            width = len(tie.source)
            pairs += [(Row(kind, tuple(row[:width])), Row(tie.kind, tuple(row[width:]))) for row in found]
        self.found.update(child for _parent, child in pairs)
        self.reach.is_complete &= len(self.found) <= room
        return pairs

    def _take(self, parent: Row, child: Row, tie: Tie) -> None:
        decided = self.decided[child]
        if not tie.by_orm and tie.columns & decided:
            # SQLAlchemy empties it, or fails to, before the database comes to it.
            return
        if tie.by_orm and tie.fate is not Fate.DELETED:
            decided |= tie.columns
        self.reach.ties.append((child, parent, tie))
        if tie.fate is Fate.EMPTIED:
            self.reach.emptied[child] = None
            return
        self.reach.ways.append((child, parent, tie))
        if tie.fate is Fate.PROTECTS:
            self.reach.protected[child] = None
            return
        is_taken_over = not tie.by_orm and len(child.kind.tables) > 1
        if tie.by_orm:
            self.taken_over.discard(child)
        elif is_taken_over and not self.reach.deleted.get(child):
            self.taken_over.add(child)
        self._delete(child, by_orm=tie.by_orm or is_taken_over)

    def _delete(self, row: Row, *, by_orm: bool) -> None:
        known = self.reach.deleted.get(row)
        if known or known is by_orm:
            return
        self.reach.deleted[row] = by_orm
        if by_orm:
            self.for_orm.append(row)
        if known is None:
            self.for_database.append(row)

    def _settle(self) -> None:
        """Leave each row in one group, and note what has to go first."""
        reach = self.reach
        reach.protected = {row: None for row in reach.protected if row not in reach.deleted}
        reach.emptied = {
            row: None for row in reach.emptied if row not in reach.deleted and row not in reach.protected
        }
        for child, parent, tie in reach.ways:
            if child == parent or child not in reach.deleted:
                continue
            is_orm = reach.deleted[child]
            knows = tie.is_ordered and is_orm and reach.deleted[parent] and child not in self.taken_over
            goes_along = tie.fate is Fate.DELETED and not is_orm
            if not (knows or goes_along):
                reach.waits.setdefault(child, set())
                reach.waits.setdefault(parent, set()).add(child)


def load(kind: Kind, keys: Sequence[Key], *, fresh: bool = False) -> dict[Row, Any]:
    """The objects of a mapped *kind* with *keys*, in their order, each with all its columns and no relation.

    :param fresh: as the database has them now, whatever the session knows of them.
    """
    mapper = kind.mapper
    if mapper is None:
        return {}
    subclasses = [other.class_ for other in mapper.self_and_descendants if other is not mapper]
    options: list[Any] = [lazyload("*"), undefer("*")]
    if len(kind.tables) > 1:
        options.append(selectin_polymorphic(mapper.class_, subclasses))
    found: dict[Row, Any] = {}
    for portion in portions(keys):
        statement: Select[Any] = select(mapper.class_).where(one_of(kind.key, portion)).options(*options)
        for obj in db.session.scalars(statement.execution_options(populate_existing=fresh)):
            found[row_of(obj)] = obj
    places = {tuple(key): place for place, key in enumerate(keys)}
    return dict(sorted(found.items(), key=lambda item: places.get(item[0].key, len(places))))


def load_followed(objs: Iterable[Any]) -> None:
    """Load what SQLAlchemy would read of each of *objs* by itself, one after the other, when it deletes them."""
    by_class: dict[type, list[Row]] = defaultdict(list)
    for obj in objs:
        by_class[type(obj)].append(row_of(obj))
    for model, rows in by_class.items():
        options = [selectinload(attribute).options(lazyload("*")) for attribute in followed(inspect(model))]
        for portion in portions([row.key for row in rows]) if options else ():
            statement: Select[Any] = select(model).where(one_of(rows[0].kind.key, portion))
            db.session.scalars(statement.options(lazyload("*"), *options)).all()


def load_texts(model_admin: ModelAdmin, keys: Sequence[Key]) -> None:
    """Load what the texts of these objects, which are loaded, read of others: of each by itself it would be a
    statement a row."""
    options = related(model_admin)
    if options:
        columns = [column.attribute for column in model_admin.info.key]
        statement = with_options(select(model_admin.model).where(one_of(columns, keys)), options)
        db.session.scalars(statement).unique().all()
