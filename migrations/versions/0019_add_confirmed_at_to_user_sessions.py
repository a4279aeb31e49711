"""add to the sessions when their person last gave the password."""

import sqlalchemy as sa
from alembic import op

from webapp import database

revision = "0019"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of the sessions that are open nobody knows it: who wants something that asks for it gives the password once.
    column = sa.Column("confirmed_at", database.UtcDateTime(), nullable=True)
    op.add_column("user_sessions", column, **repeatable("if_not_exists"))


def downgrade() -> None:
    op.drop_column("user_sessions", "confirmed_at", **repeatable("if_exists"))


def repeatable(word: str) -> dict[str, bool]:
    """SQLite does not know the word, and does all of a revision or nothing."""
    return {} if op.get_context().dialect.name == "sqlite" else {word: True}
