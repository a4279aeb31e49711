"""create indexes for the columns that a list of users may show."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_users_locale_username": ["locale", "username"],
    "ix_users_timezone_username": ["timezone", "username"],
    "ix_users_updated_at_id": ["updated_at", "id"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(op.f(name), "users", columns, if_not_exists=True)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(op.f(name), "users", if_exists=True)
