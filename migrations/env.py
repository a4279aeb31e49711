"""How `flask db` reaches the database: under a lock, so that several deployers at once do the work only once.

The connection is one of its own, opened for this command and closed after it. On SQLite and PostgreSQL all
revisions of a command are one transaction. MariaDB commits at every change of the schema, so there a revision
is one ALTER TABLE, or steps that can be run again.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import sleep
from types import ModuleType
from typing import Any

import click
import sqlalchemy
from alembic import context
from alembic.autogenerate import render
from alembic.operations.ops import (
    CreateIndexOp,
    CreateTableOp,
    DropColumnOp,
    DropConstraintOp,
    DropIndexOp,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    OpContainer,
)
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

from webapp import backups, database, mariadb, readiness, search_index
from webapp.append_only import operations as _operations_of_append_only  # noqa: F401 - registers itself
from webapp.search_index import operations

# Seconds that a deployer waits for another one to finish, and that a statement waits for a table: the second
# is short because everybody else queues behind a change of the schema that waits.
DEPLOY_LOCK_WAIT = 120
SQLITE_LOCK_WAIT = 60
TABLE_LOCK_WAIT = 2
# A table that is in use is tried again so often, for a minute: then the server has ended a session of ours that idles.
TRIES = 20

# `flask db upgrade -x no-backup`
SKIP_COPY = "no-backup"


def run() -> None:
    if not current_app:
        raise CommandError(
            "Migrations need the application's settings: run `flask db ...`, not `alembic ...`."
        )
    # The revisions are worth a line each; what Alembic consists of is not.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    settings = current_app.extensions["migrate"]
    options = {
        **settings.configure_args,
        "target_metadata": settings.db.metadata,
        "compare_type": True,
        "render_as_batch": True,
        "render_item": render_item,
        "include_object": is_compared,
        "process_revision_directives": number_revision,
    }
    url = current_app.config["SQLALCHEMY_DATABASE_URI"]
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
    else:
        run_online(make_engine(url), options)


def run_online(engine: Engine, options: dict[str, Any]) -> None:
    with connected(engine) as connection:
        for tries_left in reversed(range(TRIES)):
            try:
                run_once(connection, options)
                return
            except DBAPIError as error:
                if not is_lock_timeout(error):
                    raise
                if not tries_left:
                    raise click.ClickException(
                        f"A table stayed in use through {TRIES} tries of {TABLE_LOCK_WAIT} seconds. "
                        "Run this again when less goes on, or end what holds it."
                    ) from error
            connection.rollback()
            # Everybody who queued behind us goes first.
            click.echo(f"A table is in use; trying again ({tries_left} left).")
            sleep(random.uniform(0.5, 2))  # noqa: S311 - no secret


def run_once(connection: Connection, options: dict[str, Any]) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    # Alembic takes SQLite for unable to undo a CREATE TABLE; it is able, once a BEGIN stands before it.
    context.configure(connection=connection, transactional_ddl=True if is_sqlite else None, **options)
    with context.begin_transaction():
        refuse_unknown()
        if is_sqlite:
            save_copy(connection)
        context.run_migrations()
        if goes_to_a_revision():
            operations.mend(connection)
        if is_sqlite:
            check_foreign_keys(connection)


def is_lock_timeout(error: DBAPIError) -> bool:
    """PostgreSQL's lock_not_available, and MariaDB's "Lock wait timeout exceeded"."""
    found = error.orig
    return getattr(found, "sqlstate", None) == "55P03" or getattr(found, "args", ())[:1] == (1205,)


def make_engine(url: str) -> Engine:
    wanted = {"hide_parameters", "connect_args"}
    options = {name: value for name, value in database.engine_options(url).items() if name in wanted}
    engine = create_engine(url, poolclass=NullPool, **options)
    database.configure_engine(engine)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
    return engine


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection that holds the deploy lock until it is closed; what goes wrong is told in one line."""
    try:
        connection = engine.connect()
    except DBAPIError as error:
        server = "" if engine.dialect.name == "sqlite" else " and that the server runs"
        raise click.ClickException(
            f"The database cannot be opened: {database.reason(error)}. Check DATABASE_URL{server}."
        ) from error
    try:
        with connection:
            take_deploy_lock(connection)
            yield connection
    except DBAPIError as error:
        raise click.ClickException(
            f"The database refused the migration: {database.reason(error)}."
        ) from error


def take_deploy_lock(connection: Connection) -> None:
    """Wait until no other deployer is at work. On SQLite the transaction itself is that lock."""
    taken = True
    database.wait_without_end(connection)
    if connection.dialect.name == "postgresql":
        # No limits while waiting, nor while rows are worked on in Python between two statements.
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
        connection.execute(text(f"SET lock_timeout = '{DEPLOY_LOCK_WAIT}s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": database.advisory_key("migrate")})
        connection.execute(text(f"SET lock_timeout = '{TABLE_LOCK_WAIT}s'"))
    elif connection.dialect.name in database.MYSQL_NAMES:
        refuse_unfit(connection)
        if connection.dialect.is_mariadb:
            connection.execute(text("SET SESSION max_statement_time = 0"))
        lock = database.named_lock(connection, "migrate")
        taken = database.take_named_lock(connection, lock, DEPLOY_LOCK_WAIT)
        connection.execute(text(f"SET SESSION lock_wait_timeout = {TABLE_LOCK_WAIT}"))
    if not taken:
        raise click.ClickException(
            f"Another migration is still at work after {DEPLOY_LOCK_WAIT} seconds. Run this again afterwards."
        )
    connection.commit()


def refuse_unfit(connection: Connection) -> None:
    """Stop before tables are made, or changed, in which text would be lost or a failure would leave half."""
    if faults := mariadb.unfit(connection):
        raise click.ClickException("\n".join(faults))


def refuse_unknown() -> None:
    """Stop before a schema that a newer program made; `flask db stamp --purge` is how one gets out of it by hand."""
    heads = context.get_context().get_current_heads()
    found = readiness.compared(context.script, heads)
    if found.unknown and not context.get_context().purge:
        raise click.ClickException(readiness.unknown_revisions(found.unknown) + ".")


def save_copy(connection: Connection) -> None:
    """Copy an SQLite database before revisions run: the lock is ours, so no other deployer is between the two."""
    migration = context.get_context()
    file = database.sqlite_file(connection.engine.url.render_as_string(hide_password=False))
    if file is None or not goes_to_a_revision() or migration.opts.get("purge"):
        return
    heads = migration.get_current_heads()
    has_tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
    steps = list(migration._migrations_fn(heads, migration)) if has_tables else []
    if not steps:
        return
    if SKIP_COPY in context.get_x_argument(as_dictionary=True):
        click.echo("No backup was made, as you said.")
        return
    try:
        copy = backups.save_beside(file, "_".join(heads) or "none")
    except backups.BackupError as error:
        command = "upgrade" if steps[0].is_upgrade else "downgrade"
        raise click.ClickException(
            f"Nothing was changed, because there is no backup: {error}. "
            f"Make room or mend it; or go on without one: flask db {command} -x {SKIP_COPY}"
        ) from None
    click.echo(f"Backup: {copy.path} ({copy.size}, checked). The newest {backups.KEPT} are kept.")


def goes_to_a_revision() -> bool:
    """Whether this command changes the schema; one that compares or shows has no destination."""
    return "destination_rev" in context.get_context().opts


def prepare_sqlite(connection: Any, record: Any) -> None:
    # A batch rebuild drops the old table, which with foreign keys on deletes the rows that refer to it.
    # Inside a transaction the switch does nothing, so it is thrown here.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute(f"PRAGMA busy_timeout = {SQLITE_LOCK_WAIT * 1000}")


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit where a row would refer to one that is not there; nothing is changed then."""
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if lost:
        tables = ", ".join(sorted({f"{row[0]} -> {row[2]}" for row in lost}))
        raise click.ClickException(
            f"{len(lost)} rows refer to rows that are not there ({tables}): nothing changed."
        )


def is_compared(_item: Any, name: str | None, _kind: str, reflected: bool, _other: Any) -> bool:
    """Leave out what a search index consists of: it is compared as a whole."""
    return not (reflected and name and search_index.is_part(context.get_bind(), name))


def render_item(kind: str, item: Any, autogenerate: Any) -> str | bool:
    """Write our own types into a new revision; one of an app, which may go, as the plain one it is stored as."""
    if (
        kind == "type"
        and isinstance(item, TypeDecorator)
        and not type(item).__module__.startswith("sqlalchemy.")
    ):
        if getattr(database, type(item).__name__, None) is not type(item):
            return render_stored(item, autogenerate)
        autogenerate.imports.add("from webapp import database")
        return f"database.{item!r}"
    if kind == "server_default" and isinstance(getattr(item, "arg", None), database.utcnow):
        autogenerate.imports.add("from webapp import database")
        return "database.utcnow()"
    return False


def render_stored(item: TypeDecorator[Any], autogenerate: Any) -> str:
    """What *item* is stored as by default, and what it is stored as on each engine where that is something else."""
    plain = item.impl_instance
    text: str = render._repr_type(plain, autogenerate)
    for engine in (sqlite, postgresql, mysql):
        stored = by_public_name(item.load_dialect_impl(engine.dialect()), engine)
        if repr(stored) != repr(plain):
            text += f".with_variant({render._repr_type(stored, autogenerate)}, {engine.dialect.name!r})"
    # Written for another engine than the one at hand, Alembic leaves this type's own argument without its module.
    return text.replace("astext_type=Text()", "astext_type=sa.Text()")


def by_public_name(stored: Any, engine: ModuleType) -> Any:
    """*stored* as the nearest class that a revision can name: a driver has some of its own."""
    for kind in type(stored).__mro__:
        if kind is getattr(engine, kind.__name__, None) or kind is getattr(sqlalchemy, kind.__name__, None):
            return stored if kind is type(stored) else stored.adapt(kind)
    return stored


def number_revision(migration: Any, heads: Any, directives: list[Any]) -> None:
    """Name a new revision by the number after the last one; make none where the models ask for none."""
    script = directives[0]
    if getattr(context.config.cmd_opts, "autogenerate", False) and script.upgrade_ops.is_empty():
        directives.clear()
        click.echo("The models and the database are the same: no revision is needed.")
        return
    for operation in script.upgrade_ops.ops:
        # What a program notes beside a table is none of the database's business.
        if isinstance(operation, CreateTableOp):
            operation.info = {}
    for side in (script.upgrade_ops, script.downgrade_ops):
        put_in_order(side)
    known = [int(item.revision) for item in context.script.walk_revisions() if item.revision.isdigit()]
    script.rev_id = f"{max(known, default=0) + 1:04}"


def put_in_order(side: OpContainer) -> None:
    """Let an index go as every engine takes it: MariaDB drops none that a foreign key needs, SQLite none twice."""
    gone = {(found.schema, found.table_name) for found in side.ops if isinstance(found, DropTableOp)}
    for changes in [found for found in side.ops if isinstance(found, ModifyTableOps)]:
        if (changes.schema, changes.table_name) in gone:
            # They go with their table.
            changes.ops = [found for found in changes.ops if not isinstance(found, DropIndexOp)]
        made = {found.index_name for found in changes.ops if isinstance(found, CreateIndexOp)}
        changes.ops.sort(key=partial(turn_of, made))
    side.ops = [found for found in side.ops if not isinstance(found, ModifyTableOps) or found.ops]


def turn_of(made: set[str | None], change: MigrateOperation) -> int:
    """When it is the turn of *change* to a table in which the indexes *made* are made: lower ones come first."""
    if isinstance(change, DropConstraintOp) and change.constraint_type == "foreignkey":
        return 0
    if isinstance(change, DropIndexOp) and change.index_name not in made:
        return 2
    return 3 if isinstance(change, DropColumnOp) else 1


run()
