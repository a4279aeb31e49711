"""let the history only grow: triggers refuse to change and to delete its entries."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.protect_table("log_entries")


def downgrade() -> None:
    op.unprotect_table("log_entries")
