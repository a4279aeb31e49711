"""create user grants table."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_grants",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("permission", database.ExactString(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_grants_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "permission", name=op.f("pk_user_grants")),
        if_not_exists=True,
    )


def downgrade() -> None:
    op.drop_table("user_grants", if_exists=True)
