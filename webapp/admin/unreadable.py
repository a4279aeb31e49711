"""What the database holds and the column's type cannot read: a word that left the enumeration, a damaged date.

Plain SQL, an older program or another one may have written it. One such value would take away the list, the search
and the record itself, the very pages on which to mend it; on the engine's pages it is its text instead.
"""

from collections.abc import Callable
from typing import Any

from flask import has_request_context
from sqlalchemy import Boolean, Dialect
from sqlalchemy.types import TypeEngine

from webapp.running import current_app, request

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
        if read is None or type(kind) is Boolean:
            # Whatever there is is true or false.
            return read

        nothing_is_nothing = getattr(kind, "keeps_none", False)

        def read_or_show(value: Any) -> Any:
            if value is None and nothing_is_nothing:
                return None
            try:
                return read(value)
            except _UNREAD:
                if not _is_ours():
                    raise
                return Unreadable(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)

        return read_or_show

    kind._cached_result_processor = reader  # type: ignore[method-assign, assignment]


def _is_ours() -> bool:
    """Whether a page of the engine is being made, which shows whatever there is."""
    if not has_request_context():
        return False
    names = {"admin", *(model_admin.name for model_admin in current_app.extensions.get("admin", ()))}
    return request.blueprint in names
