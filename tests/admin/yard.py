"""A yard of crates that many things are done to, and what the tests of actions do on its pages."""

from typing import Any, ClassVar

from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import Column, ForeignKey, Select, String, Table, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, validates
from wtforms import StringField
from wtforms.validators import InputRequired

from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin, Rejected, action
from webapp.admin.site import AdminSite
from webapp.extensions import db


class YardBase(DeclarativeBase):
    """Apart from the application's tables."""


class Yard(YardBase):
    __tablename__ = "yard_yards"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))

    def __str__(self) -> str:
        return self.name


class Mark(YardBase):
    __tablename__ = "yard_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))

    def __str__(self) -> str:
        return self.name


crate_marks = Table(
    "yard_crate_marks",
    YardBase.metadata,
    Column("crate_id", ForeignKey("yard_crates.id", ondelete="CASCADE"), primary_key=True),
    Column("mark_id", ForeignKey("yard_marks.id", ondelete="RESTRICT"), primary_key=True),
)


class Crate(YardBase):
    __tablename__ = "yard_crates"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    is_open: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(50), default="")
    yard_id: Mapped[int] = mapped_column(ForeignKey("yard_yards.id"))
    yard: Mapped[Yard] = relationship()
    marks: Mapped[list[Mark]] = relationship(secondary=crate_marks)

    @validates("note")
    def no_poison(self, name: str, value: str) -> str:
        if value == "poison":
            raise ValueError("Poison stays outside.")
        return value

    def __str__(self) -> str:
        return self.name


class Lid(YardBase):
    """Goes with its crate."""

    __tablename__ = "yard_lids"

    id: Mapped[int] = mapped_column(primary_key=True)
    crate_id: Mapped[int] = mapped_column(ForeignKey("yard_crates.id", ondelete="CASCADE"))
    crate: Mapped[Crate] = relationship()


class Peg(YardBase):
    """A key of two columns, the first of them text."""

    __tablename__ = "yard_pegs"

    row: Mapped[str] = mapped_column(String(20), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_used: Mapped[bool] = mapped_column(default=False)

    def __str__(self) -> str:
        return f"{self.row} {self.place}"


class NoteForm(FlaskForm):
    note = StringField("Note", validators=[InputRequired("Write something.")])


class CrateAdmin(ModelAdmin):
    """Who is not Alice sees the yard in the north only, found by a join that gives each crate twice."""

    name = "crates"
    list_display = ("name", "is_open")
    list_filter = ("is_open",)
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 3
    actions = ("open_up", "seal", "annotate", "stamp", "rename", "drop", "idle")

    told: ClassVar[list[str]] = []

    def query(self, user: Any) -> Select[Any]:
        if user.username == "alice":
            return select(Crate)
        twice = select(Yard.id, Yard.name).union_all(select(Yard.id, Yard.name)).subquery()
        return (
            select(Crate).join(twice, Crate.yard_id == twice.c.id).where(twice.c.name == "north").distinct()
        )

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        if obj is not None and verb in ("change", "delete") and obj.name.startswith("locked"):
            return False
        return super().can(user, verb, obj)

    def after_commit(self, obj: Any, user: Any) -> None:
        self.told.append(obj.name)

    @action("Open")
    def open_up(self, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = True
        if obj.name.startswith("nailed"):
            raise Rejected("It is nailed shut.")

    @action("Seal", permission="seal", confirm="A sealed crate is not opened for a year.")
    def seal(self, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = False

    @action("Annotate", form=NoteForm)
    def annotate(self, obj: Crate, user: Any, form: Any) -> None:
        obj.note = form.note.data

    @action("Stamp")
    def stamp(self, obj: Crate, user: Any, form: Any) -> None:
        obj.marks.append(db.session.get_one(Mark, 1))
        # Writes what has changed so far, as any query does.
        db.session.scalars(select(Mark.id)).all()

    @action("Rename")
    def rename(self, obj: Crate, user: Any, form: Any) -> None:
        obj.name = "same"

    @action("Drop")
    def drop(self, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = True
        if obj.name == "c2":
            raise RuntimeError("the crane broke")

    @action("Idle")
    def idle(self, obj: Crate, user: Any, form: Any) -> None:
        """Changes nothing."""


class PegAdmin(ModelAdmin):
    name = "pegs"
    actions = ("use",)
    list_filter = ("is_used",)

    @action("Use")
    def use(self, obj: Peg, user: Any, form: Any) -> None:
        obj.is_used = True


class Yards:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Yard, type("YardAdmin", (ModelAdmin,), {"name": "yards"}))
        site.register(Mark, type("MarkAdmin", (ModelAdmin,), {"name": "marks"}))
        site.register(Lid, type("LidAdmin", (ModelAdmin,), {"name": "lids"}))
        site.register(Crate, CrateAdmin)
        site.register(Peg, PegAdmin)


def keep(app: Flask, *rows: Any) -> None:
    with app.app_context():
        db.session.add_all(rows)
        db.session.commit()


def helper(app: Flask, *grants: str) -> Visitor:
    """Somebody who sees the north."""
    return signed_in(app, add_user(app, "helper", grants=("crates.view", *grants)))


def do(visitor: Visitor, name: str, *keys: Any, query: str = "", follow: bool = True, **fields: Any) -> Page:
    """Tick the rows with *keys* on the list and choose the action, as far as the page has them."""
    form = visitor.get(f"/crates/?{query}").form()
    data = {**form.fields, "action": name, "selected": [str(key) for key in keys], **fields}
    return visitor.post(form.action, data, follow=follow)


def forge(visitor: Visitor, name: str, *keys: Any, query: str = "", **fields: Any) -> Page:
    """Send what no page of this visitor's offers."""
    token = visitor.get("/").soup.select_one("input[name=csrf_token]")
    assert token is not None
    data = {"csrf_token": token["value"], "action": name, "selected": [str(key) for key in keys], **fields}
    return visitor.post(f"/crates/action/?{query}", data)


def agree(page: Page, **values: Any) -> Page:
    """Answer the page in between."""
    form = page.form()
    keys = [tag["value"] for tag in form.tag.select("[name=selected]")]
    return form.fill(**values).submit("_confirm", follow=True, **({"selected": keys} if keys else {}))


def opened(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Crate.name).where(Crate.is_open).order_by(Crate.name)))


def names(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Crate.name).order_by(Crate.name)))


def entries(app: Flask, name: str = "crates") -> list[LogEntry]:
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.name == name).order_by(LogEntry.id)
        return list(db.session.scalars(statement))
