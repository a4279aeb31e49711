"""leave accents out of search indexes, where the engine can."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SEARCHED = {"users": ["username", "email", "full_name"], "log_entries": ["label", "actor_label"]}


def upgrade() -> None:
    make_anew(accents_apart=False)


def downgrade() -> None:
    make_anew(accents_apart=True)


def make_anew(*, accents_apart: bool) -> None:
    # SQLite's are the same before and after, and MariaDB has none.
    if op.get_context().dialect.name == "postgresql":
        for table, columns in SEARCHED.items():
            op.create_search_index(table, columns, accents_apart=accents_apart)
