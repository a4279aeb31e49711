"""add password_temporary_until to users."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAME = "password_temporary_until"


def upgrade() -> None:
    # One column that may be empty: no engine writes the rows anew for it.
    if not is_there():
        op.add_column("users", sa.Column(NAME, database.UtcDateTime(), nullable=True))


def downgrade() -> None:
    if is_there():
        op.drop_column("users", NAME)


def is_there() -> bool:
    return any(column["name"] == NAME for column in sa.inspect(op.get_bind()).get_columns("users"))
