"""PostgreSQL's search index: one GIN index of the trigrams (pg_trgm) of all the columns' values, joined."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from webapp.search_index.names import PREFIX, CannotSearchError, Quote, name_of

EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"


def reason_against(connection: Connection) -> str | None:
    known = "SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'"
    if connection.exec_driver_sql(known).scalar():
        return None
    return "This server has no pg_trgm: install PostgreSQL's contrib package."


def allow(connection: Connection) -> None:
    """Have pg_trgm; in a savepoint, so that whoever may not make it can go on without.

    :raises CannotSearchError: when it may not be made, or is not there to be made.
    """
    if reason := reason_against(connection):
        raise CannotSearchError(reason)
    if connection.exec_driver_sql("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'").scalar():
        return
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(EXTENSION)
    except DBAPIError as error:
        raise CannotSearchError(
            "The extension pg_trgm is not there, and this user may not make it. "
            "Have the owner of the database run: CREATE EXTENSION pg_trgm"
        ) from error


def creation(quote: Quote, table_name: str, columns: Sequence[str], key: str) -> list[str]:
    """The statements that make the index and fill it."""
    name, table = quote(name_of(table_name)), quote(table_name)
    comment = ", ".join(columns).replace("'", "''")
    return [
        EXTENSION,
        f"CREATE INDEX {name} ON {table} USING gin (({joined(map(quote, columns))}) gin_trgm_ops)",
        f"COMMENT ON INDEX {name} IS '{comment}'",
        f"ANALYZE {table}",
    ]


def removal(quote: Quote, table_name: str) -> list[str]:
    return [f"DROP INDEX IF EXISTS {quote(name_of(table_name))}"]


def existing(connection: Connection) -> dict[str, tuple[str, ...]]:
    rows = connection.exec_driver_sql(
        "SELECT t.relname, coalesce(obj_description(i.oid, 'pg_class'), '') FROM pg_index x"
        " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
        " JOIN pg_opclass o ON o.oid = x.indclass[0]"
        f" WHERE o.opcname = 'gin_trgm_ops' AND x.indisvalid AND i.relname = '{PREFIX}' || t.relname"
        " AND t.relnamespace = current_schema()::regnamespace"
    )
    return {table: tuple(comment.split(", ")) for table, comment in rows}


def parts(connection: Connection) -> set[str]:
    return {name_of(table) for table in existing(connection)}


def joined(columns: Iterable[str]) -> str:
    """All values of a row as one text, in SQL: what the index is of, and what must be compared for it to be used."""
    values = " || chr(31) || ".join(f"coalesce({column}, '')" for column in columns)
    # Columns that compare byte by byte know ASCII's capitals only; the database itself knows them all.
    return f'(chr(31) || {values} || chr(31)) COLLATE "default"'
