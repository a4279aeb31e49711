"""A request that the database broke off is run again from its beginning, where nothing of it can have been kept.

A deadlock, a transaction that cannot be put in an order with others, a line that was cut: the second try mostly works,
and nobody needs to know. The whole request runs again, with a context, a session and a form of its own, so that no
object or message of the first try is left in the second.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from random import uniform
from time import monotonic, sleep
from typing import Any

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.database import is_passing, reason
from webapp.extensions import may_be_kept
from webapp.running import request

log = structlog.stdlib.get_logger("webapp.again")

TRIES = 3
# Seconds. Who has waited that long for a lock is told, instead of waiting as long once more.
PATIENCE = 2.0
PAUSE = 0.05

BEGAN = "zelador.began"
TRIED = "zelador.tried"

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Again(BaseException):
    """Ends a try without an answer. No exception that a view or Flask would catch, log and answer."""


class Retrying:
    """The WSGI application around Flask's own, which ends the context of a try before the next one begins."""

    def __init__(self, application: WsgiApp) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[BEGAN], environ[TRIED] = monotonic(), 0
        while True:
            try:
                return self.application(environ, start_response)
            except Again:
                environ[TRIED] += 1
                # By chance, so that two that stood in each other's way do not meet again.
                sleep(uniform(0, PAUSE * 2 ** environ[TRIED]))  # noqa: S311 - nobody gains by guessing it


def init_app(app: Flask) -> None:
    app.wsgi_app = Retrying(app.wsgi_app)  # type: ignore[method-assign]


def keep_body(body: bytes) -> None:
    """Let *body*, which was read from the line, be read once more by another try."""
    request.environ["wsgi.input"] = BytesIO(body)


def try_again(error: SQLAlchemyError) -> None:
    """Run the request again if that helps against *error* and does nothing twice; else return.

    :raises Again: which is the other try.
    """
    environ = request.environ
    if (
        TRIED not in environ
        or environ[TRIED] >= TRIES
        or monotonic() - environ[BEGAN] > PATIENCE
        or may_be_kept()
        or not is_passing(error)
    ):
        return
    log.warning("tried again", error=type(error).__name__, detail=reason(error), tried=environ[TRIED] + 1)
    raise Again
