"""What the database holds and the column's type cannot read: a word that left the enumeration, a damaged date.

Plain SQL, an older program or another one may have written it. One such value would take away the list, the search
and the record itself, the very pages on which to mend it; on the engine's pages it is its text instead.
"""

from collections.abc import Callable
from typing import Any

from flask import current_app, has_request_context, request
from sqlalchemy import Dialect
from sqlalchemy.types import TypeEngine

# What types raise for a value that is none of theirs.
_UNREAD = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)


class Unreadable(str):
    """The text of a value that its column's type does not take."""

    __slots__ = ()


def show_what_is_there(kind: TypeEngine[Any]) -> None:
    """Let columns of *kind*, a column's own, give an :class:`Unreadable` on the engine's pages where they would raise.

    Everywhere else they raise as before. SQLAlchemy has no public place to say it: a type of ours around the
    developer's would be another type to everybody who looks at the column.
    """
    if "_cached_result_processor" in vars(kind):
        return
    ask = kind._cached_result_processor

    def reader(dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        read: Callable[[Any], Any] | None = ask(dialect, coltype)
        return None if read is None else lambda value: _read(read, value)

    kind._cached_result_processor = reader  # type: ignore[method-assign, assignment]


def _read(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except _UNREAD:
        if not _is_ours():
            raise
        return Unreadable(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)


def _is_ours() -> bool:
    """Whether a page of the engine is being made, which shows whatever there is."""
    if not has_request_context():
        return False
    names = {"admin", *(model_admin.name for model_admin in current_app.extensions.get("admin", ()))}
    return request.blueprint in names
