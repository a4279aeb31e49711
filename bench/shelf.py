"""A model whose form leads to as many rows as there are: an app that exists only here, beside the application's own.

Its form has a relation to one of a million writers, one to many with 10,000 tags chosen, and 100,000 notes as an
inline; in a small database as many less as there are.
"""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    cast,
    create_engine,
    insert,
    inspect,
    literal,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import webapp
from bench import shelf
from bench.data import tell_planner
from webapp.admin.inlines import TabularInline
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.database import NAMING_CONVENTION, Versioned

TAGS, NOTES = 10_000, 100_000
#: The form that is measured.
ADDRESS = "/shelf_books/1/change/"


class ShelfBase(DeclarativeBase):
    """Apart from the application's own tables, which the migrations must equal."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class Writer(ShelfBase):
    __tablename__ = "shelf_writers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)

    def __str__(self) -> str:
        return self.name


class Tag(ShelfBase):
    __tablename__ = "shelf_tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)

    def __str__(self) -> str:
        return self.name


book_tags = Table(
    "shelf_book_tags",
    ShelfBase.metadata,
    Column("book_id", ForeignKey("shelf_books.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("shelf_tags.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Book(Versioned, ShelfBase):
    __tablename__ = "shelf_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100), unique=True)
    writer_id: Mapped[int | None] = mapped_column(ForeignKey(Writer.id, ondelete="SET NULL"), index=True)
    writer: Mapped[Writer | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=book_tags, passive_deletes=True)
    notes: Mapped[list["Note"]] = relationship(
        back_populates="book", cascade="all, delete-orphan", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.title


class Note(ShelfBase):
    __tablename__ = "shelf_notes"
    # PostgreSQL reads a page of one book's notes from it; of the book alone it would sort all of them.
    __table_args__ = (Index("ix_shelf_notes_book_id_id", "book_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(50))
    book_id: Mapped[int] = mapped_column(ForeignKey(Book.id, ondelete="CASCADE"))
    book: Mapped[Book] = relationship(back_populates="notes")

    def __str__(self) -> str:
        return self.text


class NoteInline(TabularInline):
    model = Note
    fields = ("text",)


class BookAdmin(ModelAdmin):
    label, label_plural = "Book", "Books"
    search_fields = ("title",)
    ordering = ("title",)
    fields = ("title", "writer", "tags")
    inlines = (NoteInline,)


class WriterAdmin(ModelAdmin):
    label, label_plural = "Writer", "Writers"
    search_fields = ("name",)
    ordering = ("name",)


class TagAdmin(ModelAdmin):
    label, label_plural = "Tag", "Tags"
    search_fields = ("name",)
    ordering = ("name",)


def register(site: AdminSite) -> None:
    site.register(Book, BookAdmin)
    site.register(Writer, WriterAdmin)
    site.register(Tag, TagAdmin)


def create_app() -> Flask:
    """The application with the shelf, for a server."""
    return webapp.create_app(apps=(*webapp.APPS, shelf))


def fill(database: str, size: int) -> None:
    """Fill the shelf of *database* once, with *size* writers, and tags and notes as many as there may be."""
    engine = create_engine(database)
    if not inspect(engine).has_table(Book.__tablename__):
        fill_engine(engine, size)
    engine.dispose()
    # Without statistics PostgreSQL sorts all children to find the first of them.
    tell_planner(database)


def fill_engine(engine: Engine, size: int) -> None:
    ShelfBase.metadata.create_all(engine)
    tags, notes = min(size, TAGS), min(size, NOTES)
    with engine.begin() as connection:
        connection.execute(_many(Writer, ["id", "name"], size, "Writer "))
        # Twice as many as are chosen.
        connection.execute(_many(Tag, ["id", "name"], 2 * tags, "Tag "))
        connection.execute(insert(Book).values(id=1, title="A book", writer_id=size // 2))
        chosen = select(literal(1), Tag.id).where(Tag.id <= tags)
        connection.execute(insert(book_tags).from_select(["book_id", "tag_id"], chosen))
        connection.execute(_many(Note, ["id", "text", "book_id"], notes, "Note ", literal(1)))


def _many(model: Any, names: Sequence[str], count: int, word: str, *more: Any) -> Any:
    """The statement that makes *count* rows, each called by *word* and its number."""
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < count))
    said = literal(word) + cast(numbers.c.number, String(20))
    return insert(model).from_select(names, select(numbers.c.number, said, *more))
