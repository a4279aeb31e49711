"""create log entries table."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_log_entries_name_key_id": ["name", "key", "id"],
    "ix_log_entries_actor_key_id": ["actor_key", "id"],
}


def upgrade() -> None:
    op.create_table(
        "log_entries",
        # SQLite numbers a row by itself only where the key is its INTEGER.
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", database.UtcDateTime(), nullable=False),
        sa.Column("actor_key", database.ExactString(64), nullable=True),
        sa.Column("actor_label", sa.String(length=255), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("verb", sa.String(length=50), nullable=False),
        sa.Column("name", database.ExactString(100), nullable=False),
        sa.Column("key", database.ExactString(255), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entries")),
        if_not_exists=True,
    )
    for name, columns in INDEXES.items():
        op.create_index(op.f(name), "log_entries", columns, if_not_exists=True)


def downgrade() -> None:
    op.drop_table("log_entries", if_exists=True)
