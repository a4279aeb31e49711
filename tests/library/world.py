"""Rows for the library: one of each model as it is wanted, and a small world that hangs together."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateSchema

import tests.library
import webapp.account
import webapp.users
from tests.library import annex
from tests.library.annex import AnnexBase, Box, Letter
from tests.library.base import LibraryBase, Money
from tests.library.books import Atlas, Binding, Book, Item, Loan, Recording, Reservation, Tag
from tests.library.kinds import ODD_KEYS, Colour, Notice, Oddity, Specimen
from tests.library.people import Author, Card, Employee, Librarian, Member, Volunteer
from tests.library.places import Branch, Shelf, Visit
from webapp.extensions import db

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 123456, UTC)
DAY = date(2026, 3, 4)


# The application


def has_schemas(url: str) -> bool:
    return url.startswith("postgresql")


def apps(url: str) -> tuple[Any, ...]:
    """What an application with the library on the database at *url* is made of."""
    people = (webapp.users, webapp.account)
    return (*people, tests.library, annex) if has_schemas(url) else (*people, tests.library)


def create_tables(engine: Engine) -> None:
    LibraryBase.metadata.create_all(engine)
    if has_schemas(engine.url.drivername):
        with engine.begin() as connection:
            connection.execute(CreateSchema(annex.SCHEMA, if_not_exists=True))
        AnnexBase.metadata.create_all(engine)


def empty_tables(engine: Engine) -> None:
    kept: list[MetaData] = [LibraryBase.metadata]
    if has_schemas(engine.url.drivername):
        kept.append(AnnexBase.metadata)
    with engine.begin() as connection:
        for metadata in kept:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())


# Rows


def sample_row(model: type, number: int = 1) -> Any:
    """An object of *model*, not stored yet, with all that it needs; each *number* makes another one."""
    return _MAKERS[model](number)


def keep(app: Flask, *objects: Any) -> None:
    """Store *objects*, and read what the database made of them."""
    with app.app_context():
        db.session.add_all(objects)
        db.session.commit()
        for obj in objects:
            db.session.refresh(obj)


def _author(number: int) -> Author:
    return Author(name=f"Author {number:03}", born_on=DAY, website=f"https://example.org/{number}")


def _member(number: int) -> Member:
    return Member(
        first_name=f"Ana {number:03}",
        last_name=f"Silva {number:03}",
        email=f"ana{number}@example.org",
        joined_on=DAY,
        is_student=number % 2 == 0,
        # Every other one has no card, to which a new one can be given.
        card=Card(number=f"M{number:06}", valid_until=DAY) if number % 2 else None,
    )


def _branch(number: int) -> Branch:
    return Branch(name=f"Branch {number:03}", opens_at=time(9, 30), parent=Branch(name=f"Above {number:03}"))


def _book(number: int) -> Book:
    return Book(
        title=f"Book {number:03}",
        slug=f"book-{number}",
        isbn=f"978{number:010}",
        pages=400 + number,
        binding=Binding.PAPERBACK,
        language="pt",
        stage=1,
        published_on=DAY,
        price=Money(1250),
        summary="First line\nSecond line",
        author=_author(number),
        translator=Author(name=f"Translator {number:03}"),
        branch=_branch(number),
        tags=[Tag(name=f"{word} {number:03}") for word in ("old", "rare")],
    )


def _specimen(number: int) -> Specimen:
    return Specimen(
        name=f"Specimen {number:03}",
        small=-1,
        number=2**31 - 1,
        big=2**62,
        exact=Decimal("12345.6789"),
        plain=Decimal("1234.50"),
        ratio=0.1,
        is_good=True,
        is_known=False,
        note=" a\n\nb ",
        day=DAY,
        hour=time(23, 59, 58),
        span=timedelta(days=1, hours=2, minutes=3, seconds=4),
        seen_at=MOMENT,
        local_at=MOMENT.replace(microsecond=0, tzinfo=None),
        colour=Colour.DARK_BLUE,
        level="high",
        reference=uuid.UUID(int=number),
        facts={"b": [1, 2.5, None, "é"], "a": {"deep": True}},
        photo=b"\x89PNG\0\xff",
        page="https://example.org/?a=1&b=2",
        mail="someone@example.org",
        slug="a-slug",
        worth=Money(99),
        words=["one", "two"],
        place=(52.5, 13.25),
    )


def _oddity(number: int) -> Oddity:
    return Oddity(
        q=f"odd {number:03}",
        size=number,
        sort="-q",
        from_="here",
        after=DAY,
        view="v",
        data="d",
        errors=0,
        process="p",
        meta="m",
        validate=True,
        action="delete",
        selected=False,
    )


_MAKERS: dict[type, Callable[[int], Any]] = {
    Author: _author,
    Member: _member,
    Branch: _branch,
    Book: _book,
    Specimen: _specimen,
    Oddity: _oddity,
    Tag: lambda number: Tag(name=f"tag {number:03}"),
    Card: lambda number: Card(number=f"C{number:06}", valid_until=DAY, member=_member(2 * number)),
    Employee: lambda number: Employee(name=f"Employee {number:03}", branch=_branch(number)),
    Librarian: lambda number: Librarian(name=f"Librarian {number:03}", languages="pt, en"),
    Volunteer: lambda number: Volunteer(name=f"Volunteer {number:03}", hours=7.5),
    Shelf: lambda number: Shelf(number=number, metres=1.5, branch=_branch(number)),
    Visit: lambda number: Visit(at=MOMENT, people=number, branch=_branch(number)),
    Loan: lambda number: Loan(member=_member(number), book=_book(number), lent_on=DAY, note="by hand"),
    Reservation: lambda number: Reservation(made_at=MOMENT, member=_member(number), book=_book(number)),
    Item: lambda number: Item(title=f"Item {number:03}"),
    Atlas: lambda number: Atlas(title=f"Atlas {number:03}", scale=50_000),
    Recording: lambda number: Recording(
        title=f"Recording {number:03}", length=timedelta(minutes=42), artist=_author(number)
    ),
    Notice: lambda number: Notice(code=f"notice {number:03}/a", title=f"Notice {number:03}", is_public=True),
    Box: lambda number: Box(label=f"Box {number:03}"),
    Letter: lambda number: Letter(writer=f"Writer {number:03}", box=Box(label=f"Of {number:03}")),
}

MODELS = tuple(model for model in _MAKERS if not issubclass(model, AnnexBase))


def fill(session: Session) -> None:
    """Make the small world, and commit it: a few rows of each model, which lead to each other."""
    central = Branch(name="Central", opens_at=time(8))
    north = Branch(name="North", parent=central)
    central.shelves = [Shelf(number=1, metres=2.5), Shelf(number=2)]
    clarice, pontes = Author(name="Clarice Lispector", born_on=date(1920, 12, 10)), Author(name="Pontes")
    machado = Author(name="Machado de Assis", website="https://example.org/machado")
    novel, short = Tag(name="novel"), Tag(name="short")
    star = Book(
        title="The Hour of the Star", slug="star", author=clarice, translator=pontes, tags=[novel, short]
    )
    dom = Book(title="Dom Casmurro", slug="dom", author=machado, language="pt", branch=central, tags=[novel])
    ana = Member(first_name="Ana", last_name="Souza", email="ana@example.org", card=Card(number="A1"))
    rui = Member(first_name="Rui", last_name="Alves", email="rui@example.org", wants_letters=True)
    session.add_all(
        [
            *(central, north, clarice, pontes, machado, star, dom, ana, rui),
            Loan(member=ana, book=star, lent_on=date(2026, 1, 2)),
            Loan(member=rui, book=star, lent_on=date(2025, 1, 2), returned_on=date(2025, 2, 1)),
            Reservation(member=rui, book=dom),
            *(Employee(name="Ivo"), Librarian(name="Lia", branch=central), Volunteer(name="Vera", hours=2.5)),
            *(Item(title="Globe"), Atlas(title="Brazil"), Recording(title="Readings", artist=clarice)),
            *(Visit(at=MOMENT - timedelta(days=day), people=day, branch=north) for day in (1, 2, 3)),
            *(Notice(code=key, title=f"Notice {key}", is_public=key != "add") for key in ODD_KEYS),
            *(_specimen(1), Specimen(name="empty"), _oddity(1), Oddity(q="empty")),
        ]
    )
    session.commit()
