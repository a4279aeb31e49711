"""What people do with their own account: sign in and out, set up the first administrator, change a password."""

from flask import Flask

from webapp.account import cli as cli
from webapp.account import sessions
from webapp.account.signing_in import keep_typed
from webapp.account.views import blueprint
from webapp.web.gate import KEEP_TYPED


def init_app(app: Flask) -> None:
    sessions.init_app(app)
    app.extensions[KEEP_TYPED] = keep_typed
    app.register_blueprint(blueprint)
