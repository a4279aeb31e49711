"""Novels, writers and stickers; an admin of novels with the words of a test, and what the checks say of it."""

import enum
import inspect
from collections.abc import Callable
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, String, Table, Text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, mapped_column, relationship
from wtforms import StringField

from webapp.admin.checks import check
from webapp.admin.options import ModelAdmin
from webapp.admin.problems import Problem
from webapp.admin.site import AdminSite

# The declaration that is wrong, its number, a piece of what is said, and the same declaration put right.
Row = tuple[dict[str, Any], str, str, dict[str, Any]]


class CheckBase(DeclarativeBase):
    """Never created: no check asks a database."""


class Cover(enum.Enum):
    HARD = "h"


novel_labels = Table(
    "novel_labels",
    CheckBase.metadata,
    Column("novel_id", ForeignKey("novels.id"), primary_key=True),
    Column("sticker_id", ForeignKey("stickers.id"), primary_key=True),
)


class Writer(CheckBase):
    __tablename__ = "writers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    pen_token: Mapped[str | None] = mapped_column(String(50))


class Sticker(CheckBase):
    __tablename__ = "stickers"

    id: Mapped[int] = mapped_column(primary_key=True)


class Novel(CheckBase):
    __tablename__ = "novels"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    slug: Mapped[str] = mapped_column(String(50))
    pages: Mapped[int]
    day: Mapped[date | None]
    printed_on: Mapped[date | None] = mapped_column(index=True)
    cover: Mapped[Cover | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    scan: Mapped[bytes | None] = mapped_column(LargeBinary)
    api_token: Mapped[str] = mapped_column(String(50))
    token_count: Mapped[int] = mapped_column(Integer, info={"sensitive": False})
    writer_id: Mapped[int] = mapped_column(ForeignKey("writers.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("writers.id"))

    writer: Mapped[Writer] = relationship(foreign_keys=[writer_id])
    editor: Mapped[Writer | None] = relationship(foreign_keys=[editor_id])
    stickers: Mapped[list[Sticker]] = relationship(secondary=novel_labels)
    sold: WriteOnlyMapped["Copy"] = relationship()

    @hybrid_property
    def is_thick(self) -> bool:
        return self.pages > 500

    @property
    def shelf(self) -> str:
        return self.title[:1]

    def shout(self) -> str:
        return self.title.upper()

    def in_currency(self, currency: str, rate: float) -> str:
        return f"{currency}{rate}"


class Copy(CheckBase):
    __tablename__ = "copies"

    id: Mapped[int] = mapped_column(primary_key=True)
    novel_id: Mapped[int] = mapped_column(ForeignKey("novels.id"))


class Page(CheckBase):
    """Its key is as long as one may be, with the comma."""

    __tablename__ = "pages"

    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(54), primary_key=True)


class LongPage(CheckBase):
    __tablename__ = "long_pages"

    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(55), primary_key=True)


class AnyPage(CheckBase):
    __tablename__ = "any_pages"

    path: Mapped[str] = mapped_column(Text, primary_key=True)


class NovelForm(FlaskForm):
    reason = StringField()


class WriterAdmin(ModelAdmin):
    stays_small = True
    search_fields = ("name",)


class UnsearchedWriterAdmin(ModelAdmin):
    pass


def problems_of(
    *, model: type = Novel, writers: type[ModelAdmin] | None = WriterAdmin, **words: Any
) -> list[Problem]:
    """What the checks say of an admin with these words, beside one for writers.

    That a form without some column cannot add a novel (W503) is told by tests of its own.
    """
    return [
        problem
        for problem in everything_of(model=model, writers=writers, **words)
        if "W503" not in problem.id
    ]


def everything_of(
    *, model: type = Novel, writers: type[ModelAdmin] | None = WriterAdmin, **words: Any
) -> list[Problem]:
    site = AdminSite()
    if writers:
        site.register(Writer, writers)
    site.register(model, type("NovelAdmin", (ModelAdmin,), words))
    return check(site)


def takes_nothing(self: Any) -> str:
    return ""


def takes_one(self: Any, obj: Any) -> str:
    return ""


def takes_two(self: Any, one: Any, two: Any) -> str:
    return ""


def decorated(decorator: Callable[..., Any], function: Any, name: str = "shown") -> Any:
    def copy(*given: Any) -> Any:
        return function(*given)

    copy.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    copy.__name__ = name
    return decorator(copy)


def act(self: Any, obj: Any, user: Any, form: Any) -> None:
    """An action as it should be."""
