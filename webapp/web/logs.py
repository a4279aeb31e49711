"""One line a request, and every other line with the number of its request.

No line holds a query string or a form value, and no value can begin a line of its own.
"""

import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from time import perf_counter
from typing import Any, TextIO

import structlog
from flask import Flask, Response, has_request_context
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars

from webapp.running import g, request
from webapp.web.viewer import viewer

PATH_LENGTH = 500
NUMBER = "zelador.request_id"
_LONG_WORD = re.compile(r"[A-Za-z0-9_-]{32,}")
# What the development server begins and ends a coloured line with.
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# By path: under a host that is not ours no endpoint is known.
PROBES_AND_FILES = re.compile(r"/(healthz|readyz|static/[^/]+/.+)")

LOGGER = "webapp.request"
log = structlog.stdlib.get_logger(LOGGER)


def init_app(app: Flask) -> None:
    configure(app.config["LOG_LEVEL"], app.config["LOG_FORMAT"])
    app.before_request(_begin)
    app.after_request(_write_line)
    app.teardown_request(_end)
    # Flask's own line names the whole path.
    app.log_exception = _log_exception  # type: ignore[method-assign]


def request_id() -> str:
    """The number of this request, made once and the same in all its tries. One that comes in is not believed."""
    if has_request_context():
        given: str = request.environ.setdefault(NUMBER, _new_number())
        return given
    if "request_id" not in g:
        g.request_id = _new_number()
    number: str = g.request_id
    return number


def _new_number() -> str:
    return secrets.token_hex(8)


def _begin() -> None:
    g.began = perf_counter()
    clear_contextvars()
    bind_contextvars(request_id=request_id(), address=request.remote_addr)


def _end(_error: BaseException | None) -> None:
    clear_contextvars()


def _write_line(response: Response) -> Response:
    """Write the line of this request; at `DEBUG` for probes and files, which say little and are many."""
    response.headers["X-Request-ID"] = request_id()
    level = logging.DEBUG if _says_little() else logging.INFO
    if not logging.getLogger(LOGGER).isEnabledFor(level):
        return response
    person = viewer()
    log.log(
        level,
        "request",
        method=request.method,
        path=_path(),
        status=response.status_code,
        ms=round((perf_counter() - g.get("began", perf_counter())) * 1000, 1),
        statements=g.get("statements", 0),
        person=person.id if person else None,
    )
    return response


def _says_little() -> bool:
    return request.method in {"GET", "HEAD"} and PROBES_AND_FILES.fullmatch(request.path) is not None


def _path() -> str:
    """The path of this request, without what in it opens a door: a token in an address is a secret like any other."""
    path = request.script_root + request.path
    if token := (request.view_args or {}).get("token"):
        path = path.replace(token, "…")
    elif request.routing_exception is not None:
        # No view says what is what, as in a link with a slash too many.
        path = _LONG_WORD.sub("…", path)
    return path[:PATH_LENGTH]


def _log_exception(exc_info: Any) -> None:
    log.error("exception", method=request.method, path=_path(), exc_info=exc_info)


def configure(level: str, form: str) -> None:
    """Send structlog's and the standard library's lines to standard error, in one form."""
    shared: list[Any] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _escape,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    _send_to_stderr(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form)],
        ),
        level,
    )


def _renderer(form: str) -> Any:
    if form == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _send_to_stderr(formatter: logging.Formatter, level: str) -> None:
    """Put one handler on the root logger, in place of the one that an application made before."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler, StandardError):
            root.removeHandler(handler)
    handler = StandardError()
    handler.setFormatter(formatter)
    root.addHandler(handler)
    root.setLevel(level)
    development_server = logging.getLogger("werkzeug")
    for one in (_is_no_access_line, _without_colours):
        development_server.removeFilter(one)
        development_server.addFilter(one)
    # A form that is refused is an event of ours already.
    logging.getLogger("flask_wtf.csrf").setLevel(logging.WARNING)


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to what `sys.stderr` is at that moment, not at the start: tests and servers exchange it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def _is_no_access_line(record: logging.LogRecord) -> bool:
    """The development server's own line a request holds the query string; ours says the rest."""
    return not str(record.msg).endswith('"%s" %s %s')


def _without_colours(record: logging.LogRecord) -> bool:
    """Take the colours out of what the server itself says; in values that came in they are made visible."""
    record.msg = _COLOURS.sub("", str(record.msg))
    return True


def _escape(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Make control characters visible, so that no value forges a line or commands a terminal (CWE-117)."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            keep = "\n\t" if key == "exception" else ""
            event[key] = "".join(
                mark if mark.isprintable() or mark in keep else _visible(mark) for mark in value
            )
    return event


def _visible(mark: str) -> str:
    return mark.encode("unicode_escape").decode("ascii")
