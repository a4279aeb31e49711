"""Search indexes as the database keeps them: declared, made, mended, compared, and done without."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import (
    Column,
    Engine,
    Enum,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError

from tests.conftest import close, make_settings
from tests.engines import database_urls, engine_name, fresh_database, opened
from webapp import create_app, search_index
from webapp.extensions import db
from webapp.patience import limit_waiting
from webapp.search_index import SearchIndex
from webapp.search_index.names import CannotSearchError


@pytest.fixture(params=database_urls(), ids=engine_name)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with fresh_database(request.param) as address:
        yield address


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with opened(url) as engine:
        yield engine


def things(*items: object, key: object = Integer) -> Table:
    """A table with odd names."""
    columns = (Column("the key", key, primary_key=True), Column('na"me', String(50)), Column("size", Integer))  # type: ignore[arg-type]
    return Table("odd things", MetaData(), *columns, *items)  # type: ignore[arg-type]


def test_it_is_made_with_its_table_and_goes_with_it(engine: Engine) -> None:
    table = things(SearchIndex('na"me'))
    table.create(engine)
    with engine.begin() as connection:
        there = search_index.existing(connection)
        assert there == ({} if search_index.reason_against(connection) else {"odd things": ('na"me',)})
        connection.execute(table.insert(), [{"the key": 3, 'na"me': "Ann"}, {"the key": 4, 'na"me': None}])
        connection.execute(table.delete())
    table.drop(engine)
    with engine.connect() as connection:
        assert search_index.existing(connection) == {}
        assert not search_index.is_part(connection, search_index.name_of("odd things"))


def test_tables_of_long_names_that_begin_alike_have_one_each(engine: Engine) -> None:
    """PostgreSQL cuts the names of indexes to 63 bytes."""
    names = [f"{'long_' * 11}{last}" for last in ("one", "two")]
    metadata = MetaData()
    for name in names:
        columns = (Column("id", Integer, primary_key=True), Column("title", String(50)))
        Table(name, metadata, *columns, SearchIndex("title"))
    metadata.create_all(engine)
    with engine.begin() as connection:
        has_none = search_index.reason_against(connection) is not None
        assert search_index.existing(connection) == ({} if has_none else dict.fromkeys(names, ("title",)))
        found = {index["name"] for name in names for index in inspect(connection).get_indexes(name)}
        assert all(search_index.is_part(connection, str(name)) for name in found)
        search_index.drop(connection, names[0])
        assert search_index.existing(connection) == ({} if has_none else {names[1]: ("title",)})


@pytest.mark.parametrize(
    ("index", "key", "told"),
    [
        (("title",), Integer, "there is no column 'title'"),
        (("size",), Integer, "'size' holds no text"),
        (('na"me',), String(5), "key is not one whole number"),
    ],
)
@pytest.mark.one_engine
def test_a_declaration_that_cannot_be_is_refused(index: tuple[str, ...], key: object, told: str) -> None:
    with pytest.raises(ArgumentError, match=told):
        things(SearchIndex(*index), key=key)
    with pytest.raises(ArgumentError, match="needs the names"):
        SearchIndex()


@pytest.mark.one_engine
def test_an_enumeration_is_no_text() -> None:
    with pytest.raises(ArgumentError, match="holds no text"):
        things(Column("shade", Enum("red", "blue")), SearchIndex("shade"))


def test_without_a_trigger_it_is_not_whole_and_is_made_anew(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("triggers are SQLite's")
    things(SearchIndex('na"me')).create(engine)
    with engine.begin() as connection:
        connection.execute(text('DROP TRIGGER "search_odd things_update"'))
        assert search_index.existing(connection) == {}
        assert search_index.is_part(connection, "search_odd things_data")
        search_index.create(connection, "odd things", ['na"me'], "the key")
        assert search_index.existing(connection) == {"odd things": ('na"me',)}


def test_one_that_tells_accents_apart_is_none_that_a_search_uses_and_is_made_anew(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite's tells them apart in any case, and MariaDB has none")
    things().create(engine)
    with engine.begin() as connection:
        search_index.create(connection, "odd things", ['na"me'], "the key", accents_apart=True)
        assert search_index.existing(connection) == {}
        assert search_index.is_part(connection, "search_odd things")
        search_index.create(connection, "odd things", ['na"me'], "the key")
        assert search_index.existing(connection) == {"odd things": ('na"me',)}


def test_set_aside_it_is_made_anew_from_what_was_written_meanwhile(engine: Engine) -> None:
    table = things(SearchIndex('na"me'))
    table.create(engine)
    with engine.begin() as connection:
        before = search_index.existing(connection)
        with search_index.set_aside(connection, "odd things"):
            assert search_index.existing(connection) == {}
            connection.execute(table.insert(), {"the key": 7, 'na"me': "Ann"})
        assert search_index.existing(connection) == before
        if engine.dialect.name == "sqlite":
            asked = 'SELECT rowid FROM "search_odd things" WHERE "search_odd things" MATCH \'"ann"\''
            assert connection.execute(text(asked)).scalars().all() == [7]


def test_a_table_of_any_key_has_none_to_be_set_aside(engine: Engine) -> None:
    pair = Table("pairs", MetaData(), *(Column(name, Integer, primary_key=True) for name in ("a", "b")))
    pair.create(engine)
    with engine.begin() as connection:
        with search_index.set_aside(connection, "pairs"):
            connection.execute(pair.insert(), {"a": 1, "b": 2})
        assert search_index.existing(connection) == {}


def test_whoever_may_not_make_the_extension_is_told_and_goes_on(engine: Engine) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("extensions are PostgreSQL's")
    role = "zelador_test_nobody"
    with engine.connect() as connection:
        connection.execute(text(f"DROP ROLE IF EXISTS {role}"))
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT CREATE, USAGE ON SCHEMA public TO {role}"))
        connection.execute(text(f"SET ROLE {role}"))
        things().create(connection)
        with pytest.raises(CannotSearchError, match="CREATE EXTENSION pg_trgm"):
            search_index.create(connection, "odd things", ['na"me'], "the key")
        assert connection.execute(text("SELECT 1")).scalar() == 1
        connection.rollback()


# An index that takes a second.
SLOW = (
    "CREATE FUNCTION slow() RETURNS event_trigger AS 'BEGIN PERFORM pg_sleep(1); END' LANGUAGE plpgsql",
    "CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION slow()",
)


def test_making_it_may_take_longer_than_a_statement(url: str) -> None:
    if engine_name(url) != "postgresql":
        pytest.skip("SQLite knows no such limit, and MariaDB has no such index")
    engine = create_engine(url)
    # Half a second, with the margin.
    limit_waiting(engine, -1.5)  # type: ignore[arg-type]
    with engine.begin() as connection:
        things().create(connection)
        connection.execute(text("SET statement_timeout = '500ms'"))
        for statement in SLOW:
            connection.execute(text(statement))
        search_index.renew(connection, "odd things", ['na"me'], "the key")
        assert search_index.existing(connection) == {"odd things": ('na"me',)}
    engine.dispose()


@pytest.fixture
def own(url: str) -> Iterator[Flask]:
    app = create_app(make_settings(DATABASE_URL=url))
    yield app
    close(app)


def test_the_command_makes_it_anew(own: Flask) -> None:
    with own.app_context():
        db.create_all()
        with db.engine.begin() as connection:
            search_index.drop(connection, "users")
            assert "users" not in search_index.existing(connection)
        result = own.test_cli_runner().invoke(args=["rebuild-search"])
        has_none = db.engine.dialect.name in ("mysql", "mariadb")
        assert (
            "MariaDB has no search index" if has_none else "users: username, email, full_name"
        ) in result.output
        assert result.exit_code == (1 if has_none else 0)
        with db.engine.connect() as connection:
            assert ("users" in search_index.existing(connection)) is not has_none


def test_a_database_that_spells_otherwise_has_none() -> None:
    """In Turkish the small letter of I is another than i: an index of what its small letters are loses names."""
    for url in database_urls():
        if engine_name(url) == "postgresql":
            break
    else:
        pytest.skip("locales are PostgreSQL's")
    for options, told in (
        ("LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' ENCODING 'UTF8'", "small letter of I"),
        ("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'", "stores text as LATIN1"),
    ):
        with made(url, options) as engine, engine.begin() as connection:
            assert told in str(search_index.reason_against(connection))
            things().create(connection)
            with pytest.raises(CannotSearchError, match=told):
                search_index.create(connection, "odd things", ['na"me'], "the key")
            things(SearchIndex('na"me')).drop(connection)
            assert search_index.existing(connection) == {}


@contextmanager
def made(url: str, options: str) -> Iterator[Engine]:
    """A database of PostgreSQL's own kind beside that of *url*."""
    name = f"zelador_test_spelling_{os.getpid()}"
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 {options}"))
        engine = create_engine(make_url(url).set(database=name))
        try:
            yield engine
        finally:
            engine.dispose()
            connection.execute(text(f"DROP DATABASE {name}"))
    server.dispose()
