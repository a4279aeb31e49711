"""let the history only grow: triggers refuse to change and to delete its entries."""

import click
from alembic import op

from webapp import append_only

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "log_entries"


def upgrade() -> None:
    if op.get_context().as_sql:
        for statement in append_only.creation(op.get_context().dialect, TABLE):
            op.execute(statement)
        return
    try:
        append_only.create(op.get_bind(), TABLE)
    except append_only.CannotProtectError as error:
        click.echo(f"The history is not protected by the database. {error} Afterwards: flask history protect")


def downgrade() -> None:
    for statement in append_only.removal(op.get_context().dialect, TABLE):
        op.execute(statement)
