"""Passwords: how they are hashed, compared and judged.

A password is kept as an Argon2id hash and nothing else (RFC 9106; parameters: OWASP Password Storage
Cheat Sheet, 19 MiB, two passes, one lane). It is normalised to NFKC both when it is set and when it is
checked, so that the same keys pressed on another keyboard still match (NIST SP 800-63B-4 §3.1.1.2,
RFC 8265). Nothing else is done to it: no trimming, no change of case, no truncation.
"""

import re
import secrets
import unicodedata
from functools import cache
from threading import BoundedSemaphore
from time import perf_counter

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from webapp.users.foreign import is_foreign, matches, slowest

MEMORY_KIB = 19 * 1024
TIME_COST = 2
PARALLELISM = 1

# A limit that is looked at before any hashing: a huge password must cost nothing (CVE-2013-1443).
MAX_LENGTH = 1024

# The whole of a hash of ours; text that merely begins like one is none.
_ARGON2ID = re.compile(r"\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")

# Each hash holds 19 MiB while it is made; without a bound a burst of sign-ins could fill the memory.
_SLOTS = BoundedSemaphore(4)

_hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)


class PasswordHash(str):
    """A stored hash, told apart from a password that somebody typed.

    A plain ``str`` bound to the password column is always hashed, also one that looks like a hash;
    only a ``PasswordHash`` is stored as it is. Its text shows in no ``repr``.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "PasswordHash('…')"

    @property
    def is_usable(self) -> bool:
        """Whether this is a hash that a password can be compared with."""
        return _ARGON2ID.fullmatch(self) is not None or is_foreign(self)

    @property
    def is_stale(self) -> bool:
        """Whether less work went into it than into a hash of today, so that it should be made again."""
        if is_foreign(self):
            return True
        if not self.is_usable:
            return False
        made = extract_parameters(str(self))
        today = (_hasher.memory_cost, _hasher.memory_cost * _hasher.time_cost)
        return made.memory_cost < today[0] or made.memory_cost * made.time_cost < today[1]


#: What nobody can sign in with.
UNUSABLE = PasswordHash("!")


def hash_password(password: str) -> PasswordHash:
    """Hash *password* with today's parameters; takes about 35 ms and 19 MiB.

    :raises ValueError: when it is empty or longer than :data:`MAX_LENGTH` characters.
    """
    if not 0 < len(password) <= MAX_LENGTH:
        raise ValueError(f"a password has 1 to {MAX_LENGTH} characters")
    with _SLOTS:
        return PasswordHash(_hasher.hash(_normalise(password)))


def verify_password(stored: str | None, password: str) -> bool:
    """Say whether *password* is the one that *stored* was made from.

    Exactly one hash of ours is computed whatever *stored* is: for none, or one that is unusable, a dummy is
    compared, so that the time does not tell which accounts exist (CVE-2021-29621, CVE-2024-39329); where hashes of
    other systems are compared besides, no refusal is quicker than they are (:class:`webapp.users.foreign.Slowest`).
    An empty password and one over :data:`MAX_LENGTH` are refused without hashing; that depends on the input alone.
    """
    if not 0 < len(password) <= MAX_LENGTH:
        return False
    began = perf_counter()
    dummy, text = _dummy(), str(stored or "")
    is_ours = _ARGON2ID.fullmatch(text) is not None
    with _SLOTS:
        try:
            _hasher.verify(text if is_ours else dummy, _normalise(password))
            is_right = is_ours
        except (VerificationError, InvalidHashError):
            is_right = False
        if is_foreign(text):
            is_right = matches(text, password)
            slowest.met(perf_counter() - began)
    if not is_right:
        slowest.wait(began)
    return is_right


class HashedPassword(TypeDecorator[PasswordHash]):
    """The password column: whatever text a program binds, through the ORM or Core, is hashed first."""

    impl = String(255)
    cache_ok = True

    @property
    def python_type(self) -> type[PasswordHash]:
        return PasswordHash

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or isinstance(value, PasswordHash):
            return value
        return str(hash_password(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> PasswordHash | None:
        return None if value is None else PasswordHash(value)


@cache
def _dummy() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))


def _normalise(password: str) -> str:
    # A lone surrogate has no UTF-8 form; it is replaced rather than raised, so that a hostile sign-in fails calmly.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
