"""add locked_until to users, and an index for each status."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NAME = "locked_until"
COLUMNS = (NAME, "invited_at", "password_temporary_until", "must_change_password")


def upgrade() -> None:
    # One column that may be empty: no engine writes the rows anew for it. Who is locked now is shown with the next try.
    if NAME not in names("columns"):
        op.add_column("users", sa.Column(NAME, database.UtcDateTime(), nullable=True))
    for column in COLUMNS:
        if index_of(column) not in names("indexes"):
            op.create_index(index_of(column), "users", [column, "username"])


def downgrade() -> None:
    for column in COLUMNS:
        if index_of(column) in names("indexes"):
            op.drop_index(index_of(column), "users")
    if NAME in names("columns"):
        op.drop_column("users", NAME)


def index_of(column: str) -> str:
    return f"ix_users_{column}_username"


def names(kind: str) -> set[str]:
    """What the database has: each step may have been done before, where MariaDB broke off."""
    inspector = sa.inspect(op.get_bind())
    found = inspector.get_columns("users") if kind == "columns" else inspector.get_indexes("users")
    return {str(one["name"]) for one in found}
