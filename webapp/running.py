"""The application and the request that are running, without Flask's proxies in front of them.

A page looks at them some four hundred times, and a look through a proxy of Flask's makes an error first, for each
attribute that the proxy itself does not have. :data:`request`, :data:`current_app` and :data:`g` stand for the same and
cost a tenth; where nothing runs they say so as Flask's do.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import lru_cache
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, cast

import flask
from flask import Flask
from flask.ctx import AppContext, _AppCtxGlobals
from flask.globals import _cv_app, _cv_request
from flask.wrappers import Request
from werkzeug.datastructures import ImmutableMultiDict


class Application(Flask):
    """Flask's, which looks only once whether a function is a coroutine, in place of some thirty times a request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return self.async_to_sync(func) if _is_coroutine(func) else func


_is_coroutine = lru_cache(maxsize=1_000)(iscoroutinefunction)


class Parameters(ImmutableMultiDict[str, str]):
    """Werkzeug's, which makes an error first for whatever is looked for and not there, some fifteen times a request."""

    def get(  # type: ignore[override]  # in one, what is told apart by the types of its arguments
        self, key: str, default: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        return super().get(key, default, *args, **kwargs) if key in self else default


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


def _stand_in(context: ContextVar[Any], part: str, proxy: Any) -> Any:
    """Stands for *part* of what is in *context*, and for Flask's *proxy* where nothing is."""
    find, look = attrgetter(part), context.get

    class StandIn:
        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            running = look(None)
            return getattr(proxy if running is None else find(running), name)

        def __setattr__(self, name: str, value: Any) -> None:
            setattr(proxy, name, value)

        def __delattr__(self, name: str) -> None:
            delattr(proxy, name)

        def __contains__(self, name: str) -> bool:
            return name in proxy

    return StandIn()


request = cast(Request, _stand_in(_cv_request, "request", flask.request))
current_app = cast(Flask, _stand_in(_cv_app, "app", flask.current_app))
g = cast(_AppCtxGlobals, _stand_in(_cv_app, "g", flask.g))
