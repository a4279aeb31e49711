"""Every revision on databases with rows in every table, and what revisions are made of."""

import ast
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Engine, text

from tests.migrations.golden import counts_of, seed
from tests.migrations.revisions import REVISIONS
from tests.migrations.rows import Deploy
from tests.pages import PASSWORD, Visitor
from webapp.database import Base
from webapp.setting_types import ROOT

pytestmark = pytest.mark.slow

MODELS = {"account", "users", "admin", "extensions", "web"}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_every_revision_goes_up_with_its_rows_and_people_sign_in(
    deploy: Deploy, engine: Engine, app: Flask, revision: str
) -> None:
    """MG-11, MG-04."""
    deploy("upgrade", revision)
    seed(engine, PASSWORD)
    before = counts_of(engine)
    assert set(before.values()) <= {1, 2}
    deploy("upgrade")
    after = counts_of(engine)
    assert {name: after[name] for name in before} == before
    if revision == "0001":  # nobody was staff then, and nobody is made so by an upgrade
        assert Visitor(app).sign_in("alice").status == 422
        with engine.begin() as connection:
            connection.execute(text("UPDATE users SET is_staff = (1 = 1), is_superuser = (1 = 1)"))
    alice = Visitor(app)
    assert alice.sign_in("alice").status == 303
    assert alice.get("/users/2/change/").status == 200
    assert alice.get("/users/2/history/").status == 200
    assert Visitor(app).sign_in("bob").status == 303


def test_no_revision_touches_rows_of_any_table_up_or_down(deploy: Deploy, engine: Engine) -> None:
    """MG-04. What a step down takes away is the tables of its own revision."""
    counts: list[dict[str, int]] = []
    for revision in REVISIONS:
        deploy("upgrade", revision)
        if counts:
            found = counts_of(engine)
            assert {name: found[name] for name in counts[-1]} == counts[-1], revision
        seed(engine, PASSWORD)
        counts.append(counts_of(engine))
        assert 0 not in counts[-1].values()
    for revision, wanted in reversed(list(zip(REVISIONS[:-1], counts[:-1], strict=True))):
        deploy("downgrade", revision)
        assert counts_of(engine) == wanted, revision


@pytest.mark.one_engine
def test_there_is_one_head_and_every_revision_is_tried_here() -> None:
    """MG-06."""
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert script.get_heads() == REVISIONS[-1:]
    assert [found.revision for found in script.walk_revisions()] == REVISIONS[::-1]


def imported_models(source: str) -> set[str]:
    """The packages with models, or that load them, which a revision imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        found |= {name for name in names if name.startswith("webapp.") and name.split(".")[1] in MODELS}
        found |= {name for name in names if name == "webapp"}
    return found


@pytest.mark.one_engine
def test_no_revision_imports_a_model() -> None:
    """MG-06."""
    for path in Path(ROOT / "migrations" / "versions").glob("*.py"):
        assert imported_models(path.read_text()) == set(), path.name


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "line", ["from webapp.users.models import User", "import webapp.users.models", "from webapp import users"]
)
def test_a_revision_that_imports_a_model_would_be_noticed(line: str) -> None:
    assert imported_models(line)
    assert not imported_models("from webapp import database")
    assert Base.metadata.tables
