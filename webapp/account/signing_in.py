"""The sign-in page: the one door, for a start, after a session has ended, and with a form that was open then."""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from webapp.account import sessions, throttle, typed
from webapp.account.authentication import authenticate, note_sign_in, renewed_hash
from webapp.account.browsers import known_browser, new_browser, remember_browser
from webapp.account.forms import LoginForm
from webapp.account.notices import is_new_browser, tell_of_sign_in
from webapp.account.redirects import safe_next
from webapp.admin.editing.page import Button, ErrorLink, FieldsetView, FieldView, error_links, field_view
from webapp.admin.history import record
from webapp.admin.mapping import describe
from webapp.extensions import db, writing
from webapp.running import request
from webapp.texts import gettext as _
from webapp.users.models import User
from webapp.users.rules import superuser_exists
from webapp.web.gate import public
from webapp.web.tokens import own_address

log = structlog.stdlib.get_logger("webapp.account")


@dataclass(frozen=True)
class LoginPage:
    """:ivar is_holding: whether the page holds what was typed elsewhere, so that nothing should lead away from it."""

    title: str
    action: str
    hidden: list[tuple[str, str]]
    errors: list[ErrorLink]
    fields: list[FieldView]
    button: Button
    notice: str | None
    is_holding: bool


@public
def login() -> ResponseReturnValue:
    form = LoginForm()
    if not form.is_submitted():
        form.next.data = request.args.get("next", "")
        if current_user.is_authenticated:
            return redirect(safe_next(form.next.data), 303)
    errors: list[ErrorLink] = []
    refusal: throttle.TooManyTries | None = None
    if form.validate_on_submit():
        try:
            if user := _signed_in(form.username.data or "", form.password.data or ""):
                return known_here(_onward(form, user), user)
        except throttle.TooManyTries as too_many:
            refusal = too_many
        # Neither name nor reason: people type their password into the field of the name.
        log.warning("sign-in refused")
        # One sentence for every reason, so that it tells nothing about who exists.
        wrong = _("The username and the password do not belong to an account that may sign in here.")
        errors.append(ErrorLink("#username", refusal.message if refusal else wrong))
    return answer("account/login.html", _page(form, errors, _notice()), form, refusal)


def keep_typed() -> ResponseReturnValue | None:
    """The sign-in page, holding the form of this request for afterwards; ``None`` where there is none to hold."""
    if not typed.is_worth_keeping():
        return None
    form = LoginForm(formdata=None)
    form.typed.data = typed.pack()
    form.next.data = own_address()
    notice = _(
        "Your session has ended. Sign in again, and you find the form as you sent it; nothing is saved yet."
    )
    if not form.typed.data:
        notice = _(
            "Your session has ended, and what you sent is too much to be kept here. "
            "Go back in your browser and copy it before you sign in again."
        )
    return render_template("account/login.html", page=_page(form, [], notice)), 401


def answer(
    template: str, page: Any, form: FlaskForm, refusal: throttle.TooManyTries | None
) -> ResponseReturnValue:
    """The page of *form*; with the time to wait where somebody has guessed too often."""
    drawn = render_template(template, page=page)
    if refusal:
        return drawn, 429, {"Retry-After": str(refusal.seconds)}
    return drawn, 422 if form.is_submitted() else 200


def sign_in(user: User, typed_password: str, counters: list[throttle.Counter] | None = None) -> bool:
    """Open a session for *user*; whether that still was allowed.

    :param counters: what the try was counted for.
    """
    renewed = renewed_hash(user, typed_password)
    with writing():
        if not note_sign_in(user, renewed):
            return False
        if counters:
            # What failed as the current password was a failure in a row until now: signing in is the way out of it.
            throttle.forgive_try([*counters, *throttle.own_password_counters(user)])
        sessions.open_session(user)
        key = describe(User).key_of(user)
        record(db.session(), verb="sign-in", name="users", key=key, label=str(user), actor=user)
    log.info("signed in", person=user.id)
    return True


def known_here(response: Response, user: User) -> Response:
    """*response*, after which this browser is one where *user* has signed in."""
    former = throttle.account_keys(user.username)
    if known_browser(former) is None:
        new_browser.send(user=user)
    remember_browser(response, throttle.account_key(user.username), former)
    return response


def _signed_in(username: str, password: str) -> User | None:
    """Who is signed in with *username* and *password* from here on, if anybody.

    :raises webapp.account.throttle.TooManyTries: when this was tried too often.
    """
    # Asked before: whom the browser knows changes with the sign-in.
    counters = throttle.counters_for(username)
    user = authenticate(username, password)
    is_new = user is not None and is_new_browser(user)
    if user is None or not sign_in(user, password, counters):
        return None
    if is_new:
        tell_of_sign_in(user)
    return user


def _onward(form: LoginForm, user: User) -> Response:
    """To the form that the page held, or to where *user* wanted to go."""
    held = typed.unpack(form.typed.data)
    return typed.show_again(held, user) if held else redirect(safe_next(form.next.data), 303)


def _page(form: LoginForm, errors: list[ErrorLink], notice: str | None) -> LoginPage:
    fields = [field_view(form.username), field_view(form.password)]
    held = form.typed.data or ""
    hidden = [("csrf_token", form.csrf_token.current_token), ("next", form.next.data or "")]
    return LoginPage(
        title=_("Sign in"),
        action=url_for("account.login"),
        hidden=[*hidden, ("typed", held)] if held else hidden,
        errors=errors or error_links(form, [FieldsetView(None, None, fields)]),
        fields=fields,
        button=Button("_login", _("Sign in"), True),
        notice=notice,
        is_holding=bool(held),
    )


def _notice() -> str | None:
    """What somebody should know before signing in."""
    if sessions.has_ended():
        return str(_("Your session has ended. Sign in again to go on."))
    if not superuser_exists(db.session()):
        return str(
            _("There is no administrator yet. Open the set-up link; “flask users setup-link” prints it.")
        )
    return None
