"""${message}."""
# What a revision must keep (delete this list when yours does):
# - It imports no model: models go on changing, this file does not. Once released, it is not edited.
# - On SQLite and PostgreSQL it is one transaction. MariaDB commits at every change of the schema, so there it
#   is one ALTER TABLE, or steps that can be run again after a kill (if_not_exists, if_exists, a look before).
# - Many rows are changed in batches by key; a row that is as it should be is left alone.
# - What makes it impossible is looked for first and told, with the rows and the way out, before any change.
# - Expand, then contract: the release before still works on the new schema. A new column has a server default
#   or allows NULL; dropping and renaming wait for the release after.
# - downgrade() gives back exactly the schema before and keeps the rows.
#   An Enum leaves its type on PostgreSQL: sa.Enum(name="…").drop(op.get_bind()) after the last column that has it.

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
