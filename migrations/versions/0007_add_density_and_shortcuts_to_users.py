"""add density and shortcuts to users."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

from webapp import database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# SQLite rebuilds the table, and must not forget that a deleted person's number is not given again (revision 0006).
ONE_EACH = {"sqlite_autoincrement": True}


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name in database.MYSQL_NAMES:
        alter_mariadb(connection, *(f"ADD COLUMN {ddl(connection, one)}" for one in missing(connection)))
        return
    with numbers_kept(connection), op.batch_alter_table("users", table_kwargs=ONE_EACH) as batch:
        for column in new_columns():
            batch.add_column(column)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name in database.MYSQL_NAMES:
        absent = {column.name for column in missing(connection)}
        there = [column.name for column in new_columns() if column.name not in absent]
        alter_mariadb(connection, *(f"DROP COLUMN {name}" for name in there))
        return
    with numbers_kept(connection), op.batch_alter_table("users", table_kwargs=ONE_EACH) as batch:
        for column in reversed(new_columns()):
            batch.drop_column(column.name)


@contextmanager
def numbers_kept(connection: sa.Connection) -> Iterator[None]:
    """SQLite goes on counting people where it was before the block."""
    if connection.dialect.name != "sqlite":
        yield
        return
    last = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'users'"))
    yield
    if last is not None:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'users'"))
        again = sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('users', :last)")
        connection.execute(again, {"last": last})


def new_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("density", sa.String(length=20), server_default="", nullable=False),
        sa.Column("shortcuts", sa.Boolean(), server_default=sa.true(), nullable=False),
    ]


def missing(connection: sa.Connection) -> list[sa.Column[Any]]:
    there = {column["name"] for column in sa.inspect(connection).get_columns("users")}
    return [column for column in new_columns() if column.name not in there]


def alter_mariadb(connection: sa.Connection, *clauses: str) -> None:
    """Everything in one ALTER TABLE, which MariaDB does wholly or not at all."""
    if clauses:
        connection.exec_driver_sql(f"ALTER TABLE users {', '.join(clauses)}")


def ddl(connection: sa.Connection, column: sa.Column[Any]) -> str:
    """The column as CREATE TABLE would write it."""
    sa.Table("users", sa.MetaData(), column)
    return str(CreateColumn(column).compile(dialect=connection.dialect))
