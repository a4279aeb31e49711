"""add to the history through what something happened."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of the entries that are there nobody has said it.
    column = sa.Column("through", sa.String(length=20), nullable=True)
    op.add_column("log_entries", column, **repeatable("if_not_exists"))


def downgrade() -> None:
    op.drop_column("log_entries", "through", **repeatable("if_exists"))


def repeatable(word: str) -> dict[str, bool]:
    """SQLite does not know the word, and does all of a revision or nothing."""
    return {} if op.get_context().dialect.name == "sqlite" else {word: True}
