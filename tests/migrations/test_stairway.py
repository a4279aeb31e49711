"""Every revision, up and down and up again, with people in the table."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from tests.engines import fresh_database, opened
from tests.migrations.revisions import REVISIONS
from tests.migrations.rows import HASH, Deploy, insert_people, people_of, person, schema_of
from webapp import append_only
from webapp.database import Base

pytestmark = pytest.mark.slow

PLAIN = 10


@pytest.fixture
def thousand(deploy: Deploy, engine: Engine) -> Engine:
    """Revision 1 with 1,000 people in it; ten have plain passwords, all have capitals."""
    deploy("upgrade", "0001")
    people = [
        person(
            number,
            f" Ünal{number} ",
            f"plain {number}" if number <= PLAIN else HASH,
            f"P{number}@Example.org",
        )
        for number in range(1, 1001)
    ]
    insert_people(engine, people)
    return engine


def test_the_first_revision_makes_exactly_the_four_columns_of_the_lesson(
    deploy: Deploy, engine: Engine
) -> None:
    deploy("upgrade", "0001")
    columns = inspect(engine).get_columns("users")
    assert [column["name"] for column in columns] == ["id", "username", "password", "email"]
    assert not any(column["nullable"] for column in columns)


def test_a_thousand_people_go_up_and_down_and_up_again_and_nobody_is_lost(
    deploy: Deploy, thousand: Engine
) -> None:
    lesson = schema_of(thousand)
    deploy("upgrade")
    complete, people = schema_of(thousand), people_of(thousand)
    assert [row[:3] for row in people] == [(n, f"ünal{n}", f"p{n}@example.org") for n in range(1, 1001)]
    assert all(row[3].startswith("$argon2id$v=19$m=19456,t=2,p=1$") for row in people[:PLAIN])
    assert {row[3] for row in people[PLAIN:]} == {HASH}

    deploy("downgrade", "0001")
    assert schema_of(thousand) == lesson
    assert people_of(thousand) == people
    deploy("upgrade")
    assert schema_of(thousand) == complete
    assert people_of(thousand) == people

    deploy("downgrade", "base")
    assert schema_of(thousand) == {}
    deploy("upgrade")
    assert schema_of(thousand) == complete


def test_each_revision_undoes_what_it_does(deploy: Deploy, engine: Engine) -> None:
    for before, revision in zip(["base", *REVISIONS], REVISIONS, strict=False):
        lower = schema_of(engine)
        deploy("upgrade", revision)
        upper = schema_of(engine)
        deploy("downgrade", before)
        assert schema_of(engine) == lower
        deploy("upgrade", revision)
        assert schema_of(engine) == upper


def test_the_migrated_schema_is_that_of_the_models(
    deploy: Deploy, engine: Engine, request: pytest.FixtureRequest
) -> None:
    deploy("upgrade")
    with fresh_database(request.node.callspec.params["url"]) as other, opened(other) as created:
        Base.metadata.create_all(created)
        assert schema_of(engine) == schema_of(created)


def test_nothing_is_left_to_migrate(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade")
    deploy("check")
    versions = Path(__file__).parents[2] / "migrations" / "versions"
    before = set(versions.glob("*.py"))
    try:
        assert "no revision is needed" in deploy("migrate").output
        assert set(versions.glob("*.py")) == before
    finally:
        for made in set(versions.glob("*.py")) - before:
            made.unlink()


def test_a_model_that_is_ahead_of_the_migrations_is_noticed(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade", "0004")
    deploy("check", exit_code=1)


def test_a_history_that_has_lost_its_triggers_is_noticed(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade")
    with engine.begin() as connection:
        for statement in append_only.removal(connection.dialect, "log_entries"):
            connection.exec_driver_sql(statement)
    assert "add_append_only" in deploy("check", exit_code=1).output


def test_entries_from_before_are_kept_and_readable(deploy: Deploy, engine: Engine) -> None:
    """Of them nobody has said through what they came."""
    deploy("upgrade", "0012")
    row = {"at": "2026-01-01 00:00:00.000000", "actor_label": "alice", "origin": "web", "verb": "change"}
    row |= {"name": "users", "key": "2", "label": "bob", "changes": "[]"}
    columns = ", ".join(map(engine.dialect.identifier_preparer.quote, row))
    values = ", ".join(f"'{value}'" for value in row.values())
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO log_entries ({columns}) VALUES ({values})"))  # noqa: S608
    for revision in ("head", "0012", "head"):
        deploy("upgrade" if revision == "head" else "downgrade", revision)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT label, origin FROM log_entries")).all() == [("bob", "web")]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT through FROM log_entries")) is None
