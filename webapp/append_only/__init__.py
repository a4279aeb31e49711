"""Tables that only grow: the database itself refuses to change or to delete their rows, by triggers.

Who may delete all the same says so with :func:`opened`, inside a transaction. It keeps mistakes and a program that was
broken into from rewriting what happened; whoever may change the schema can take the triggers away.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Dialect, FromClause, Table, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.schema import SchemaItem

from webapp.append_only import mariadb, postgresql, sqlite
from webapp.append_only.names import CannotProtectError
from webapp.column_types import MYSQL_NAMES

__all__ = [
    "AppendOnly",
    "CannotProtectError",
    "create",
    "creation",
    "existing",
    "is_declared",
    "opened",
    "removal",
]

_ENGINES = {"sqlite": sqlite, "postgresql": postgresql, **dict.fromkeys(MYSQL_NAMES, mariadb)}
# MariaDB's numbers: the binary log asks for more than the right to make triggers, or that right is missing.
_NOT_ALLOWED = frozenset({1419, 1142, 1227})


class AppendOnly(SchemaItem):
    """``AppendOnly()`` in a model's ``__table_args__``: its rows are neither changed nor deleted."""

    __visit_name__ = "append_only"

    def _set_parent(self, parent: Table, **_options: object) -> None:  # type: ignore[override]
        parent.info["append_only"] = True
        event.listen(parent, "after_create", self._create)
        event.listen(parent, "after_drop", self._drop)

    def _create(self, table: Table, connection: Connection, **_options: object) -> None:
        create(connection, table.name)

    def _drop(self, table: Table, connection: Connection, **_options: object) -> None:
        # The triggers have gone with their table.
        _run(connection, _ENGINES[connection.dialect.name].remains(table.name))


def is_declared(table: FromClause) -> bool:
    """Whether *table*, or what else a model is mapped to, only grows."""
    return isinstance(table, Table) and bool(table.info.get("append_only"))


def create(connection: Connection, table_name: str) -> None:
    """Make the triggers of the table anew.

    :raises CannotProtectError: where the database does not let us make any.
    """
    try:
        _run(connection, creation(connection.dialect, table_name))
    except DBAPIError as error:
        if next(iter(getattr(error.orig, "args", ())), None) not in _NOT_ALLOWED:
            raise
        raise CannotProtectError(
            "This user may not make triggers. Have an administrator of the database run: "
            "GRANT TRIGGER, and with a binary log SET GLOBAL log_bin_trust_function_creators = 1"
        ) from error


def creation(dialect: Dialect, table_name: str) -> list[str]:
    """The statements that make the triggers, whether or not they are there."""
    return [*removal(dialect, table_name), *_ENGINES[dialect.name].creation(table_name)]


def removal(dialect: Dialect, table_name: str) -> list[str]:
    """The statements that remove the triggers, if they are there."""
    engine = _ENGINES[dialect.name]
    return [*engine.removal(table_name), *engine.remains(table_name)]


def existing(connection: Connection) -> set[str]:
    """The tables that have all of their triggers."""
    engine = _ENGINES[connection.dialect.name]
    there: dict[str, set[str]] = {}
    for table_name, trigger in connection.exec_driver_sql(engine.TRIGGERS):
        there.setdefault(table_name, set()).add(trigger)
    return {name for name, found in there.items() if engine.names(name) <= found}


@contextmanager
def opened(connection: Connection, table_name: str) -> Iterator[None]:
    """Let this transaction, and no other, delete rows of the table in the block."""
    engine = _ENGINES[connection.dialect.name]
    _run(connection, engine.opening(table_name))
    try:
        yield
    except BaseException:
        # PostgreSQL's setting ends with a transaction that has failed; one that goes on must not stay open.
        with suppress(SQLAlchemyError):
            if connection.dialect.name != "postgresql":
                _run(connection, engine.closing(table_name))
        raise
    _run(connection, engine.closing(table_name))


def _run(connection: Connection, statements: list[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
