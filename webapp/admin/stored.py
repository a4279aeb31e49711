"""How what a column has stored compares with what is read of it: where the one bound again is not the other.

SQLite compares texts and numbers as they were written, whoever wrote them; a column of single precision holds no 0.1;
and a developer's own type may bind something else than it reads.
"""

from collections.abc import Sequence
from math import copysign
from struct import pack, unpack
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from webapp.column_types import MYSQL_NAMES, ExactDecimal, ExactString, FoldedString, UtcDateTime

NOWHERE: frozenset[str] = frozenset()
SERVERS = frozenset({"postgresql", *MYSQL_NAMES})
EVERYWHERE = SERVERS | {"sqlite"}

# FLOAT(24) and what is less has the 24 bits of a single-precision number.
SINGLE_BITS = 24
LARGEST_SINGLE = (2 - 2**-23) * 2.0**127

_OWN: dict[type, frozenset[str]] = {
    ExactDecimal: EVERYWHERE,
    ExactString: EVERYWHERE,
    FoldedString: EVERYWHERE,
    UtcDateTime: SERVERS,
}
# Those of a name for each engine may be CITEXT, or blanks that do not count: only these are plain.
_TEXTS = frozenset(
    {types.String, types.VARCHAR, types.Text, types.TEXT, types.Unicode, types.UnicodeText, types.NVARCHAR}
)
_DOUBLES = frozenset({types.Float, types.Double, types.DOUBLE, types.DOUBLE_PRECISION})
#: What SQLAlchemy writes on SQLite with all six digits of a fraction.
_WRITTEN_IN_FULL = frozenset(
    {types.DateTime, types.DATETIME, types.TIMESTAMP, types.Time, types.TIME, UtcDateTime}
)


def compares_as_read(kind: TypeEngine[Any]) -> frozenset[str]:
    """The engines on which a value that is read of a stored column of *kind*, and bound again, is equal to what the
    column holds, and comes before and after the same, whoever wrote it.

    What is not known to be so, is not: of a developer's own type nobody knows what it binds.
    """
    if isinstance(kind, TypeDecorator):
        return _OWN.get(type(kind), NOWHERE)
    if getattr(kind, "_variant_mapping", None):
        return NOWHERE
    if isinstance(kind, types.Enum | types.Boolean | types.Integer) or type(kind) in _TEXTS:
        return EVERYWHERE
    if isinstance(kind, types.Float):
        is_double = type(kind) in _DOUBLES and not is_single(kind) and not kind.asdecimal
        return EVERYWHERE if is_double else NOWHERE
    if isinstance(kind, types.Numeric):
        # SQLite keeps a number with more digits than are read of it.
        return SERVERS if kind.asdecimal else NOWHERE
    if isinstance(kind, types.DateTime | types.Date | types.Time | types.Uuid):
        # SQLite keeps texts, and plain SQL writes others than SQLAlchemy: CURRENT_TIMESTAMP has no fraction.
        return SERVERS
    return NOWHERE


def is_single(kind: TypeEngine[Any]) -> bool:
    """Whether a server keeps numbers of *kind* in single precision."""
    is_short = isinstance(kind, types.Float) and bool(kind.precision and kind.precision <= SINGLE_BITS)
    return is_short or isinstance(kind, types.REAL)


class Single(TypeDecorator[float]):
    """Binds the number of single precision that a server has made of a number: it compares both as doubles.

    :param engines: those on which the column is of single precision.
    """

    impl = types.Float
    cache_ok = True

    def __init__(self, engines: Sequence[str] = ()) -> None:
        super().__init__()
        self.engines = tuple(engines)

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        if not value or dialect.name not in self.engines:
            return value
        try:
            # Of what is too small for it nothing is left, but the engine holds it for more than nothing.
            return float(unpack("<f", pack("<f", value))[0]) or value
        except OverflowError:
            # MariaDB would make nothing of it before it compares.
            return copysign(LARGEST_SINGLE, value) if dialect.name in MYSQL_NAMES else value


def single(kind: TypeEngine[Any]) -> Single:
    """What binds values to compare them with a column of *kind*, for which :func:`is_single`."""
    # MariaDB's REAL is a double.
    return Single(("postgresql",) if isinstance(kind, types.REAL) else sorted(SERVERS))


class _Shortest(FunctionElement[Any]):
    """A moment or a time in the shortest form that SQLite may hold it in: it comes before all others, as texts do,
    and the one with all digits comes last. Other engines have one form."""

    inherit_cache = True


@compiles(_Shortest)
def _itself(element: _Shortest, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_Shortest, "sqlite")
def _without_zeros(element: _Shortest, compiler: Any, **options: Any) -> str:
    return f"rtrim(rtrim({_itself(element, compiler, **options)}, '0'), '.')"


def has_spellings(kind: TypeEngine[Any]) -> bool:
    """Whether SQLite may hold one value of *kind* as several texts, of which the longest is bound."""
    return type(kind) in _WRITTEN_IN_FULL


def shortest(bound: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first of the texts that *bound* may be stored as, where it is a value that :func:`has_spellings`."""
    if not (isinstance(bound, BindParameter) and has_spellings(bound.type)):
        return bound
    found = _Shortest(bound)
    found.type = bound.type
    return found
