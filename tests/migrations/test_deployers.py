"""Deployers at work: several at once, one that is killed, one whose database is not there."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, make_url, text

from tests.engines import SQLITE
from tests.migrations.rows import Deploy, Start, insert_people, people_of, person, schema_of

pytestmark = pytest.mark.slow

# More than all revisions together take.
MOST_STATEMENTS = 240
ONLY_SQLITE = pytest.mark.parametrize("url", [SQLITE], indirect=True)


class PowerCut(Exception):
    """What stops a migration half-way."""


@contextmanager
def power_cut_after(writes: int) -> Iterator[None]:
    """Stop the migration once it has sent so many statements that write."""
    sent = 0

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        nonlocal sent
        if statement.lstrip().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE")):
            sent += 1
            if sent == writes:
                raise PowerCut

    event.listen(Engine, "after_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", count)


def is_transactional(engine: Engine) -> bool:
    return engine.dialect.name in ("sqlite", "postgresql")


def stride(engine: Engine) -> int:
    """Every statement is tried where each is a commit of its own, every fifth where none is."""
    return 5 if is_transactional(engine) else 1


def test_a_failure_after_any_statement_can_be_run_again(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade")
    wanted = schema_of(engine)
    cuts = 0
    while cuts < MOST_STATEMENTS:
        deploy("downgrade", "base")
        deploy("upgrade", "0001")
        insert_people(engine, [person(1, "Alice", "secret"), person(2, "Bob")])
        before = schema_of(engine), people_of(engine)
        try:
            with power_cut_after(cuts + 1):
                deploy("upgrade")
            break
        except PowerCut:
            cuts += stride(engine)
        if is_transactional(engine):
            assert (schema_of(engine), people_of(engine)) == before
        deploy("upgrade")
        assert schema_of(engine) == wanted
        assert [row[1] for row in people_of(engine)] == ["alice", "bob"]
    assert 10 < cuts < MOST_STATEMENTS


def test_a_downgrade_that_failed_after_any_statement_can_be_run_again(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade", "0001")
    wanted = schema_of(engine)
    cuts = 0
    while cuts < MOST_STATEMENTS:
        deploy("upgrade")
        try:
            with power_cut_after(cuts + 1):
                deploy("downgrade", "0001")
            break
        except PowerCut:
            cuts += stride(engine)
        deploy("downgrade", "0001")
        assert schema_of(engine) == wanted
    assert 7 < cuts < MOST_STATEMENTS


@pytest.mark.race
def test_five_deployers_at_once_all_succeed_and_apply_everything_once(
    deploy: Deploy, engine: Engine, start: Start
) -> None:
    deploy("upgrade", "0001")
    insert_people(engine, [person(n, f"Person{n}", "secret" if n < 10 else "") for n in range(1, 101)])
    deployers = [start("upgrade") for _ in range(5)]
    for deployer in deployers:
        _, told = deployer.communicate(timeout=120)
        assert deployer.returncode == 0, told
    deploy("check")
    assert [row[1] for row in people_of(engine)] == [f"person{n}" for n in range(1, 101)]


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_killed_deployer_leaves_no_lock_and_nothing_half_done(
    deploy: Deploy, engine: Engine, start: Start
) -> None:
    deploy("upgrade", "0001")
    insert_people(engine, [person(n, f"Person{n}", "secret") for n in range(1, 51)])
    deployer = start("upgrade")
    assert deployer.stderr is not None
    # It now hashes passwords, one after the other.
    assert any("0001 -> 0002" in line for line in deployer.stderr)
    deployer.send_signal(signal.SIGKILL)
    assert deployer.wait() == -signal.SIGKILL
    deploy("upgrade")
    deploy("check")
    assert all(row[3].startswith("$argon2id$v=19$m=19456") for row in people_of(engine))


def test_a_database_that_cannot_be_opened_is_one_line_without_the_password(url: str, start: Start) -> None:
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with open(address.database, "w") as file:
            file.write("This is no database. " * 100)
    else:
        address = address.set(port=1, password="pa%ss:w@rd")
    deployer = start("upgrade", address=address.render_as_string(hide_password=False))
    _, told = deployer.communicate(timeout=60)
    assert deployer.returncode == 1
    assert told.startswith("Error: The database cannot be opened: ")
    assert len(told.splitlines()) == 1
    assert "ss:w@rd" not in told
    assert "ss%3Aw" not in told


def test_a_migration_that_the_database_refuses_is_one_line_and_changes_nothing(
    deploy: Deploy, engine: Engine, another: Callable[[str], str]
) -> None:
    deploy("upgrade")
    wanted = schema_of(engine)
    told = deploy("upgrade", "-d", another("op.execute('SELECT 1 FROM nowhere')"), exit_code=1).output
    (line,) = [line for line in told.splitlines() if line.startswith("Error: ")]
    assert line.startswith("Error: The database refused the migration: ")
    assert "nowhere" in line
    assert "Traceback" not in told
    assert schema_of(engine) == wanted


@ONLY_SQLITE
def test_a_rebuild_of_a_table_keeps_the_rows_that_refer_to_it(
    deploy: Deploy, engine: Engine, another: Callable[[str], str]
) -> None:
    deploy("upgrade")
    _grant(engine)
    wanted = schema_of(engine)
    rebuild = "with op.batch_alter_table('users', recreate='always') as batch: batch.alter_column('theme')"
    deploy("upgrade", "-d", another(rebuild))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT user_id, permission FROM user_grants")).all() == [
            (1, "users.view")
        ]
    assert schema_of(engine) == wanted
    insert_people(engine, [person(2, "bob")])


@ONLY_SQLITE
def test_a_rebuild_of_a_table_keeps_its_search_index(
    deploy: Deploy, engine: Engine, another: Callable[[str], str]
) -> None:
    """With the table go its triggers, and Alembic makes none."""
    deploy("upgrade")
    insert_people(engine, [person(1, "alice"), person(2, "bob")])
    rebuild = "with op.batch_alter_table('users', recreate='always') as batch: batch.alter_column('theme')"
    body = f"{rebuild}\n    op.execute('DELETE FROM users WHERE id = 1')"  # noqa: S608
    deploy("upgrade", "-d", another(body))
    insert_people(engine, [person(3, "alan")])
    asked = "SELECT rowid FROM search_users WHERE search_users MATCH '\"example\"'"
    with engine.connect() as connection:
        assert connection.execute(text(asked)).scalars().all() == [2, 3]


@ONLY_SQLITE
def test_a_searched_column_is_not_taken_away_under_its_index(
    deploy: Deploy, engine: Engine, another: Callable[[str], str]
) -> None:
    deploy("upgrade")
    before = schema_of(engine)
    cut = "with op.batch_alter_table('users') as batch: batch.drop_column('email')"
    directory = another(cut)
    told = deploy("upgrade", "-d", directory, exit_code=1).output
    assert "columns that are gone: email" in told
    assert "op.drop_search_index('users')" in told
    assert schema_of(engine) == before


@ONLY_SQLITE
def test_a_revision_that_would_orphan_rows_is_refused_and_changes_nothing(
    deploy: Deploy, engine: Engine, another: Callable[[str], str]
) -> None:
    deploy("upgrade")
    _grant(engine)
    told = deploy("upgrade", "-d", another("op.execute('DELETE FROM users')"), exit_code=1).output
    assert "user_grants -> users" in told
    assert [row[1] for row in people_of(engine)] == ["alice"]


def _grant(engine: Engine) -> None:
    insert_people(engine, [person(1, "alice")])
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO user_grants (user_id, permission) VALUES (1, 'users.view')"))
