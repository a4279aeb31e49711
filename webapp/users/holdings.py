"""What a person holds, as it is read from the database."""

from typing import NamedTuple


class Holding(NamedTuple):
    """A permission that a person holds: granted directly, or *via* the group of that name."""

    permission: str
    via: str | None


class Held:
    """What a person holds, as it was read. A page asks for the words many times, so that they are gathered once.

    :ivar ways: each permission and the group that it comes through.
    """

    def __init__(self, ways: list[tuple[str, str | None]]) -> None:
        self.ways = ways
        self.permissions = frozenset([permission for permission, _via in ways])
