"""What nobody else is to learn: files of the database that are its owner's only, errors that repeat no row."""

import os
import re
from contextlib import suppress
from typing import Any

from sqlalchemy import ExceptionContext, exc

# MariaDB's and MySQL's numbers of sentences that quote names of tables, columns and variables and nothing else.
NAMES_ONLY = frozenset(
    {1048, 1050, 1051, 1054, 1060, 1061, 1091, 1142, 1143, 1146, 1193, 1264, 1265, 1364, 1406, 3819}
)
# From the first mark to the last, because a value may hold some itself.
QUOTED = re.compile(r"'.*'(?P<name> for (?:key|column|function) \S+(?: at row \d+)?$)|'.*'", re.DOTALL)
DOUBLE_QUOTED = re.compile(r'".*', re.DOTALL)
# Of text that is not in UTF-8.
STORED_TEXT = re.compile(r"with text '.*", re.DOTALL)


def make_private(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    """Make a new file readable by its owner only, whatever the umask; SQLite gives its -wal and -shm the same mode."""
    path = arguments[0]
    if path in {"", ":memory:"} or path.startswith("file:"):
        return
    # What forbids it is told by SQLite itself.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def hide_values(context: ExceptionContext) -> BaseException | None:
    """Tell of a refused statement without the values in it, which end in a log: a password's hash among them."""
    error, original = context.sqlalchemy_exception, context.original_exception
    # What is said when there is no connection tells addresses and names, and no value.
    if not isinstance(error, exc.DBAPIError) or context.connection is None:
        return None
    *before, told = original.args or ("",)
    discreet = _without_values(context.dialect.name, original, str(told))
    if discreet == str(told):
        return None
    original.args = (*before, discreet)
    return type(error)(
        error.statement,
        error.params,
        original,
        hide_parameters=True,
        connection_invalidated=context.is_disconnect,
    )


def _without_values(engine: str, original: Any, told: str) -> str:
    """What the driver *told*, with the names of tables and columns in it but not what was sent or stored."""
    if engine == "sqlite":
        return STORED_TEXT.sub("with text '…'", told)
    if engine == "postgresql":
        # The sentence alone: DETAIL repeats the row, LINE the statement.
        sentence = str(getattr(getattr(original, "diag", None), "message_primary", None) or told)
        state = str(getattr(original, "sqlstate", None))
        quotes_values = state.startswith("22") or state == "42601"
        return DOUBLE_QUOTED.sub('"…"', sentence) if quotes_values else sentence
    return told if NAMES_ONLY.intersection(original.args[:1]) else QUOTED.sub(r"'…'\g<name>", told)
