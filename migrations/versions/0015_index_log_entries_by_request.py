"""index the history by the request that wrote it, which is what is undone at once."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NAME = "ix_log_entries_request_id_id"


def upgrade() -> None:
    op.create_index(op.f(NAME), "log_entries", ["request_id", "id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_index(op.f(NAME), "log_entries", if_exists=True)
