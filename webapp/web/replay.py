"""What the view behind another address of ours answers, inside the request at hand and for the same person."""

from collections.abc import Sequence
from io import BytesIO
from urllib.parse import urlencode

from flask.globals import request_ctx
from werkzeug.wrappers import Response

from webapp.running import current_app, request
from webapp.web.gate import FORM


def answer_of(path: str, query: str = "", fields: Sequence[tuple[str, str]] | None = None) -> Response:
    """What comes back from *path*: when it is opened, or with *fields* when its form is sent.

    Nothing before the view runs again: who asks was found out already, and a form's token is not looked at.
    """
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    before = context.request, context.url_adapter
    body = urlencode(fields or ()).encode()
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ |= {
        "REQUEST_METHOD": "GET" if fields is None else "POST",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    try:
        context.request = current_app.request_class(environ)
        context.url_adapter = current_app.create_url_adapter(context.request)
        context.match_request()
        return current_app.make_response(current_app.dispatch_request())
    finally:
        # The line in the log tells of the request that came.
        context.request, context.url_adapter = before
