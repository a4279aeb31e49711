"""Books and what happens to them: relations of every kind, and items whose classes have tables of their own."""

import enum
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, Enum, ForeignKey, SmallInteger, String, Table, Text, func, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from tests.library.base import LibraryBase, Money, MoneyType, Slug
from tests.library.people import Author, Member
from tests.library.places import Branch
from webapp.database import ExactString, Timestamped, UtcDateTime, Versioned, now


class Binding(enum.Enum):
    HARD_COVER = "h"
    PAPERBACK = "p"


book_tags = Table(
    "book_tags",
    LibraryBase.metadata,
    Column("book_id", ForeignKey("books.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True),
)


class Tag(LibraryBase):
    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ExactString(50), unique=True)
    books: Mapped[list["Book"]] = relationship(secondary=book_tags, back_populates="tags")

    def __str__(self) -> str:
        return self.name


class Book(Timestamped, Versioned, LibraryBase):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200), index=True)
    slug: Mapped[str] = mapped_column(Slug(200), unique=True)
    isbn: Mapped[str | None] = mapped_column(String(13), unique=True, info={"label": "ISBN"})
    pages: Mapped[int | None] = mapped_column(SmallInteger)
    binding: Mapped[Binding | None]
    language: Mapped[str] = mapped_column(Enum("en", "pt", "de", name="book_language"), default="en")
    stage: Mapped[int] = mapped_column(
        default=0,
        info={
            "choices": ((0, "New"), (1, "Worn"), (2, "Lost")),
            "states": {0: "good", 1: "warning", 2: "bad"},
        },
    )
    published_on: Mapped[date | None] = mapped_column(index=True)
    price: Mapped[Money | None] = mapped_column(MoneyType)
    summary: Mapped[str] = mapped_column(Text, default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    translator_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id", ondelete="SET NULL"))

    author: Mapped[Author] = relationship(back_populates="books", foreign_keys=[author_id])
    translator: Mapped[Author | None] = relationship(
        back_populates="translations",
        foreign_keys=[translator_id],
        info={"label": "Translated by", "help": "Leave it empty for the original."},
    )
    branch: Mapped[Branch | None] = relationship(doc="Where it is kept.")
    tags: Mapped[list[Tag]] = relationship(secondary=book_tags, back_populates="books", order_by=Tag.name)
    loans: Mapped[list["Loan"]] = relationship(back_populates="book", passive_deletes="all")

    def __str__(self) -> str:
        return self.title


Author.book_count = column_property(
    select(func.count(Book.id)).where(Book.author_id == Author.id).correlate_except(Book).scalar_subquery(),
    info={"label": "Books"},
)


class Loan(LibraryBase):
    """A member and a book: the two are its key, and it says more about them."""

    __tablename__ = "loans"

    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id", ondelete="RESTRICT"), primary_key=True)
    lent_on: Mapped[date] = mapped_column(default=date.today)
    returned_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(String(200), default="")

    member: Mapped[Member] = relationship(back_populates="loans")
    book: Mapped[Book] = relationship(back_populates="loans")

    @hybrid_property
    def is_back(self) -> bool:
        """Whether the book is here again."""
        return self.returned_on is not None

    @is_back.inplace.expression
    @classmethod
    def _is_back(cls) -> Any:
        return cls.returned_on.is_not(None)

    def __str__(self) -> str:
        return f"{self.book} to {self.member}"


class Reservation(LibraryBase):
    """Its key is made by the program and says nothing."""

    __tablename__ = "reservations"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=now)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"))
    book: Mapped[Book] = relationship()
    member: Mapped[Member] = relationship(back_populates="reservations")

    def __str__(self) -> str:
        return f"Reservation of {self.made_at:%Y-%m-%d}"


class Item(LibraryBase):
    """What is lent and is no book; each class adds a table of its own."""

    __tablename__ = "items"
    __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "item"}

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))

    def __str__(self) -> str:
        return self.title


class Atlas(Item):
    __tablename__ = "atlases"
    __mapper_args__ = {"polymorphic_identity": "atlas"}

    id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    scale: Mapped[int] = mapped_column(default=25_000, doc="One to how many.")


class Recording(Item):
    __tablename__ = "recordings"
    __mapper_args__ = {"polymorphic_identity": "recording"}

    id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    length: Mapped[timedelta | None]
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id", ondelete="SET NULL"))
    artist: Mapped[Author | None] = relationship()
