"""Search indexes in migrations: ``op.create_search_index`` and ``op.drop_search_index``, which autogenerate writes.

``flask db check`` compares what the models declare with what the database has. MariaDB has none, so nothing is
compared there: revisions are written on another engine.
"""

from collections.abc import Sequence
from typing import Any

import click
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority
from sqlalchemy import Connection

from webapp import search_index
from webapp.search_index import sqlite
from webapp.search_index.names import CannotSearchError


@Operations.register_operation("create_search_index")
class CreateSearchIndexOp(MigrateOperation):
    def __init__(
        self, table_name: str, columns: Sequence[str], key: str = "id", *, accents_apart: bool = False
    ) -> None:
        self.table_name = table_name
        self.columns = tuple(columns)
        self.key = key
        self.accents_apart = accents_apart

    @classmethod
    def create_search_index(
        cls,
        operations: Operations,
        table_name: str,
        columns: Sequence[str],
        *,
        key: str = "id",
        accents_apart: bool = False,
    ) -> None:
        """Make the search index of a table, in place of one that may be there; nothing on MariaDB.

        Where the database cannot have it, that is told, and lists do without.

        :param key: the table's primary key.
        :param accents_apart: as it was before revision 0024, for what was written before it.
        """
        operations.invoke(cls(table_name, columns, key, accents_apart=accents_apart))

    def reverse(self) -> "DropSearchIndexOp":
        return DropSearchIndexOp(self.table_name, self.columns, self.key)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_search_index", self.table_name, self.columns)


@Operations.register_operation("drop_search_index")
class DropSearchIndexOp(MigrateOperation):
    def __init__(self, table_name: str, columns: Sequence[str] = (), key: str = "id") -> None:
        self.table_name = table_name
        self.columns = tuple(columns)
        self.key = key

    @classmethod
    def drop_search_index(cls, operations: Operations, table_name: str) -> None:
        """Remove the search index of a table, if it has one."""
        operations.invoke(cls(table_name))

    def reverse(self) -> CreateSearchIndexOp:
        return CreateSearchIndexOp(self.table_name, self.columns, self.key)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("remove_search_index", self.table_name)


@Operations.implementation_for(CreateSearchIndexOp)
def _create(operations: Operations, operation: CreateSearchIndexOp) -> None:
    arguments = (operation.table_name, operation.columns, operation.key)
    apart = operation.accents_apart
    if operations.migration_context.as_sql:
        dialect = operations.migration_context.dialect
        for statement in search_index.creation(dialect, *arguments, accents_apart=apart):
            operations.execute(statement)
        return
    try:
        search_index.create(operations.get_bind(), *arguments, accents_apart=apart)
    except CannotSearchError as error:
        click.echo(
            f"No search index for {operation.table_name}: {error} Lists do without it. "
            "To have it later: flask rebuild-search"
        )


@Operations.implementation_for(DropSearchIndexOp)
def _drop(operations: Operations, operation: DropSearchIndexOp) -> None:
    for statement in search_index.removal(operations.migration_context.dialect, operation.table_name):
        operations.execute(statement)


@renderers.dispatch_for(CreateSearchIndexOp)
def _render_create(_context: AutogenContext, operation: CreateSearchIndexOp) -> str:
    key = "" if operation.key == "id" else f", key={operation.key!r}"
    return f"op.create_search_index({operation.table_name!r}, {list(operation.columns)!r}{key})"


@renderers.dispatch_for(DropSearchIndexOp)
def _render_drop(_context: AutogenContext, operation: DropSearchIndexOp) -> str:
    return f"op.drop_search_index({operation.table_name!r})"


# After the tables, which come first, and go last.
@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def _compare(context: AutogenContext, upgrade: UpgradeOps, _schemas: Any) -> None:
    connection: Any = context.connection
    metadata: Any = context.metadata
    if search_index.reason_against(connection) is not None:
        return
    there = search_index.existing(connection)
    tables = [(table, search_index.index_of(table)) for table in metadata.sorted_tables]
    declared = {
        table.name: (index.columns, table.primary_key.columns[0].name) for table, index in tables if index
    }
    for name, (columns, key) in declared.items():
        if there.get(name) != columns:
            upgrade.ops.append(CreateSearchIndexOp(name, columns, key))
    # One of other columns goes before these do, and whoever takes the revision back gets it again after they came.
    for name in sorted(there):
        if name not in declared or there[name] != declared[name][0]:
            upgrade.ops.insert(0, DropSearchIndexOp(name, there[name], search_index.key_of(connection, name)))


def mend(connection: Connection) -> None:
    """Make SQLite's search indexes whole again after revisions: a table that was made anew has lost its triggers.

    :raises click.ClickException: where the columns of one are gone.
    """
    if connection.dialect.name != "sqlite":
        return
    whole = search_index.existing(connection)
    for table_name in set(sqlite.full_text_tables(connection)) - set(whole):
        columns = sqlite.columns_of(connection, search_index.name_of(table_name))
        gone = set(columns) - set(sqlite.columns_of(connection, table_name))
        key = sqlite.key_of(connection, table_name)
        if gone or key is None:
            raise click.ClickException(
                f"The search index of {table_name} is for columns that are gone: {', '.join(sorted(gone))}. "
                f"Let the revision begin with op.drop_search_index({table_name!r})."
            )
        search_index.create(connection, table_name, columns, key)
