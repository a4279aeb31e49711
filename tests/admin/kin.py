"""Models that hang on each other in every way there is: by relationships, by foreign keys, and by both.

Below them, what the tests of deleting do with them.
"""

from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Select, String, Table, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from webapp.admin.editing.deletion import Consequences, Deleted, consequences, delete_rows
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.site import AdminSite, current_site
from webapp.extensions import db, writing
from webapp.users.models import User

Told = dict[str, dict[str, int]]


class KinBase(DeclarativeBase):
    """Apart from the application's tables."""


class Named:
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), default="")

    def __str__(self) -> str:
        return self.name


def pointing(target: str, rule: str | None = None, **options: Any) -> Any:
    return mapped_column(ForeignKey(target, ondelete=rule), **options)


book_tags = Table(
    "kin_book_tags",
    KinBase.metadata,
    Column("book_id", ForeignKey("kin_books.id"), primary_key=True),
    Column("tag_id", ForeignKey("kin_tags.id", ondelete="CASCADE"), primary_key=True),
)


class Author(Named, KinBase):
    __tablename__ = "kin_authors"

    books: Mapped[list["Book"]] = relationship(
        cascade="all, delete-orphan", foreign_keys="Book.author_id", order_by="Book.id"
    )
    notes: Mapped[list["Note"]] = relationship()
    prizes: Mapped[list["Prize"]] = relationship()


class Book(Named, KinBase):
    __tablename__ = "kin_books"

    author_id: Mapped[int] = pointing("kin_authors.id")
    editor_id: Mapped[int | None] = pointing("kin_authors.id", "SET NULL")
    tags: Mapped[list["Tag"]] = relationship(secondary=book_tags)


class Tag(Named, KinBase):
    __tablename__ = "kin_tags"


class Note(Named, KinBase):
    """The relationship empties it, though the database would delete it."""

    __tablename__ = "kin_notes"

    author_id: Mapped[int | None] = pointing("kin_authors.id", "CASCADE")


class Prize(Named, KinBase):
    """The relationship would empty it, which the column forbids."""

    __tablename__ = "kin_prizes"

    author_id: Mapped[int] = pointing("kin_authors.id", "CASCADE")


class Loan(Named, KinBase):
    __tablename__ = "kin_loans"

    book_id: Mapped[int] = pointing("kin_books.id")


class Review(Named, KinBase):
    __tablename__ = "kin_reviews"

    book_id: Mapped[int] = pointing("kin_books.id", "CASCADE")


votes = Table(
    "kin_votes",
    KinBase.metadata,
    Column("id", ForeignKey("kin_reviews.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
)


class Leaf(Named, KinBase):
    """A tree that the database deletes; its neighbours may stand in a circle."""

    __tablename__ = "kin_leaves"

    parent_id: Mapped[int | None] = pointing("kin_leaves.id", "CASCADE")
    next_id: Mapped[int | None] = pointing("kin_leaves.id", "SET NULL")


class Company(Named, KinBase):
    __tablename__ = "kin_companies"

    badges: Mapped[list["Badge"]] = relationship(passive_deletes=True, lazy="selectin")


class Department(Named, KinBase):
    __tablename__ = "kin_departments"

    company_id: Mapped[int] = pointing("kin_companies.id", "CASCADE")


class Person(Named, KinBase):
    __tablename__ = "kin_people"
    __mapper_args__: ClassVar[Any] = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

    kind: Mapped[str] = mapped_column(String(20))


class Employee(Person):
    """A row in two tables; the database would delete the second one only."""

    __tablename__ = "kin_employees"
    id: Mapped[int] = mapped_column(ForeignKey("kin_people.id"), primary_key=True)
    company_id: Mapped[int | None] = pointing("kin_companies.id", "CASCADE")
    department_id: Mapped[int | None] = pointing("kin_departments.id")
    boss_id: Mapped[int | None] = pointing("kin_people.id")
    __mapper_args__: ClassVar[Any] = {
        "polymorphic_identity": "employee",
        "inherit_condition": id == Person.id,
    }


class Badge(Named, KinBase):
    """The database deletes it, however the relationship is loaded."""

    __tablename__ = "kin_badges"

    company_id: Mapped[int] = pointing("kin_companies.id", "CASCADE")


class Shelf(Named, KinBase):
    __tablename__ = "kin_shelves"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    room: Mapped[str] = mapped_column(String(20), primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)


class Box(Named, KinBase):
    __tablename__ = "kin_boxes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["shelf_id", "shelf_room"], ["kin_shelves.id", "kin_shelves.room"], ondelete="CASCADE"
        ),
    )

    shelf_id: Mapped[int]
    shelf_room: Mapped[str] = mapped_column(String(20))


class Sign(Named, KinBase):
    """It holds no key, but what is unique all the same."""

    __tablename__ = "kin_signs"

    shelf_code: Mapped[str] = pointing("kin_shelves.code")


class BookAdmin(ModelAdmin):
    name = "books"

    def query(self, user: Any) -> Select[Any]:
        """A name that begins with a point is for superusers."""
        every = select(Book)
        return every if user.is_superuser else every.where(~Book.name.startswith("."))

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        return super().can(user, verb, obj) and (verb != "delete" or obj is None or "kept" not in obj.name)

    def before_delete(self, obj: Any, user: Any) -> None:
        if "last" in obj.name:
            raise Rejected("The last book stays.")

    done: list[str]

    def after_commit(self, obj: Any, user: Any) -> None:
        type(self).done = [*getattr(type(self), "done", []), str(obj)]


ADMINS = {
    "authors": Author,
    "tags": Tag,
    "notes": Note,
    "loans": Loan,
    "leaves": Leaf,
    "companies": Company,
    "people": Person,
    "shelves": Shelf,
}


def register(site: AdminSite) -> None:
    site.register(Book, BookAdmin)
    for name, model in ADMINS.items():
        site.register(model, type(f"{model.__name__}Admin", (ModelAdmin,), {"name": name}))


def put(*objs: Any) -> None:
    """Write rows in this order."""
    for obj in objs:
        db.session.add(obj)
        db.session.flush()
    db.session.commit()
    db.session.expunge_all()


def ask(name: str, user: User, *keys: Any) -> Consequences:
    model_admin = current_site().admin(name)
    objs = [db.session.get(model_admin.model, key) for key in keys or (1,)]
    return consequences(model_admin, objs, user)


def told(found: Consequences) -> Told:
    groups = {
        "deleted": found.deleted,
        "emptied": found.emptied,
        "protected": found.protected,
        "forbidden": found.forbidden,
    }
    return {name: {one.label: one.number for one in group} for name, group in groups.items() if group}


def go(name: str, user: User, *keys: Any) -> Deleted:
    model_admin = current_site().admin(name)
    objs = [db.session.get(model_admin.model, key) for key in keys or (1,)]
    with writing():
        return delete_rows(model_admin, objs, user)


def number(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def entries(verb: str = "delete") -> list[tuple[str, str]]:
    return [
        (entry.name, entry.key)
        for entry in db.session.scalars(
            select(LogEntry).where(LogEntry.verb == verb, LogEntry.name != "users").order_by(LogEntry.id)
        )
    ]


def put_library(books: int = 2) -> None:
    put(
        Author(id=1, name="Ana"),
        Author(id=2, name="Bia"),
        Tag(id=1, name="old"),
        *(Book(id=one, name=f"Book {one}", author_id=1, editor_id=1) for one in range(1, books + 1)),
        Book(id=1000, name="Edited", author_id=2, editor_id=1),
        Note(id=1, author_id=1),
        *(Review(id=one, book_id=one) for one in range(1, books + 1)),
    )
    with db.session.begin():
        for one in range(1, books + 1):
            db.session.execute(book_tags.insert().values(book_id=one, tag_id=1))
            db.session.execute(votes.insert().values(id=one))
