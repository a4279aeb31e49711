"""How long the session lasts: told in each page for a script that speaks up before the end, and asked for by it.

Without a script nothing is said before, and nothing is lost: a form that is sent afterwards waits for the sign-in.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import jsonify, redirect
from flask.typing import ResponseReturnValue
from flask_babel import format_time

from webapp.account.redirects import safe_next
from webapp.account.sessions import OpenSession, asks_only, this_session
from webapp.database import now
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.addresses import address

# A session that ends soon however busy one is, is told of in the page itself.
LAST_CALL = timedelta(minutes=10)
HTML, JSON = "text/html", "application/json"


@dataclass(frozen=True)
class End:
    """:ivar left: the seconds until the end, if nothing more is asked for. :ivar last_call: what is said at once."""

    left: int
    address: str
    last_call: str | None


def staying() -> End | None:
    """The end of this request's session; ``None`` for strangers."""
    opened = this_session()
    if opened is None:
        return None
    return End(_left(opened), address("account.stay"), _last_call(opened))


def stay() -> ResponseReturnValue:
    """Tell a script how long the session lasts, which does not make it longer; to be sent does, as any request of a
    person does, who is led back."""
    opened = this_session()
    if request.accept_mimetypes.best_match((HTML, JSON)) == JSON:
        if request.method != "POST":
            asks_only()
        return jsonify(left=_left(opened) if opened else 0)
    return redirect(safe_next(request.form.get("next")), 303)


def _left(opened: OpenSession) -> int:
    """The seconds until the end as it stands."""
    return max(0, int((opened.ends_at - now()).total_seconds()))


def _last_call(opened: OpenSession) -> str | None:
    if opened.ends_at_last - now() > LAST_CALL:
        return None
    time = format_time(opened.ends_at_last, "short")
    return str(
        _(
            "Your session ends at %(time)s, however busy you are. Save what you type; then sign in again.",
            time=time,
        )
    )
