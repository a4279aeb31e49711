"""A form that is too old to be written, because its token is of another sign-in, is shown again and never lost.

The view runs as ever, but only looks: its form is invalid for want of a token, so it comes back with what was typed,
and whatever writes all the same is stopped (:class:`webapp.extensions.StaleForm`). Then the page is shown anew.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Flask, flash, redirect, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.wrappers import Response

from webapp.database import now
from webapp.extensions import StaleForm, only_look
from webapp.running import current_app, g, request, running
from webapp.texts import gettext as _
from webapp.web.gate import READING_METHODS
from webapp.web.keys import subkeys
from webapp.web.resending import came_from_here

View = TypeVar("View", bound=Callable[..., Any])


def asks_again(view: View) -> View:
    """Mark a view that has no page of its own, and where :func:`webapp.extensions.only_looks` does nothing but ask."""
    view.asks_again = True  # type: ignore[attr-defined]
    return view


class FormTokens(CSRFProtect):
    """Flask-WTF's check of the form token, which refuses a form of our own pages gently."""

    def protect(self, apply_exemptions: bool = False) -> None:
        if request.method in READING_METHODS:
            return
        try:
            super().protect(apply_exemptions)
        except CSRFError:
            if not (is_asked_again() and came_from_here()):
                raise
            only_look()
            flash(_what_happened(), "warning")
            if any(upload.filename for upload in request.files.values()):
                flash(_("Files have to be chosen again."), "warning")


def _what_happened() -> str:
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return str(_("Your browser sent no cookie. Allow cookies for this site, then send the form again."))
    if not _can_be_opened():
        return str(_("This page was open before you signed in or out. Check what you chose and do it again."))
    return str(_("This form was open before you signed in or out. Check it and send it again."))


def is_asked_again() -> bool:
    """Whether the view behind the address shows what it did not take, so that a person can send it again."""
    view = current_app.view_functions.get(request.endpoint or "")
    return _can_be_opened() or bool(getattr(view, "asks_again", False))


def _can_be_opened() -> bool:
    return "GET" in ((request.url_rule.methods if request.url_rule else None) or ())


def own_address() -> str:
    """The path and the query of this request; the start page where nothing can be opened there."""
    if not _can_be_opened():
        return f"{request.script_root}/"
    address = quote(request.script_root + request.path)
    return f"{address}?{request.query_string.decode('latin-1')}" if request.query_string else address


csrf = FormTokens()


def init_app(app: Flask) -> None:
    with app.app_context():
        # Flask-WTF by itself would know today's secret key only, and use it for what it is.
        app.config["WTF_CSRF_SECRET_KEY"] = subkeys("form token")
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = form_token
    app.register_error_handler(StaleForm, _show_anew)
    app.extensions["signed_tokens"] = lru_cache(maxsize=10_000)(_signed)
    app.before_request(_keep_token)


def _keep_token() -> None:
    """Give all pages of a browser within a minute the same token: to sign one takes a twentieth of a list's time."""
    field = current_app.config["WTF_CSRF_FIELD_NAME"]
    if of_browser := session.get(field):
        minute = int(now().timestamp()) // 60
        setattr(g, field, current_app.extensions["signed_tokens"](of_browser, minute))


def form_token() -> str:
    """What a form of this page is sent with: one token for all of them."""
    context = running()
    known: str | None = context.g.get(context.app.config["WTF_CSRF_FIELD_NAME"])
    return str(generate_csrf()) if known is None else known


def _signed(_of_browser: str, _minute: int) -> str:
    return str(generate_csrf())


def _show_anew(_error: StaleForm) -> Response:
    return redirect(own_address(), 303)
