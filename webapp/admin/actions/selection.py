"""Which objects an action is for: the rows that were ticked, or all that a list matches; found anew by the server."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from webapp.admin.listing.query import narrowed
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.loading import rows_of, whole, with_options
from webapp.admin.options import ModelAdmin
from webapp.extensions import db
from webapp.texts import format_decimal
from webapp.texts import gettext as _

# All of them are changed in one transaction, which locks them until its end.
MAX_SELECTED = 10_000
BATCH = 200

Key = tuple[Any, ...]


class TooMany(Exception):
    """More objects than one action takes."""

    def __str__(self) -> str:
        count = format_decimal(MAX_SELECTED)
        return str(
            _("That is too much at once: at most %(count)s records. Narrow the list first.", count=count)
        )


@dataclass(frozen=True)
class Selection:
    """Some objects of a model.

    :ivar keys: of the rows that were ticked, in their address form.
    :ivar listed: a list, all of whose rows are meant, on this page and every other; *keys* says nothing then.
    """

    model_admin: ModelAdmin
    keys: tuple[str, ...] = ()
    listed: tuple[ListSpec, ListState] | None = None

    @property
    def asked(self) -> int | None:
        """How many were ticked; ``None`` where nobody ticked them one by one."""
        return None if self.listed else len(set(self.keys))

    def read_keys(self, user: Any) -> list[Key]:
        """The keys of the objects that are there now, for *user*: in one order, so that two actions wait for each
        other rather than lock each other out.

        :raises TooMany: when there are more than :data:`MAX_SELECTED`.
        """
        if self.listed:
            found = self._keys_in(narrowed(*self.listed, user))
        else:
            parsed = [self.model_admin.info.parse_key(key) for key in sorted(set(self.keys))]
            found = [
                key
                for part in batches(_in_order([values for values in parsed if values is not None]))
                for key in self._keys_in(self._rows(user, part))
            ]
        if len(found) > MAX_SELECTED:
            raise TooMany
        return found

    def hold(self, user: Any) -> list[Key]:
        """The same, locked until the transaction ends; of a list those that it still matches under the lock."""
        found = self.read_keys(user)
        for part in batches(found):
            self._lock(part)
        if not self.listed:
            return found
        locked = set(found)
        return [key for key in self.read_keys(user) if key in locked]

    def read(self, user: Any, keys: Sequence[Key]) -> list[Any]:
        """The objects with *keys* that are there for *user*, as the database has them now."""
        statement = self._rows(user, keys).order_by(*self._key_columns)
        statement = with_options(statement, whole(self.model_admin))
        return list(db.session.scalars(statement.execution_options(populate_existing=True)).unique())

    def _lock(self, keys: Sequence[Key]) -> None:
        """Let nobody else change the rows with *keys* before the transaction ends.

        Apart from reading them: no engine locks the rows of a query that groups or leaves duplicates out.
        """
        info = self.model_admin.info
        rows = select(*self._key_columns).where(info.is_one_of(keys)).order_by(*self._key_columns)
        db.session.execute(rows.with_for_update(of=info.mapper.tables)).all()

    def _rows(self, user: Any, keys: Sequence[Key]) -> Select[Any]:
        return rows_of(self.model_admin, user).where(self.model_admin.info.is_one_of(keys))

    def _keys_in(self, rows: Select[Any]) -> list[Key]:
        columns = self._key_columns
        keys = rows.with_only_columns(*columns, maintain_column_froms=True).order_by(*columns)
        return [tuple(row) for row in db.session.execute(keys.limit(MAX_SELECTED + 1))]

    @property
    def _key_columns(self) -> list[ColumnElement[Any]]:
        return [column.attribute.expression for column in self.model_admin.info.key]


def batches(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


def _in_order(keys: list[Key]) -> list[Key]:
    """*keys* as the database orders them, so that 9 comes before 10."""
    try:
        return sorted(keys)
    except TypeError:
        return keys
