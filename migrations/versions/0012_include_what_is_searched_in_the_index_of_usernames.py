"""include what is searched in PostgreSQL's index of usernames."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAME = "uq_users_username"


def upgrade() -> None:
    _make_anew("INCLUDE (email, full_name, id)")


def downgrade() -> None:
    _make_anew()


def _make_anew(included: str = "") -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"ALTER TABLE users DROP CONSTRAINT {NAME}, ADD CONSTRAINT {NAME} UNIQUE (username) {included}"
        )
