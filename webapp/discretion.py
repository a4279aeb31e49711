"""What nobody else is to learn: files of the database that are its owner's only, errors that repeat no row."""

import os
from contextlib import suppress
from typing import Any

from sqlalchemy import ExceptionContext, exc


def make_private(_dialect: Any, _record: Any, arguments: Any, _options: Any) -> None:
    """Make a new file readable by its owner only, whatever the umask; SQLite gives its -wal and -shm the same mode."""
    path = arguments[0]
    if path in {"", ":memory:"} or path.startswith("file:"):
        return
    # What forbids it is told by SQLite itself.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def hide_values(context: ExceptionContext) -> BaseException | None:
    """Tell of a refused row without the row: PostgreSQL's DETAIL repeats its values, a password's hash among them."""
    error, original = context.sqlalchemy_exception, context.original_exception
    told = str(original)
    if not isinstance(error, exc.DBAPIError) or "\nDETAIL:" not in told:
        return None
    original.args = (told.partition("\nDETAIL:")[0], *original.args[1:])
    return type(error)(
        error.statement,
        error.params,
        original,
        hide_parameters=True,
        connection_invalidated=context.is_disconnect,
    )
