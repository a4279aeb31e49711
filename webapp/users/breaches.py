"""Whether a password is known from a breach: looked up in a file of this machine, and never asked of anybody.

The file is what https://haveibeenpwned.com/Passwords lets download: a line for each password, SHA-1 in hexadecimal
digits and how often it was seen, in the order of the hashes. It has some forty gigabytes, so it is searched where it
lies; a file of the owner's own of the same form will do.
"""

import hashlib
from pathlib import Path

import structlog

log = structlog.stdlib.get_logger("webapp.users")

DIGITS = 40


def is_breached(file: str | None, password: str) -> bool:
    """Whether *file* holds *password*; what cannot be read now is told in the log and refuses nobody's password.

    :param file: of the setting BREACHED_PASSWORDS; ``None`` where there is none.
    """
    if file is None:
        return False
    # The form of the file, and no way to keep a password.
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest()
    try:
        return _holds(Path(file), digest.upper().encode())
    except OSError as error:
        log.warning("breached passwords could not be read", reason=type(error).__name__)
        return False


def _holds(path: Path, wanted: bytes) -> bool:
    with path.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:
            middle = (low + high) // 2
            # To the first line that begins there or later.
            lines.seek(max(middle - 1, 0))
            if middle:
                lines.readline()
            line = lines.readline()
            if not line or line[:DIGITS].upper() >= wanted:
                high = middle
            else:
                low = lines.tell()
        lines.seek(low)
        return lines.readline()[:DIGITS].upper() == wanted
