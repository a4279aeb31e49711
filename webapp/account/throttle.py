"""Guessing is slow: how often somebody may fail, counted in the database for all processes together.

A try is counted before anybody knows how it ends, and given back when it was right: so of any number of guesses at
the same moment no more are compared than the limit allows. A stranger's tries count for the account, the address and
in all. A browser where the person has signed in before waits for its own tries only, so that nobody else locks it out.

A hundred failures in a row close an account: it is opened by signing in where one has signed in before, or by hand.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import Any, cast

from flask import has_request_context
from sqlalchemy import ColumnElement, Table, delete, func, insert, or_, select, update

from webapp.account.browsers import known_browser
from webapp.account.models import LoginTries
from webapp.database import exclusive, fold, now
from webapp.extensions import db, writing
from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.texts import ngettext
from webapp.users.models import User
from webapp.users.service import MAX_USERNAME
from webapp.web.keys import keyed_hash, keyed_hashes

FIRST_WAIT = timedelta(minutes=1)
# NIST SP 800-63B-4 §3.2.2 allows no more.
MOST_IN_A_ROW = 100
# For each failure in a row. So a guesser who waits until his are forgotten has one try a week, and the rows are no more
# than the tries that all together have in a week.
MEMORY = timedelta(weeks=1)
# Clocks of two machines differ a little; one that has been set back differs by more.
SKEW = timedelta(minutes=1)
LINKS_A_DAY = 5
LOCK = "login-tries"
ALL = "all"


class TooManyTries(Exception):
    """:ivar seconds: after which the next try is allowed.

    :ivar is_closed: waiting is of no use.
    """

    def __init__(self, wait: timedelta, *, is_closed: bool = False) -> None:
        super().__init__(wait)
        self.seconds = max(1, ceil(wait.total_seconds()))
        self.is_closed = is_closed

    @property
    def message(self) -> str:
        """What to do, and how long to wait, in words; the same for accounts that exist and for others."""
        if self.is_closed:
            return str(
                _(
                    "Too many failed tries in a row. Sign in where you have signed in before, or ask whoever runs "
                    "this system to unlock the account."
                )
            )
        minutes = ceil(self.seconds / 60)
        wait = ngettext("%(num)s minute", "%(num)s minutes", minutes)
        return str(_("Too many failed tries. Wait %(time)s before you try again.", time=wait))


@dataclass(frozen=True)
class Counter:
    """What tries are counted for, and how many are free.

    :ivar grows: each failure beyond *limit* doubles the wait; otherwise *limit* is that of a window of time.
    :ivar closes: there is nothing beyond *limit*.
    :ivar holds: whether a try has to wait for it; otherwise it is only counted.
    :ivar window: the time that *limit* is for, where it is another than the setting's.
    """

    key: str
    account: str
    limit: int
    grows: bool = True
    is_own: bool = False
    closes: bool = False
    holds: bool = True
    window: timedelta | None = None


@dataclass(frozen=True)
class Count:
    """What a counter has counted."""

    tries: int
    since: datetime
    last_at: datetime
    locked_until: datetime

    def expires_at(self, counter: Counter) -> datetime:
        if counter.closes:
            return self.last_at + MEMORY * self.tries
        return (max(self.last_at, self.locked_until) if counter.grows else self.since) + _window_of(counter)

    def at(self, moment: datetime) -> "Count":
        """The same after the clock was set back: what is left to wait is what it was, not a day more."""
        jump = self.last_at - moment
        if jump <= SKEW:
            return self
        return replace(self, since=self.since - jump, last_at=moment, locked_until=self.locked_until - jump)

    def with_try(self, counter: Counter, moment: datetime) -> "Count":
        counted = replace(self, tries=self.tries + 1, last_at=moment)
        if counted.tries < counter.limit:
            return counted
        if counter.closes:
            return replace(counted, locked_until=counted.expires_at(counter))
        wait = _wait(counted.tries - counter.limit)
        return replace(
            counted, locked_until=moment + wait if counter.grows else self.since + _window_of(counter)
        )

    def without_try(self, counter: Counter) -> "Count":
        is_free = self.tries - 1 < counter.limit
        return replace(self, tries=self.tries - 1, locked_until=self.since if is_free else self.locked_until)


def counters_for(username: str) -> list[Counter]:
    """What a sign-in as *username* counts for in this request; nobody asks whether there is such an account."""
    config = current_app.config
    account = account_key(username)
    if browser := known_browser(account_keys(username)):
        key = keyed_hash("browser", account, browser)
        return [
            Counter(key, account, config["LOGIN_TRIES_PER_ACCOUNT"], is_own=True),
            _in_a_row(key, account),
            _in_a_row(account, account, holds=False),
        ]
    return [
        Counter(account, account, config["LOGIN_TRIES_PER_ACCOUNT"], is_own=True),
        _in_a_row(account, account),
        Counter(keyed_hash("address", client_network()), "", config["LOGIN_TRIES_PER_ADDRESS"]),
        Counter(keyed_hash(ALL), "", config["LOGIN_TRIES_IN_ALL"], grows=False),
    ]


def own_password_counters(user: User) -> list[Counter]:
    """What asking for *user*'s current password counts for: nobody reaches it but in a session of that person."""
    limit = current_app.config["LOGIN_TRIES_PER_ACCOUNT"]
    key, account = keyed_hash("own password", str(user.id)), account_key(user.username)
    return [Counter(key, account, limit, is_own=True), _in_a_row(key, account)]


def setup_counters() -> list[Counter]:
    """What a wrong token of the set-up link counts for."""
    limit = current_app.config["LOGIN_TRIES_PER_ADDRESS"]
    return [Counter(keyed_hash("setup", client_network()), "", limit)]


def forgotten_counters() -> list[Counter]:
    """What asking for a link by mail counts for, whoever it is for."""
    limit = current_app.config["LOGIN_TRIES_PER_ADDRESS"]
    return [Counter(keyed_hash("forgotten", client_network()), "", limit)]


def links_counters(user: User) -> list[Counter]:
    """How many links by mail *user* gets, so that nobody fills a mailbox."""
    key = keyed_hash("links", str(user.id))
    return [Counter(key, "", LINKS_A_DAY, grows=False, window=timedelta(days=1))]


def _in_a_row(key: str, account: str, *, holds: bool = True) -> Counter:
    """What counts beside *key* until a try is right."""
    name = keyed_hash("in a row", key)
    return Counter(name, account, MOST_IN_A_ROW, is_own=True, closes=True, holds=holds)


def begin_try(counters: list[Counter]) -> bool:
    """Count a try in a transaction of its own; whether a failure locks the account.

    :raises TooManyTries: when it is not allowed now; then it is not counted.
    """
    moment = now()
    with writing(), exclusive(db.session(), LOCK):
        stored = _stored(counters)
        counts = {key: count.at(moment) for key, count in stored.items()}
        waits = {
            one: counts[one.key].locked_until - moment for one in counters if one.holds and one.key in counts
        }
        wait = max(waits.values(), default=timedelta())
        if wait <= timedelta():
            fresh = Count(0, moment, moment, moment)
            for counter in counters:
                count = counts.get(counter.key, fresh)
                if count.expires_at(counter) <= moment:
                    count = fresh
                counts[counter.key] = count.with_try(counter, moment)
        if counts != stored:
            _store(counters, counts, moment)
    if wait > timedelta():
        is_closed = any(one.closes and left > timedelta() for one, left in waits.items())
        raise TooManyTries(wait, is_closed=is_closed)
    return any(one.is_own and one.holds and counts[one.key].tries >= one.limit for one in counters)


def forgive_try(counters: list[Counter]) -> None:
    """Give a try back that was right, inside the caller's transaction; the person's own count begins anew."""
    moment = now()
    with exclusive(db.session(), LOCK):
        counts = _stored(counters)
        left = {
            one.key: counts[one.key].without_try(one)
            for one in counters
            if one.key in counts and not one.is_own and counts[one.key].tries > 1
        }
        _store(counters, left, moment)


def unlock(username: str) -> bool:
    """Forget the failed tries as *username*, inside the caller's transaction; whether there were any."""
    with exclusive(db.session(), LOCK):
        found = select(LoginTries.key).where(LoginTries.account.in_(account_keys(username)))
        keys = db.session.scalars(found).all()
        db.session.execute(delete(LoginTries).where(LoginTries.key.in_(keys)))
        _write_lock(User.username == _folded(username), None)
    return bool(keys)


def note_lock(number: int, account: str) -> None:
    """Write into the row of the user with *number* until when *account* is locked, inside the caller's transaction: the
    tries name nobody, and a list of people is to show it."""
    until = select(func.max(LoginTries.locked_until)).where(LoginTries.account == account)
    _write_lock(User.id == number, until.scalar_subquery())


def _write_lock(whose: ColumnElement[bool], until: Any) -> None:
    # It is no change of the person: version and time of the last change stay.
    users = cast(Table, User.__table__)
    db.session.execute(update(users).where(whose).values(locked_until=until, updated_at=users.c.updated_at))


def account_key(username: str) -> str:
    return keyed_hash("account", _folded(username))


def account_keys(username: str) -> set[str]:
    """The same under any key that is still accepted."""
    return keyed_hashes("account", _folded(username))


def client_network() -> str:
    """Where a request comes from; of IPv6 the /64, of which every client has 2^64 addresses."""
    text = (request.remote_addr or "") if has_request_context() else ""
    with suppress(ValueError):
        address = ip_address(text)
        if isinstance(address, IPv6Address):
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(IPv6Address(int(address) >> 64 << 64))
    return text


def _folded(username: str) -> str:
    return fold(username[:MAX_USERNAME])


def _window() -> timedelta:
    return timedelta(minutes=current_app.config["LOGIN_WINDOW_MINUTES"])


def _window_of(counter: Counter) -> timedelta:
    return counter.window or _window()


def _wait(failures: int) -> timedelta:
    """The wait after so many failures beyond the limit."""
    return min(_window(), FIRST_WAIT * float(2 ** min(failures, 20)))


def _stored(counters: Iterable[Counter]) -> dict[str, Count]:
    row = LoginTries
    wanted = row.key.in_([one.key for one in counters])
    found = select(row.key, row.tries, row.since, row.last_at, row.locked_until).where(wanted)
    return {one[0]: Count(*one[1:]) for one in db.session.execute(found)}


def _store(counters: list[Counter], counts: dict[str, Count], moment: datetime) -> None:
    """Write *counts* anew, and forget every row whose time is over, so that the table stays as small as the limits."""
    keys = [one.key for one in counters]
    db.session.execute(
        delete(LoginTries).where(or_(LoginTries.key.in_(keys), LoginTries.expires_at <= moment))
    )
    rows = [
        {
            "key": one.key,
            "account": one.account,
            "tries": counts[one.key].tries,
            "since": counts[one.key].since,
            "last_at": counts[one.key].last_at,
            "locked_until": counts[one.key].locked_until,
            "expires_at": counts[one.key].expires_at(one),
        }
        for one in counters
        if one.key in counts
    ]
    if rows:
        db.session.execute(insert(LoginTries).values(rows))
