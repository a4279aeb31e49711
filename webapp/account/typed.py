"""What somebody had typed when the session ended: kept in the sign-in page, signed, and shown again afterwards.

Nothing of it is kept here, and nothing is saved by it: the form comes back as one whose token is too old.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple
from urllib.parse import urlencode

from flask import current_app, flash, g, redirect, request
from flask.globals import request_ctx
from werkzeug.wrappers import Response

from webapp.account.sessions import last_person
from webapp.admin.mapping import SECRET_NAME
from webapp.extensions import StaleForm, login_manager, only_look
from webapp.texts import gettext as _
from webapp.users.models import User
from webapp.web.gate import FORM, FORM_WITH_PARTS, STRANGERS_BODY
from webapp.web.keys import read_signed, sign
from webapp.web.tokens import came_from_here, is_asked_again, own_address

PURPOSE = "typed"
# The sign-in page sends it back within what a stranger may send.
MAX_LENGTH = STRANGERS_BODY * 3 // 4


class Typed(NamedTuple):
    """:ivar page: where the form can be opened; *path* and *query* are where it is sent.
    :ivar person: the number of who was signed in; *lost* whether there was something that is not kept.
    """

    page: str
    path: str
    query: str
    person: int
    lost: bool
    fields: Sequence[tuple[str, str]]


def is_worth_keeping() -> bool:
    """Whether this request is a form of ours that somebody sent who was signed in here before."""
    is_form = request.mimetype in (FORM, FORM_WITH_PARTS)
    return is_form and last_person() is not None and is_asked_again() and came_from_here()


def pack() -> str:
    """What was typed into the form of this request, to be sent along by the sign-in page; empty if it is too much.

    Passwords and secrets are left out, and files, which no page can hold.
    """
    request.max_content_length = STRANGERS_BODY
    if not 0 < (request.content_length or 0) <= STRANGERS_BODY:
        return ""
    fields = list(request.form.items(multi=True))
    kept = [field for field in fields if not _is_secret(field[0])]
    lost = any(value and name != "csrf_token" for name, value in fields if _is_secret(name))
    lost = lost or any(upload.filename for upload in request.files.values())
    query = request.query_string.decode("latin-1")
    text = sign(PURPOSE, Typed(own_address(), request.path, query, last_person() or 0, lost, kept))
    return text if len(text) <= MAX_LENGTH else ""


def unpack(text: str | None) -> Typed | None:
    """What :func:`pack` made, while a session would last."""
    seconds = current_app.config["SESSION_ABSOLUTE_HOURS"] * 3600
    value = read_signed(PURPOSE, text, seconds) if text else None
    if not value:
        return None
    page, path, query, person, lost, fields = value
    return Typed(page, path, query, person, lost, [(name, text) for name, text in fields])


def show_again(typed: Typed, user: User) -> Response:
    """The form at its address with what *user*, who has just signed in, typed before; nobody else sees it."""
    if typed.person != user.id:
        flash(_("What was typed here before belongs to somebody else and is not shown."), "warning")
        return redirect(typed.page, 303)
    flash(_("You were signed out meanwhile. Check and save again."), "warning")
    if typed.lost:
        flash(_("Passwords and files were not kept. Give them again."), "warning")
    login_manager._update_request_context_with_user(user)
    # The token that says that this request may write is the sign-in form's, and it ended with the former session.
    for name in ("csrf_valid", current_app.config["WTF_CSRF_FIELD_NAME"]):
        g.pop(name, None)
    only_look()
    try:
        return _answer_to(typed)
    except StaleForm:
        return redirect(typed.page, 303)


def _answer_to(typed: Typed) -> Response:
    """What the view behind the form's address answers, as if the form were sent there now."""
    context = request_ctx._get_current_object()  # type: ignore[attr-defined]
    before = context.request, context.url_adapter
    body = urlencode(typed.fields).encode()
    environ = {name: value for name, value in request.environ.items() if not name.startswith("werkzeug.")}
    environ |= {
        "PATH_INFO": typed.path.encode().decode("latin-1"),
        "QUERY_STRING": typed.query,
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


def _is_secret(name: str) -> bool:
    return "password" in name.lower() or SECRET_NAME.search(name) is not None
