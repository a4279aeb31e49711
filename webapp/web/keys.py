"""What is signed or hashed with the secret key: made with today's, read with former ones too.

Each purpose has a key of its own, derived from the secret key, so that what is made for one opens nothing else.
"""

import hashlib
import hmac
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, Serializer, TimestampSigner, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode, want_bytes

from webapp.running import current_app


class SteadySigner(TimestampSigner):
    """Derives its key once, and not for each text that it signs or reads, which takes as long as to sign it."""

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        secret = self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)
        return _derived(secret, self.salt, self.key_derivation, self.digest_method)


@lru_cache(maxsize=100)
def _derived(secret: bytes, salt: bytes, derivation: str, digest: Any) -> bytes:
    return TimestampSigner(secret, salt, key_derivation=derivation, digest_method=digest).derive_key()


class Briefs(URLSafeTimedSerializer):
    """Signs what is too short to become shorter: to try took longer than to sign it. Reads both."""

    default_signer = SteadySigner

    def dump_payload(self, obj: Any) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))


def subkey(purpose: str, key: str | None = None) -> bytes:
    """The key of *purpose*, from which nobody gets to another: one block of HKDF-Expand with SHA-256 (RFC 5869).

    :param key: a former secret key; by default today's.
    """
    secret = (key or current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, b"zelador: " + purpose.encode() + b"\1", hashlib.sha256).digest()


def subkeys(purpose: str) -> list[bytes]:
    """The same of every secret key that is accepted, today's last: it signs, any of them is read."""
    config = current_app.config
    return [subkey(purpose, key) for key in (*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"])]


def keyed_hash(*parts: str) -> str:
    """A name for *parts* that tells nobody what they are."""
    return _name(subkey("names"), parts)


def keyed_hashes(*parts: str) -> set[str]:
    """The names that *parts* have had under any key that is still accepted."""
    return {_name(key, parts) for key in subkeys("names")}


def sign(purpose: str, value: Any) -> str:
    return str(_serializer(purpose).dumps(value))


def read_signed(purpose: str, text: str, seconds: int) -> Any:
    """What :func:`sign` made for *purpose* at most so long ago; ``None`` for anything else."""
    try:
        return _serializer(purpose).loads(text, max_age=seconds)
    except (BadData, UnicodeError):
        return None


def _name(key: bytes, parts: tuple[str, ...]) -> str:
    # With their lengths, so that no two lists of parts read the same.
    text = "".join(f"{len(part)}:{part}" for part in parts).encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _serializer(purpose: str) -> Briefs:
    config = current_app.config
    return _serializer_of((*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"]), purpose)


@lru_cache(maxsize=100)
def _serializer_of(secrets: tuple[str, ...], purpose: str) -> Briefs:
    # The salt names the purpose again, because itsdangerous asks for one; the keys differ already.
    how = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    keys = [subkey(purpose, secret) for secret in secrets]
    return Briefs(keys, salt=purpose, signer_kwargs=how)
