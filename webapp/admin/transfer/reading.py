"""The rows of an export, batch by batch and column by column, all of them from one state of the database."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from webapp.admin.cursors import read_cursor
from webapp.admin.display import ShownColumn
from webapp.admin.info import ColumnInfo
from webapp.admin.listing.query import narrowed, read_rows, searched
from webapp.admin.paging import Position, whole
from webapp.admin.transfer.asking import PLAIN_KINDS, Export
from webapp.extensions import db
from webapp.snapshots import snapshot, stream

# Rows that are in memory at once.
BATCH = 1_000
# Of kinds whose values may be long, fewer.
LONG_KINDS = frozenset({"longtext", "json"})
LONG_BATCH = 100

#: For each column its values, from the first row of the batch to the last.
Batch = Sequence[Sequence[Any]]


def read_batches(export: Export, user: Any) -> Generator[Batch]:
    """Read what *user* has asked for; no batch is empty."""
    is_computed = any(column.compute for column in export.columns)
    with snapshot(db.engine) as connection:
        yield from _objects(export, user, connection) if is_computed else _rows(export, user, connection)


def batch_size(export: Export) -> int:
    kinds = {column.kind for column in export.columns}
    return BATCH if kinds.isdisjoint(LONG_KINDS) else LONG_BATCH


def _rows(export: Export, user: Any, connection: Connection) -> Generator[Batch]:
    """Plain rows, as the server's cursor gives them."""
    size = batch_size(export)
    columns = [_selected(column, column.column) for column in export.columns if column.column is not None]
    base = narrowed(export.spec, export.state, user)
    base = base.with_only_columns(*columns, maintain_column_froms=True)
    for statement in whole(base, export.state.order):
        for rows in stream(connection, statement, size):
            yield list(zip(*rows, strict=True))


def _selected(column: ShownColumn, info: ColumnInfo) -> ColumnElement[Any]:
    expression: ColumnElement[Any] = info.attribute.expression
    if column.kind == "binary":
        # A list shows how large it is, and an export takes no more away.
        return func.length(expression)
    # What the driver gives will do: making values of a million rows is a third of the time.
    return type_coerce(expression, NullType()) if column.kind in PLAIN_KINDS else expression


def _objects(export: Export, user: Any, connection: Connection) -> Generator[Batch]:
    """What methods make of objects: a page at a time, so that each may ask the database for more."""
    spec, state = export.spec, replace(export.state, size=batch_size(export))
    search = searched(spec, state)
    last = None
    with Session(connection) as session:
        while True:
            rows = read_rows(spec, state, user, search, session)
            if rows.keys:
                yield rows.values
            if rows.after is None:
                return
            if rows.keys[-1] == last:
                raise RuntimeError(f"The rows of {spec.model_admin.name} go round: an export would not end.")
            last = rows.keys[-1]
            state = replace(state, position=Position(read_cursor(state.order, rows.after, spec.info)))
            session.expunge_all()
