"""A small app that exists only in tests: a table with a column of each kind, odd names, and odd keys."""

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Float, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from webapp.admin.options import ModelAdmin, display
from webapp.admin.site import AdminSite
from webapp.column_types import ExactDecimal, ExactString, FoldedString, UtcDateTime


class SampleBase(DeclarativeBase):
    """Apart from the application's own tables, which the migrations must equal."""


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"
    ANY = "a"


class Part(SampleBase):
    """Columns of each kind; `count`, `index` and `size` are words of Python, SQLAlchemy and the list itself."""

    __tablename__ = "sample_parts"
    __table_args__ = (Index("ix_parts_is_good_code", "is_good", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    code: Mapped[str | None] = mapped_column(FoldedString(100))
    count: Mapped[int] = mapped_column(default=0)
    index: Mapped[int] = mapped_column(default=0)
    size: Mapped[int | None]
    kind: Mapped[str] = mapped_column("class", String(20), default="")
    weight: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 3))
    ratio: Mapped[float | None] = mapped_column(Float(53))
    colour: Mapped[Colour | None]
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    day: Mapped[date | None]
    is_good: Mapped[bool | None]
    reference: Mapped[uuid.UUID | None]
    stage: Mapped[int] = mapped_column(default=0, info={"choices": (("0", "New"), ("1", "Worn"))})
    note: Mapped[str] = mapped_column(Text, default="")
    token: Mapped[str] = mapped_column(String(20), default="")

    def __str__(self) -> str:
        return self.name

    @display("Shout")
    def shout(self) -> str:
        return self.name.upper()


class PartAdmin(ModelAdmin):
    name = "parts"
    list_display = (
        "name",
        "code",
        "count",
        "index",
        "size",
        "kind",
        "weight",
        "ratio",
        "colour",
        "made_at",
        "day",
        "is_good",
        "reference",
        "stage",
        "note",
    )
    list_filter = (
        "name",
        "code",
        "count",
        "size",
        "weight",
        "ratio",
        "colour",
        "made_at",
        "day",
        "is_good",
        "reference",
        "stage",
    )
    search_fields = ("name", "code")
    list_per_page = 3


class ComputedPartAdmin(PartAdmin):
    """The same table, with columns that only an object can tell."""

    name = "computed"
    list_display = ("name", "shout", "length", "kind", "is_good", "size")
    ordering = ("-size",)

    @display("Length", order_by="name")
    def length(self, obj: Any) -> int:
        return len(obj.name)


class Shelf(SampleBase):
    """A key of two columns, one of them text."""

    __tablename__ = "sample_shelves"

    room: Mapped[str] = mapped_column(ExactString(100), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    label: Mapped[str] = mapped_column(String(50), default="")

    def __str__(self) -> str:
        return f"{self.room} {self.number}"


class ShelfAdmin(ModelAdmin):
    name = "shelves"
    list_display = ("label", "room", "number")
    list_per_page = 3


def register(site: AdminSite) -> None:
    site.register(Part, PartAdmin)
    site.register(Part, ComputedPartAdmin)
    site.register(Shelf, ShelfAdmin)


def registered(model: type, admin_class: type[ModelAdmin]) -> ModelAdmin:
    """An admin as an application has it, without one."""
    site = AdminSite()
    site.register(model, admin_class)
    return next(iter(site))
