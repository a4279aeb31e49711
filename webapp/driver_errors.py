"""What the errors of the three drivers say, each of which has words and numbers of its own."""

import re

from sqlalchemy import exc

# Broken off so that others can go on (deadlock, no order with others, a lock not had in time): PostgreSQL's SQLSTATE,
# MariaDB's numbers, the lower byte of SQLite's result code (SQLITE_BUSY, SQLITE_LOCKED).
PASSING_STATES = frozenset({"40001", "40P01", "55P03"})
PASSING_NUMBERS = frozenset({1020, 1205, 1213})
PASSING_RESULTS = frozenset({5, 6})

# A disk without room: PostgreSQL's SQLSTATE; MariaDB's numbers, those that say so in their text only; SQLite's codes
# (SQLITE_FULL; SQLITE_IOERR_SHMSIZE, where nothing can even be read: what its processes share finds no room).
FULL_STATES = frozenset({"53100"})
FULL_NUMBERS = frozenset({20, 1021, 1114})
FULL_BY_TEXT = frozenset({3, 1004, 1005, 1026, 1030})
FULL_TEXT = re.compile(r"No space left on device|\b(?:errno|error|Errcode):? 28\b")
FULL_RESULTS = frozenset({13, 4874})


def reason(error: exc.SQLAlchemyError) -> str:
    """What the driver says, its first line: a code, an address, a file; drivers put no password there."""
    driver_error = getattr(error, "orig", None)
    if driver_error is None:
        return type(error).__name__
    # PyMySQL's text is that of a pair, its number first.
    told = str(driver_error.args[-1] if driver_error.args else driver_error)
    first = (told.strip().splitlines() or ["no reason given"])[0].rstrip(". ")
    says_it = re.search("full|space", first, re.IGNORECASE)
    return first if says_it or not has_no_room(error) else f"{first} (its disk is full)"


def is_passing(error: Exception) -> bool:
    """Whether the same transaction may well succeed when it is begun anew: a lock in the way, or a line that was cut.

    Not a line that could not be had: a server that is away is away a moment later too.
    """
    if not isinstance(error, exc.DBAPIError):
        return False
    original = error.orig
    result = getattr(original, "sqlite_errorcode", None)
    return (
        error.connection_invalidated
        or _state(original) in PASSING_STATES
        or _number(original) in PASSING_NUMBERS
        or (result is not None and result & 0xFF in PASSING_RESULTS)
    )


def has_no_room(error: Exception) -> bool:
    """Whether the disk of the database is full, or that of its temporary files."""
    original = getattr(error, "orig", None)
    return original is not None and (
        _state(original) in FULL_STATES
        or _number(original) in FULL_NUMBERS
        or getattr(original, "sqlite_errorcode", None) in FULL_RESULTS
        or (_number(original) in FULL_BY_TEXT and FULL_TEXT.search(str(original)) is not None)
    )


def _state(original: object) -> str | None:
    # psycopg's name for it, and psycopg2's.
    return getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)


def _number(original: object) -> object:
    return next(iter(getattr(original, "args", ())), None)
