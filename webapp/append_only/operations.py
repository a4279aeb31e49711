"""Tables that only grow, in migrations: ``op.protect_table("…")`` and ``op.unprotect_table("…")``, and what
``flask db migrate`` and ``flask db check`` find to differ."""

from typing import Any

import click
from alembic.autogenerate import comparators, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority

from webapp import append_only


@Operations.register_operation("protect_table")
class ProtectTableOp(MigrateOperation):
    def __init__(self, table_name: str) -> None:
        self.table_name = table_name

    @classmethod
    def protect_table(cls, operations: Operations, table_name: str) -> None:
        """Make the triggers that refuse to change and to delete rows, in place of those that may be there.

        Where the database does not let us, that is told, and the table is as it was.
        """
        operations.invoke(cls(table_name))

    def reverse(self) -> "UnprotectTableOp":
        return UnprotectTableOp(self.table_name)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("add_append_only", self.table_name)


@Operations.register_operation("unprotect_table")
class UnprotectTableOp(MigrateOperation):
    def __init__(self, table_name: str) -> None:
        self.table_name = table_name

    @classmethod
    def unprotect_table(cls, operations: Operations, table_name: str) -> None:
        """Remove those triggers, if there are any."""
        operations.invoke(cls(table_name))

    def reverse(self) -> ProtectTableOp:
        return ProtectTableOp(self.table_name)

    def to_diff_tuple(self) -> tuple[Any, ...]:
        return ("remove_append_only", self.table_name)


@Operations.implementation_for(ProtectTableOp)
def _protect(operations: Operations, operation: ProtectTableOp) -> None:
    if operations.migration_context.as_sql:
        for statement in append_only.creation(operations.migration_context.dialect, operation.table_name):
            operations.execute(statement)
        return
    try:
        append_only.create(operations.get_bind(), operation.table_name)
    except append_only.CannotProtectError as error:
        click.echo(
            f"The database does not protect {operation.table_name}. {error} Afterwards: flask history protect"
        )


@Operations.implementation_for(UnprotectTableOp)
def _unprotect(operations: Operations, operation: UnprotectTableOp) -> None:
    for statement in append_only.removal(operations.migration_context.dialect, operation.table_name):
        operations.execute(statement)


@renderers.dispatch_for(ProtectTableOp)
def _render_protect(_context: AutogenContext, operation: ProtectTableOp) -> str:
    return f"op.protect_table({operation.table_name!r})"


@renderers.dispatch_for(UnprotectTableOp)
def _render_unprotect(_context: AutogenContext, operation: UnprotectTableOp) -> str:
    return f"op.unprotect_table({operation.table_name!r})"


# After the tables, which come first, and go last.
@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def _compare(context: AutogenContext, upgrade: UpgradeOps, _schemas: Any) -> None:
    connection: Any = context.connection
    metadata: Any = context.metadata
    there = append_only.existing(connection)
    tables = {table.name: append_only.is_declared(table) for table in metadata.sorted_tables}
    for name, is_declared in tables.items():
        if is_declared and name not in there:
            upgrade.ops.append(ProtectTableOp(name))
        elif not is_declared and name in there:
            upgrade.ops.insert(0, UnprotectTableOp(name))
