"""The one-time link by which the first administrator is made.

Its token is derived from SECRET_KEY, so it needs no place of its own; it works only while there is no active
superuser, and who uses it takes a lock first.
"""

import hashlib
import hmac

from flask import current_app, url_for

PURPOSE = b"zelador: set up the first administrator"


def setup_token() -> str:
    """The token of this installation's set-up link."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, PURPOSE, hashlib.sha256).hexdigest()[:40]


def is_setup_token(token: str) -> bool:
    return hmac.compare_digest(token.encode("utf-8", "surrogatepass"), setup_token().encode())


def setup_link() -> str:
    """The whole address, made from BASE_URL and never from what a request says its host is (CVE-2012-4520)."""
    base = str(current_app.config["BASE_URL"])
    with current_app.test_request_context(base_url=base):
        return url_for("account.setup", token=setup_token(), _external=True)
