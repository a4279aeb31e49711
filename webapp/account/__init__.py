"""What people do with their own account: sign in and out, set up the first administrator, change a password."""

from flask import Flask

from webapp.account import cli as cli
from webapp.account import confirming, denials, notices, own_choice, sessions
from webapp.account.sessionpages import sessions_of
from webapp.account.signing_in import keep_typed
from webapp.account.views import blueprint
from webapp.admin.site import AdminSite
from webapp.web.confirming import ConfirmFirst
from webapp.web.gate import KEEP_TYPED


def register(site: AdminSite) -> None:
    site.blueprint("users").add_url_rule("/<key>/sessions/", "sessions", sessions_of, methods=("GET", "POST"))


def init_app(app: Flask) -> None:
    sessions.init_app(app)
    denials.init_app(app)
    notices.init_app(app)
    app.extensions[KEEP_TYPED] = keep_typed
    app.register_error_handler(ConfirmFirst, confirming.ask)
    own_choice.init_app(app)
    app.register_blueprint(blueprint)
