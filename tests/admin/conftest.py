"""The sample app beside the real ones, on each engine."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, func, select, update

import webapp.account
import webapp.users
from tests.admin import bands, kin, samples
from tests.admin.bands import Band, BandBase, Gig, GigAdmin
from tests.admin.kin import KinBase, Leaf
from tests.admin.kinds import Kind, KindBase, KindsApp
from tests.admin.samples import Colour, Part, SampleBase
from tests.admin.yard import Crate, CrateAdmin, Mark, Yard, YardBase, Yards, keep
from tests.conftest import add_user, make_settings, signed_in
from tests.library import world
from tests.library.books import Book
from tests.library.walking import NAMES, READ_ONLY, Walk, walk_to
from tests.pages import Visitor
from webapp import create_app
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import User


@pytest.fixture(scope="session")
def sample_engine_app(engine_app: Flask) -> Iterator[Flask]:
    url = engine_app.config["DATABASE_URL"]
    app = create_app(make_settings(DATABASE_URL=url), apps=(webapp.users, webapp.account, samples))
    with app.app_context():
        SampleBase.metadata.create_all(db.engine)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def sample_app(app: Flask, sample_engine_app: Flask) -> Iterator[Flask]:
    """The application with the sample tables, empty."""
    yield sample_engine_app
    with sample_engine_app.app_context():
        empty_samples()


def empty_samples() -> None:
    with db.engine.begin() as connection:
        for table in SampleBase.metadata.sorted_tables:
            connection.execute(table.delete())


@pytest.fixture
def parts(sample_app: Flask) -> Flask:
    """The sample app with three parts, no two alike in any column."""
    world.keep(
        sample_app,
        Part(id=1, name="Bolt", code="b", count=3, size=None, weight=Decimal("1.500"), colour=Colour.RED),
        Part(
            id=2,
            name="Nut",
            code="a",
            count=1024,
            size=7,
            made_at=datetime(2026, 3, 1, 23, 30, 15, tzinfo=UTC),
            day=date(2026, 3, 2),
        ),
        Part(
            id=3, name="Açaí", code="c", ratio=0.1, is_good=True, stage=1, note="two\nlines", token="canary"
        ),
    )
    return sample_app


@pytest.fixture
def keeper(parts: Flask) -> Visitor:
    """Who may do everything to them, in a language and a zone of her own."""
    person = add_user(parts, "alice", is_superuser=True, timezone="America/Sao_Paulo", locale="pt_BR")
    return signed_in(parts, person)


@pytest.fixture
def as_sample_alice(sample_app: Flask) -> Visitor:
    """Alice in the sample app, in a zone of her own."""
    return signed_in(
        sample_app, add_user(sample_app, "alice", is_superuser=True, timezone="America/Sao_Paulo")
    )


# The library: the sample app with everything a model can have


@pytest.fixture(scope="session")
def library_engine_app(engine_app: Flask) -> Iterator[Flask]:
    url = engine_app.config["DATABASE_URL"]
    app = create_app(make_settings(DATABASE_URL=url), apps=world.apps(url))
    with app.app_context():
        world.create_tables(db.engine)
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def library_app(app: Flask, library_engine_app: Flask) -> Iterator[Flask]:
    """The application with the library's tables, empty."""
    yield library_engine_app
    with library_engine_app.app_context():
        world.empty_tables(db.engine)


@pytest.fixture
def as_library_alice(library_app: Flask) -> Visitor:
    """Alice in the library, in a zone of her own."""
    return signed_in(
        library_app, add_user(library_app, "alice", is_superuser=True, timezone="America/Sao_Paulo")
    )


@pytest.fixture(params=[*NAMES, READ_ONLY])
def walk(request: pytest.FixtureRequest, library_app: Flask, as_library_alice: Visitor) -> Walk:
    """Each model of the library, one after the other."""
    return walk_to(library_app, as_library_alice, request.param)


@pytest.fixture(params=NAMES)
def editable(request: pytest.FixtureRequest, library_app: Flask, as_library_alice: Visitor) -> Walk:
    """Each model of the library that can be written."""
    return walk_to(library_app, as_library_alice, request.param)


@pytest.fixture
def word(library_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set words of one of the library's admins, for this test."""

    def set_word(name: str, **words: Any) -> None:
        with library_app.app_context():
            admin = current_site().admin(name)
        for key, value in words.items():
            monkeypatch.setattr(admin, key, value, raising=False)

    return set_word


@pytest.fixture
def edited_books(word: Callable[..., None]) -> None:
    """The list of books has cells that are fields."""
    word("books", list_display=("title", "pages", "stage", "isbn"), list_editable=("pages", "stage", "isbn"))


@pytest.fixture
def book(library_app: Flask) -> Book:
    kept: Book = world.sample_row(Book)
    world.keep(library_app, kept)
    return kept


@pytest.fixture
def books(library_app: Flask) -> list[Book]:
    """Three, each with two tags and an author."""
    made: list[Book] = [world.sample_row(Book, number) for number in (1, 2, 3)]
    world.keep(library_app, *made)
    return made


# The table of every kind


@pytest.fixture(scope="session")
def kind_engine_app(engine_app: Flask) -> Iterator[Flask]:
    given_settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(given_settings, apps=(webapp.users, webapp.account, KindsApp))  # type: ignore[arg-type]
    made.config["LOCALES"] = ("en", "pt_BR")
    with made.app_context():
        KindBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def kind_app(app: Flask, kind_engine_app: Flask) -> Iterator[Flask]:
    yield kind_engine_app
    with kind_engine_app.app_context(), db.engine.begin() as connection:
        connection.execute(Kind.__table__.delete())


@pytest.fixture
def kind_visitor(kind_app: Flask) -> Visitor:
    return signed_in(kind_app, add_user(kind_app, "alice", is_superuser=True, timezone="Europe/Berlin"))


@pytest.fixture
def brazilian(kind_app: Flask) -> Visitor:
    person = add_user(kind_app, "joana", is_superuser=True, timezone="America/Sao_Paulo", locale="pt_BR")
    return signed_in(kind_app, person)


# A yard of crates, to do things to


@pytest.fixture(scope="session")
def yard_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, Yards))  # type: ignore[arg-type]
    with made.app_context():
        YardBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def yard(app: Flask, yard_engine_app: Flask) -> Iterator[Flask]:
    """Five crates in the north, c1 to c5, and s1 in the south."""
    CrateAdmin.told = []
    with yard_engine_app.app_context():
        db.session.add_all([Yard(id=1, name="north"), Yard(id=2, name="south"), Mark(id=1, name="fragile")])
        db.session.commit()
    keep(yard_engine_app, *(Crate(id=number, name=f"c{number}", yard_id=1) for number in range(1, 6)))
    keep(yard_engine_app, Crate(id=9, name="s1", yard_id=2))
    yield yard_engine_app
    with yard_engine_app.app_context(), db.engine.begin() as connection:
        for table in reversed(YardBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def as_yard_alice(yard: Flask, alice: User) -> Visitor:
    return signed_in(yard, alice)


# Models that hang on each other, to delete


@pytest.fixture(scope="session")
def kin_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, kin))
    with made.app_context():
        KinBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def kin_app(app: Flask, kin_engine_app: Flask) -> Iterator[Flask]:
    yield kin_engine_app
    with kin_engine_app.app_context(), db.engine.begin() as connection:
        empty_kin(connection)


def empty_kin(connection: Connection) -> None:
    connection.execute(update(Leaf).values(parent_id=None, next_id=None))
    for table in reversed(KinBase.metadata.sorted_tables):
        connection.execute(table.delete())


@pytest.fixture
def root(kin_app: Flask, alice: User) -> Iterator[User]:
    """Alice, inside the application."""
    with kin_app.app_context():
        found = db.session.get(User, alice.id)
        assert found is not None
        yield found


# Bands, and what is edited in their form


@pytest.fixture(scope="session")
def band_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, bands))
    with made.app_context():
        BandBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def band_app(app: Flask, band_engine_app: Flask) -> Iterator[Flask]:
    """Two bands: 1, the Mutants, and 2, the Others."""
    GigAdmin.told = []
    world.keep(band_engine_app, Band(id=1, name="Mutants"), Band(id=2, name="Others"))
    with band_engine_app.app_context(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # It counts only what it has numbered itself.
            connection.execute(select(func.setval(func.pg_get_serial_sequence("bands", "id"), 2)))
    yield band_engine_app
    with band_engine_app.app_context(), db.engine.begin() as connection:
        for table in reversed(BandBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def as_band_alice(band_app: Flask) -> Visitor:
    return signed_in(band_app, add_user(band_app, "alice", is_superuser=True))


@pytest.fixture
def gigs(band_app: Flask) -> list[Gig]:
    made = [Gig(town="Acre", band_id=1), Gig(town="Bahia", band_id=1, code="b"), Gig(town="Else", band_id=2)]
    world.keep(band_app, *made)
    return made


@pytest.fixture
def gig(band_app: Flask) -> Gig:
    made = Gig(town="Acre", band_id=1)
    world.keep(band_app, made, Gig(town="Bahia", band_id=1))
    return made


@pytest.fixture
def band_dora(band_app: Flask) -> Visitor:
    return signed_in(band_app, add_user(band_app, "dora", is_superuser=True))


@pytest.fixture
def library_dora(library_app: Flask) -> Visitor:
    return signed_in(library_app, add_user(library_app, "dora", is_superuser=True))
