"""Rows as revision 1 knows them, and a database's schema in a form that can be compared."""

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from click.testing import Result
from sqlalchemy import Engine, column, func, inspect, select, text
from sqlalchemy import table as sa_table

from webapp import append_only, search_index

# Made by argon2 with the smallest parameters: nobody signs in with it, it only has to be a whole hash.
HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$Vr0tBFP0bWyxlR0vFA9wYkEMhWhU+zbIWxd5Brb4ZBU"

Deploy = Callable[..., Result]
Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., Result]


def insert_people(engine: Engine, people: list[dict[str, object]]) -> None:
    """Add people to the table users, whatever its revision."""
    statement = "INSERT INTO users (id, username, email, password) VALUES (:id, :username, :email, :password)"
    with engine.begin() as connection:
        connection.execute(text(statement), people)


def person(number: int, username: str, password: str = HASH, email: str | None = None) -> dict[str, object]:
    return {
        "id": number,
        "username": username,
        "password": password,
        "email": email or f"person{number}@example.org",
    }


def people_of(engine: Engine) -> list[tuple[int, str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, username, email, password FROM users ORDER BY id"))
        return [tuple(row) for row in rows]


def schema_of(engine: Engine) -> dict[str, dict[str, object]]:
    """Everything that the database tells of its tables, in a form that two databases can be compared by."""
    inspector = inspect(engine)
    return (
        {
            table: {
                "columns": {found["name"]: _column(engine, found) for found in inspector.get_columns(table)},
                "collations": _collations(engine, table),
                "primary key": inspector.get_pk_constraint(table),
                "uniques": _sorted(inspector.get_unique_constraints(table)),
                "indexes": _sorted(inspector.get_indexes(table)),
                "foreign keys": _sorted(inspector.get_foreign_keys(table)),
            }
            for table in inspector.get_table_names()
            if table != "alembic_version" and not table.startswith("search_")
        }
        | _search_indexes(engine)
        | _append_only(engine)
    )


def _search_indexes(engine: Engine) -> dict[str, dict[str, object]]:
    with engine.connect() as connection:
        found = search_index.existing(connection)
    return {f"search index of {table}": {"columns": columns} for table, columns in found.items()}


def _append_only(engine: Engine) -> dict[str, dict[str, object]]:
    with engine.connect() as connection:
        return {f"{table} only grows": {} for table in append_only.existing(connection)}


def _column(engine: Engine, found: dict[str, object]) -> tuple[str, object, object]:
    return found["type"].compile(engine.dialect), found["nullable"], found["default"]


def _collations(engine: Engine, table: str) -> dict[str, str | None]:
    if engine.dialect.name == "sqlite":
        return {}
    here = func.current_schema() if engine.dialect.name == "postgresql" else func.database()
    known = sa_table(
        "columns",
        *map(column, ("column_name", "collation_name", "table_name", "table_schema")),
        schema="information_schema",
    )
    statement = select(known.c.column_name, known.c.collation_name)
    with engine.connect() as connection:
        rows = connection.execute(statement.where(known.c.table_name == table, known.c.table_schema == here))
        return {row[0]: row[1] for row in rows}


def _sorted(items: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(items, key=lambda item: str(item["name"]))


def names_in(path: Path) -> list[str]:
    """The usernames in an SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT username FROM users ORDER BY id")]
