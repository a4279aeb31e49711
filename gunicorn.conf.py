"""How gunicorn runs the application: `gunicorn wsgi:app` finds this file by itself in the project's root."""

import ctypes
import gc
import sys
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from webapp.settings import ConfigurationError, load_settings

try:
    settings = load_settings()
except ConfigurationError as error:
    print(error, file=sys.stderr)
    sys.exit(1)

address = f"[{settings.BIND_ADDRESS}]" if ":" in settings.BIND_ADDRESS else settings.BIND_ADDRESS
bind = f"{address}:{settings.PORT}"
workers = settings.WEB_CONCURRENCY
worker_class = "gthread"
threads = 8

# The application is made once, before the workers: a mistake in it stops the start instead of every worker.
preload_app = True

# A stopped server finishes what it has begun. systemd and containers wait for longer than graceful_timeout.
timeout = 60
graceful_timeout = 30
keepalive = 5

# A filtered list has a long address. A browser sends some 20 headers and a proxy adds a few; what is more or longer
# is refused before any of our code sees it.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

# PROXY_HOPS alone decides which proxy headers are believed.
secure_scheme_headers: dict[str, str] = {}
# By default whoever calls from this machine may set SCRIPT_NAME and PATH_INFO by a header.
forwarder_headers = ""

# By default gunicorn opens a control socket in the home directory, which may be read-only or shared.
control_socket_disable = True

# The application writes its own line a request.
accesslog = None

# In glibc's malloc.h.
M_ARENA_MAX = -8


def on_starting(server):  # type: ignore[no-untyped-def]  # a hook of gunicorn's
    """Refuse to serve people with what belongs on a developer's desk (OWASP ASVS 13.4.2)."""
    app = server.app.wsgi()
    wrong = {
        "FLASK_DEBUG is on: errors would show the program's inside": app.debug,
        "TESTING is on: errors would pass the calm page by": app.testing,
        "WTF_CSRF_ENABLED is off: other sites could send our forms": not app.config.get(
            "WTF_CSRF_ENABLED", True
        ),
        "--reload is on: a file that changes would change what runs": server.cfg.reload,
    }
    for text in (told := [text for text, is_wrong in wrong.items() if is_wrong]):
        print(f"gunicorn is for people, not for developing: {text}", file=sys.stderr)
    if told:
        sys.exit(1)
    # By default glibc gives each thread a part of memory of its own, so that a request seldom finds in a processor's
    # cache what the one before has used; of Python's threads one runs at a time. Not every C library has this function.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
    # What is there now stays: no worker looks through it again for what may go, nor copies its pages by doing so.
    gc.collect()
    gc.freeze()
    # A page makes thousands of objects and drops them again without a circle: looked through after each 700 of them,
    # as Python does by itself, they took a twentieth of its time.
    gc.set_threshold(10_000, 10, 10)
