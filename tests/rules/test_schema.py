"""The models equal the migrations in a process that knows nothing of the tests and their sample tables."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import database_urls, engine_name, fresh_database

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from sqlalchemy import inspect
from webapp import create_app
from webapp.database import Base
from webapp.extensions import db


def server_defaults():
    inspector = inspect(db.engine)
    return {
        f"{name}.{column['name']}": str(column["default"])
        for name in Base.metadata.tables
        for column in inspector.get_columns(name)
    }


app = create_app()
for command in (["db", "upgrade"], ["db", "check"]):
    result = app.test_cli_runner().invoke(args=command)
    if result.exit_code:
        sys.exit(result.output or repr(result.exception))
# Alembic compares everything but what the database itself puts into a row.
with app.app_context():
    migrated = server_defaults()
    db.drop_all()
    db.create_all()
    if different := set(server_defaults().items()) ^ set(migrated.items()):
        sys.exit(f"server defaults: {sorted(different)}")
sys.exit(any(name == "tests" or name.startswith("tests.") for name in sys.modules))
"""


@pytest.fixture(params=database_urls(), ids=engine_name)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    with fresh_database(request.param) as address:
        yield address


def test_the_models_equal_the_migrations(url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "SECRET_KEY": "a key for tests only: 7hW2nQ9xLr4Vb8Zt"}
    done = subprocess.run(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
