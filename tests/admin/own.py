"""Models and admins with types, form classes and rules of their own, as developers write them."""

import enum
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import CheckConstraint, DateTime, Dialect, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator
from wtforms import FileField, StringField

from webapp.admin.options import ModelAdmin, action
from webapp.admin.site import AdminSite


class OwnBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

    def __str__(self) -> str:
        return self.name


class LevelType(TypeDecorator[Level]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Level | None:
        return None if value is None else Level(value)


class EncodedJson(TypeDecorator[Any]):
    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class ZonedMoment(TypeDecorator[datetime]):
    """Kept without a zone, and refused without one."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise TypeError("a zone is required")
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None, microsecond=0)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Hundredths(TypeDecorator[Decimal]):
    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / 100


class Letter(TypeDecorator[bool]):
    impl = String(1)
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> str | None:
        return None if value is None else "yn"[not value]

    def process_result_value(self, value: str | None, dialect: Dialect) -> bool | None:
        return None if value is None else value == "y"


class Owner(OwnBase):
    __tablename__ = "own_owners"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))

    def __str__(self) -> str:
        return self.name


class Thing(OwnBase):
    __tablename__ = "own_things"
    __table_args__ = (CheckConstraint("name <> 'forbidden'", name="allowed"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10))
    level: Mapped[Level | None] = mapped_column(LevelType)
    facts: Mapped[Any | None] = mapped_column(EncodedJson)
    at: Mapped[datetime | None] = mapped_column(ZonedMoment)
    price: Mapped[Decimal | None] = mapped_column(Hundredths)
    works: Mapped[bool | None] = mapped_column(Letter)
    photo: Mapped[bytes | None] = mapped_column(LargeBinary)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("own_owners.id"))
    owner: Mapped[Owner | None] = relationship()

    def __str__(self) -> str:
        return self.name


class Stamped(OwnBase):
    """Its version is the moment of its last change."""

    __tablename__ = "own_stamped"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10))
    place: Mapped[int]
    stamp: Mapped[datetime] = mapped_column(ZonedMoment)
    __mapper_args__ = {"version_id_col": stamp, "version_id_generator": lambda last: _next(last)}


def _next(last: datetime | None) -> datetime:
    return last + timedelta(seconds=1) if last else datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


class ThingForm(FlaskForm):
    """A file to read from, and a field that is called like the relation."""

    sheet = FileField("Sheet")
    owner = StringField("Owner's name")


class ThingAdmin(ModelAdmin):
    name = "things"
    list_display = ("name", "level", "facts", "at", "price", "works", "owner")
    list_filter = ("at",)
    save_as = True
    actions = ("lengthen", "forbid")

    @action("Lengthen")
    def lengthen(self, obj: Any, user: Any, form: Any) -> None:
        obj.name = obj.name * 10

    @action("Forbid")
    def forbid(self, obj: Any, user: Any, form: Any) -> None:
        obj.name = "forbidden"


class SheetAdmin(ModelAdmin):
    name = "sheets"
    form_class = ThingForm
    fields = ("name", "sheet", "owner")

    def before_save(self, obj: Any, form: Any, user: Any) -> None:
        if form.sheet.data:
            obj.photo = form.sheet.data.read()
        if form.owner.data:
            obj.owner = Owner(name=form.owner.data)


class KeyAdmin(ModelAdmin):
    """It decides for each person, so no check sees that it names a key."""

    name = "keyed"

    def get_fields(self, user: Any, obj: Any = None) -> tuple[str, ...]:
        return ("name", "owner_id")


class OwnerAdmin(ModelAdmin):
    name = "owners"
    search_fields = ("name",)


class StampedAdmin(ModelAdmin):
    name = "stamped"
    list_display = ("name", "place")
    list_editable = ("place",)


class OwnApp:
    @staticmethod
    def register(site: AdminSite) -> None:
        for model_admin in (ThingAdmin, SheetAdmin, KeyAdmin):
            site.register(Thing, model_admin)
        site.register(Owner, OwnerAdmin)
        site.register(Stamped, StampedAdmin)
