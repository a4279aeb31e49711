"""Whether a row still has the value that was read of it, as far as SQL can tell where the two are not equal."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Float, Numeric, func, literal

from webapp.admin.info import ColumnInfo
from webapp.admin.stored import shortest
from webapp.extensions import db

# A second, in days.
SECOND = 1.0 / 86_400
# MariaDB reads six digits of a number of single precision.
SIX_DIGITS = 1e-5
# As many digits after the point are read of a Numeric that does not say how many.
DEFAULT_SCALE = 10


def engine_of(column: ColumnInfo) -> str:
    """The name of the engine that *column* is read from."""
    return db.session.get_bind(column.attribute.parent.mapper).dialect.name


def as_sql(column: ColumnInfo, value: Any) -> ColumnElement[Any]:
    """*value* of *column* to compare it with; it may be SQL already."""
    return value if isinstance(value, ColumnElement) else column.bound(value)


def ends(column: ColumnInfo, value: ColumnElement[Any]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The least and the greatest that a row may hold in *column* which is read as *value*, as far as that is known."""
    match column.kind:
        case "decimal":
            scale = getattr(column.column.type, "scale", None)
            # Not as a float, to which PostgreSQL would turn the other side as well.
            slack: ColumnElement[Any] = literal(Decimal(1).scaleb(-(scale or DEFAULT_SCALE)), Numeric())
        case "number":
            slack = func.abs(value) * literal(SIX_DIGITS, Float())
        case _:
            return shortest(value), value
    return value - slack, value + slack


def still(column: ColumnInfo, value: ColumnElement[Any], engine: str) -> list[ColumnElement[bool]]:
    """Conditions for a row that *column* is at *value* or so near that it reads as that; none where nobody can tell."""
    here: ColumnElement[Any] = column.attribute.expression
    match column.kind:
        case "datetime" | "date" | "time" if engine == "sqlite":
            distance = func.abs(func.julianday(here) - func.julianday(value))
            # What SQLite does not know for a moment, it cannot compare.
            return [func.coalesce(distance <= SECOND, True)]
        case "decimal" | "number":
            least, greatest = ends(column, value)
            return [here.between(least, greatest)]
    return []
