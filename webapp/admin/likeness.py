"""Whether a text is found in another, whatever its capitals, in the fastest way that each engine has.

Whatever its accents too, where an engine can; but not in what is stored to be told apart byte by byte.
"""

from typing import Any, Literal

from sqlalchemy import Boolean, Dialect, String, bindparam, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from webapp.accents import like_it
from webapp.column_types import MYSQL_NAMES, ExactString, FoldedString

# As in SQLAlchemy: a backslash would mean something to the text literals of MariaDB.
ESCAPE = "/"

#: Where in a text another must stand.
Kind = Literal["contains", "starts", "is"]
_LIKE: dict[Kind, str] = {"contains": "%{}%", "starts": "{}%", "is": "{}"}
_EXPRESSIONS: dict[Kind, str] = {"contains": "{}", "starts": "^{}", "is": "^{}$"}


def escaped(text: str) -> str:
    """*text* as a part of a pattern that means nothing but itself."""
    for character in (ESCAPE, "%", "_"):
        text = text.replace(character, ESCAPE + character)
    return text


def like(
    text: ColumnElement[str],
    sought: str,
    kind: Kind,
    column_type: TypeEngine[Any],
    *,
    is_name: bool = False,
    is_stored: bool = True,
) -> ColumnElement[bool]:
    """*sought*, taken literally, is found in *text*, of a column of this type.

    Folded values have no capitals, and what is sought in them must have none either.

    :param is_name: *sought* is the name under which it is given when the statement is asked, not to SQLite.
    :param is_stored: *text* is what the column holds, and not computed of one that may know capitals.
    """
    # SQLite's LIKE knows the capitals of ASCII by itself, MariaDB's what the column's collation knows.
    found: type[_Like] = _Plain if is_stored and not _is_collated(column_type) else _Collated
    if isinstance(column_type, FoldedString):
        found = _Folded
    elif isinstance(column_type, ExactString):
        found = _Exact
    if not sought.isascii():
        found = _LOWERED_ON_SQLITE[found]
    value_type = _Sought(kind, is_exact=isinstance(column_type, ExactString))
    return found(text, bindparam(sought, type_=value_type) if is_name else literal(sought, value_type))


def _is_collated(column_type: TypeEngine[Any]) -> bool:
    """Whether it may have, on one of the engines, a collation that is not the database's own."""
    return bool(getattr(column_type, "collation", None) or getattr(column_type, "_variant_mapping", None))


class _Sought(TypeDecorator[str]):
    """What is sought, in the words of the engine: a pattern of ``LIKE``, or to PostgreSQL a regular expression."""

    impl = String
    cache_ok = True

    def __init__(self, kind: Kind, *, is_exact: bool) -> None:
        super().__init__()
        self.kind: Kind = kind
        self.is_exact = is_exact

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        if dialect.name == "postgresql" and not self.is_exact:
            return _EXPRESSIONS[self.kind].format(like_it(value))
        return _LIKE[self.kind].format(escaped(value))


class _Like(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


class _Folded(_Like):
    """Compared as it is stored, for which PostgreSQL takes a fifth of the time."""

    inherit_cache = True


class _Exact(_Like):
    """Compared byte by byte but for capitals."""

    inherit_cache = True


class _ExactLoweredOnSqlite(_Exact):
    inherit_cache = True


class _Plain(_Like):
    """Compared without accents, where the engine can."""

    inherit_cache = True


class _LoweredOnSqlite(_Plain):
    inherit_cache = True


class _Collated(_Plain):
    """The same, but on MariaDB the collation may know capitals, so that both sides are made small letters."""

    inherit_cache = True


class _CollatedLoweredOnSqlite(_Collated):
    inherit_cache = True


_LOWERED_ON_SQLITE: dict[type[_Like], type[_Like]] = {
    _Exact: _ExactLoweredOnSqlite,
    _Plain: _LoweredOnSqlite,
    _Collated: _CollatedLoweredOnSqlite,
    _Folded: _Folded,
}


def _like(element: _Like, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(side, **options) for side in element.clauses)
    return f"({text} LIKE {pattern} ESCAPE '{ESCAPE}')"


def _lowered(element: _Like, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(side, **options) for side in element.clauses)
    return f"(lower({text}) LIKE lower({pattern}) ESCAPE '{ESCAPE}')"


def _ilike(element: _Like, compiler: Any, **options: Any) -> str:
    text, pattern = (compiler.process(side, **options) for side in element.clauses)
    # A column that compares byte by byte knows the capitals of ASCII only, the database's own collation knows all.
    return f"(({text}) COLLATE \"default\" ILIKE {pattern} ESCAPE '{ESCAPE}')"


def _matching(element: _Like, compiler: Any, **options: Any) -> str:
    text, expression = (compiler.process(side, **options) for side in element.clauses)
    # As text a CHAR has no blanks at its end, which nobody has typed.
    return f'(CAST({text} AS TEXT) COLLATE "default" ~ {expression})'


for _kind in (_Folded, _Exact, _Plain, _Collated):
    compiles(_kind)(_like)
for _kind in (_LoweredOnSqlite, _ExactLoweredOnSqlite, _CollatedLoweredOnSqlite):
    compiles(_kind)(_lowered)
for _engine in MYSQL_NAMES:
    compiles(_LoweredOnSqlite, _engine)(_like)
    for _kind in (_Exact, _ExactLoweredOnSqlite, _Collated, _CollatedLoweredOnSqlite):
        compiles(_kind, _engine)(_lowered)
for _kind in (_Exact, _ExactLoweredOnSqlite):
    compiles(_kind, "postgresql")(_ilike)
for _kind in (_Plain, _LoweredOnSqlite, _Collated, _CollatedLoweredOnSqlite):
    compiles(_kind, "postgresql")(_matching)
