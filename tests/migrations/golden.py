"""A database of each revision with a row in every table, written without any model."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Engine, MetaData, Table, func, select

from webapp.users.passwords import hash_password

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
DIGEST = "0" * 64


def seed(engine: Engine, password: str) -> None:
    """Two people and a row in each other table of this revision; the first one keeps passwords as they are."""
    tables = tables_of(engine)
    is_first = "is_staff" not in tables["users"].c
    stored = password if is_first else hash_password(password)
    people: list[dict[str, Any]] = [
        {"id": 1, "username": "alice", "email": "alice@example.org"},
        {"id": 2, "username": "bob", "email": "bob@example.org"},
    ]
    staff = {} if is_first else {"is_staff": True, "is_superuser": True}
    rows: dict[str, list[dict[str, Any]]] = {
        "users": [{**one, "password": stored, **staff} for one in people],
        "groups": [{"id": 1, "name": "Readers"}],
        "user_grants": [{"user_id": 1, "permission": "users.view"}],
        "group_grants": [{"group_id": 1, "permission": "users.view"}],
        "user_groups": [{"user_id": 2, "group_id": 1}],
        "user_sessions": [
            {
                "token_hash": DIGEST,
                "user_id": 2,
                "created_at": NOON,
                "last_seen_at": NOON,
                "ip": "::1",
                "user_agent": "",
            }
        ],
        "login_tries": [
            {
                "key": DIGEST,
                "account": DIGEST,
                "tries": 1,
                "since": NOON,
                "last_at": NOON,
                "locked_until": NOON,
                "expires_at": NOON,
            }
        ],
        "submissions": [
            {"token_hash": DIGEST, "person_key": "1", "content_hash": DIGEST, "key": "1", "at": NOON}
        ],
        "given_addresses": [{"user_id": 2, "given_by_id": 1}],
        "email_changes": [
            {
                "user_id": 2,
                "email": "other@example.org",
                "token_hash": DIGEST,
                "stop_hash": DIGEST,
                "asked_at": NOON,
            }
        ],
        "saved_views": [
            {
                "id": 1,
                "model": "users",
                "owner_key": "1",
                "owner_label": "alice",
                "group_key": "1",
                "name": "Staff",
                "query": "is_staff=true",
            }
        ],
        "list_settings": [
            {"person_key": "2", "model": "users", "columns": "email,username", "size": 25, "view_id": 1}
        ],
        "log_entries": [
            {
                "at": NOON,
                "actor_label": "alice",
                "origin": "web",
                "verb": "change",
                "name": "users",
                "key": "2",
                "label": "bob",
                "changes": {},
            }
        ],
    }
    with engine.begin() as connection:
        for name, found in rows.items():
            if name in tables and not connection.scalar(select(func.count()).select_from(tables[name])):
                connection.execute(tables[name].insert(), [_plain(tables[name], row) for row in found])
    assert set(tables) <= set(rows), "a new table: give it a row here"


def tables_of(engine: Engine) -> dict[str, Table]:
    metadata = MetaData()
    metadata.reflect(engine, only=lambda name, _metadata: not name.startswith(("alembic_version", "search_")))
    return dict(metadata.tables)


def counts_of(engine: Engine) -> dict[str, int]:
    """How many rows each table has."""
    with engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables_of(engine).items()
        }


def _plain(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """MariaDB keeps JSON as text and says so."""
    return {
        name: "{}" if value == {} and not isinstance(table.c[name].type, JSON) else value
        for name, value in row.items()
    }
