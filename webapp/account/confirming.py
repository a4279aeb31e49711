"""“Confirm that it is you”: the password once more, before what would be worth most to who finds an open browser.

The form that was sent meanwhile is held in the page, signed, and done afterwards as if it came then: once, however
often the page is sent.
"""

import hashlib
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

import structlog
from flask import flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from webapp.account import sessions, throttle, typed
from webapp.account.authentication import require_own_password
from webapp.account.forms import ConfirmForm
from webapp.account.redirects import safe_next
from webapp.account.signing_in import answer
from webapp.admin.editing.page import Button, ErrorLink, FieldsetView, FieldView, error_links, field_view
from webapp.admin.editing.submissions import Submission
from webapp.admin.history import record
from webapp.admin.mapping import describe
from webapp.admin.options import Rejected
from webapp.database import now
from webapp.extensions import db, writing
from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.users.models import User
from webapp.web.confirming import ConfirmFirst, is_confirmed, note_asked_twice
from webapp.web.errors import Link, asks_for_json
from webapp.web.gate import READING_METHODS, way_back
from webapp.web.keys import read_signed, sign
from webapp.web.replay import answer_of
from webapp.web.tokens import own_address
from webapp.web.viewer import person

log = structlog.stdlib.get_logger("webapp.account")

PURPOSE = "confirm"
# As much as what goes along on a detour from one form to another.
MAX_LENGTH = 300_000
TEMPLATE = "account/confirm.html"


@dataclass(frozen=True)
class Held:
    """A form that waits for the password. :ivar number: of this one sending, which is done once."""

    number: str
    form: typed.Typed


@dataclass(frozen=True)
class ConfirmPage:
    title: str
    action: str
    hidden: list[tuple[str, str]]
    errors: list[ErrorLink]
    username: str
    fields: list[FieldView]
    button: Button
    cancel: Link
    notice: str


def ask(error: ConfirmFirst) -> ResponseReturnValue:
    """The answer to a request that wants the password first."""
    if asks_for_json():
        place = url_for("account.confirm")
        told = _(
            "Confirm that it is you first, in another tab (%(address)s). Then send it again.", address=place
        )
        return jsonify(error=told), 401
    if request.method in READING_METHODS:
        return redirect(url_for("account.confirm", next=way_back(), page=error.page), 303)
    form = ConfirmForm(formdata=None)
    held = sign(PURPOSE, [token_urlsafe(12), *typed.taken(current_user.id)])
    notice = _("What you sent is kept here and done when you have given your password; nothing is saved yet.")
    if len(held) > MAX_LENGTH:
        held, notice = (
            "",
            _("What you sent is too much to be kept here. Give your password and send it again."),
        )
    if error.why:
        notice = f"{error.why} {notice}"
    form.held.data, form.next.data = held, own_address()
    return render_template(TEMPLATE, page=_page(form, notice)), 401


def confirm() -> ResponseReturnValue:
    """Ask for the password, and go on to what was wanted."""
    form = ConfirmForm()
    if not form.is_submitted():
        form.next.data, form["page"].data = (request.args.get(name, "") for name in ("next", "page"))
        if is_confirmed():
            return redirect(safe_next(form.next.data), 303)
    refusal: throttle.TooManyTries | None = None
    if form.validate_on_submit():
        compared = current_user.password
        try:
            require_own_password(current_user, form.password.data or "")
        except throttle.TooManyTries as too_many:
            refusal = too_many
            form["password"].errors = [refusal.message]
        except Rejected as rejected:
            form["password"].errors = [rejected.message]
        else:
            if done := _onward(form, compared):
                return done
            form["password"].errors = [
                _("Your session ended or your password was changed meanwhile. Try again.")
            ]
    notice = _("You want to do something that asks for your password once more.")
    return answer(TEMPLATE, _page(form, notice), form, refusal)


def _onward(form: ConfirmForm, compared: str) -> Response | None:
    """Note that it was the person, and do what was held or lead to where the person wanted to go.

    :param compared: the stored hash of the password that was given.
    :returns: ``None`` where it cannot be noted.
    """
    held = _read(form.held.data)
    user = person()
    with writing():
        if not sessions.confirm_session(user, compared):
            return None
        is_first = held is None or _spend(held, user)
        key = describe(User).key_of(user)
        record(db.session(), verb="confirmed", name="users", key=key, label=str(user), actor=user)
    log.info("confirmed", person=user.id)
    if held is None and form["page"].data:
        link = Markup('<a href="{}">{}</a>').format(safe_next(form.next.data), _("Get the file"))
        flash(Markup("{} {}").format(_("Your password was right."), link), "success")
        return redirect(safe_next(form["page"].data), 303)
    if held is None:
        return redirect(safe_next(form.next.data), 303)
    return _done(held.form, is_first=is_first)


def _done(waiting: typed.Typed, *, is_first: bool) -> Response:
    """What the form that waited answers."""
    if not is_first:
        flash(_("This was sent before. Look whether it is done before you send it again."), "warning")
    elif waiting.lost:
        flash(_("Passwords and files were not kept. Give them again."), "warning")
    else:
        note_asked_twice()
        return answer_of(waiting.path, waiting.query, waiting.fields)
    return typed.draw_again(waiting)


def _read(text: str | None) -> Held | None:
    """The form of this person that the page held, while a session would last."""
    seconds = current_app.config["SESSION_ABSOLUTE_HOURS"] * 3600
    value = read_signed(PURPOSE, text, seconds) if text else None
    if not value:
        return None
    number, *rest = value
    held = Held(number, typed.read(rest))
    return held if held.form.person == current_user.id else None


def _spend(held: Held, user: Any) -> bool:
    """Note, inside the caller's transaction, that *held* is done now; whether it was not done before."""
    digest = hashlib.sha256(f"{PURPOSE}\0{held.number}".encode()).hexdigest()
    row = {"token_hash": digest, "person_key": str(user.id), "content_hash": digest, "key": "", "at": now()}
    try:
        with db.session.begin_nested():
            db.session.execute(insert(Submission).values(**row))
    except IntegrityError:
        return False
    return True


def _page(form: ConfirmForm, notice: str) -> ConfirmPage:
    fields = [field_view(form.password)]
    kept = [(one.name, one.data) for one in (form.next, form["page"], form.held) if one.data]
    return ConfirmPage(
        title=_("Confirm that it is you"),
        action=url_for("account.confirm"),
        hidden=[("csrf_token", form.csrf_token.current_token), *kept],
        errors=error_links(form, [FieldsetView(None, None, fields)]),
        username=current_user.username,
        fields=fields,
        button=Button("_confirm", _("Confirm"), True),
        cancel=Link(_("Cancel"), safe_next(form["page"].data or form.next.data)),
        notice=notice,
    )
