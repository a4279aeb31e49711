"""Lockers, of which the database knows more than the form: what is unique together, by case, and among some."""

from flask import Flask
from sqlalchemy import (
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.admin.options import ModelAdmin, action
from webapp.admin.site import AdminSite
from webapp.extensions import db


class LockerBase(DeclarativeBase):
    """Apart from the application's tables."""


class Hall(LockerBase):
    __tablename__ = "locker_halls"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))

    def __str__(self) -> str:
        return self.name


class Badge(LockerBase):
    __tablename__ = "locker_badges"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))

    def __str__(self) -> str:
        return self.name


locker_badges = Table(
    "locker_locker_badges",
    LockerBase.metadata,
    Column("locker_id", ForeignKey("locker_lockers.id", ondelete="CASCADE"), primary_key=True),
    Column("badge_id", ForeignKey("locker_badges.id", ondelete="CASCADE"), primary_key=True),
)


class Locker(LockerBase):
    __tablename__ = "locker_lockers"
    __table_args__ = (
        UniqueConstraint("row", "place", name="uq_lockers_row_place"),
        CheckConstraint("weight < 100", name="ck_lockers_light"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    row: Mapped[str] = mapped_column(String(20))
    place: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(20))
    is_used: Mapped[bool] = mapped_column(default=True)
    weight: Mapped[int] = mapped_column(default=1)
    height: Mapped[int] = mapped_column(default=1)
    note: Mapped[str | None] = mapped_column(String(200))
    colour: Mapped[int | None] = mapped_column(CheckConstraint("colour > 0 AND colour NOT IN (13, 17)"))
    hall_id: Mapped[int | None] = mapped_column(ForeignKey("locker_halls.id"))
    hall: Mapped[Hall | None] = relationship()
    #: A key of a row that no relation leads to.
    spare_id: Mapped[int | None] = mapped_column(ForeignKey("locker_badges.id"))
    badges: Mapped[list[Badge]] = relationship(secondary=locker_badges)

    def __str__(self) -> str:
        return f"{self.row} {self.place}"


# MariaDB has no index over some of the rows, or over what a function makes of a column. SQLite takes no lower() in one:
# that is a function of ours, and its schema trusts its own only.
Index("uq_lockers_owner", func.upper(Locker.owner), unique=True).ddl_if(dialect=("sqlite", "postgresql"))
Index(
    "uq_lockers_code",
    Locker.code,
    unique=True,
    sqlite_where=Locker.is_used.is_(True),
    postgresql_where=Locker.is_used.is_(True),
)


class LockerAdmin(ModelAdmin):
    name = "lockers"
    actions = ("burden",)

    @action("Burden")
    def burden(self, obj: Locker, user: object, form: object) -> None:
        obj.weight = 100


class Lockers:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Hall, type("HallAdmin", (ModelAdmin,), {"name": "halls"}))
        site.register(Badge, type("BadgeAdmin", (ModelAdmin,), {"name": "badges"}))
        site.register(Locker, LockerAdmin)


def create_tables(engine: Engine) -> None:
    """Make the tables with two rules more than the models say: how high a locker is, and that it has a colour."""
    table, rule = Locker.metadata.tables["locker_lockers"], CheckConstraint("height < 100", "ck_lockers_low")
    table.append_constraint(rule)
    table.c.colour.nullable = False
    try:
        LockerBase.metadata.create_all(engine)
    finally:
        table.constraints.discard(rule)
        table.c.colour.nullable = True


def empty_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        for table in reversed(LockerBase.metadata.sorted_tables):
            connection.execute(table.delete())


def keep(app: Flask, *rows: LockerBase) -> None:
    with app.app_context():
        db.session.add_all(rows)
        db.session.commit()


def visitors(app: Flask, number: int) -> list[Visitor]:
    """So many browsers of one superuser."""
    person = add_user(app, "olga", is_superuser=True)
    return [signed_in(app, person) for _ in range(number)]
