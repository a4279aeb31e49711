"""What the models of the library share: a base of their own, and column types as a developer makes them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, UserDefinedType

from webapp.database import NAMING_CONVENTION


class LibraryBase(DeclarativeBase):
    """Apart from the application's own tables, which the migrations must equal."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Slug(TypeDecorator[str]):
    """Text for an address, kept in small letters: what goes in is not always what comes out."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else value.lower()


@dataclass(frozen=True, order=True)
class Money:
    cents: int

    def __str__(self) -> str:
        return f"{self.cents // 100}.{self.cents % 100:02}"


class MoneyType(TypeDecorator[Money]):
    """Kept as a number of cents; in Python a class of its own, which no control of the engine makes."""

    impl = Integer
    cache_ok = True

    @property
    def python_type(self) -> type:
        return Money

    def process_bind_param(self, value: Money | None, dialect: Dialect) -> int | None:
        return None if value is None else value.cents

    def process_result_value(self, value: int | None, dialect: Dialect) -> Money | None:
        return None if value is None else Money(value)


class Place(UserDefinedType[tuple[float, float]]):
    """Two numbers as one text: a type that SQLAlchemy knows nothing about."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "VARCHAR(60)"

    def bind_processor(self, dialect: Dialect) -> Any:
        return lambda value: None if value is None else f"{value[0]} {value[1]}"

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return lambda value: None if value is None else tuple(float(part) for part in value.split())
