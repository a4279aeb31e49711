"""The probes of load balancers, plain text without session, cookie or host check.

`/healthz`: does this process answer? No database is asked. `/readyz`: can it work, that is, does the database answer
within a second, may it be written to, and is its schema the one of this program?
"""

import structlog
from flask import Flask, Response

from webapp import readiness
from webapp.running import current_app, request
from webapp.web.gate import public

log = structlog.stdlib.get_logger("webapp.readiness")


def init_app(app: Flask) -> None:
    readiness.init_app(app)
    for address, view in PROBES.items():
        app.add_url_rule(address, endpoint=address.strip("/"), view_func=view)
    app.before_request(_answer_probe)


@public
def healthz() -> Response:
    return _plain("ok")


@public
def readyz() -> Response:
    state = readiness.of(current_app)
    if state.is_ready:
        return _plain("ok")
    log.warning("not ready", reasons=state.lines())
    return _plain(*state.public_lines(), status=503)


PROBES = {"/healthz": healthz, "/readyz": readyz}


def _answer_probe() -> Response | None:
    """A probe names the machine's address as its host, which is none of `TRUSTED_HOSTS`."""
    view = PROBES.get(request.path)
    return view() if view and request.method in {"GET", "HEAD"} else None


def _plain(*lines: str, status: int = 200) -> Response:
    return Response("".join(f"{line}\n" for line in lines), status=status, mimetype="text/plain")
