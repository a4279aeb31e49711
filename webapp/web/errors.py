"""What a person sees when something went wrong: what happened, what to do, and a number to ask about.

An error page asks neither the database nor who is looking, because either may be what went wrong.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Any, NoReturn

import structlog
from flask import Flask, Response, jsonify
from flask.globals import request_ctx
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    InterfaceError,
    InternalError,
    OperationalError,
    PendingRollbackError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response as AnyResponse

from webapp.database import has_no_room
from webapp.extensions import may_be_kept
from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.web.again import try_again
from webapp.web.locale import page_context
from webapp.web.logs import request_id
from webapp.web.resending import Resending, resending

log = structlog.stdlib.get_logger("webapp.errors")

TEMPLATE = "errors/error.html"
RETRY_AFTER_SECONDS = 5
# What is worth a line besides that of the request: who sees many of these looks at who sends them.
REFUSALS = frozenset({400, 403, 413, 429})
# A name has no more; what is longer is none (RFC 1035).
HOST_LENGTH = 253
# PostgreSQL tells that a transaction idled too long as an internal error; the last one is told of a transaction whose
# connection is gone.
UNREACHABLE = (OperationalError, InterfaceError, InternalError, PoolTimeoutError, PendingRollbackError)
# How SQLite, PostgreSQL and MariaDB say that a table or a column does not exist.
NOTHING_THERE = re.compile(
    r"no such (table|column)|(relation|column) .+ does not exist|Table .+ doesn't exist|Unknown column"
)

TEXTS = {
    400: (_l("This request is not valid"), _l("The address or what was sent with it cannot be understood.")),
    401: (_l("Please sign in"), _l("This page is for people who have signed in.")),
    403: (_l("You may not do this"), _l("Ask an administrator if you need to.")),
    404: (_l("There is nothing here"), _l("The address is wrong, or what was here is gone or not for you.")),
    405: (_l("That does not work here"), _l("This page does not answer this kind of request.")),
    409: (_l("Somebody was faster"), _l("What you wanted to change has changed in the meantime.")),
    410: (_l("No longer here"), _l("What was here is gone for good.")),
    413: (_l("Too much at once"), _l("What you sent is larger than this page takes. Send less.")),
    414: (_l("The address is too long"), _l("Choose fewer things at once.")),
    415: (_l("A format we cannot read"), _l("This page does not take this kind of content.")),
    422: (_l("This cannot be done"), _l("What was sent does not fit together.")),
    429: (_l("Too often"), _l("Wait a moment and try again.")),
    500: (
        _l("Something went wrong here"),
        _l("It is not your fault and has been noted. Look whether your change is there."),
    ),
    503: (
        _l("The database does not answer"),
        _l("It is busy or out of reach. Try again in a moment."),
    ),
}


@dataclass(frozen=True)
class Link:
    label: str
    href: str


@dataclass(frozen=True)
class ErrorPage:
    """What `errors/error.html` draws.

    :ivar again: how what could not be answered is asked once more. :ivar note: what has become of what was typed.
    """

    status: int
    title: str
    message: str
    request_id: str
    way_out: Link | None
    again: Resending | None = None
    note: str = ""


class Refusal(HTTPException):
    """An answer with a text for the person and, perhaps, a way on."""

    def __init__(
        self,
        status: int,
        message: str,
        way_out: Link | None,
        retry_after: int | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = status
        self.title = title
        self.way_out = way_out
        self.retry_after = retry_after


def refuse(
    status: int, message: str, way_out: Link | None = None, *, retry_after: int | None = None
) -> NoReturn:
    """Stop here and answer with the error page of `status`, saying `message` and showing `way_out`.

    :param retry_after: after so many seconds it may be tried again.
    """
    raise Refusal(status, message, way_out, retry_after)


def asks_for_json() -> bool:
    """Whether a script asks, which reads no page: on a lookup unless a page is asked for; in a search, and where a form
    is sent, if JSON is."""
    endpoint = request.endpoint or ""
    if endpoint.endswith(".lookup"):
        return True
    is_sent = request.method == "POST" and endpoint.endswith((".add", ".change"))
    return (endpoint == "admin.search" or is_sent) and _prefers_json()


def _prefers_json() -> bool:
    return request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"


def init_app(app: Flask) -> None:
    """Draw every error; an exception that nobody expected is raised as ever under debug and in tests."""
    app.register_error_handler(HTTPException, _draw_http_error)
    app.register_error_handler(ObjectDeletedError, _draw_deleted)
    for unreachable in UNREACHABLE:
        app.register_error_handler(unreachable, _draw_database_error)
    app.register_error_handler(ProgrammingError, _draw_programming_error)


def _draw_database_error(error: SQLAlchemyError) -> AnyResponse:
    """The database is away, locked or too slow: it may work at once, in another try, or in a moment."""
    try_again(error)
    detail = str(getattr(error, "orig", error))
    if NOTHING_THERE.search(detail):
        return _draw_outdated(detail)
    if has_no_room(error):
        return _draw_full(detail)
    log.error("database does not answer", error=type(error).__name__, detail=detail)
    if may_be_kept():
        message = _(
            "The database does not answer. Your change may have been kept: look before you send it again."
        )
        return _later(_answer(503, Refusal(503, message, None)))
    return _later(_answer(503))


def _draw_full(detail: str) -> AnyResponse:
    log.error("the disk of the database is full", detail=detail)
    message = (
        _("The disk of the database is full. Your change may have been kept: look before you send it again.")
        if may_be_kept()
        else _(
            "The disk of the database is full, so nothing was saved. Whoever runs this system has to make room."
        )
    )
    return _later(_answer(503, Refusal(503, message, None, title=_("There is no room left"))))


def _draw_programming_error(error: ProgrammingError) -> AnyResponse:
    if not NOTHING_THERE.search(str(error.orig)):
        raise error
    return _draw_outdated(str(error.orig))


def _draw_outdated(detail: str) -> AnyResponse:
    """A table or a column is not there: the program is newer than the schema, which is the deployer's to mend."""
    log.error("the database is not up to date: run flask db upgrade", detail=detail)
    message = _(
        "The database is not up to date with the program. Whoever runs this system has to upgrade it."
    )
    return _later(_answer(503, Refusal(503, message, None)))


def _later(response: Response) -> Response:
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _draw_deleted(_error: ObjectDeletedError) -> AnyResponse:
    """What this request was about is gone since it began, perhaps the very person whose request it is."""
    return _answer(409)


def _draw_http_error(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        return current_app.make_response(error.get_response())
    if error.code in REFUSALS:
        _note_refusal(error)
    response = _answer(error.code or 500, error)
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if isinstance(error, Refusal) and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _note_refusal(error: HTTPException) -> None:
    """Without its text, which may repeat what was sent; but which name it was that is none of ours."""
    told: dict[str, Any] = {
        "status": error.code,
        "reason": type(error).__name__,
        "endpoint": request.endpoint,
    }
    if isinstance(error, SecurityError):
        told["host"] = request.environ.get("HTTP_HOST", "")[:HOST_LENGTH]
        told["way_out"] = "see BASE_URL, TRUSTED_HOSTS"
    log.warning("refused", **told)


def _answer(status: int, error: HTTPException | None = None) -> Response:
    """The page, or JSON where a script asks; plain words if even that fails."""
    try:
        page = _page(status, error)
        if asks_for_json():
            response = jsonify(error=page.message, request_id=page.request_id)
        else:
            template = current_app.jinja_env.get_template(TEMPLATE)
            response = Response(template.render(page_context(), error=page), mimetype="text/html")
    except Exception:
        log.exception("error page failed", status=status)
        response = Response(_last_resort(status), mimetype="text/html")
    response.status_code = status
    return response


def _page(status: int, error: HTTPException | None) -> ErrorPage:
    title, message = TEXTS.get(status) or (HTTP_STATUS_CODES.get(status, _("Error")), "")
    way_out = _start_page()
    if isinstance(error, CSRFError):
        title = _("This form is too old")
        message = _(
            "Go back, reload the page and send it again. If that does not help, allow cookies for this site."
        )
    elif isinstance(error, SecurityError):
        # Which names are served is not for strangers.
        title = _("This site is not served under this name")
        message = _("Open the address that you were given, or ask whoever runs this system for it.")
    elif isinstance(error, Refusal):
        title = error.title or title
        message = error.description or message
        way_out = error.way_out or way_out
    again, note = _sent_once_more() if status == 503 else (None, "")
    return ErrorPage(status, str(title), str(message), request_id(), way_out, again, str(note))


def _sent_once_more() -> tuple[Resending | None, str]:
    """For a request that the database did not answer."""
    again = None if may_be_kept() else resending()
    if again is not None and again.fields is not None:
        return again, _("What you typed is in this page still: “Try again” sends it once more.")
    is_sent = request.method == "POST" and bool(request.content_length)
    return again, _("Go back in your browser to find what you typed.") if is_sent else ""


def _start_page() -> Link | None:
    """Home, unless the request came under a host name that is not ours: no link there leads to us."""
    if request_ctx.url_adapter is None:
        return None
    return Link(_("To the start page"), f"{request.script_root}/")


def _last_resort(status: int) -> str:
    title = escape(HTTP_STATUS_CODES.get(status, "Error"))
    return (
        f'<!doctype html>\n<html lang="en">\n<title>{title}</title>\n'
        f"<h1>{title}</h1>\n<p>Error {status}, number {request_id()}.</p>\n</html>\n"
    )
