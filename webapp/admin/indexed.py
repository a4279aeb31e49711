"""What a search asks of the model's search index: FTS5's language on SQLite, one joined text on PostgreSQL."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Table,
    any_,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from webapp import search_index
from webapp.admin.info import ModelInfo
from webapp.admin.likeness import ESCAPE, escaped
from webapp.admin.search import SHORT, SearchField, Term, as_stored, matches
from webapp.extensions import db
from webapp.search_index.names import MARK
from webapp.search_index.postgresql import joined

# More than this many are "10,000+" in a list, and too many to be looked up and sorted.
MANY = 10_000
# PostgreSQL estimates: from here on we say so without counting.
SURELY_MANY = 2 * MANY

# Letters with capitals of which FTS5, whose table is Unicode 6.1's, and Python take the same for one.
_FOLDED_ALIKE = re.compile(
    "[\u00c0-\u024f\u0370-\u037d\u0386-\u03f2\u03f4-\u0527\u0531-\u0556\u0561-\u0586\u1e00-\u1fff]"
)


@dataclass(frozen=True)
class Found:
    """What the index says of a search.

    :ivar conditions: what a row must meet, as the index knows it. :ivar exact: the same, to be asked of a row at hand.
    :ivar counted: how many rows match, or one more than :data:`MANY`; ``None`` where nobody has counted.
    :ivar are_many: they are, or may well be, more than :data:`MANY`.
    """

    conditions: tuple[ColumnElement[bool], ...]
    exact: tuple[ColumnElement[bool], ...]
    counted: int | None
    are_many: bool


@dataclass(frozen=True)
class _Question:
    """:ivar forms: of each term its forms, and the columns that would hold it in each."""

    info: ModelInfo
    fields: Sequence[SearchField]
    terms: Sequence[Term]
    forms: Sequence[Mapping[str, Sequence[str]]]

    @property
    def table(self) -> Table:
        here: Any = self.info.mapper.local_table
        return here  # type: ignore[no-any-return]

    @property
    def key(self) -> ColumnElement[Any]:
        key: ColumnElement[Any] = self.info.key[0].attribute.expression
        return key


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
    question = _Question(info, fields, terms, [_forms(fields, term) for term in terms])
    kind = connection.dialect.name
    asked = [(term, form) for term, forms in zip(terms, question.forms, strict=True) for form in forms]
    if not all(_is_known(form, term, kind) for term, form in asked):
        return None
    if not search_index.is_there(connection, question.table.name):
        return None
    return _ENGINES[kind](question)


def shortened(terms: Sequence[Term]) -> list[Term]:
    """*terms* as an index can know them: nothing shorter than a trigram, but where a text begins."""
    return [term.at_beginning if len(term.text) < SHORT else term for term in terms]


def _forms(fields: Sequence[SearchField], term: Term) -> Mapping[str, Sequence[str]]:
    """What *term* is in the columns, which may fold it."""
    found: dict[str, list[str]] = {}
    for field in fields:
        form = as_stored(field.column, term.text)
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


# SQLite


def _on_sqlite(question: _Question) -> Found:
    full_text = table(search_index.name_of(question.table.name))
    query = " AND ".join(map(_full_text_query, question.terms, question.forms))
    rows: Select[Any] = select(literal_column("rowid")).select_from(full_text)
    rows = rows.where(column(full_text.name).op("MATCH")(query))
    # Of the full-text table alone: joined to the other, counting would take fifty times as long.
    bounded = rows.limit(MANY + 1).subquery()
    counted: int = db.session.execute(select(func.count()).select_from(bounded)).scalar_one()
    exact = tuple(matches(question.fields, question.terms))
    # Many are not looked up and sorted: the "+" leaves SQLite the way through the index that has the order.
    key = UnaryExpression(question.key, operator=custom_op("+")) if counted > MANY else question.key
    # A row that somebody replaced without telling the triggers may stand in the index as it was.
    return Found((key.in_(rows), *exact), exact, counted, counted > MANY)


def _full_text_query(term: Term, forms: Mapping[str, Sequence[str]]) -> str:
    shape = {"contains": "{}", "starts": f"{MARK}{MARK}{{}}", "is": f"{MARK}{{}}{MARK}"}[term.kind]
    parts = (
        f"{{{' '.join(map(_quoted, columns))}}} : {_quoted(shape.format(form))}"
        for form, columns in forms.items()
    )
    return f"({' OR '.join(parts)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


# PostgreSQL


def _on_postgresql(question: _Question) -> Found:
    declared = search_index.index_of(question.table)
    columns = declared.columns if declared else ()
    quote = db.session.get_bind(question.info.mapper).dialect.identifier_preparer.quote
    every: ColumnElement[str] = literal_column(joined(map(quote, columns)))
    here = question.table.alias()
    rows: Select[Any] = select(here.c[question.info.key[0].column.name])
    for term, forms in zip(question.terms, question.forms, strict=True):
        rows = rows.where(or_(*(every.ilike(_pattern(term, form), escape=ESCAPE) for form in forms)))
    exact = tuple(matches(question.fields, question.terms))
    # Made into an array first: joined, the planner would at times rather walk through the whole table for a few.
    found = question.key == any_(func.array(rows.scalar_subquery(), type_=ARRAY(question.key.type)))
    is_whole = len(question.fields) == len(columns) and all(len(forms) == 1 for forms in question.forms)
    # Where a text begins is exact unless one has the mark inside, which nobody types.
    is_exact = is_whole and all(term.kind == "contains" for term in question.terms)
    estimate = _estimated(rows)
    counted = MANY + 1 if estimate > SURELY_MANY else None
    return Found((found,) if is_exact else (found, *exact), exact, counted, estimate > MANY)


def _pattern(term: Term, form: str) -> str:
    shape = {"contains": "%{}%", "starts": f"%{MARK}{{}}%", "is": f"%{MARK}{{}}{MARK}%"}[term.kind]
    return shape.format(escaped(form))


def _estimated(rows: Select[Any]) -> int:
    """How many rows PostgreSQL expects: a count stops at no bound there, because an index gives all or nothing."""
    connection = db.session.connection()
    compiled = rows.compile(dialect=connection.dialect)
    answer = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", compiled.params).scalar_one()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return int(plan[0]["Plan"]["Plan Rows"])


_ENGINES: Mapping[str, Callable[[_Question], Found]] = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}
