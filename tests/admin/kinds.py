"""A table with a column of each kind that a form can write, as developers declare them, and some that it cannot."""

import enum
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import (
    ARRAY,
    CHAR,
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Float,
    LargeBinary,
    Numeric,
    PickleType,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from tests.pages import Page, Visitor
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.column_types import ExactDecimal, UtcDateTime
from webapp.extensions import db


class KindBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


class Mood(enum.Enum):
    GOOD = 1
    BAD = 2


class Even(TypeDecorator[int]):
    """A developer's own: it refuses what it does not like in its own words."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and value % 2:
            raise ValueError("odd numbers are unlucky")
        return value


class Point(TypeDecorator[complex]):
    """It says that it gives something else than the text that it stores, so nobody types it."""

    impl = String(50)
    cache_ok = True

    @property
    def python_type(self) -> type[complex]:
        return complex

    def process_bind_param(self, value: complex | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> complex | None:
        return None if value is None else complex(value)


class Kind(KindBase):
    __tablename__ = "kinds"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(String(20))
    fixed: Mapped[str | None] = mapped_column(CHAR(5))
    lines: Mapped[str | None] = mapped_column(Text)
    mail: Mapped[str | None] = mapped_column(String(100), info={"format": "email"})
    url: Mapped[str | None] = mapped_column(String(200), info={"format": "url"})
    small: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[int | None]
    big: Mapped[int | None] = mapped_column(BigInteger)
    even: Mapped[int | None] = mapped_column(Even)
    exact: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 4))
    price: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    long: Mapped[Decimal | None] = mapped_column(Numeric(20, 4))
    plain: Mapped[Decimal | None]
    floats: Mapped[float | None] = mapped_column(Numeric(10, 2, asdecimal=False))
    ratio: Mapped[float | None]
    single: Mapped[float | None] = mapped_column(Float(24))
    flag: Mapped[bool] = mapped_column(default=False)
    known: Mapped[bool | None]
    day: Mapped[date | None]
    clock: Mapped[time | None]
    zoned_clock: Mapped[time | None] = mapped_column(Time(timezone=True))
    length: Mapped[timedelta | None]
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    naive_at: Mapped[datetime | None] = mapped_column(DateTime)
    zoned_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mood: Mapped[Mood | None]
    ident: Mapped[uuid.UUID | None]
    ident_text: Mapped[str | None] = mapped_column(Uuid(as_uuid=False))
    document: Mapped[Any | None] = mapped_column(JSON)
    needed: Mapped[Any] = mapped_column(JSON, default=dict)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    short: Mapped[bytes] = mapped_column(LargeBinary(4), default=b"")
    step: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(4, 2), info={"choices": ((Decimal("0.5"), "Half"), (Decimal(1), "Whole"))}
    )
    holiday: Mapped[date | None] = mapped_column(info={"choices": ((date(2026, 12, 25), "Christmas"),)})
    pickled: Mapped[Any | None] = mapped_column(PickleType)
    point: Mapped[complex | None] = mapped_column(Point)
    array: Mapped[Any | None] = mapped_column(
        ARRAY(String(5)).with_variant(JSON, "sqlite", "mysql", "mariadb")
    )


class KindAdmin(ModelAdmin):
    name = "kinds"
    list_display = ("id", "url", "mail", "plain", "ratio", "clock", "length", "document", "content", "point")
    list_display_links = ("id",)


class KindsApp:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Kind, KindAdmin)


def keep(app: Flask, **values: Any) -> None:
    """One row, the first, with *values*."""
    with app.app_context():
        db.session.execute(Kind.__table__.delete())
        db.session.add(Kind(id=1, **values))
        db.session.commit()


def stored(app: Flask, name: str) -> Any:
    with app.app_context():
        return getattr(db.session.get_one(Kind, 1), name)


def save(visitor: Visitor, **values: Any) -> Page:
    return visitor.get("/kinds/1/change/").form().fill(**values).submit()


def control(page: Page, name: str) -> str:
    found = page.soup.select_one(f"[name={name}]")
    assert found is not None
    return found.get_text().strip() if found.name == "textarea" else str(found.get("value", ""))
