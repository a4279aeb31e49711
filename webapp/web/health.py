"""`/healthz`: does this process answer? For load balancers, so without database, session or host check."""

from flask import Flask, Response, request

from webapp.web.gate import public

ADDRESS = "/healthz"


def init_app(app: Flask) -> None:
    app.add_url_rule(ADDRESS, endpoint="healthz", view_func=healthz)
    app.before_request(_answer_probe)


@public
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


def _answer_probe() -> Response | None:
    """A probe names the machine's address as its host, which is none of `TRUSTED_HOSTS`."""
    if request.path == ADDRESS and request.method in {"GET", "HEAD"}:
        return healthz()
    return None
