"""Models as developers write them, not as the engine would like them: joins, words for keys, choices by number."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Enum, ForeignKey, Index, Select, String, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship

import webapp.account
import webapp.users
from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Visitor
from webapp import create_app
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.extensions import db


class AnyBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


class Author(AnyBase):
    __tablename__ = "any_authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    books: Mapped[list["Book"]] = relationship(back_populates="author")

    def __str__(self) -> str:
        return self.name


class Book(AnyBase):
    __tablename__ = "any_books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("any_authors.id"))
    author: Mapped[Author | None] = relationship(back_populates="books", lazy="joined")
    pages: Mapped[list["Page"]] = relationship()
    stage: Mapped[int | None] = mapped_column(info={"choices": ((1, "New"), (2, "Old"))})
    level: Mapped[str | None] = mapped_column(Enum("low", "high", name="any_level"))

    def __str__(self) -> str:
        return self.title


class Page(AnyBase):
    """Its key holds the key of what it belongs to."""

    __tablename__ = "any_pages"

    book_id: Mapped[int] = mapped_column(ForeignKey("any_books.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Seat(AnyBase):
    """Its number is unique among those that are in use."""

    __tablename__ = "any_seats"
    __table_args__ = (
        Index(
            "uq_any_seats_number",
            "number",
            unique=True,
            sqlite_where=text("in_use"),
            postgresql_where=text("in_use"),
        ).ddl_if(dialect=("sqlite", "postgresql")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    in_use: Mapped[bool]


class AuthorAdmin(ModelAdmin):
    name = "authors"
    list_display = ("name",)

    def query(self, user: Any) -> Select[Any]:
        return select(Author).options(joinedload(Author.books))


class BookAdmin(ModelAdmin):
    name = "books"
    list_display = ("title", "author", "stage")
    list_filter = ("stage", "level")
    search_fields = ("title", "level")


class AnyApp:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Author, AuthorAdmin)
        site.register(Book, BookAdmin)
        site.register(Seat, type("SeatAdmin", (ModelAdmin,), {"name": "seats"}))


@pytest.fixture(scope="session")
def any_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, AnyApp))  # type: ignore[arg-type]
    with made.app_context():
        AnyBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def any_app(app: Flask, any_engine_app: Flask) -> Iterator[Flask]:
    yield any_engine_app
    with any_engine_app.app_context(), db.engine.begin() as connection:
        for table in reversed(AnyBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def visitor(any_app: Flask) -> Visitor:
    return signed_in(any_app, add_user(any_app, "alice", is_superuser=True))


def keep(app: Flask, *objects: Any) -> None:
    with app.app_context():
        db.session.add_all(objects)
        db.session.commit()


def test_a_query_that_joins_finds_one_object_and_not_one_a_row(any_app: Flask, visitor: Visitor) -> None:
    keep(any_app, Author(id=1, name="Ann", books=[Book(title="a"), Book(title="b")]))
    assert visitor.get("/authors/").column() == ["Ann"]
    assert visitor.get("/authors/1/history/").status == 200
    assert visitor.get("/authors/1/change/").form().fill(name="Bea").submit().status == 303
    assert visitor.get("/authors/1/delete/").form().submit().status == 303
    assert visitor.get("/authors/").column() == []


def test_what_is_loaded_with_a_join_is_saved_and_deleted(any_app: Flask, visitor: Visitor) -> None:
    """PostgreSQL locks no row that an outer join may leave out."""
    keep(any_app, Book(id=1, title="a"))
    assert visitor.get("/books/1/change/").form().fill(title="b").submit().status == 303
    assert visitor.get("/books/").rows() == [["b", "–", "–"]]
    assert visitor.get("/books/1/delete/").form().submit().status == 303


def test_what_would_take_the_key_of_other_rows_stays(any_app: Flask, visitor: Visitor) -> None:
    keep(any_app, Book(id=1, title="a", pages=[Page(number=1)]))
    assert visitor.get("/books/1/delete/").soup.select("main form") == []
    token = visitor.get("/books/add/").form().fields["csrf_token"]
    page = visitor.post("/books/1/delete/", {"csrf_token": token, "_delete": "1"})
    assert page.status == 409
    assert "Other records need it" in page.text
    assert visitor.get("/books/").column() == ["a"]


def test_a_key_that_people_choose_is_asked_for_once_and_then_stays(
    sample_app: Flask, as_sample_alice: Visitor
) -> None:
    """A row that changes its key would leave its history and every bookmark behind."""
    form = as_sample_alice.get("/shelves/add/").form()
    page = form.fill(room="cellar, left", number="1", label="old").submit("_continue", follow=True)
    assert page.title.startswith("cellar, left 1")
    changed = page.form().fill(label="new").submit("_continue", follow=True, room="attic", number="2")
    assert "cellar, left" in changed.text
    assert as_sample_alice.get("/shelves/").rows() == [["new", "cellar, left", "1"]]
    history = as_sample_alice.get(changed.link("History") or "")
    assert [line.get_text(" ", strip=True) for line in history.soup.select(".timeline-line")] == [
        "alice changed cellar, left 1",
        "alice added cellar, left 1",
    ]


def test_choices_by_number_are_shown_in_words(any_app: Flask, visitor: Visitor) -> None:
    keep(any_app, Book(title="a", stage=1), Book(title="b", stage=2))
    page = visitor.get("/books/?stage=1")
    assert page.rows() == [["a", "–", "New"]]
    assert page.soup.select_one(".chip bdi").get_text() == "New"  # type: ignore[union-attr]
    chosen = page.soup.select(".filters select[name=stage] option[selected]")
    assert [option.get_text() for option in chosen] == ["New"]


def test_a_number_that_is_no_choice_any_more_stays_also_when_it_is_0(
    any_app: Flask, visitor: Visitor
) -> None:
    keep(any_app, Book(id=1, title="a", stage=0))
    assert visitor.get("/books/1/change/").form().fill(title="b").submit().status == 303
    assert visitor.get("/books/").rows() == [["b", "–", "0"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=HIG", ["b"]),
        ("level=low", ["a"]),
        ("level=low&level=high", ["a", "b"]),
        ("level__ne=low", ["b", "c"]),
        ("level__contains=ig", ["b"]),
        ("level__startswith=lo", ["a"]),
        ("level__isnull=true", ["c"]),
        ("level__isnull=false", ["a", "b"]),
    ],
)
def test_an_enumeration_of_words_is_searched_and_filtered_like_text(
    any_app: Flask, visitor: Visitor, query: str, found: list[str]
) -> None:
    """To PostgreSQL it is a type of its own, which has neither capitals nor an empty word."""
    keep(any_app, Book(title="a", level="low"), Book(title="b", level="high"), Book(title="c"))
    assert visitor.get(f"/books/?sort=title&{query}").column() == found


def test_what_is_unique_among_some_rows_is_free_for_the_others(any_app: Flask, visitor: Visitor) -> None:
    keep(any_app, Seat(number=1, in_use=False), Seat(number=2, in_use=True))
    form = visitor.get("/seats/add/").form()
    assert form.fill(number="1", in_use=True).submit().status == 303
    if any_app.config["DATABASE_URL"].startswith("mariadb"):
        return  # it has no such indexes
    page = visitor.get("/seats/add/").form().fill(number="2", in_use=True).submit()
    assert page.status == 422
    assert page.errors == ["Number: This value is taken already, by another record."]
