"""What deleting some objects does to other rows: which go along, which are emptied, which forbid it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp.admin.options import ModelAdmin

# More rows than this are not looked at, and not deleted in one step either.
MAX_ROWS = 10_000


@dataclass(frozen=True)
class Affected:
    """Rows of one model, or of a table that no admin looks after.

    :ivar label: the model's plural, or the table's name. :ivar number: how many rows.
    :ivar model_admin: who looks after them. :ivar named: the first of them that the person may see.
    """

    label: str
    number: int
    model_admin: ModelAdmin | None = None
    named: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Consequences:
    """What happens to other rows; each row stands in one group.

    :ivar deleted: go with it. :ivar emptied: stay and lose what points to it. :ivar protected: need it, so it stays.
    :ivar forbidden: would go with it, and the person may not delete them.
    :ivar is_complete: false when there are more than :data:`MAX_ROWS`.
    """

    deleted: tuple[Affected, ...] = ()
    emptied: tuple[Affected, ...] = ()
    protected: tuple[Affected, ...] = ()
    forbidden: tuple[Affected, ...] = ()
    is_complete: bool = True

    @property
    def is_allowed(self) -> bool:
        return self.is_complete and not self.protected and not self.forbidden


def consequences(model_admin: ModelAdmin, objs: Sequence[Any], user: Any) -> Consequences:
    """What deleting *objs*, all of *model_admin*, would do, for *user* to read; a fixed number of statements a model."""
    return Consequences()
