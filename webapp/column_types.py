"""Our column types: moments in UTC, exact decimals, text compared byte by byte, and folded names.

And what MariaDB is told of SQLAlchemy's own where it would keep less than the other engines do.
"""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Float, Numeric, String, Time
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

MYSQL_NAMES = frozenset({"mysql", "mariadb"})

# What SQLite can hold in one signed 64-bit integer is 18 full digits.
MAX_DECIMAL_DIGITS = 18
# A Numeric without precision: SQLite keeps a float, which holds 15 digits, and reads 10 of them after the point.
PLAIN_DIGITS, PLAIN_SCALE = 15, 10


DOTTED_I, DOTLESS_I, FINAL_SIGMA, SIGMA = "\u0130", "\u0131", "\u03c2", "\u03c3"


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def fold(text: str) -> str:
    """The one form under which names that a person takes for the same are stored and compared.

    Stripped, NFKC and case-folded (Unicode 5.18, CVE-2019-19844). Each step can make work for the one
    before it (NFKC turns U+00A8 into a space and a mark), so they are repeated until nothing changes.
    """
    before = None
    while text != before:
        before = text
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()
    return text


def lowered(value: Any) -> Any:
    """The small letters of a text, each standing for one: of "İ" Python makes two, and of "Σ" one or another."""
    if not isinstance(value, str):
        return value
    if value.isascii():
        return value.lower()
    return DOTTED_I.join(part.lower() for part in value.split(DOTTED_I)).replace(FINAL_SIGMA, SIGMA)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment to the microsecond, in UTC in the database and in Python; a naive one is refused."""

    impl = DateTime
    cache_ok = True
    #: Where there is nothing, it reads nothing, and need not be asked.
    keeps_none = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        if dialect.name in MYSQL_NAMES:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = _aware_utc(value)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        # SQLAlchemy takes three times as long to write the same.
        return _write_utc if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        # Without SQLAlchemy's steps between, of which a list takes hundreds. SQLite has texts.
        return _read_utc if dialect.name == "sqlite" else _in_utc


_OFFSET = len("+00:00")


def _aware_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs a zone: use datetime.now(UTC), not a naive datetime.")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def _write_utc(moment: datetime | None) -> str | None:
    return None if moment is None else _aware_utc(moment).isoformat(" ", "microseconds")[:-_OFFSET]


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _read_utc(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(f"{text}+00:00")
        if moment.tzinfo is UTC:
            return moment
    except ValueError:
        pass
    # A day alone, or with another zone: another program has written it.
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class utcnow(FunctionElement[datetime]):
    """The server's present moment, in the format that UtcDateTime writes; made for `server_default`."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(utcnow)
def _utcnow(element: utcnow, compiler: Any, **options: Any) -> str:
    return "now()"


@compiles(utcnow, "sqlite")
def _utcnow_sqlite(element: utcnow, compiler: Any, **options: Any) -> str:
    # SQLite knows milliseconds; with the zeros the text is as long as Python's, sorts and reads back equal.
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


@compiles(utcnow, "mysql")
@compiles(utcnow, "mariadb")
def _utcnow_mariadb(element: utcnow, compiler: Any, **options: Any) -> str:
    return "utc_timestamp(6)"


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that comes back as it went in and sorts as a number.

    NUMERIC on servers, a scaled integer on SQLite. A value that does not fit is refused, never rounded.
    Compare, add, sum and sort in SQL; multiply in Python, because SQLite would multiply the scale too.
    """

    impl = Numeric
    cache_ok = True

    @property
    def python_type(self) -> type[Decimal]:
        return Decimal

    def __init__(self, precision: int, scale: int) -> None:
        if not 0 <= scale <= precision <= MAX_DECIMAL_DIGITS:
            raise ValueError(f"ExactDecimal holds at most {MAX_DECIMAL_DIGITS} digits, scale included.")
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind = BigInteger() if dialect.name == "sqlite" else Numeric(self.precision, self.scale)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Decimal | int | None:
        if value is None:
            return None
        number = self._fit(value)
        return int(number.scaleb(self.scale)) if dialect.name == "sqlite" else number

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value).scaleb(-self.scale) if dialect.name == "sqlite" else Decimal(value)

    def _fit(self, value: Decimal | int) -> Decimal:
        if type(value) not in {Decimal, int}:
            raise TypeError(f"A decimal column takes Decimal or int, not {type(value).__name__}.")
        exact = Context(prec=self.precision or 1, traps=[Inexact, InvalidOperation])
        try:
            fitted = Decimal(value).quantize(Decimal((0, (1,), -self.scale)), context=exact)
        except DecimalException:
            fitted = Decimal("NaN")
        if not fitted.is_finite():
            raise ValueError(f"Not a number of {self.precision} digits, {self.scale} of them decimal.")
        return fitted


class ExactString(TypeDecorator[str]):
    """Text compared byte by byte on every engine, capitals, accents and trailing spaces too: for keys."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(self.length, collation="C"))
        if dialect.name in MYSQL_NAMES:
            # MariaDB's default collations take "àdmin" and "admin " for "admin".
            kind = mysql.VARCHAR(self.length, charset="utf8mb4", collation="utf8mb4_nopad_bin")
            return dialect.type_descriptor(kind)
        return dialect.type_descriptor(String(self.length))


class FoldedString(ExactString):
    """Text that is folded whenever it is bound, to store or to compare: one identity for one person."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else fold(value)


# A developer's `Mapped[datetime]`, `Mapped[float]` or `Mapped[Decimal]` on MariaDB, which cuts silently otherwise:
# DATETIME and TIME keep no parts of a second, FLOAT six digits, and NUMERIC nothing after the point.


@compiles(DateTime, "mysql", "mariadb")
def _datetime_mariadb(element: DateTime, compiler: Any, **options: Any) -> str:
    return "DATETIME(6)"


@compiles(Time, "mysql", "mariadb")
def _time_mariadb(element: Time, compiler: Any, **options: Any) -> str:
    return "TIME(6)"


@compiles(Float, "mysql", "mariadb")
def _float_mariadb(element: Float[Any], compiler: Any, **options: Any) -> str:
    return str(compiler.visit_FLOAT(element, **options)) if element.precision else "DOUBLE"


@compiles(Numeric, "mysql", "mariadb")
def _numeric_mariadb(element: Numeric[Any], compiler: Any, **options: Any) -> str:
    if element.precision:
        return str(compiler.visit_NUMERIC(element, **options))
    return f"NUMERIC({PLAIN_DIGITS + PLAIN_SCALE}, {PLAIN_SCALE})"
