"""Many made-up people at once."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import cast

from sqlalchemy import Table, or_, select

from webapp.admin.history import record
from webapp.bulk import filled_at_once, insert_rows
from webapp.database import now
from webapp.extensions import db, writing
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, hash_password
from webapp.users.plausible import Somebody, people
from webapp.users.rules import one_at_a_time

BATCH = 1_000
# So many names are kept in memory rather than asked for.
FEW = 10_000
TELL_EVERY = 20_000
COLUMNS = (*Somebody._fields, "password", "updated_at")


def add_people(count: int, tell: Callable[[int], object]) -> None:
    """Add *count* made-up people in one transaction with one entry.

    :param tell: is given how many there are, now and then.
    """
    nobodys = hash_nobody_knows()
    with writing():
        one_at_a_time(db.session(), None)
        with filled_at_once(db.session.connection(), cast(Table, User.__table__), count):
            insert_people(count, nobodys, tell)
        # Of so many together there is no one object that it happened to.
        record(db.session(), verb="seed", name="users", key="", label=f"{count:,} users")


def hash_nobody_knows() -> PasswordHash:
    """One for all: each of their own would take most of the time, and no password matches this one either."""
    return hash_password(secrets.token_urlsafe(32))


def insert_people(
    count: int, password: PasswordHash, tell: Callable[[int], object] = lambda done: None
) -> None:
    """The same inside the caller's transaction, without entry; whose name or e-mail exists is passed over."""
    users, done = cast(Table, User.__table__), 0
    for size, batch in _newcomers(count):
        rows = ((*somebody, password, somebody.created_at) for somebody in batch)
        insert_rows(db.session.connection(), users, COLUMNS, rows)
        if (done + size) // TELL_EVERY > done // TELL_EVERY:
            tell(done + size)
        done += size


def _newcomers(count: int) -> Iterator[tuple[int, Iterable[Somebody]]]:
    """People whose names and e-mails nobody has, in batches of a size: made up as they are taken where there are few
    others, so that a server works meanwhile."""
    made_up, known = people(now()), _few_taken()
    while count:
        if known is not None:
            size = min(TELL_EVERY, count)
            yield size, islice(_free(made_up, known), size)
        else:
            batch = list(islice(made_up, min(BATCH, count)))
            fresh = list(_free(batch, _taken(batch)))
            size = len(fresh)
            yield size, fresh
        count -= size


def _free(somebodies: Iterable[Somebody], taken: Set[str]) -> Iterator[Somebody]:
    return (one for one in somebodies if one.username not in taken and one.email not in taken)


def _few_taken() -> Set[str] | None:
    """Which usernames and e-mails somebody has, in memory; ``None`` where those are too many."""
    few = db.session.execute(select(User.username, User.email).limit(FEW + 1)).all()
    return None if len(few) > FEW else {value for row in few for value in row}


def _taken(batch: Sequence[Somebody]) -> Set[str]:
    names, emails = [one.username for one in batch], [one.email for one in batch]
    found = select(User.username, User.email).where(or_(User.username.in_(names), User.email.in_(emails)))
    return {value for row in db.session.execute(found) for value in row}
