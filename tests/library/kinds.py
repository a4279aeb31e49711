"""Tables for what models can hold and how they can be called: each column type, odd names, odd keys."""

import enum
import uuid
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Enum,
    Float,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tests.library.base import LibraryBase, Money, MoneyType, Place, Slug
from webapp.database import ExactDecimal, ExactString, UtcDateTime, Versioned


class Colour(enum.Enum):
    RED = "r"
    DARK_BLUE = "b"


class Specimen(Versioned, LibraryBase):
    """A column of each type; none of them must be given, so that the empty value of each is met as well."""

    __tablename__ = "specimens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    small: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[int | None]
    big: Mapped[int | None] = mapped_column(BigInteger)
    exact: Mapped[Decimal | None] = mapped_column(ExactDecimal(12, 4))
    plain: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    ratio: Mapped[float | None] = mapped_column(Float(53))
    is_good: Mapped[bool] = mapped_column(default=False)
    is_known: Mapped[bool | None]
    note: Mapped[str | None] = mapped_column(Text)
    day: Mapped[date | None]
    hour: Mapped[time | None]
    span: Mapped[timedelta | None]
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    local_at: Mapped[datetime | None] = mapped_column(DateTime)
    colour: Mapped[Colour | None] = mapped_column(Enum(Colour, name="specimen_colour"))
    level: Mapped[str | None] = mapped_column(Enum("low", "high", name="specimen_level"))
    reference: Mapped[uuid.UUID | None]
    facts: Mapped[Any | None] = mapped_column(JSON)
    photo: Mapped[bytes | None] = mapped_column(LargeBinary)
    page: Mapped[str | None] = mapped_column(String(300), info={"format": "url"})
    mail: Mapped[str | None] = mapped_column(String(254), info={"format": "email"})
    slug: Mapped[str | None] = mapped_column(Slug(50))
    worth: Mapped[Money | None] = mapped_column(MoneyType)
    words: Mapped[list[str] | None] = mapped_column(
        ARRAY(String(50)).with_variant(JSON(), "sqlite", "mysql", "mariadb")
    )
    place: Mapped[tuple[float, float] | None] = mapped_column(Place)

    def __str__(self) -> str:
        return self.name


class Oddity(LibraryBase):
    """Columns called like parameters of a list, like attributes of a form, and like buttons."""

    __tablename__ = "oddities"

    id: Mapped[int] = mapped_column(primary_key=True)
    q: Mapped[str] = mapped_column(String(50))
    size: Mapped[int | None]
    sort: Mapped[str | None] = mapped_column(String(50))
    from_: Mapped[str | None] = mapped_column("from", String(50))
    after: Mapped[date | None]
    view: Mapped[str | None] = mapped_column(String(50))
    data: Mapped[str | None] = mapped_column(String(50))
    errors: Mapped[int | None]
    process: Mapped[str | None] = mapped_column(String(50))
    meta: Mapped[str | None] = mapped_column(String(50))
    validate: Mapped[bool | None]
    action: Mapped[str | None] = mapped_column(String(50))
    selected: Mapped[bool | None]

    def __str__(self) -> str:
        return self.q


#: Keys that mean something else in an address, in HTML or in JavaScript.
ODD_KEYS = ("add", "a/b", 'it\'s "x"', ".", "..", "_2F", "a b ", "delete", "a,b", "<b>é</b>", "100%", "?q=#")


class Notice(LibraryBase):
    """Its key is text that people choose."""

    __tablename__ = "notices"

    code: Mapped[str] = mapped_column(ExactString(60), primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    is_public: Mapped[bool] = mapped_column(default=False)

    def __str__(self) -> str:
        return self.title
