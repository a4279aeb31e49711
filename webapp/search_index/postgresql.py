"""PostgreSQL's search index: one GIN index of the trigrams (pg_trgm) of all the columns' values, joined."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from webapp.accents import unaccented_on_postgresql
from webapp.search_index.names import PREFIX, CannotSearchError, Quote, name_of

# In Turkish they are not the same, and an index of what its small letters are loses every I.
_SPELLS_AS_WE_DO = "lower('I') = 'i'"
# Bytes.
LONGEST_NAME = 63
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"


def reason_against(connection: Connection) -> str | None:
    known = (
        "SELECT (SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'),"
        f" {_SPELLS_AS_WE_DO}, current_setting('server_encoding')"
    )
    number, spells_as_we_do, encoding = connection.exec_driver_sql(known).one()
    if not number:
        return "This server has no pg_trgm: install PostgreSQL's contrib package."
    if encoding != "UTF8":
        return f"The database stores text as {encoding}; an index is for UTF-8."
    if not spells_as_we_do:
        return "In the language of the database the small letter of I is another than i, which the index would lose."
    return None


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


def creation(
    quote: Quote, table_name: str, columns: Sequence[str], key: str, *, accents_apart: bool = False
) -> list[str]:
    """The statements that make the index and fill it."""
    name, table = quote(_name_of(table_name)), quote(table_name)
    comment = ", ".join(columns).replace("'", "''")
    of = (every_value if accents_apart else joined)(tuple(map(quote, columns)))
    return [
        EXTENSION,
        f"CREATE INDEX {name} ON {table} USING gin (({of}) gin_trgm_ops)",
        f"COMMENT ON INDEX {name} IS '{comment}'",
        f"ANALYZE {table}",
    ]


def removal(quote: Quote, table_name: str) -> list[str]:
    return [f"DROP INDEX IF EXISTS {quote(_name_of(table_name))}"]


def existing(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The tables whose index leaves out accents: of one that was made before that, no search could make use."""
    return {
        table: tuple(comment.split(", ")) for table, comment, has_none in _indexes(connection) if has_none
    }


def parts(connection: Connection) -> set[str]:
    return {_name_of(table) for table, *_rest in _indexes(connection)}


def _indexes(connection: Connection) -> Sequence[tuple[str, str, bool]]:
    """The table of each search index, what its comment says, and whether it leaves out accents."""
    rows = connection.exec_driver_sql(
        "SELECT i.relname, t.relname, coalesce(obj_description(i.oid, 'pg_class'), ''),"
        " strpos(upper(pg_get_expr(x.indexprs, x.indrelid)), 'NORMALIZE(') > 0 FROM pg_index x"
        " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid"
        " JOIN pg_opclass o ON o.oid = x.indclass[0]"
        f" WHERE o.opcname = 'gin_trgm_ops' AND x.indisvalid AND starts_with(i.relname, '{PREFIX}')"
        f" AND t.relnamespace = current_schema()::regnamespace AND {_SPELLS_AS_WE_DO}"
    )
    return [(table, *rest) for name, table, *rest in rows if name == _name_of(table)]


def _name_of(table_name: str) -> str:
    """What the index of this table is called: PostgreSQL cuts a longer name, perhaps to that of another table's."""
    name = name_of(table_name)
    if len(name.encode()) <= LONGEST_NAME:
        return name
    mark = sha256(name.encode()).hexdigest()[:8]
    return f"{name.encode()[: LONGEST_NAME - len(mark) - 1].decode(errors='ignore')}_{mark}"


@lru_cache(maxsize=1_000)
def joined(columns: tuple[str, ...]) -> str:
    """All values of a row as one text without accents, in SQL: what the index is of, and what must be compared for it
    to be used."""
    return f"({unaccented_on_postgresql(f'({every_value(columns)})')})"


def every_value(columns: tuple[str, ...]) -> str:
    values = " || chr(31) || ".join(f"coalesce({column}, '')" for column in columns)
    # Columns that compare byte by byte know ASCII's capitals only; the database itself knows them all.
    return f'(chr(31) || {values} || chr(31)) COLLATE "default"'
