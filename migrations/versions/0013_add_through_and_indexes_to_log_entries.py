"""add to the history through what something happened, and indexes to read it as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_log_entries_at_id": ["at", "id"],
    "ix_log_entries_name_at_id": ["name", "at", "id"],
    "ix_log_entries_verb_at_id": ["verb", "at", "id"],
    "ix_log_entries_actor_label_at_id": ["actor_label", "at", "id"],
}


def upgrade() -> None:
    # Of the entries that are there nobody has said it.
    column = sa.Column("through", sa.String(length=20), nullable=True)
    op.add_column("log_entries", column, **repeatable("if_not_exists"))
    for name, columns in INDEXES.items():
        op.create_index(op.f(name), "log_entries", columns, if_not_exists=True)
    op.create_search_index("log_entries", ["label", "actor_label"], accents_apart=True)


def downgrade() -> None:
    op.drop_search_index("log_entries")
    for name in INDEXES:
        op.drop_index(op.f(name), "log_entries", if_exists=True)
    op.drop_column("log_entries", "through", **repeatable("if_exists"))


def repeatable(word: str) -> dict[str, bool]:
    """SQLite does not know the word, and does all of a revision or nothing."""
    return {} if op.get_context().dialect.name == "sqlite" else {word: True}
