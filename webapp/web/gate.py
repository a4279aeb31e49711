"""The gate: strangers reach only what is marked `public`, and do not learn what else there is."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Flask, abort, jsonify, redirect, url_for
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from webapp.database import reading
from webapp.running import current_app, request, this_request
from webapp.texts import gettext as _
from webapp.web import viewer
from webapp.web.errors import asks_for_json, refuse

View = TypeVar("View", bound=Callable[..., Any])

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM = "application/x-www-form-urlencoded"
FORM_WITH_PARTS = "multipart/form-data"
SIGN_IN = "account.login"

#: Where the app keeps what answers a form that somebody sent whose session has ended: with a page that holds what was
#: typed, or with ``None`` where nothing can be held.
KEEP_TYPED = "keep_typed"
KeepTyped = Callable[[], ResponseReturnValue | None]

# A sign-in form is small, and whoever sends one is not known yet.
STRANGERS_BODY = 64 * 1024

# A longer way back is left out: servers refuse addresses of more than some 8,000 bytes.
NEXT_LENGTH = 2_000


def public(view: View) -> View:
    """Mark a view that strangers may reach."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def is_public(view: Callable[..., Any] | None) -> bool:
    return bool(getattr(view, "is_public", False))


def takes_files() -> bool:
    """Whether the view behind the address says (`view.takes_files = True`) that its form holds files."""
    return bool(getattr(_addressed_view(), "takes_files", False))


def init_app(app: Flask) -> None:
    app.before_request(_begin_reading)
    app.before_request(_keep_strangers_out)
    app.before_request(_refuse_other_sites)
    app.before_request(_limit_body)
    app.teardown_request(_end_reading)


def _begin_reading() -> None:
    """A request takes no lock for writing until it says that it writes (:func:`webapp.extensions.writing`).

    On SQLite there is one such lock for all.
    """
    reading.set(True)


def _end_reading(_error: BaseException | None) -> None:
    reading.set(False)


def _keep_strangers_out() -> ResponseReturnValue | None:
    if request_ctx.url_adapter is None or is_public(_addressed_view()):
        return None
    person = viewer.person()
    if person.is_authenticated:
        viewer.remember(person)
        return None
    if asks_for_json():
        return jsonify(error=_("Please sign in.")), 401
    keep_typed: KeepTyped | None = current_app.extensions.get(KEEP_TYPED)
    if request.method == "POST" and keep_typed and (answer := keep_typed()) is not None:
        return answer
    return redirect(url_for(SIGN_IN, next=way_back()), 303)


def _addressed_view() -> Callable[..., Any] | None:
    """The view behind the address, also when it does not answer this method."""
    endpoint = request.endpoint
    error = request.routing_exception
    if isinstance(error, MethodNotAllowed) and error.valid_methods and request_ctx.url_adapter:
        endpoint, _values = request_ctx.url_adapter.match(method=next(iter(error.valid_methods)))
    return current_app.view_functions.get(endpoint) if endpoint else None


def way_back() -> str | None:
    """Where to go on afterwards: the page that was asked for, if it can be asked for again."""
    asked = this_request()
    if asked is None or asked.method != "GET" or asked.path == "/":
        return None
    address = quote(asked.script_root + asked.path)
    if asked.query_string:
        address += "?" + quote(asked.query_string, safe="%=&+:;,@/?!$'()*")
    return address if len(address) <= NEXT_LENGTH else None


def _refuse_other_sites() -> None:
    """A page elsewhere makes no browser change anything here (Fetch Metadata; besides the form token).

    Flask-WTF compares the referrer with our host; it fails on one that is no address, which no browser sends.
    """
    if request.method in READING_METHODS:
        return
    try:
        urlsplit(request.referrer or "").port  # noqa: B018 - raises for a port that is no port
    except ValueError:
        abort(400)
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        refuse(403, _("This came from another site. Open the page here and do it again."))


def _limit_body() -> None:
    """How much may be sent: little to a public page, and as a form no more than a form may hold in memory.

    Only a form that holds files may be as large as `MAX_CONTENT_LENGTH` says.

    Werkzeug applies `MAX_FORM_MEMORY_SIZE` to the text in `multipart/form-data` only, and we keep both kinds whole.
    """
    if is_public(_addressed_view()):
        request.max_content_length = STRANGERS_BODY
    elif request.mimetype == FORM or (request.mimetype == FORM_WITH_PARTS and not takes_files()):
        request.max_content_length = request.max_form_memory_size
