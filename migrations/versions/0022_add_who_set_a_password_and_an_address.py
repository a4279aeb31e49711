"""add to users who set the password, create given_addresses table, and index sessions by when they were last seen."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

NAME = "password_set_by_id"
INDEX = "ix_user_sessions_last_seen_at"


def upgrade() -> None:
    # One column that may be empty: no engine writes the rows anew for it. Who has set a password that is temporary now
    # nobody knows any more; within the day it is over. Addresses that are there count as their owners' word.
    if NAME not in names("columns", "users"):
        op.add_column("users", sa.Column(NAME, sa.Integer(), nullable=True))
    op.create_table(
        "given_addresses",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_given_addresses_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_given_addresses")),
        if_not_exists=True,
    )
    if INDEX not in names("indexes", "user_sessions"):
        op.create_index(INDEX, "user_sessions", ["last_seen_at"])


def downgrade() -> None:
    if INDEX in names("indexes", "user_sessions"):
        op.drop_index(INDEX, "user_sessions")
    op.drop_table("given_addresses", if_exists=True)
    if NAME in names("columns", "users"):
        op.drop_column("users", NAME)


def names(kind: str, table: str) -> set[str]:
    """What the database has of this: each step may have been done before, where MariaDB broke off."""
    inspector = sa.inspect(op.get_bind())
    found = inspector.get_columns(table) if kind == "columns" else inspector.get_indexes(table)
    return {str(one["name"]) for one in found}
