"""A table whose columns plain SQL fills with what SQLAlchemy would write otherwise, and with long texts."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Float, ForeignKey, Numeric, String, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from tests.library.base import Slug
from webapp.admin.options import ModelAdmin, display
from webapp.admin.site import AdminSite
from webapp.column_types import UtcDateTime
from webapp.extensions import db

LONG = "m" * 405


class MeterBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


class Step(MeterBase):
    __tablename__ = "meter_steps"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    meter_id: Mapped[int] = mapped_column(ForeignKey("meters.id", ondelete="CASCADE"), index=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))


class Meter(MeterBase):
    __tablename__ = "meters"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    local_at: Mapped[datetime | None] = mapped_column(DateTime)
    hour: Mapped[time | None]
    day: Mapped[date | None]
    span: Mapped[timedelta | None]
    single: Mapped[float | None] = mapped_column(Float(24))
    ratio: Mapped[float | None]
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    slug: Mapped[str | None] = mapped_column(Slug(50))
    title: Mapped[str | None] = mapped_column(String(1000))

    @display("Shout")
    def shout(self) -> str:
        return str(self.id)


Meter.total = column_property(  # type: ignore[attr-defined]
    select(func.sum(Step.price)).where(Step.meter_id == Meter.id).correlate_except(Step).scalar_subquery()
)

MOMENTS = (
    "2026-11-29 12:00:00",
    "2026-11-29 12:00:00.000000",
    "2026-11-29 12:00:00.5",
    "2026-11-29 00:00:00",
)
#: What plain SQL writes, few of a column, so that rows tie.
WRITTEN: dict[str, tuple[str, ...]] = {
    "made_at": MOMENTS,
    "local_at": MOMENTS,
    "hour": ("08:00:00", "08:00:00.000000", "08:00:00.250"),
    "day": ("2026-11-29", "2026-11-30"),
    "span": ("1970-01-02 00:00:00", "1970-01-02 00:00:00.000000", "1970-03-01 00:00:00"),
    "single": ("0.1", "0.3333333333", "16777216", "-2.5"),
    "ratio": ("0.1", "0.3333333333333333", "1e300"),
    "price": ("1.005", "1.0049", "1.00", "1.01", "2"),
    "slug": ("ABC", "abc", "Abd", "abe"),
    "title": (f"{LONG}a", f"{LONG}b", LONG, f"{LONG}c", "a"),
}
SPANS_OF_POSTGRESQL = ("1 day", "1 year", "365 days")


class MeterAdmin(ModelAdmin):
    name = "meters"
    list_display = ("id", *WRITTEN, "total", "shout")
    list_display_links = ("id",)
    list_filter = ("made_at", "local_at", "hour", "day", "single")
    list_per_page = 3


class MetersApp:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Meter, MeterAdmin)


def spellings(name: str, engine: str) -> tuple[str, ...]:
    """What plain SQL may write into the column *name*."""
    return SPANS_OF_POSTGRESQL if (name, engine) == ("span", "postgresql") else WRITTEN[name]


def fill(rows: list[dict[str, int | None]]) -> None:
    """Let plain SQL write *rows*: of each column which of its :func:`spellings` it has, counted round."""
    # What was read before is at an end: on SQLite it would hold the one lock for writing.
    db.session.rollback()
    with db.engine.begin() as connection:
        empty(connection)
        for number, row in enumerate(rows, 1):
            known = {name: spellings(name, connection.dialect.name) for name in WRITTEN}
            values = {
                name: known[name][place % len(known[name])]
                for name, place in row.items()
                if place is not None
            }
            names = ", ".join(["id", *values])
            texts = ", ".join(f"'{value}'" for value in [number, *values.values()])
            connection.exec_driver_sql(f"INSERT INTO meters ({names}) VALUES ({texts})")  # noqa: S608 - our own words
            for place, price in enumerate(("0.10", "0.20", "0.40")[: (row["day"] or 0) + 2]):
                connection.exec_driver_sql(
                    f"INSERT INTO meter_steps VALUES ({10 * number + place}, {number}, {price})"  # noqa: S608 - our own words
                )


def empty(connection: Any) -> None:
    for table in reversed(MeterBase.metadata.sorted_tables):
        connection.execute(table.delete())
