"""create search index of users."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_search_index("users", ["username", "email", "full_name"], accents_apart=True)


def downgrade() -> None:
    op.drop_search_index("users")
