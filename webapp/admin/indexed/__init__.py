"""What a search asks of the model's search index: FTS5's language on SQLite, one joined text on PostgreSQL."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Select,
    Table,
    any_,
    bindparam,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import custom_op

from webapp import search_index
from webapp.accents import unaccented
from webapp.admin.indexed.kept import holding, numbers_statement
from webapp.admin.info import ModelInfo
from webapp.admin.sampling import FEWEST_PIECES, PIECE, Sample, sample_of
from webapp.admin.search import SHORT, SearchField, Term, as_stored, matches
from webapp.extensions import db
from webapp.search_index.names import MARK
from webapp.search_index.postgresql import joined

# More than this many are "10,000+" in a list, and too many to be looked up and sorted.
MANY = 10_000
# By what a few rows hold: from here on we say so without counting.
SURELY_MANY = 2 * MANY
# SQLite takes 0.2 µs for each row that matches, to make them a set, and 5 µs for each that a walk looks at, which are
# the more the fewer match: both take the same where 50 times the root of the rows match, and a walk may have bad luck.
NEAR = 100
# Where one row of so many matches, it is cheaper to look at each that the filters leave than to look up all that match:
# of a million PostgreSQL makes a list that takes it ten seconds.
FEW_PASSED = 20

# Letters with capitals of which FTS5, whose table is Unicode 6.1's, and Python take the same for one.
_FOLDED_ALIKE = re.compile(
    "[\u00c0-\u024f\u0370-\u037d\u0386-\u03f2\u03f4-\u0527\u0531-\u0556\u0561-\u0586\u1e00-\u1fff]"
)


class _OneOf(FunctionElement[bool]):
    """A number is one of some: on SQLite of a JSON text, on PostgreSQL of an array.

    Of one that it knew the planner would at times rather walk through the whole table for a few.
    """

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        # SQLite would be asked whether the condition equals 1, and look at every row for it.
        return self


@compiles(_OneOf, "sqlite")
def _one_of_json(element: _OneOf, compiler: Any, **options: Any) -> str:
    number, numbers = (compiler.process(side, **options) for side in element.clauses)
    return f"({number} IN (SELECT value FROM json_each({numbers})))"  # noqa: S608 - compiled


@compiles(_OneOf, "postgresql")
def _one_of_array(element: _OneOf, compiler: Any, **options: Any) -> str:
    number, numbers = (compiler.process(side, **options) for side in element.clauses)
    return f"({number} = ANY (ARRAY(SELECT unnest({numbers}))))"


@dataclass(frozen=True)
class Found:
    """What the index says of a search.

    :ivar conditions: what a row must meet, looked up, but where most rows may meet it; *exact* the same, to be asked of
        a row at hand.
    :ivar counted: how many rows match, or one more than :data:`MANY`; ``None`` where nobody has counted.
    :ivar are_near: so many match that a walk through the list, looking at each row, soon meets enough of them.
    :ivar numbers: the keys of all that match, where few do and each has just been looked at.
    """

    conditions: tuple[ColumnElement[bool], ...]
    exact: tuple[ColumnElement[bool], ...]
    counted: int | None
    are_near: bool
    numbers: Sequence[int] | None = None


@dataclass(frozen=True)
class _Form:
    """What a term is in some columns, with the marks of where it must stand.

    :ivar columns: none where all of the index are meant: to look which it is takes SQLite a quarter more.
    :ivar pieces: what the index is asked for: the whole of it, or where that takes too long a few rare pieces.
    """

    text: str
    columns: Sequence[str]
    pieces: Sequence[str]

    @property
    def is_in_pieces(self) -> bool:
        return list(self.pieces) != [self.text]


@dataclass(frozen=True)
class _Question:
    """:ivar asked: of each of *terms* its forms."""

    info: ModelInfo
    fields: tuple[SearchField, ...]
    terms: Sequence[Term]
    asked: Sequence[Sequence[_Form]]

    @cached_property
    def exact(self) -> tuple[ColumnElement[bool], ...]:
        """What a row must meet, to be asked of a row at hand."""
        return tuple(matches(self.fields, self.terms))

    @property
    def table(self) -> Table:
        return _table_of(self.info)

    @property
    def key(self) -> ColumnElement[Any]:
        key: ColumnElement[Any] = self.info.key[0].attribute.expression
        return key

    @property
    def is_in_pieces(self) -> bool:
        return any(form.is_in_pieces for forms in self.asked for form in forms)

    @property
    def words(self) -> Sequence[Sequence[str]]:
        """What a text holds that the search finds: of each of these one or another."""
        return [[form.text.lower() for form in forms] for forms in self.asked]


def has_index(info: ModelInfo, fields: Sequence[SearchField]) -> bool:
    """Whether *fields* are searched through an index, as far as the model and the kind of database say."""
    declared = search_index.index_of(info.mapper.local_table)
    is_own = all(not field.path and field.column.is_stored for field in fields)
    names = {field.column.column.name for field in fields}
    kind = db.session.get_bind(info.mapper).dialect.name
    return declared is not None and is_own and names <= set(declared.columns) and kind in _ENGINES


def found_by_index(info: ModelInfo, fields: Sequence[SearchField], terms: Sequence[Term]) -> Found | None:
    """Ask the index, in one statement; ``None`` where there is none, or where it cannot know one of the terms."""
    if not has_index(info, fields):
        return None
    connection = db.session.connection(bind_arguments={"mapper": info.mapper})
    kind = connection.dialect.name
    forms = [_forms(fields, term, kind) for term in terms]
    if not all(_is_known(form, term, kind) for term, them in zip(terms, forms, strict=True) for form in them):
        return None
    if not search_index.is_there(connection, _table_of(info).name):
        return None
    asked = [
        [
            _Form(text := _shaped(term, form, kind), _told_apart(info, columns), _pieces(info, text))
            for form, columns in them.items()
        ]
        for term, them in zip(terms, forms, strict=True)
    ]
    return _ENGINES[kind](_Question(info, tuple(fields), terms, asked))


def shortened(info: ModelInfo, fields: Sequence[SearchField], terms: Sequence[Term]) -> list[Term]:
    """*terms* as an index can know them: nothing that is shorter than a trigram in one of *fields*, but where a text
    begins."""
    kind = db.session.get_bind(info.mapper).dialect.name
    return [
        term.at_beginning if min(map(len, _forms(fields, term, kind))) < SHORT else term for term in terms
    ]


def _forms(fields: Sequence[SearchField], term: Term, kind: str) -> Mapping[str, Sequence[str]]:
    """What *term* is in the columns, which may fold it, as an index of this kind of database has it."""
    found: dict[str, list[str]] = {}
    for field in fields:
        form = as_stored(field.column, term.text)
        form = unaccented(form) if kind == "postgresql" else form
        name = field.column.column.name
        found.setdefault(form.lower() if form.isascii() else form, []).append(name)
    return found


def _is_known(form: str, term: Term, kind: str) -> bool:
    """Whether an index of this kind of database can know where *form*, one of *term*, stands."""
    is_long = len(form) >= (SHORT if term.kind == "contains" else 1)
    is_folded_alike = kind != "sqlite" or form.isascii() or all(map(_is_folded_alike, form))
    return is_long and MARK not in form and is_folded_alike


def _is_folded_alike(character: str) -> bool:
    has_no_capital = character.casefold() == character == character.upper()
    return has_no_capital or character.isascii() or _FOLDED_ALIKE.match(character) is not None


def _shaped(term: Term, form: str, kind: str) -> str:
    # FTS5's texts have two marks before them: who looks for one letter there looks for three characters all the same.
    before = MARK * 2 if kind == "sqlite" else MARK
    return {"contains": form, "starts": f"{before}{form}", "is": f"{MARK}{form}{MARK}"}[term.kind]


def _pieces(info: ModelInfo, text: str) -> Sequence[str]:
    pieces = _sample(info).rare_pieces(text) if len(text) >= FEWEST_PIECES * PIECE else ()
    return pieces or [text]


def _told_apart(info: ModelInfo, columns: Sequence[str]) -> Sequence[str]:
    return () if set(columns) == set(_searchable(info)) else columns


def _searchable(info: ModelInfo) -> Sequence[str]:
    """The columns that the index is of."""
    declared = search_index.index_of(_table_of(info))
    return declared.columns if declared else ()


def _sample(info: ModelInfo) -> Sample:
    here = _table_of(info)
    texts = [here.c[name] for name in _searchable(info)]
    return sample_of(db.session(), texts, here.c[info.key[0].column.name])


def _table_of(info: ModelInfo) -> Table:
    here: Any = info.mapper.local_table
    return here  # type: ignore[no-any-return]


# SQLite


def _on_sqlite(question: _Question) -> Found:
    name, query = (
        search_index.name_of(question.table.name),
        " AND ".join(map(_full_text_query, question.asked)),
    )
    sample = _sample(question.info)
    about = sample.about(question.words)
    counted, numbers = (MANY + 1, "") if about > SURELY_MANY else _numbers_on_sqlite(name, query)
    is_exact = not question.is_in_pieces or counted == 0
    if counted <= MANY:
        found: ColumnElement[bool] = _OneOf(question.key, literal(numbers))
        # A row that somebody replaced without telling the triggers may stand in the index as it was.
        return Found((found, *question.exact), question.exact, counted if is_exact else None, False)
    rows: Select[Any] = select(literal_column("rowid")).select_from(table(name))
    # Not looked up and sorted: the "+" leaves SQLite the way through the index that has the order.
    key: ColumnElement[Any] = UnaryExpression(question.key, operator=custom_op("+"))
    found = key.in_(rows.where(column(name).op("MATCH")(query)))
    are_near = about > NEAR * sample.rows**0.5
    conditions = question.exact if about * FEW_PASSED > sample.rows else (found, *question.exact)
    return Found(conditions, question.exact, counted if is_exact else None, are_near)


def _numbers_on_sqlite(name: str, query: str) -> tuple[int, str]:
    """How many rows match, or one more than :data:`MANY`, and the numbers of those as JSON."""
    connection = db.session.connection()
    name = connection.dialect.identifier_preparer.quote(name)
    # Of the full-text table alone: joined to the other, counting would take fifty times as long.
    some = f"SELECT rowid FROM {name} WHERE {name} MATCH ? LIMIT ?"  # noqa: S608 - a name that we give
    statement = f"SELECT count(*), json_group_array(rowid) FROM ({some})"  # noqa: S608 - the same
    counted, numbers = connection.exec_driver_sql(statement, (query, MANY + 1)).one()
    return counted, numbers


def _full_text_query(forms: Sequence[_Form]) -> str:
    return f"({' OR '.join(map(_full_text_form, forms))})"


def _full_text_form(form: _Form) -> str:
    columns = f"{{{' '.join(map(_quoted, form.columns))}}} : " if form.columns else ""
    return f"({' AND '.join(f'{columns}{_quoted(piece)}' for piece in form.pieces)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# PostgreSQL


def _on_postgresql(question: _Question) -> Found:
    quote = db.session.get_bind(question.info.mapper).dialect.identifier_preparer.quote
    # The name of a column may hold the sign that psycopg and SQLAlchemy both write twice.
    every = joined(tuple(quote(name).replace("%%", "%") for name in _searchable(question.info)))
    number: Column[Any] = question.table.c[question.info.key[0].column.name]
    pieces = [[form.pieces for form in forms] for forms in question.asked]
    sample = _sample(question.info)
    about = sample.about(question.words)
    if about <= SURELY_MANY:
        # An index gives all or nothing: to count them costs what to find them does, so they are found once.
        wanted, values = numbers_statement(number, every, question.fields, question.terms, pieces, MANY + 1)
        numbers = db.session.scalars(wanted, values).all()
        if len(numbers) <= MANY:
            found = is_one_of(question.info, literal(numbers, _numbers_type(question.info)))
            return Found((found,), (), len(numbers), False, numbers)
    if about * FEW_PASSED > sample.rows:
        return Found(question.exact, question.exact, MANY + 1, True)
    rows = holding(number, every, pieces).correlate(None)
    found = question.key == any_(func.array(rows.scalar_subquery(), type_=ARRAY(question.key.type)))
    return Found((found, *question.exact), question.exact, MANY + 1, True)


def placeholder_of_numbers(info: ModelInfo, name: str) -> ColumnElement[Any]:
    """What stands for the :attr:`Found.numbers` that a statement is asked with."""
    return bindparam(name, type_=_numbers_type(info))


def is_one_of(info: ModelInfo, numbers: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition for the rows with these *numbers* for keys."""
    return _OneOf(info.key[0].attribute.expression, numbers)


def _numbers_type(info: ModelInfo) -> ARRAY[Any]:
    return ARRAY(info.key[0].attribute.expression.type)


_ENGINES: Mapping[str, Callable[[_Question], Found]] = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}
