"""The one-time link by which the first administrator is made.

Its token is derived from SECRET_KEY, so it needs no place of its own; it works only while there is no active
superuser, and who uses it takes a lock first.
"""

import hmac

from flask import url_for

from webapp.running import current_app
from webapp.web.keys import subkeys

PURPOSE = "set up the first administrator"


def setup_token() -> str:
    """The token of this installation's set-up link."""
    return _tokens()[-1]


def is_setup_token(token: str) -> bool:
    """Whether *token* is that of today's secret key, or of a former one that is still accepted."""
    sent = token.encode("utf-8", "surrogatepass")
    return any([hmac.compare_digest(sent, valid.encode()) for valid in _tokens()])


def _tokens() -> list[str]:
    return [key.hex()[:40] for key in subkeys(PURPOSE)]


def setup_link() -> str:
    """The whole address, made from BASE_URL and never from what a request says its host is (CVE-2012-4520)."""
    base = str(current_app.config["BASE_URL"])
    with current_app.test_request_context(base_url=base):
        return url_for("account.setup", token=setup_token(), _external=True)
