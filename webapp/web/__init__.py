"""What every request passes, whatever page it is for: the table of contents."""

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.web import (
    addresses,
    again,
    assets,
    avatar,
    body,
    errors,
    gate,
    headers,
    health,
    locale,
    logs,
    templates,
    tokens,
)

# Pictures are compressed already, and an answer that is streamed must not wait for a compressor.
COMPRESSION = {
    "COMPRESS_MIMETYPES": ["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"],
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_STREAMS": False,
}


def init_app(app: Flask) -> None:
    """Put the common parts around *app*, whose `config` comes from `Settings.flask_config()`.

    What runs before a view runs from the top: the number of the request, the probe of a load balancer, the
    gate, and only then what is sent and its form token, so that nobody reads the body of a stranger's request.
    What runs after a view runs from the bottom: compression, headers, the line in the log.
    """
    templates.init_app(app)
    addresses.init_app(app)
    again.init_app(app)
    _trust_proxies(app)
    logs.init_app(app)
    health.init_app(app)
    headers.init_app(app)
    gate.init_app(app)
    body.init_app(app)
    tokens.init_app(app)
    errors.init_app(app)
    locale.init_app(app)
    assets.init_app(app)
    avatar.init_app(app)
    app.config.update(COMPRESSION)
    Compress().init_app(app)


def _trust_proxies(app: Flask) -> None:
    """Believe as many `X-Forwarded-*` values as there are proxies of ours, counted from the near end."""
    if hops := app.config["PROXY_HOPS"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
