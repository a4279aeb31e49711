"""Where things are: branches below branches, shelves by two numbers, and a counter at the door."""

from datetime import datetime, time

from sqlalchemy import BigInteger, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from tests.library.base import LibraryBase
from webapp.database import UtcDateTime


class Branch(LibraryBase):
    __tablename__ = "branches"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    opens_at: Mapped[time | None]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("branches.id", ondelete="SET NULL"))
    parent: Mapped["Branch | None"] = relationship(
        back_populates="children", remote_side=[id], info={"label": "Belongs to"}
    )
    children: Mapped[list["Branch"]] = relationship(back_populates="parent", passive_deletes=True)
    shelves: Mapped[list["Shelf"]] = relationship(
        back_populates="branch", cascade="all, delete-orphan", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.name


class Shelf(LibraryBase):
    """A key of two columns, one of which leads to another row. It gives itself no text."""

    __tablename__ = "shelves"

    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metres: Mapped[float | None] = mapped_column(info={"label": "Length", "help": "In metres."})
    branch: Mapped[Branch] = relationship(back_populates="shelves")


class Visit(LibraryBase):
    """Written by the counter at the door and by nobody else."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    people: Mapped[int] = mapped_column(default=1)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branches.id", ondelete="CASCADE"))
    branch: Mapped[Branch] = relationship()

    def __str__(self) -> str:
        return f"{self.people} at {self.at:%Y-%m-%d %H:%M}"
