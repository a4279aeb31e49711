"""complete users table.

Folds usernames and e-mails, hashes what is no hash, then adds the columns, unique constraints and indexes.
Where folding would make two people one, it stops before any change and lists them.
"""

import re
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import click
import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError
from sqlalchemy.schema import CreateColumn

from webapp import database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BATCH = 500
MOST_LISTED = 20
LONGEST_SHOWN = 60

NAMES = {"username": 150, "email": 254}
UNIQUES = {"uq_users_username": "username", "uq_users_email": "email"}
INDEXES = {
    "ix_users_full_name_id": ["full_name", "id"],
    "ix_users_created_at_id": ["created_at", "id"],
    "ix_users_last_login_at_id": ["last_login_at", "id"],
    "ix_users_is_active_username": ["is_active", "username"],
    "ix_users_is_staff_username": ["is_staff", "username"],
    "ix_users_is_superuser_username": ["is_superuser", "username"],
}

USERS = sa.table("users", sa.column("id"), sa.column("username"), sa.column("email"), sa.column("password"))

# 19 MiB, two passes, one lane: the floor of the OWASP Password Storage Cheat Sheet.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

# Whole hashes only: a password that merely begins like one is a password.
ARGON2 = r"\$argon2(?:id|i|d)(?:\$v=\d+)?\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
BCRYPT = r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}"
FOREIGN_HASH = re.compile(
    "|".join(
        (
            BCRYPT,
            rf"bcrypt_sha256\${BCRYPT}",
            rf"argon2{ARGON2}",
            r"pbkdf2_sha256\$\d+\$[^$]+\$[A-Za-z0-9+/]{43}=",
            r"scrypt:\d+:\d+:\d+\$[A-Za-z0-9]+\$[0-9a-f]{128}",
            r"pbkdf2:sha(?:1\$|1:\d+\$)[A-Za-z0-9]+\$[0-9a-f]{40}",
            r"pbkdf2:sha(?:256\$|256:\d+\$)[A-Za-z0-9]+\$[0-9a-f]{64}",
            r"pbkdf2:sha(?:512\$|512:\d+\$)[A-Za-z0-9]+\$[0-9a-f]{128}",
        )
    )
)


def upgrade() -> None:
    if op.get_context().as_sql:
        raise CommandError("Revision 0002 works on the rows themselves, so it cannot be written out as SQL.")
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # Nobody adds a name between the look and the unique constraint; reading goes on.
        connection.execute(sa.text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))
    stop_where_people_collide(connection)
    fold_and_hash(connection)
    if connection.dialect.name in database.MYSQL_NAMES:
        upgrade_mariadb(connection)
        return
    with op.batch_alter_table("users") as batch:
        for column in new_columns():
            batch.add_column(column)
        for name, length in NAMES.items():
            batch.alter_column(
                name,
                type_=database.FoldedString(length),
                existing_type=sa.String(length),
                existing_nullable=False,
            )
        for name, column_name in UNIQUES.items():
            batch.create_unique_constraint(op.f(name), [column_name])
        for name, columns in INDEXES.items():
            batch.create_index(op.f(name), columns)


def downgrade() -> None:
    """Passwords stay hashed and names folded: what they were is not known any more."""
    connection = op.get_bind()
    if connection.dialect.name in database.MYSQL_NAMES:
        downgrade_mariadb(connection)
        return
    with op.batch_alter_table("users") as batch:
        for name in INDEXES:
            batch.drop_index(op.f(name))
        for name in UNIQUES:
            batch.drop_constraint(op.f(name), type_="unique")
        for name, length in NAMES.items():
            batch.alter_column(
                name,
                type_=sa.String(length),
                existing_type=database.FoldedString(length),
                existing_nullable=False,
            )
        for column in reversed(new_columns()):
            batch.drop_column(column.name)


def new_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("full_name", sa.String(length=150), server_default="", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_superuser", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("locale", sa.String(length=20), server_default="", nullable=False),
        sa.Column("timezone", sa.String(length=64), server_default="", nullable=False),
        sa.Column("theme", sa.String(length=10), server_default="auto", nullable=False),
        sa.Column("last_login_at", database.UtcDateTime(), nullable=True),
        sa.Column("created_at", database.UtcDateTime(), server_default=database.utcnow(), nullable=False),
        sa.Column("updated_at", database.UtcDateTime(), server_default=database.utcnow(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ]


def stop_where_people_collide(connection: sa.Connection) -> None:
    problems = list(find_problems(connection))
    if not problems:
        return
    listed = [f"  {line}" for line in problems[:MOST_LISTED]]
    if len(problems) > MOST_LISTED:
        listed.append(f"  and {len(problems) - MOST_LISTED} more")
    raise click.ClickException(
        "\n".join(
            (
                "From here on usernames and e-mails are kept without capitals and outer spaces, each once. "
                "These rows of the table users do not allow it; nothing was changed:",
                *listed,
                "Rename or delete all but one of each (UPDATE users SET username = '...' WHERE id = ...), "
                "then run flask db upgrade again.",
            )
        )
    )


def find_problems(connection: sa.Connection) -> Iterator[str]:
    """One line for each value that folding would make equal to an earlier one, empty, or too long."""
    owners: dict[tuple[str, str], tuple[int, str]] = {}
    for row in (row for batch in batches(connection) for row in batch):
        for name, longest in NAMES.items():
            value = getattr(row, name)
            folded = database.fold(value)
            if not folded:
                yield f"id {row.id}: the {name} {shown(value)} is empty"
            elif len(folded) > longest:
                yield f"id {row.id}: the {name} {shown(value)} is longer than {longest} characters"
            elif (owner := owners.setdefault((name, folded), (row.id, value)))[0] != row.id:
                first = f"id {owner[0]} ({shown(owner[1])})"
                yield f"{first} and id {row.id} ({shown(value)}): the {name} of both would be {shown(folded)}"


def shown(value: str) -> str:
    """Quoted, cut, and with everything escaped that a terminal would obey."""
    return repr(value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}...")


def fold_and_hash(connection: sa.Connection) -> None:
    """Rows that are as they should be are left alone, so that a second run costs nothing."""
    statement = (
        sa.update(USERS)
        .where(USERS.c.id == sa.bindparam("row_id"))
        .values({name: sa.bindparam(f"new_{name}") for name in (*NAMES, "password")})
    )
    for batch in batches(connection):
        changes = [
            {
                "row_id": row.id,
                "new_username": database.fold(row.username),
                "new_email": database.fold(row.email),
                "new_password": hashed(row.password),
            }
            for row in batch
            if needs_work(row)
        ]
        if changes:
            connection.execute(statement, changes)


def needs_work(row: sa.Row[Any]) -> bool:
    return not is_hash(row.password) or any(
        database.fold(getattr(row, name)) != getattr(row, name) for name in NAMES
    )


def hashed(password: str) -> str:
    """A hash as it is, a plain password hashed, an empty one replaced by what no password matches."""
    if is_hash(password):
        return password
    if not password:
        return f"!{secrets.token_urlsafe(24)}"
    return HASHER.hash(unicodedata.normalize("NFKC", password))


def is_hash(password: str) -> bool:
    if FOREIGN_HASH.fullmatch(password):
        return True
    if not re.fullmatch(ARGON2, password):
        return False
    try:
        extract_parameters(password)
    except InvalidHashError:
        return False
    return True


def batches(connection: sa.Connection) -> Iterator[Sequence[sa.Row[Any]]]:
    statement = sa.select(USERS).order_by(USERS.c.id).limit(BATCH)
    batch = connection.execute(statement).all()
    while batch:
        yield batch
        batch = connection.execute(statement.where(USERS.c.id > batch[-1].id)).all()


def upgrade_mariadb(connection: sa.Connection) -> None:
    """Everything in one ALTER TABLE, which MariaDB does wholly or not at all."""
    if is_complete(connection):
        return
    alter_mariadb(
        connection,
        *(f"ADD COLUMN {ddl(connection, column)}" for column in new_columns()),
        *(f"MODIFY COLUMN {ddl(connection, column)}" for column in name_columns(database.FoldedString)),
        *(f"ADD CONSTRAINT {name} UNIQUE ({column})" for name, column in UNIQUES.items()),
        *(f"ADD INDEX {name} ({', '.join(columns)})" for name, columns in INDEXES.items()),
    )


def downgrade_mariadb(connection: sa.Connection) -> None:
    if not is_complete(connection):
        return
    alter_mariadb(
        connection,
        *(f"DROP INDEX {name}" for name in (*INDEXES, *UNIQUES)),
        *(f"MODIFY COLUMN {ddl(connection, column)}" for column in name_columns(sa.String)),
        *(f"DROP COLUMN {column.name}" for column in reversed(new_columns())),
    )


def is_complete(connection: sa.Connection) -> bool:
    return any(column["name"] == "version" for column in sa.inspect(connection).get_columns("users"))


def alter_mariadb(connection: sa.Connection, *clauses: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE users {', '.join(clauses)}")


def name_columns(kind: Any) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind(length), nullable=False) for name, length in NAMES.items()]


def ddl(connection: sa.Connection, column: sa.Column[Any]) -> str:
    """The column as CREATE TABLE would write it."""
    sa.Table("users", sa.MetaData(), column)
    return str(CreateColumn(column).compile(dialect=connection.dialect))
