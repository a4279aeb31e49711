"""add to users who was invited and whose password is due, and create email_changes table."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

INVITED, DUE = "invited_at", "must_change_password"


def upgrade() -> None:
    # Neither makes an engine write the rows anew; each step may have been done before, where MariaDB broke off.
    if INVITED not in columns():
        op.add_column("users", sa.Column(INVITED, database.UtcDateTime(), nullable=True))
    if DUE not in columns():
        op.add_column("users", sa.Column(DUE, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "email_changes",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("email", database.FoldedString(254), nullable=False),
        sa.Column("token_hash", database.ExactString(64), nullable=False),
        sa.Column("stop_hash", database.ExactString(64), nullable=False),
        sa.Column("asked_at", database.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_changes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_email_changes")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("email_changes", if_exists=True)
    for name in (DUE, INVITED):
        if name in columns():
            op.drop_column("users", name)


def columns() -> set[str]:
    return {column["name"] for column in sa.inspect(op.get_bind()).get_columns("users")}
