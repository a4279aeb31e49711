"""Browsers where somebody has signed in before: a signed cookie tells, and says nothing else.

It opens nothing. Who holds it has failed tries of an own count, so that a stranger who guesses at the account does not
lock its owner out (OWASP Authentication cheat sheet, “device cookies”).
"""

import secrets
from typing import Any

from blinker import Signal
from flask import has_request_context
from werkzeug.wrappers import Response

from webapp.running import current_app, request
from webapp.web.headers import ONE_YEAR
from webapp.web.keys import read_signed, sign
from webapp.web.locale import cookie_name

#: Sent after the sign-in of *user* in a browser that does not know him, so that he can be told of it.
new_browser = Signal()

PURPOSE = "known browser"
COOKIE = "browser"
# People who share a browser; the one who has not been there for longest is forgotten.
MAX_ACCOUNTS = 5


def known_browser(accounts: set[str]) -> str | None:
    """This browser's own name, when one of *accounts* (the names of one account) has signed in here before."""
    name, known = _read()
    return name if accounts & set(known) else None


def remember_browser(response: Response, account: str, former: set[str]) -> None:
    """Know this browser from now on as one of *account*'s, whose names were *former* under other keys."""
    name, known = _read()
    known = [account, *(one for one in known if one not in former | {account})][:MAX_ACCOUNTS]
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    rules: dict[str, Any] = {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}
    value = sign(PURPOSE, [name or secrets.token_urlsafe(16), *known])
    response.set_cookie(cookie_name(COOKIE), value, max_age=ONE_YEAR, **rules)


def _read() -> tuple[str, list[str]]:
    sent = request.cookies.get(cookie_name(COOKIE), "") if has_request_context() else ""
    value = read_signed(PURPOSE, sent, ONE_YEAR) if sent else None
    return (value[0], value[1:]) if value else ("", [])
