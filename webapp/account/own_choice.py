"""Who signs in with a password that somebody else has set, or that is due, sees nothing before setting another."""

from flask import Flask, current_app, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.texts import gettext as _
from webapp.users.status import has_to_choose
from webapp.web.errors import asks_for_json
from webapp.web.gate import is_public

THE_ONE_PAGE = "account.password"


def init_app(app: Flask) -> None:
    app.before_request(_demand_own_password)


def _demand_own_password() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint == THE_ONE_PAGE or is_public(current_app.view_functions[endpoint]):
        return None
    if not (current_user.is_authenticated and has_to_choose(current_user)):
        return None
    message = (
        _("Somebody else has set your password. Choose one of your own to go on.")
        if current_user.password_temporary_until
        else _("You have to choose a new password to go on.")
    )
    if asks_for_json():
        return jsonify(error=message), 403
    flash(message, "warning")
    return redirect(url_for(THE_ONE_PAGE), 303)
