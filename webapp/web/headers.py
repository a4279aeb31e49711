"""What every answer, page, file, redirect or error, says to browsers and caches (OWASP ASVS 3.4, 14.3)."""

from typing import Any

from flask import Flask, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer

from webapp.running import current_app, g
from webapp.web.keys import SteadySigner

# No nonce: nothing is inline, in no page.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
UNUSED_POWERS = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with https the form token is checked together with the referrer.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in UNUSED_POWERS),
}
_NAMES = frozenset(name.lower() for name in HEADERS)
# Of an address that opens a door: `g.referrer_policy`.
NO_REFERRER = "no-referrer"
ONE_YEAR = 365 * 24 * 60 * 60

# Browsers keep no cookie over 4 KiB, name and properties with it, and tell nobody (OWASP ASVS 5.0 §3.3.5).
MOST_OF_A_COOKIE = 3_700
# Where Flask keeps messages until a page shows them.
MESSAGES = "_flashes"

# For a file whose address changes with its content. Everything else is private and is never kept.
FOR_EVER = f"public, max-age={ONE_YEAR}, immutable"


class PageSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, except on files for everybody: they neither carry nor depend on a cookie."""

    _kept: tuple[Any, URLSafeTimedSerializer | None] = (None, None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Flask makes one for each request; this one is kept for as long as the keys are the same."""
        keys = (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ()))
        known, serializer = self._kept
        if known != keys:
            serializer = super().get_signing_serializer(app)
            if serializer is not None:
                serializer.signer = SteadySigner
            self._kept = keys, serializer
        return serializer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not _is_for_everybody(response):
            self._keep_small(app, session)
            super().save_session(app, session, response)

    def _keep_small(self, app: Flask, session: SessionMixin) -> None:
        """Forget the oldest messages where no page has shown them for too long: else the whole cookie would be lost,
        and with it the sign-in."""
        serializer = self.get_signing_serializer(app)
        while serializer and session.modified and session.get(MESSAGES):
            if len(serializer.dumps(dict(session))) <= MOST_OF_A_COOKIE:
                return
            session[MESSAGES] = session[MESSAGES][1:]


def init_app(app: Flask) -> None:
    app.session_interface = PageSessions()
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    # To put each in the place of one that is hardly ever there takes three times as long.
    said = {name.lower() for name, _value in headers}
    (headers.extend if said.isdisjoint(_NAMES) else headers.update)(HEADERS)
    if g.get("referrer_policy") == NO_REFERRER:
        headers["Referrer-Policy"] = NO_REFERRER
    if not _is_for_everybody(response):
        headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
    if current_app.config["PREFERRED_URL_SCHEME"] == "https":
        headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}"
    return response


def _is_for_everybody(response: Response) -> bool:
    return response.headers.get("Cache-Control") == FOR_EVER
