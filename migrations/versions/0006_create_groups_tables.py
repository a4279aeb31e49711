"""create groups tables."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite gives the number of the last row, once it is deleted, to the next one: to a new person with another's history.
ONE_EACH = {"sqlite_autoincrement": True}


def upgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        with op.batch_alter_table("users", recreate="always", table_kwargs=ONE_EACH):
            pass
    op.create_table(
        "groups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", database.ExactString(150), nullable=False),
        sa.Column("created_at", database.UtcDateTime(), server_default=database.utcnow(), nullable=False),
        sa.Column("updated_at", database.UtcDateTime(), server_default=database.utcnow(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("name", name=op.f("uq_groups_name")),
        if_not_exists=True,
        **ONE_EACH,
    )
    op.create_table(
        "group_grants",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("permission", database.ExactString(100), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_grants_group_id_groups"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "permission", name=op.f("pk_group_grants")),
        if_not_exists=True,
    )
    op.create_table(
        "user_groups",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_groups_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_user_groups_group_id_groups"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "group_id", name=op.f("pk_user_groups")),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_user_groups_group_id_user_id"), "user_groups", ["group_id", "user_id"], if_not_exists=True
    )


def downgrade() -> None:
    op.drop_table("user_groups", if_exists=True)
    op.drop_table("group_grants", if_exists=True)
    op.drop_table("groups", if_exists=True)
    if op.get_context().dialect.name == "sqlite":
        with op.batch_alter_table("users", recreate="always") as batch:
            batch.create_primary_key(op.f("pk_users"), ["id"])
