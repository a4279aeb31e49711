"""What psycopg does otherwise on our connections: it reads moments that Python has none for, and describes rows in few
words."""

from functools import cache
from typing import Any

# PostgreSQL's types whose values Python may have none for: "infinity", 24:00, a year before Christ.
MOMENTS = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")


def adapt_psycopg(connection: Any) -> None:
    """Tell a new *connection* of psycopg 3."""
    for name in MOMENTS:
        oid = connection.adapters.types[name].oid
        loader = _lenient(connection.adapters.get_loader(oid, 0), connection.DataError)
        connection.adapters.register_loader(oid, loader)
    connection.cursor_factory = _brief(connection.cursor_factory)


@cache
def _brief(factory: type) -> type:
    """Psycopg's cursor, but of each column SQLAlchemy is told the name and the type alone: to look up all that can be
    said of it took a fifteenth of a page's work."""

    class BriefCursor(factory):
        @property
        def description(self) -> list[tuple[Any, ...]] | None:
            result = self.pgresult
            if result is None or not result.nfields:
                return None
            encoding = self._encoding
            return [
                (result.fname(number).decode(encoding), result.ftype(number), *_NOTHING_ELSE)
                for number in range(result.nfields)
            ]

    return BriefCursor


# The Python Database API wants seven words of each column (PEP 249).
_NOTHING_ELSE = (None,) * 5


def _lenient(loader: Any, refused: type[Exception]) -> type:
    """Psycopg's *loader*, but what Python has no moment for comes as its text, as other drivers give it."""

    class Lenient:
        format = loader.format

        def __init__(self, oid: int, context: Any = None) -> None:
            self._loader = loader(oid, context)

        def load(self, data: Any) -> Any:
            try:
                return self._loader.load(data)
            except refused:
                return bytes(data).decode("ascii", "replace")

    return Lenient
