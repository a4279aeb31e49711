"""What both kinds of search index share: their name in the database, and what stands between the values in them."""

from collections.abc import Callable

from sqlalchemy import Connection

# Before and after each value, so that the index knows too where one begins and ends; nobody types it.
MARK = "\x1f"

PREFIX = "search_"

# How a name is written in SQL.
Quote = Callable[[str], str]


class CannotSearchError(Exception):
    """This database can have no search index: a sentence with the reason and the way out."""


def name_of(table_name: str) -> str:
    """What the index of this table is called in the database."""
    return f"{PREFIX}{table_name}"


def quoting(connection: Connection) -> Quote:
    return connection.dialect.identifier_preparer.quote
