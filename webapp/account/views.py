"""Signing in and out, the first set-up, and the person's own account."""

from collections.abc import Sequence
from typing import Any

import structlog
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.exc import IntegrityError

from webapp.account import sessions, throttle
from webapp.account.address import by_link, change_address
from webapp.account.address import open_link as open_address_link
from webapp.account.authentication import require_own_password
from webapp.account.confirming import confirm
from webapp.account.forgotten import forgotten, open_link, set_by_link
from webapp.account.forms import OwnPasswordForm, ProfileForm, SetupForm
from webapp.account.frame import to_person
from webapp.account.preferences import change_preferences, preferences
from webapp.account.sessionpages import own_sessions
from webapp.account.setup import is_setup_token
from webapp.account.signing_in import answer, known_here, login, sign_in
from webapp.account.staying import stay, staying
from webapp.admin.editing.conflicts import conflict_notes
from webapp.admin.editing.formpage import VERSION_FIELD
from webapp.admin.editing.simplepage import simple_form_page
from webapp.admin.editing.unique import taken_fields
from webapp.admin.editing.versions import Conflict, version_of
from webapp.admin.editing.writing import read_again
from webapp.admin.history import Change, differences, record, snapshot, through
from webapp.admin.mapping import describe
from webapp.admin.options import Rejected
from webapp.extensions import db, only_looks, writing
from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.users.forms import with_columns
from webapp.users.models import User
from webapp.users.passwords import hash_password
from webapp.users.rules import superuser_exists
from webapp.users.service import AlreadySetUp, create_superuser, set_password
from webapp.users.status import has_to_choose
from webapp.web import viewer
from webapp.web.errors import Link, refuse
from webapp.web.gate import public
from webapp.web.tokens import asks_again

blueprint = Blueprint("account", __name__)
log = structlog.stdlib.get_logger("webapp.account")

PROFILE_FIELDS = ("full_name", "locale", "timezone", "theme", "density", "shortcuts")

blueprint.add_url_rule("/account/preferences", "preferences", change_preferences, methods=("POST",))
blueprint.add_url_rule("/account/forgotten/", "forgotten", forgotten, methods=("GET", "POST"))
blueprint.add_url_rule("/account/set-password/<token>", "open_link", open_link)
blueprint.add_url_rule("/account/set-password/", "set_by_link", set_by_link, methods=("GET", "POST"))
blueprint.add_url_rule("/account/email/", "address", change_address, methods=("GET", "POST"))
blueprint.add_url_rule("/account/email/link/<token>", "open_address_link", open_address_link)
blueprint.add_url_rule("/account/email/link/", "address_link", by_link, methods=("GET", "POST"))
blueprint.add_url_rule("/login", "login", login, methods=("GET", "POST"))
blueprint.add_url_rule("/account/sessions/", "sessions", own_sessions, methods=("GET", "POST"))
blueprint.add_url_rule("/account/confirm/", "confirm", confirm, methods=("GET", "POST"))
blueprint.add_url_rule("/account/stay/", "stay", stay, methods=("GET", "POST"))
blueprint.app_context_processor(
    lambda: {"preferences": preferences, "staying": staying, "to_person": to_person}
)


@blueprint.post("/logout")
@public
@asks_again
def logout() -> ResponseReturnValue:
    """End this browser's session; also one that has ended already, so that nobody has to sign in to sign out."""
    if only_looks():
        return redirect(url_for("admin.index"), 303)
    person = current_user if current_user.is_authenticated else None
    with writing():
        if person is not None:
            _record("sign-out", person)
        sessions.close_session()
    if person is not None:
        log.info("signed out", person=person.id)
    flash(_("You are signed out."), "info")
    response = redirect(url_for("account.login"), 303)
    # What the browser kept of private pages goes with the session (OWASP ASVS 5.0 §14.3.1).
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@blueprint.route("/setup/<token>", methods=("GET", "POST"))
@public
def setup(token: str) -> ResponseReturnValue:
    """Make the first administrator; there is no such page once there is one."""
    if superuser_exists(db.session()):
        return _setup_is_over()
    if not is_setup_token(token):
        _count_wrong_token()
        return _setup_is_over()
    form = with_columns(SetupForm, username="username", email="email")()
    if form.validate_on_submit():
        password = hash_password(form.password.data)
        try:
            user = create_superuser(form.username.data, form.email.data, password, only_the_first=True)
        except AlreadySetUp:
            return _setup_is_over()
        except IntegrityError:
            _add_taken(form)
        else:
            sign_in(user, form.password.data)
            flash(_("Welcome. This system now has its first administrator: you."), "success")
            return known_here(redirect(url_for("admin.index"), 303), user)
    page = simple_form_page(
        form,
        ("username", "email", "password", "password_confirm"),
        title=_("Set up"),
        heading=_("Set up the first administrator"),
        subheading=_("This link works once, until there is somebody who may do everything."),
        action=url_for("account.setup", token=token),
        save=_("Create the administrator"),
        cancel=None,
    )
    return render_template("account/setup.html", page=page), 422 if form.is_submitted() else 200


@blueprint.route("/account/", methods=("GET", "POST"))
def profile() -> ResponseReturnValue:
    form = with_columns(ProfileForm, full_name="name")(obj=current_user)
    form.offer_choices(current_app.config["DEFAULT_TIMEZONE"])
    info = describe(User)
    version = request.form.get(VERSION_FIELD, "") if form.is_submitted() else version_of(info, current_user)
    status, notes = 422 if form.is_submitted() else 200, None
    if form.validate_on_submit():
        try:
            _save_profile(form, version)
            viewer.sign_in(current_user)
        except Conflict:
            message = _("Your account was changed meanwhile. Save again to write what you see here over it.")
            form.form_errors.append(message)
            columns = {name: info.columns[name] for name in PROFILE_FIELDS}
            status, notes = 409, conflict_notes(columns, form.data, current_user)
            version = version_of(info, current_user)
        else:
            flash(_("Your account was changed."), "success")
            return redirect(url_for("account.profile"), 303)
    page = simple_form_page(
        form,
        PROFILE_FIELDS,
        heading=_("Your account"),
        subheading=current_user.username,
        action=url_for("account.profile"),
        save=_("Save"),
        cancel=Link(_("Cancel"), url_for("admin.index")),
        links=[
            Link(_("Change e-mail address"), url_for("account.address")),
            Link(_("Change password"), url_for("account.password")),
            Link(_("Sessions"), url_for("account.sessions")),
        ],
        hidden=[(VERSION_FIELD, version)],
        notes=notes,
    )
    return render_template("account/profile.html", page=page), status


@blueprint.route("/account/password/", methods=("GET", "POST"))
def password() -> ResponseReturnValue:
    """Change one's own password; every other session of the person ends, and this one gets a new token."""
    form = OwnPasswordForm(person=current_user)
    refusal: throttle.TooManyTries | None = None
    if form.validate_on_submit():
        try:
            _change_password(current_user, form)
        except throttle.TooManyTries as too_many:
            refusal = too_many
            form["current_password"].errors = [refusal.message]
        except Rejected as rejected:
            form[rejected.field or "password"].errors = [rejected.message]
        else:
            flash(_("Your password was changed. Your other sessions have ended."), "success")
            return redirect(url_for("account.profile"), 303)
    page = simple_form_page(
        form,
        ("current_password", "password", "password_confirm"),
        heading=_("Change password"),
        subheading=current_user.username,
        action=url_for("account.password"),
        save=_("Change password"),
        # Who has to choose is led back here from everywhere.
        cancel=None if has_to_choose(current_user) else Link(_("Cancel"), url_for("account.profile")),
        username=current_user.username,
    )
    return answer("account/password.html", page, form, refusal)


@through("account")
def _change_password(person: Any, form: OwnPasswordForm) -> None:
    """:raises webapp.admin.options.Rejected: when the current password is not the one that was typed.

    :raises webapp.account.throttle.TooManyTries: when it was guessed at too often.
    """
    compared = person.password
    try:
        require_own_password(person, form.current_password.data or "")
    except Rejected as rejected:
        raise Rejected(rejected.message, "current_password") from None
    set_password(person, hash_password(form.password.data or ""), person, compared=compared)
    log.info("password changed", person=person.id)


@through("account")
def _save_profile(form: Any, version: str) -> None:
    """:raises webapp.admin.editing.versions.Conflict: when the account is not as it was when the page was made."""
    info = describe(User)
    with writing():
        user = read_again(info, current_user, version)
        before = snapshot(info, user)
        for name in PROFILE_FIELDS:
            value = form[name].data
            setattr(user, name, "" if value is None else value)
        db.session.flush()
        if changes := differences(info, before, snapshot(info, user)):
            _record("change", user, changes)


def _record(verb: str, person: Any, changes: Sequence[Change] = ()) -> None:
    """Note what *person* did to the own account."""
    key = describe(User).key_of(person)
    record(db.session(), verb=verb, name="users", key=key, label=str(person), actor=person, changes=changes)


def _count_wrong_token() -> None:
    try:
        throttle.begin_try(throttle.setup_counters())
    except throttle.TooManyTries as too_many:
        refuse(429, too_many.message, retry_after=too_many.seconds)


def _setup_is_over() -> ResponseReturnValue:
    flash(
        _("This link is no longer valid, or there is an administrator already. Sign in instead."), "warning"
    )
    return redirect(url_for("account.login"), 303)


def _add_taken(form: Any) -> None:
    values = {"username": form.username.data, "email": form.email.data}
    for name, message in taken_fields(describe(User), values).items():
        form[name].errors = [*form[name].errors, message]
