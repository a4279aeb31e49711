"""What `flask db migrate` writes into a new revision."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    CHAR,
    JSON,
    Column,
    Dialect,
    Engine,
    ForeignKey,
    Index,
    Integer,
    Interval,
    MetaData,
    String,
    Table,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

from tests.migrations.revisions import NEWEST
from tests.migrations.rows import Deploy
from webapp import search_index
from webapp.database import Base
from webapp.search_index import SearchIndex
from webapp.setting_types import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture
def unfinished(tmp_path: Path, app: Flask) -> Path:
    """The migrations as they were before there were groups."""
    copy = tmp_path / "migrations"
    shutil.copytree(
        ROOT / "migrations", copy, ignore=shutil.ignore_patterns("000[6-9]*", "00[1-9]*", "__pycache__")
    )
    return copy


def test_a_new_revision_names_our_own_types(deploy: Deploy, unfinished: Path) -> None:
    """Written as plain types a moment would lose its zone on PostgreSQL and its microseconds on MariaDB."""
    deploy("upgrade", "-d", str(unfinished))
    deploy("migrate", "-d", str(unfinished), "-m", "write it again")
    written = (unfinished / "versions" / "0006_write_it_again.py").read_text()
    assert "from webapp import database" in written
    assert "sa.Column('created_at', database.UtcDateTime(), server_default=database.utcnow()" in written
    assert "sa.Column('name', database.ExactString(length=150), nullable=False)" in written
    deploy("upgrade", "-d", str(unfinished))
    deploy("check", "-d", str(unfinished))


class Shade(TypeDecorator[str]):
    """A type of an app."""

    impl = String(7)
    cache_ok = True


class Ticket(TypeDecorator[str]):
    """A type of an app that PostgreSQL keeps in another way than the others."""

    impl = CHAR(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: Any = postgresql.UUID(as_uuid=False) if dialect.name == "postgresql" else CHAR(36)
        return dialect.type_descriptor(kind)


class Papers(TypeDecorator[Any]):
    impl = JSON().with_variant(postgresql.JSONB(), "postgresql")
    cache_ok = True


@pytest.fixture
def odd_table() -> Iterator[Table]:
    """A table of an app, with types of its own and one that SQLAlchemy decorates itself."""
    table = Table(
        "odd_things",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("takes", Interval()),
        Column("shade", Shade()),
        Column("ticket", Ticket()),
        Column("papers", Papers()),
    )
    yield table
    Base.metadata.remove(table)


def test_a_type_of_an_app_is_written_as_what_each_engine_keeps(
    deploy: Deploy, tmp_path: Path, odd_table: Table
) -> None:
    """Of a revision nothing may hang on the app, whose types change or go; and what it makes is what the models ask."""
    copy = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", copy, ignore=shutil.ignore_patterns("__pycache__"))
    deploy("upgrade", "-d", str(copy))
    deploy("migrate", "-d", str(copy), "-m", "create odd things")
    [path] = (copy / "versions").glob("*_create_odd_things.py")
    written = path.read_text()
    for column in (
        "sa.Column('takes', sa.Interval(), nullable=True)",
        "sa.Column('shade', sa.String(length=7), nullable=True)",
        "sa.Column('ticket', sa.CHAR(length=36).with_variant(sa.UUID(as_uuid=False), 'postgresql'), nullable",
        "sa.Column('papers', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable",
    ):
        assert column in written, written
    deploy("upgrade", "-d", str(copy))
    deploy("check", "-d", str(copy))


# Search indexes


@pytest.fixture
def searched_table() -> Iterator[Table]:
    """A table of an app that is searched through an index."""
    table = Table(
        "notes",
        Base.metadata,
        Column("number", Integer, primary_key=True),
        Column("title", String(50)),
        Column("body", String(50)),
        SearchIndex("title", "body"),
    )
    yield table
    Base.metadata.remove(table)


def test_a_search_index_is_written_compared_changed_and_taken_away(
    deploy: Deploy, tmp_path: Path, searched_table: Table, engine: Engine
) -> None:
    copy = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", copy, ignore=shutil.ignore_patterns("__pycache__"))
    directory = ("-d", str(copy))

    def written(name: str) -> str:
        deploy("migrate", *directory, "-m", name)
        [path] = (copy / "versions").glob(f"*_{name}.py")
        deploy("upgrade", *directory)
        deploy("check", *directory)
        return path.read_text()

    has_none = engine.dialect.name in ("mysql", "mariadb")
    deploy("upgrade", *directory)
    made = written("make_it")
    assert ("op.create_search_index('notes', ['title', 'body'], key='number')" in made) is not has_none
    order = (
        "op.create_table('notes'",
        "op.create_search_index",
        "op.drop_search_index",
        "op.drop_table('notes')",
    )
    if not has_none:
        assert sorted(order, key=made.index) == list(order)
    assert "fts5" not in made
    assert "search_notes" not in made
    if has_none:
        return
    searched_table.info["search_index"] = SearchIndex("title")
    assert "op.create_search_index('notes', ['title'], key='number')" in written("change_it")
    with engine.begin() as connection:
        search_index.drop(connection, "notes")
    deploy("check", *directory, exit_code=1)
    with engine.begin() as connection:
        search_index.create(connection, "notes", ["title"], "number")
    del searched_table.info["search_index"]
    taken = written("take_it")
    assert "op.drop_search_index('notes')" in taken
    assert "op.create_search_index('notes', ['title'], key='number')" in taken
    deploy("downgrade", *directory, "base")


def test_a_revision_that_changes_a_search_index_is_taken_back_to_the_one_before(
    deploy: Deploy, tmp_path: Path, searched_table: Table, engine: Engine
) -> None:
    """With a column that is called otherwise by then, which an index would keep from being dropped."""
    if engine.dialect.name in ("mysql", "mariadb"):
        pytest.skip("MariaDB has none")
    copy = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", copy, ignore=shutil.ignore_patterns("__pycache__"))
    directory = ("-d", str(copy))

    def there() -> tuple[str, ...]:
        with engine.connect() as connection:
            return search_index.existing(connection)["notes"]

    deploy("upgrade", *directory)
    deploy("migrate", *directory, "-m", "make_it")
    deploy("upgrade", *directory)
    renamed = Table(
        "notes",
        Base.metadata,
        Column("text", String(50)),
        SearchIndex("title", "text"),
        extend_existing=True,
    )
    renamed._columns.remove(renamed.c.body)
    deploy("migrate", *directory, "-m", "rename_it")
    deploy("upgrade", *directory)
    deploy("check", *directory)
    assert there() == ("title", "text")
    with engine.begin() as connection:
        connection.execute(renamed.insert(), {"number": 1, "title": "Ann", "text": "wrote it"})
    deploy("downgrade", *directory)
    assert there() == ("title", "body")
    deploy("upgrade", *directory)
    assert there() == ("title", "text")


# Foreign keys and the indexes that serve them


def hung_tables(metadata: MetaData, *items: Any) -> None:
    """Two tables of an app, of which one leads to the other by a column with *items*."""
    for name in ("pages", "shelves"):
        if name in metadata.tables:
            metadata.remove(metadata.tables[name])
    Table("shelves", metadata, Column("id", Integer, primary_key=True))
    Table("pages", metadata, Column("id", Integer, primary_key=True), Column("place", Integer), *items)


@pytest.fixture
def hung() -> Iterator[Callable[..., None]]:
    yield partial(hung_tables, Base.metadata)
    for name in ("pages", "shelves"):
        Base.metadata.remove(Base.metadata.tables[name])


def leading(**options: Any) -> "Column[int]":
    return Column("shelf_id", ForeignKey("shelves.id", ondelete="CASCADE"), **options)


def test_what_serves_a_foreign_key_goes_in_an_order_that_every_engine_takes(
    deploy: Deploy, tmp_path: Path, hung: Callable[..., None]
) -> None:
    """MariaDB drops no index while a foreign key needs it, nor one that is gone with its column."""
    copy = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", copy, ignore=shutil.ignore_patterns("__pycache__"))
    directory = ("-d", str(copy))
    deploy("upgrade", *directory)
    for name, items in {
        "with an index": [leading(index=True)],
        "another index": [leading(), Index("ix_pages_shelf_id_place_id", "shelf_id", "place", "id")],
        "the column goes": [],
    }.items():
        hung(*items)
        deploy("migrate", *directory, "-m", name)
        deploy("upgrade", *directory)
        deploy("check", *directory)
        deploy("downgrade", *directory)
        deploy("upgrade", *directory)
    deploy("downgrade", *directory, NEWEST)
