"""add former_group_key to saved_views: with whom a view was shared before the group was deleted."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE, COLUMN = "saved_views", "former_group_key"


def upgrade() -> None:
    # May be empty: no engine writes the rows anew for it.
    if not is_there():
        op.add_column(TABLE, sa.Column(COLUMN, database.ExactString(64), nullable=True))


def downgrade() -> None:
    if is_there():
        op.drop_column(TABLE, COLUMN)


def is_there() -> bool:
    """Each step may have been done before, where MariaDB broke off."""
    return COLUMN in {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
