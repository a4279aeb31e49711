"""`flask db check` and `flask db migrate` notice when a table that only grows has lost its triggers."""

from typing import Any

from alembic.autogenerate import comparators
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import ExecuteSQLOp, UpgradeOps
from alembic.util import DispatchPriority

from webapp import append_only


# After the tables, which come first.
@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def _compare(context: AutogenContext, upgrade: UpgradeOps, _schemas: Any) -> None:
    connection: Any = context.connection
    metadata: Any = context.metadata
    there = append_only.existing(connection)
    for table in metadata.sorted_tables:
        if append_only.is_declared(table) and table.name not in there:
            upgrade.ops += [ExecuteSQLOp(one) for one in append_only.creation(connection.dialect, table.name)]
