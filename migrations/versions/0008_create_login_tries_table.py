"""create login tries table."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_tries",
        sa.Column("key", database.ExactString(64), nullable=False),
        sa.Column("account", database.ExactString(64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", database.UtcDateTime(), nullable=False),
        sa.Column("last_at", database.UtcDateTime(), nullable=False),
        sa.Column("locked_until", database.UtcDateTime(), nullable=False),
        sa.Column("expires_at", database.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_tries")),
        if_not_exists=True,
    )
    for column in ("account", "expires_at"):
        op.create_index(op.f(f"ix_login_tries_{column}"), "login_tries", [column], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("login_tries", if_exists=True)
