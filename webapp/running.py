"""The application and the request that are running, without Flask's proxies in front of them.

A page looks at them some four hundred times, mostly from templates and texts, and a look through a proxy costs several
times what is looked at. Where something is asked a few times a request, the proxies are right.
"""

from collections.abc import Callable
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any

from flask import Flask
from flask.ctx import AppContext
from flask.globals import _cv_app, _cv_request
from flask.wrappers import Request


class Application(Flask):
    """Flask's, which looks only once whether a function is a coroutine, in place of some thirty times a request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return self.async_to_sync(func) if _is_coroutine(func) else func


_is_coroutine = lru_cache(maxsize=1_000)(iscoroutinefunction)


def app_context() -> AppContext | None:
    """The context with ``app`` and ``g``; ``None`` where no application runs."""
    return _cv_app.get(None)


def running() -> AppContext:
    """The same where one does.

    :raises LookupError: where none does.
    """
    return _cv_app.get()


def this_request() -> Request | None:
    """The request; ``None`` where none is, as in a command."""
    context = _cv_request.get(None)
    return None if context is None else context.request


def script_root() -> str:
    """What stands before every address of ours; nothing where no request is."""
    context = _cv_request.get(None)
    return "" if context is None else context.request.script_root
