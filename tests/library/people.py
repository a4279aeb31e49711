"""Authors, members with their cards, and those who work here: a one-to-one, and classes that share a table."""

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Numeric, String, Text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tests.library.base import LibraryBase
from webapp.database import FoldedString, Timestamped, Versioned

if TYPE_CHECKING:
    from tests.library.books import Book, Loan, Reservation
    from tests.library.places import Branch


class Author(Timestamped, LibraryBase):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    born_on: Mapped[date | None] = mapped_column(info={"label": "Born"})
    website: Mapped[str | None] = mapped_column(String(300), info={"format": "url"})
    biography: Mapped[str] = mapped_column(Text, default="", doc="A few sentences for the catalogue.")

    books: Mapped[list["Book"]] = relationship(back_populates="author", foreign_keys="Book.author_id")
    translations: Mapped[list["Book"]] = relationship(
        back_populates="translator", foreign_keys="Book.translator_id", passive_deletes=True
    )
    # book_count, a column_property, is in books.py: it counts what is defined there.

    def __str__(self) -> str:
        return self.name


class Member(Timestamped, Versioned, LibraryBase):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(String(60))
    last_name: Mapped[str] = mapped_column(String(60), index=True)
    email: Mapped[str] = mapped_column(FoldedString(254), unique=True, info={"format": "email"})
    joined_on: Mapped[date] = mapped_column(default=date.today)
    is_student: Mapped[bool] = mapped_column(default=False)
    wants_letters: Mapped[bool | None] = mapped_column(info={"help": "Not known until the member was asked."})

    card: Mapped["Card | None"] = relationship(
        back_populates="member", cascade="all, delete-orphan", passive_deletes=True
    )
    loans: Mapped[list["Loan"]] = relationship(
        back_populates="member", cascade="all, delete-orphan", passive_deletes=True
    )
    reservations: Mapped[list["Reservation"]] = relationship(
        back_populates="member", cascade="all, delete-orphan", passive_deletes=True
    )

    @hybrid_property
    def full_name(self) -> str:
        """The name as it stands on the card."""
        return f"{self.first_name} {self.last_name}"

    @full_name.inplace.expression
    @classmethod
    def _full_name(cls) -> Any:
        return cls.first_name + " " + cls.last_name

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return f"/readers/{self.id}"


class Card(LibraryBase):
    __tablename__ = "cards"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    valid_until: Mapped[date | None]
    member_id: Mapped[int] = mapped_column(ForeignKey("members.id", ondelete="CASCADE"), unique=True)
    member: Mapped[Member] = relationship(back_populates="card", info={"label": "Holder"})

    def __str__(self) -> str:
        return self.number


class Employee(LibraryBase):
    """One table for all who work here; what only some have is null for the others."""

    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id", ondelete="SET NULL"))
    branch: Mapped["Branch | None"] = relationship()

    def __str__(self) -> str:
        return self.name


class Librarian(Employee):
    __mapper_args__ = {"polymorphic_identity": "librarian"}

    languages: Mapped[str | None] = mapped_column(String(100))


class Volunteer(Employee):
    __mapper_args__ = {"polymorphic_identity": "volunteer"}

    # As most write it; SQLite keeps it as a float (SQLAlchemy warns of that), the servers exactly.
    hours: Mapped[float | None] = mapped_column(Numeric(4, 1, asdecimal=False))
