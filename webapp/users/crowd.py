"""Many made-up people at once."""

import secrets
from collections.abc import Callable, Iterator, Sequence, Set
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
    for batch in _newcomers(count):
        insert_rows(db.session.connection(), users, [_row(somebody, password) for somebody in batch])
        done += len(batch)
        if done // TELL_EVERY > (done - len(batch)) // TELL_EVERY:
            tell(done)


def _newcomers(count: int) -> Iterator[Sequence[Somebody]]:
    made_up, taken_of = people(now()), _reader_of_taken()
    while count:
        batch = list(islice(made_up, min(BATCH, count)))
        taken = taken_of(batch)
        fresh = [one for one in batch if one.username not in taken and one.email not in taken]
        count -= len(fresh)
        if fresh:
            yield fresh


def _reader_of_taken() -> Callable[[Sequence[Somebody]], Set[str]]:
    """What says which usernames and e-mails of a batch somebody has: where there are few people, from memory."""
    few = set(db.session.execute(select(User.username, User.email).limit(FEW + 1)))
    if len(few) <= FEW:
        known = {value for row in few for value in row}
        return lambda batch: known
    return _taken


def _taken(batch: Sequence[Somebody]) -> Set[str]:
    names, emails = [one.username for one in batch], [one.email for one in batch]
    found = select(User.username, User.email).where(or_(User.username.in_(names), User.email.in_(emails)))
    return {value for row in db.session.execute(found) for value in row}


def _row(somebody: Somebody, password: PasswordHash) -> dict[str, object]:
    return {**vars(somebody), "password": password, "updated_at": somebody.created_at}
