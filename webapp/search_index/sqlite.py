"""SQLite's search index: a full-text table of trigrams (FTS5), and three triggers that tell it of every change."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, text

from webapp.search_index.names import PREFIX, CannotSearchError, Quote, name_of, quoting

OLDEST_WITH_TRIGRAMS = (3, 34)
# Bytes that FTS5 sorts before it writes: with more than the usual ones an index is built in half the time.
MUCH_MEMORY, USUAL_MEMORY = 64 * 1024 * 1024, 1024 * 1024
# What FTS5 keeps its own things in: tables too.
INNER_TABLES = ("", "_data", "_idx", "_config", "_docsize", "_content")
EVENTS = ("insert", "delete", "update")
TOKENIZER = "tokenize='trigram'"


def reason_against(connection: Connection) -> str | None:
    version = getattr(connection.dialect.dbapi, "sqlite_version_info", (0,))
    has_fts5 = connection.exec_driver_sql("SELECT sqlite_compileoption_used('ENABLE_FTS5')").scalar()
    if has_fts5 and version >= OLDEST_WITH_TRIGRAMS:
        return None
    return "This SQLite has no FTS5 with trigrams, which came with version 3.34."


def creation(
    quote: Quote, table_name: str, columns: Sequence[str], key: str, *, accents_apart: bool = False
) -> list[str]:
    """The statements that make the index and fill it. It tells accents apart in any case: its trigrams know no other
    way before SQLite 3.45."""
    return [
        _full_text_table(quote, table_name, columns),
        *filling(quote, table_name, columns, key),
        *triggers(quote, table_name, columns, key).values(),
    ]


def removal(quote: Quote, table_name: str) -> list[str]:
    name = quote(name_of(table_name))
    return [*removal_of_triggers(quote, table_name), f"DROP TABLE IF EXISTS {name}"]


def removal_of_triggers(quote: Quote, table_name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {quote(f'{name_of(table_name)}_{what}')}" for what in EVENTS]


def filling(quote: Quote, table_name: str, columns: Sequence[str], key: str) -> list[str]:
    """The statements that fill the full-text table from the table, whatever it held before."""
    name = quote(name_of(table_name))
    listed = ", ".join(["rowid", *map(quote, columns)])
    values = ", ".join([quote(key), *(_marked(quote(column)) for column in columns)])
    return [
        f"INSERT INTO {name} ({name}, rank) VALUES ('hashsize', {MUCH_MEMORY})",
        f"INSERT INTO {name} ({name}) VALUES ('delete-all')",
        f"INSERT INTO {name} ({listed}) SELECT {values} FROM {quote(table_name)}",
        f"INSERT INTO {name} ({name}, rank) VALUES ('hashsize', {USUAL_MEMORY})",
    ]


def allow(connection: Connection) -> None:
    """
    :raises CannotSearchError: where this SQLite cannot have the index.
    """
    if reason := reason_against(connection):
        raise CannotSearchError(reason)


def existing(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The tables whose full-text table and triggers are exactly as we make them."""
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    quote = quoting(connection)
    made_triggers = {name: statement for name, statement in connection.exec_driver_sql(made)}
    found = {}
    for table_name, statement in full_text_tables(connection).items():
        columns, key = columns_of(connection, name_of(table_name)), key_of(connection, table_name)
        wanted = triggers(quote, table_name, columns, key) if key else {}
        is_whole = statement == _full_text_table(quote, table_name, columns)
        if key and is_whole and all(made_triggers.get(name) == wanted[name] for name in wanted):
            found[table_name] = tuple(columns)
    return found


def parts(connection: Connection) -> set[str]:
    return {f"{name_of(table)}{inner}" for table in full_text_tables(connection) for inner in INNER_TABLES}


def full_text_tables(connection: Connection) -> dict[str, str]:
    """How each full-text table of a search index was made, by the name of the table that it is of."""
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
    return {
        name.removeprefix(PREFIX): statement
        for name, statement in connection.exec_driver_sql(made)
        if name.startswith(PREFIX) and " USING fts5(" in statement and TOKENIZER in statement
    }


def columns_of(connection: Connection, table_name: str) -> list[str]:
    known = text("SELECT name FROM pragma_table_info(:name)")
    return list(connection.execute(known, {"name": table_name}).scalars())


def key_of(connection: Connection, table_name: str) -> str | None:
    """The column that is SQLite's own number of a row; ``None`` where the table is gone."""
    known = text("SELECT name FROM pragma_table_info(:name) WHERE pk = 1")
    return connection.execute(known, {"name": table_name}).scalar()


def _full_text_table(quote: Quote, table_name: str, columns: Sequence[str]) -> str:
    listed = ", ".join(map(quote, columns))
    # It holds no text, which the table itself has: a trigger says what is to be forgotten.
    made = f"fts5({listed}, content='', columnsize=0, {TOKENIZER})"
    return f"CREATE VIRTUAL TABLE {quote(name_of(table_name))} USING {made}"


def triggers(quote: Quote, table_name: str, columns: Sequence[str], key: str) -> Mapping[str, str]:
    """The statements that make the triggers, by their names."""
    table, full_text = quote(table_name), quote(name_of(table_name))
    listed = ", ".join(["rowid", *map(quote, columns)])

    def row(which: str) -> str:
        return ", ".join([f"{which}.{quote(key)}", *(_marked(f"{which}.{quote(name)}") for name in columns)])

    add = f"INSERT INTO {full_text} ({listed}) VALUES ({row('new')});"
    forget = f"INSERT INTO {full_text} ({full_text}, {listed}) VALUES ('delete', {row('old')});"
    # An update of other columns, a sign-in for one, is none of its business.
    changed = ", ".join(map(quote, (key, *columns)))
    does = {"INSERT": add, "DELETE": forget, f"UPDATE OF {changed}": f"{forget} {add}"}
    names = [f"{name_of(table_name)}_{what}" for what in EVENTS]
    return {
        name: f"CREATE TRIGGER {quote(name)} AFTER {event} ON {table} BEGIN {then} END"
        for name, (event, then) in zip(names, does.items(), strict=True)
    }


def _marked(value: str) -> str:
    # Two before it: who looks for one letter at the beginning looks for a trigram all the same.
    return f"char(31, 31) || {value} || char(31)"
