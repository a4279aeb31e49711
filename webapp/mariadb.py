"""What a database of MariaDB or MySQL has to be for this program; the other engines leave no such choice."""

from sqlalchemy import Connection, bindparam, text

from webapp.database import MYSQL_NAMES, metadata

CHARACTER_SET = "utf8mb4"
ENGINE = "InnoDB"

_TABLES = text(
    "SELECT table_name, engine, table_collation FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name IN :names ORDER BY table_name"
).bindparams(bindparam("names", expanding=True))


def unfit(connection: Connection) -> list[str]:
    """What is wrong with the database and our tables in it, a sentence with the way out for each."""
    if connection.dialect.name not in MYSQL_NAMES:
        return []
    name, character_set = connection.execute(text("SELECT DATABASE(), @@character_set_database")).one()
    found = []
    if character_set != CHARACTER_SET:
        found.append(
            f"The database stores text as {character_set}, which cannot hold every character. "
            f"Before tables are made, run: ALTER DATABASE `{name}` CHARACTER SET {CHARACTER_SET}"
        )
    for table, engine, collation in connection.execute(
        _TABLES, {"names": [*metadata.tables, "alembic_version"]}
    ):
        if engine is None:
            found.append(f"The table {table} cannot be opened. Run: CHECK TABLE `{table}`")
            continue
        if engine.lower() != ENGINE.lower():
            found.append(
                f"The table {table} is kept by {engine}, which undoes nothing that fails half-way. "
                f"Run: ALTER TABLE `{table}` ENGINE = {ENGINE}"
            )
        if not collation.startswith(f"{CHARACTER_SET}_"):
            found.append(
                f"The table {table} stores text as {collation.partition('_')[0]}, which cannot hold every character. "
                f"Run: ALTER TABLE `{table}` CONVERT TO CHARACTER SET {CHARACTER_SET}"
            )
    return found
