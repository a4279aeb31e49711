"""What `flask db migrate` writes into a new revision."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import CHAR, JSON, Column, Dialect, Integer, Interval, String, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

from tests.migrations.rows import Deploy
from webapp.database import Base
from webapp.setting_types import ROOT


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
