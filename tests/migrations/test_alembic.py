"""The checks of the revisions that pytest-alembic brings, on each engine."""

from collections.abc import Iterator

import pytest
from alembic.config import Config
from flask import Flask
from pytest_alembic.plugin.fixtures import alembic_runner
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import Engine

__all__ = [
    "alembic_runner",
    "test_model_definitions_match_ddl",
    "test_single_head_revision",
    "test_up_down_consistency",
    "test_upgrade",
]
pytestmark = pytest.mark.slow


@pytest.fixture
def alembic_config(app: Flask) -> Iterator[Config]:
    """Ours; our ``env.py`` asks the application for everything else."""
    with app.app_context():
        yield app.extensions["migrate"].migrate.get_config()


@pytest.fixture
def alembic_engine(engine: Engine) -> Engine:
    return engine
