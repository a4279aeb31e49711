"""What `flask db migrate` writes into a new revision."""

import shutil
from pathlib import Path

import pytest
from flask import Flask

from tests.migrations.rows import Deploy
from webapp.setting_types import ROOT


@pytest.fixture
def unfinished(tmp_path: Path, app: Flask) -> Path:
    """The migrations as they were before there were groups."""
    copy = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", copy, ignore=shutil.ignore_patterns("0006*", "__pycache__"))
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
