"""Many made-up people at once."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from itertools import islice
from typing import cast

from sqlalchemy import Table, insert, or_, select

from webapp.admin.history import record
from webapp.database import now
from webapp.extensions import db, writing
from webapp.search_index import set_aside
from webapp.users.models import User
from webapp.users.passwords import PasswordHash, hash_password
from webapp.users.plausible import Somebody, people
from webapp.users.rules import one_at_a_time

BATCH = 1_000
TELL_EVERY = 20_000
# From so many on the search index is made anew, and not told of each.
MANY = 50_000


def add_people(count: int, tell: Callable[[int], object]) -> None:
    """Add *count* made-up people in one transaction with one entry.

    :param tell: is given how many there are, now and then.
    """
    nobodys = hash_nobody_knows()
    with writing():
        one_at_a_time(db.session(), None)
        with set_aside(db.session.connection(), "users") if count > MANY else nullcontext():
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
        db.session.execute(insert(users), [_row(somebody, password) for somebody in batch])
        done += len(batch)
        if done // TELL_EVERY > (done - len(batch)) // TELL_EVERY:
            tell(done)


def _newcomers(count: int) -> Iterator[Sequence[Somebody]]:
    made_up = people(now())
    while count:
        batch = list(islice(made_up, min(BATCH, count)))
        taken = _taken(batch)
        fresh = [one for one in batch if one.username not in taken and one.email not in taken]
        count -= len(fresh)
        if fresh:
            yield fresh


def _taken(batch: Sequence[Somebody]) -> set[str]:
    """The usernames and e-mails of *batch* that somebody has."""
    names, emails = [one.username for one in batch], [one.email for one in batch]
    found = select(User.username, User.email).where(or_(User.username.in_(names), User.email.in_(emails)))
    return {value for row in db.session.execute(found) for value in row}


def _row(somebody: Somebody, password: PasswordHash) -> dict[str, object]:
    return {**asdict(somebody), "password": password, "updated_at": somebody.created_at}
