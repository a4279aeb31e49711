"""Hashes that other systems made, so that who moves here needs no new password: read, compared, and never made.

Django's ``pbkdf2_sha256``, ``argon2`` and ``bcrypt_sha256``, and Werkzeug's ``scrypt`` and ``pbkdf2``. At the first
sign-in one of ours takes its place.
"""

import base64
import hashlib
import hmac
import re
import time
from threading import Lock
from types import ModuleType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

bcrypt: ModuleType | None
try:
    import bcrypt
except ImportError:
    bcrypt = None

_B64 = r"[A-Za-z0-9+/]+={0,2}"
_DJANGO_PBKDF2 = re.compile(rf"pbkdf2_sha256\$(\d{{1,7}})\$([^$]+)\$({_B64})")
_DJANGO_ARGON2 = re.compile(
    rf"argon2(\$argon2id\$v=19\$m=[12]?\d{{1,5}},t=\d{{1,2}},p=\d{{1,2}}\${_B64}\${_B64})"
)
_DJANGO_BCRYPT = re.compile(r"bcrypt_sha256\$(\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53})")
_WERKZEUG = re.compile(
    r"(?:scrypt:(?:16384|32768|65536|131072):8:\d|pbkdf2:sha(?:1|256|512):\d{1,7})\$[^$]+\$[0-9a-f]+"
)
_KINDS = (_DJANGO_PBKDF2, _DJANGO_ARGON2, _DJANGO_BCRYPT, _WERKZEUG)

_argon2 = PasswordHasher()


def is_foreign(stored: str) -> bool:
    """Whether *stored* is such a hash, and can be compared here."""
    return any(kind.fullmatch(stored) for kind in _KINDS) and not lacks_library(stored)


def lacks_library(stored: str) -> bool:
    """Whether it could be compared if the package ``bcrypt`` were installed."""
    return bcrypt is None and _DJANGO_BCRYPT.fullmatch(stored) is not None


def matches(stored: str, password: str) -> bool:
    """Whether *stored* was made from *password*, as those systems took it: not normalised."""
    raw = password.encode("utf-8", "replace")
    if found := _DJANGO_PBKDF2.fullmatch(stored):
        made = hashlib.pbkdf2_hmac("sha256", raw, found[2].encode(), int(found[1]))
        return hmac.compare_digest(base64.b64encode(made), found[3].encode())
    if found := _DJANGO_ARGON2.fullmatch(stored):
        try:
            return _argon2.verify(found[1], raw)
        except (VerificationError, InvalidHashError):
            return False
    if (found := _DJANGO_BCRYPT.fullmatch(stored)) and bcrypt is not None:
        return bool(bcrypt.checkpw(hashlib.sha256(raw).hexdigest().encode(), found[1].encode()))
    return _WERKZEUG.fullmatch(stored) is not None and check_password_hash(
        stored, raw.decode("utf-8", "replace")
    )


class Slowest:
    """How long comparing such a hash has taken of late: no refusal is quicker, so that the time does not tell which
    accounts came from elsewhere, and so exist.

    They may cost ten times as much as one of ours. Where none is met for a day, nobody waits any more.
    """

    REMEMBERED = 24 * 3600.0
    # A machine that stood still for a moment is not to slow down everybody for a day.
    MOST = 2.0

    def __init__(self) -> None:
        self._lock = Lock()
        self._seconds, self._at = 0.0, 0.0

    def met(self, seconds: float) -> None:
        """A foreign hash was compared, in so many *seconds*."""
        with self._lock:
            kept = 0.0 if self._is_over() else self._seconds
            self._seconds, self._at = min(max(kept, seconds), self.MOST), time.monotonic()

    def wait(self, began: float) -> None:
        """Wait until a refusal that *began* then may be told."""
        left = 0.0 if self._is_over() else began + self._seconds - time.perf_counter()
        if left > 0:
            time.sleep(left)

    def _is_over(self) -> bool:
        return time.monotonic() - self._at > self.REMEMBERED


slowest = Slowest()
