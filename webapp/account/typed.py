"""What somebody had typed when the session ended: kept in the sign-in page, signed, and shown again afterwards.

Nothing of it is kept here, and nothing is saved by it: the form comes back as one whose token is too old.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import flash, redirect
from werkzeug.wrappers import Response

from webapp.account.sessions import last_person
from webapp.extensions import StaleForm, login_manager, only_look
from webapp.running import current_app, g, request
from webapp.texts import gettext as _
from webapp.users.models import User
from webapp.web.gate import FORM, FORM_WITH_PARTS, STRANGERS_BODY
from webapp.web.keys import read_signed, sign
from webapp.web.replay import answer_of
from webapp.web.resending import came_from_here, without_secrets
from webapp.web.tokens import is_asked_again, own_address

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
    text = sign(PURPOSE, taken(last_person() or 0))
    return text if len(text) <= MAX_LENGTH else ""


def taken(person: int) -> Typed:
    """What the *person* of that number typed into the form of this request; without passwords, secrets and files."""
    kept, lost = without_secrets()
    query = request.query_string.decode("latin-1")
    return Typed(own_address(), request.path, query, person, lost, kept)


def unpack(text: str | None) -> Typed | None:
    """What :func:`pack` made, while a session would last."""
    seconds = current_app.config["SESSION_ABSOLUTE_HOURS"] * 3600
    value = read_signed(PURPOSE, text, seconds) if text else None
    if not value:
        return None
    return read(value)


def read(value: Sequence[Any]) -> Typed:
    """What was signed, which keeps lists only, as it was."""
    kept = Typed(*value)
    return kept._replace(fields=[(name, text) for name, text in kept.fields])


def show_again(typed: Typed, user: User) -> Response:
    """The form at its address with what *user*, who has just signed in, typed before; nobody else sees it."""
    if typed.person != user.id:
        flash(_("What was typed here before belongs to somebody else and is not shown."), "warning")
        return redirect(typed.page, 303)
    flash(_("You were signed out meanwhile. Check and save again."), "warning")
    if typed.lost:
        flash(_("Passwords and files were not kept. Give them again."), "warning")
    login_manager._update_request_context_with_user(user)
    # The form token ended with the former session.
    g.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    return draw_again(typed)


def draw_again(typed: Typed) -> Response:
    """The form at its address, filled in, and nothing done by it."""
    # That this request may write says the token of the form that it came by.
    g.pop("csrf_valid", None)
    only_look()
    try:
        return answer_of(typed.path, typed.query, typed.fields)
    except StaleForm:
        return redirect(typed.page, 303)
