"""What an admin says about what comes back from the history, where the engine cannot know it; a part of ModelAdmin."""

from collections.abc import Sequence
from typing import Any, NamedTuple


class Restored(NamedTuple):
    """What takes a change of the history back: a field of the form class and its *value*; *lost* says what of it
    cannot come back."""

    field: str
    value: Any
    lost: str = ""


class Returning:
    """The hooks for reading the history, restoring and undoing."""

    def may_see_all(self, user: Any) -> bool | None:
        """Whether no object of the model is hidden by ``can`` from *user*, who may view it, so that the history of the
        whole site tells him of each. ``None``: where the admin has no ``can`` of its own. What ``query`` leaves out is
        hidden in any case."""
        return None

    def may_see_deleted(self, user: Any) -> bool | None:
        """Whether *user*, who may view the model, reads the history of what others have deleted: an object that is
        gone cannot be asked any more. ``None``: where neither ``query`` nor ``can`` hides one (see ``may_see_all``)."""
        return None

    def get_not_restored(self, user: Any) -> Sequence[str]:
        """Fields of the form that a deleted object does not get back when *user* restores it."""
        return ()

    def restore_field(self, change: Any, obj: Any, user: Any) -> Restored | None:
        """For *change* of the history, of what is no field itself: the form class's own field that takes it back.

        *obj* is what it is a change of, ``None`` where that is gone."""
        return None
