"""What the engines are told on connect, and what our column types keep."""

import os
import stat
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import (
    DateTime,
    Engine,
    MetaData,
    StaticPool,
    bindparam,
    create_engine,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from tests.engines import database_urls, engine_name, fresh_database, opened
from webapp import database
from webapp.database import (
    Base,
    ExactDecimal,
    ExactString,
    FoldedString,
    Timestamped,
    UtcDateTime,
    Versioned,
    configure_engine,
    engine_options,
    fold,
    reason,
)


class Own(DeclarativeBase):
    """A base of this file's own, so that its tables are not the application's."""

    metadata = MetaData(naming_convention=database.NAMING_CONVENTION)


class Thing(Timestamped, Versioned, Own):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(FoldedString(50), unique=True)
    code: Mapped[str | None] = mapped_column(ExactString(50))
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 4))
    moment: Mapped[datetime | None] = mapped_column(UtcDateTime())
    total: Mapped[int] = mapped_column(default=0)


@pytest.fixture(params=database_urls(), ids=engine_name)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each kind of database in turn, with an empty table of things."""
    with fresh_database(request.param) as url, opened(url) as engine:
        Own.metadata.create_all(engine)
        yield engine


def scalar(engine: Engine, statement: str) -> object:
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).scalar()


SETTINGS = {
    "sqlite": {
        "PRAGMA foreign_keys": 1,
        "PRAGMA journal_mode": "wal",
        "PRAGMA busy_timeout": 5000,
        "PRAGMA synchronous": 2,
    },
    "postgresql": {
        "SHOW statement_timeout": "30s",
        "SHOW lock_timeout": "5s",
        "SHOW idle_in_transaction_session_timeout": "1min",
        "SHOW timezone": "UTC",
        "SHOW plan_cache_mode": "auto",
        "SHOW transaction_isolation": "read committed",
    },
    "mariadb": {
        "SELECT @@sql_mode": database.MARIADB_SQL_MODE,
        "SELECT @@character_set_connection": "utf8mb4",
        "SELECT @@time_zone": "+00:00",
        "SELECT @@innodb_lock_wait_timeout": 5,
        "SELECT @@lock_wait_timeout": 5,
        "SELECT @@max_statement_time": 30,
        "SELECT @@default_storage_engine": "InnoDB",
        "SELECT @@tx_isolation": "READ-COMMITTED",
    },
}
SETTINGS["mysql"] = SETTINGS["mariadb"]


def test_every_connection_is_told_what_its_engine_needs(engine: Engine) -> None:
    """DB-08, SQ-01: of the first connection, and of one in another thread after all were closed."""
    for statement, expected in SETTINGS[engine.dialect.name].items():
        assert scalar(engine, statement) == expected, statement
    engine.dispose()
    with ThreadPoolExecutor(1) as elsewhere:
        for statement, expected in SETTINGS[engine.dialect.name].items():
            assert elsewhere.submit(scalar, engine, statement).result() == expected, statement


def test_an_error_shows_no_values(engine: Engine) -> None:
    with (
        engine.connect() as connection,
        pytest.raises(Exception, match="hidden due to hide_parameters") as caught,
    ):
        connection.execute(text("SELECT :secret FROM nowhere"), {"secret": "correct horse"})
    assert "correct horse" not in str(caught.value)


def test_the_lessons_in_memory_engine_works_configured_or_not() -> None:
    for is_configured in (True, False):
        engine = create_engine(
            "sqlite:///:memory:", connect_args={"check_same_thread": False}, poolclass=StaticPool
        )
        if is_configured:
            configure_engine(engine)
        Own.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Thing(name="Alice"))
            session.commit()
            assert session.scalar(select(Thing.name)) == "alice"
        Own.metadata.drop_all(engine)
        engine.dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"])
def test_the_options_leave_an_in_memory_database_its_pool(url: str) -> None:
    engine = create_engine(url, poolclass=StaticPool, **engine_options(url))
    assert scalar(engine, "SELECT 1") == 1
    engine.dispose()


def test_moments_come_back_equal_to_the_microsecond_and_in_utc(engine: Engine) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 0, 1, tzinfo=timezone(timedelta(hours=-3)))
    with Session(engine) as session:
        session.add(Thing(moment=moment))
        session.commit()
        stored = session.scalar(select(Thing.moment).where(Thing.moment == moment))
    assert stored == moment
    assert stored.tzinfo is UTC
    assert stored.isoformat() == "2026-03-01T15:30:00.000001+00:00"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 12, 30, 0, 1, tzinfo=timezone(timedelta(hours=-3))),
        *(datetime(year, 1, 1, tzinfo=UTC) for year in (1, 2026)),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_sqlite_has_moments_as_sqlalchemy_writes_them(moment: datetime) -> None:
    """So they compare and sort as texts, with those that were written before too."""
    dialect = sqlite.dialect()
    write = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    write_plain = DateTime().dialect_impl(dialect).bind_processor(dialect)
    assert write
    assert write_plain
    assert write(moment) == write_plain(moment.astimezone(UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("stored", "hour"), [("2026-11-22", 0), ("2026-11-22 08:30:00", 8), ("2026-11-22 08:30:00+02:00", 6)]
)
def test_a_moment_that_another_program_wrote_to_sqlite_is_read_in_utc(stored: str, hour: int) -> None:
    engine = create_engine("sqlite://")
    asked = text("SELECT :stored AS moment").columns(moment=UtcDateTime())
    with engine.connect() as connection:
        read = connection.scalar(asked, {"stored": stored})
    engine.dispose()
    assert read is not None
    assert (read.day, read.hour, read.tzinfo) == (22, hour, UTC)


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    with Session(engine) as session, pytest.raises(StatementError, match="needs a zone"):
        session.scalar(select(Thing).where(Thing.moment == datetime(2026, 3, 1)))  # noqa: DTZ001 - the point


def test_the_servers_clock_writes_what_python_reads_and_compares(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(text("INSERT INTO things (total) VALUES (0)"))
        session.commit()
        thing = session.scalars(select(Thing)).one()
        assert thing.version == 1
        assert abs(thing.created_at - datetime.now(UTC)) < timedelta(minutes=1)
        assert session.scalar(select(Thing.id).where(Thing.created_at == thing.created_at)) == thing.id
        earlier = thing.created_at - timedelta(microseconds=1)
        assert session.scalar(select(Thing.id).where(Thing.created_at > earlier)) == thing.id
        assert session.scalar(select(Thing.id).where(Thing.created_at > thing.created_at)) is None


def test_a_change_moves_updated_at_and_the_version_and_a_stale_one_is_refused(engine: Engine) -> None:
    with Session(engine, expire_on_commit=False) as alice, Session(engine, expire_on_commit=False) as bob:
        alice.add(Thing(id=1, name="a"))
        alice.commit()
        seen_by_alice = alice.get_one(Thing, 1, populate_existing=True)
        alice.commit()
        seen_by_bob = bob.get_one(Thing, 1)
        made, changed = seen_by_bob.created_at, seen_by_bob.updated_at
        seen_by_bob.name = "b"
        bob.commit()
        assert (seen_by_bob.version, seen_by_bob.created_at) == (2, made)
        assert seen_by_bob.updated_at > changed

        seen_by_alice.name = "c"
        with pytest.raises(StaleDataError):
            alice.commit()


@pytest.mark.parametrize(
    "number", ["0", "0.1", "-0.0001", "99999999999999.9999", "-99999999999999.9999", "12"]
)
def test_decimals_come_back_as_they_went_in(engine: Engine, number: str) -> None:
    with Session(engine) as session:
        session.add(Thing(price=Decimal(number)))
        session.commit()
        assert session.scalars(select(Thing.price).where(Thing.price == Decimal(number))).all() == [
            Decimal(number)
        ]


def test_decimals_sort_and_sum_as_numbers(engine: Engine) -> None:
    prices = [Decimal(text) for text in ("10", "9.5", "-1", "0.0001")]
    with Session(engine) as session:
        session.add_all(Thing(price=price) for price in prices)
        session.commit()
        assert session.scalars(select(Thing.price).order_by(Thing.price)).all() == sorted(prices)
        assert session.scalar(select(func.sum(Thing.price))) == sum(prices)


@pytest.mark.parametrize(
    "number", [Decimal("0.00001"), Decimal("1e14"), Decimal("NaN"), Decimal("Infinity"), 0.5, True]
)
def test_a_decimal_that_does_not_fit_is_refused(engine: Engine, number: object) -> None:
    with Session(engine) as session, pytest.raises(StatementError):
        session.scalar(select(Thing).where(Thing.price == bindparam("price", number, Thing.price.type)))


def test_a_decimal_wider_than_sqlite_can_keep_is_refused_at_its_declaration() -> None:
    with pytest.raises(ValueError, match="at most 18 digits"):
        ExactDecimal(19, 2)
    assert ExactDecimal(18, 18).scale == 18


def test_folding_twice_is_folding_once_for_every_character() -> None:
    for point in range(0x110000):
        if not 0xD800 <= point <= 0xDFFF:
            once = fold(chr(point))
            assert fold(once) == once
            assert once == once.strip()
            assert unicodedata.is_normalized("NFKC", once)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        (" Alice\t", "alice"),
        ("\uff21lice", "alice"),
        ("Straße", "strasse"),
        ("cafe\u0301", "café"),
        ("m\u0131ke", "m\u0131ke"),
    ],
)
def test_folding_makes_one_of_what_a_person_takes_for_the_same(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_folded_column_folds_what_is_stored_and_what_is_asked(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Thing(name=" ÀLICE "))
        session.commit()
        assert session.scalars(select(Thing.name).where(Thing.name == "Àlice")).all() == ["àlice"]
        assert session.scalar(select(Thing.id).where(Thing.name == "alice")) is None
        session.execute(update(Thing).values(name="BOB"))
        assert session.scalar(text("SELECT name FROM things")) == "bob"


def test_exact_text_knows_capitals_accents_and_trailing_spaces_apart_and_sorts_by_code_point(
    engine: Engine,
) -> None:
    codes = ["B", "a", "a ", "b", "à", "😀"]
    with Session(engine) as session:
        session.add_all(Thing(code=code) for code in reversed(codes))
        session.commit()
        assert session.scalars(select(Thing.code).where(Thing.code == "a")).all() == ["a"]
        assert session.scalars(select(Thing.code).order_by(Thing.code)).all() == codes


def test_constraints_bear_names_so_that_migrations_can_speak_of_them() -> None:
    assert Base.registry.metadata is Base.metadata
    assert {constraint.name for constraint in Thing.__table__.constraints} == {"pk_things", "uq_things_name"}


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OperationalError("SELECT", {}, Exception("unable to open database file")),
            "unable to open database file",
        ),
        (OperationalError("SELECT", {}, Exception(1045, "Access denied.")), "Access denied"),
        (
            OperationalError("SELECT", {}, Exception("FATAL:  no such role\nLINE 1: hush")),
            "FATAL:  no such role",
        ),
        (OperationalError("SELECT", {}, Exception()), "no reason given"),
        (OperationalError("SELECT", {}, Exception("\n")), "no reason given"),
        (DatabaseTimeout("hush"), "TimeoutError"),
    ],
)
def test_what_the_driver_says_is_told_in_one_line_without_the_statement(
    error: SQLAlchemyError, said: str
) -> None:
    assert reason(error) == said


def test_a_new_sqlite_file_is_its_owners_whatever_the_umask(tmp_path: Path) -> None:
    """CF-07."""
    before = os.umask(0)
    try:
        with opened(f"sqlite:///{tmp_path / 'new.db'}") as engine, engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE things (id INTEGER)")
            connection.commit()
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


def test_an_sqlite_file_that_was_opened_to_others_on_purpose_stays_so(tmp_path: Path) -> None:
    (tmp_path / "old.db").touch(0o640)
    with opened(f"sqlite:///{tmp_path / 'old.db'}") as engine, engine.connect():
        assert stat.S_IMODE((tmp_path / "old.db").stat().st_mode) == 0o640
