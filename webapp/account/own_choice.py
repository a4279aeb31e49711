"""Who signs in with a password that somebody else has set, or that is due, sees nothing before setting another."""

from flask import Flask, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue

from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.users.status import has_to_choose
from webapp.web.errors import asks_for_json
from webapp.web.gate import is_public
from webapp.web.viewer import person

THE_ONE_PAGE = "account.password"


def init_app(app: Flask) -> None:
    app.before_request(_demand_own_password)


def _demand_own_password() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint == THE_ONE_PAGE or is_public(current_app.view_functions[endpoint]):
        return None
    reader = person()
    if not (reader.is_authenticated and has_to_choose(reader)):
        return None
    message = (
        _("Somebody else has set your password. Choose one of your own to go on.")
        if reader.password_temporary_until
        else _("You have to choose a new password to go on.")
    )
    if asks_for_json():
        return jsonify(error=message), 403
    flash(message, "warning")
    return redirect(url_for(THE_ONE_PAGE), 303)
