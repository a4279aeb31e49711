"""An application that a rule may spoil, to see whether the rule would notice; and one with every kind of model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.admin.conftest import library_app, library_engine_app
from tests.conftest import make_settings
from webapp import create_app
from webapp.extensions import db

__all__ = ["library_app", "library_engine_app"]


@pytest.fixture
def other_app(tmp_path: Path) -> Iterator[Flask]:
    """An application of its own, which has answered nothing yet."""
    app = create_app(make_settings(DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}"))
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()
