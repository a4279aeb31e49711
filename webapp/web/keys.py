"""What is signed or hashed with the secret key: made with today's, read with former ones too."""

import hashlib
import hmac
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer


def keyed_hash(*parts: str, key: str | None = None) -> str:
    """A name for *parts* that tells nobody what they are."""
    secret = (key or current_app.config["SECRET_KEY"]).encode()
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hmac.new(secret, b"zelador: tries\0" + text, hashlib.sha256).hexdigest()


def keyed_hashes(*parts: str) -> set[str]:
    """The names that *parts* have had under any key that is still accepted."""
    keys = (current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"])
    return {keyed_hash(*parts, key=key) for key in keys}


def sign(purpose: str, value: Any) -> str:
    return str(_serializer(purpose).dumps(value))


def read_signed(purpose: str, text: str, seconds: int) -> Any:
    """What :func:`sign` made for *purpose* at most so long ago; ``None`` for anything else."""
    try:
        return _serializer(purpose).loads(text, max_age=seconds)
    except (BadData, UnicodeError):
        return None


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    config = current_app.config
    # The newest last: it signs, any of them is accepted.
    keys = [*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=f"zelador: {purpose}")
