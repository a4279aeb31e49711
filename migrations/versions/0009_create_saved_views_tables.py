"""create saved views tables."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("model", database.ExactString(100), nullable=False),
        sa.Column("owner_key", database.ExactString(64), nullable=False),
        sa.Column("owner_label", sa.String(length=255), nullable=False),
        sa.Column("group_key", database.ExactString(64), nullable=True),
        sa.Column("name", database.ExactString(80), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(), server_default=database.utcnow(), nullable=False),
        sa.Column("updated_at", database.UtcDateTime(), server_default=database.utcnow(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner_key", "model", "name", name=op.f("uq_saved_views_owner_key_model_name")),
        if_not_exists=True,
        # SQLite gives the number of the last row, once it is deleted, to the next one: to addresses that name a view.
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_saved_views_model_group_key"), "saved_views", ["model", "group_key"], if_not_exists=True
    )
    op.create_table(
        "list_settings",
        sa.Column("person_key", database.ExactString(64), nullable=False),
        sa.Column("model", database.ExactString(100), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("view_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["view_id"],
            ["saved_views.id"],
            name=op.f("fk_list_settings_view_id_saved_views"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("person_key", "model", name=op.f("pk_list_settings")),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_list_settings_view_id"), "list_settings", ["view_id"], if_not_exists=True)


def downgrade() -> None:
    op.drop_table("list_settings", if_exists=True)
    op.drop_table("saved_views", if_exists=True)
