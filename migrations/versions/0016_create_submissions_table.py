"""create submissions table."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "submissions",
        sa.Column("token_hash", database.ExactString(64), nullable=False),
        sa.Column("person_key", database.ExactString(64), nullable=False),
        sa.Column("content_hash", database.ExactString(64), nullable=False),
        sa.Column("key", database.ExactString(255), nullable=False),
        sa.Column("at", database.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_submissions")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_submissions_at"), "submissions", ["at"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("submissions", if_exists=True)
