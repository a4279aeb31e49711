"""A small application with the common parts of `webapp.web` only: no database, no account, no admin."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template_string, request, session
from flask_login import LoginManager, UserMixin
from jinja2 import DictLoader
from sqlalchemy.exc import OperationalError

from webapp import web
from webapp.database import reading
from webapp.settings import load_settings
from webapp.web import viewer
from webapp.web.errors import Link, refuse
from webapp.web.gate import public

TRANSLATIONS = Path(__file__).resolve().parents[2] / "webapp" / "translations"
SECRET_KEY = "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"
PAGE = (
    "<html lang={{ html_lang }} dir={{ html_dir }} data-theme={{ theme }}>{{ site_name }} {{ csrf_token() }}"
    " {{ asset('app.css') }}</html>"
)
ERROR = (
    "<html lang='{{ html_lang }}'><link href='{{ asset('app.css') }}'><h1>{{ error.title }}</h1>"
    "<p>{{ error.message }}</p><code>{{ error.request_id }}</code>"
    "{% if error.way_out %}<a href='{{ error.way_out.href }}'>{{ error.way_out.label }}</a>{% endif %}</html>"
)


@dataclass
class Person(UserMixin):
    """Somebody who is signed in as long as the client says so in a header."""

    id: int
    locale: str = ""
    timezone: str = ""
    theme: str = ""


PEOPLE = {
    "alice": Person(1),
    "bob": Person(2, locale="pt_BR", timezone="America/Sao_Paulo", theme="dark"),
    "charlie": Person(3, locale="xx", timezone="Mars/Olympus", theme="pink"),
}
ALICE = {"X-Test-Person": "alice"}
BOB = {"X-Test-Person": "bob"}
CHARLIE = {"X-Test-Person": "charlie"}


MakeApp = Callable[..., Flask]


def make_small_app(static_folder: Path, debug: bool = False, **settings: Any) -> Flask:
    """An application with the given settings, whose people are signed in by a header."""
    app = Flask(__name__, static_folder=None)
    values = {"DATABASE_URL": "sqlite://", "SECRET_KEY": SECRET_KEY, "LOG_LEVEL": "DEBUG", **settings}
    app.config.from_mapping(load_settings(_env_file=None, **values).flask_config())
    app.config.update(STATIC_DIRECTORY=static_folder, LOCALES=("en", "pt_BR", "de"), TESTING=True)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    # Flask-Babel keeps catalogues by language, for all applications of a process.
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    app.debug = debug
    app.jinja_loader = DictLoader({"errors/error.html": ERROR})  # type: ignore[assignment]
    login_manager = LoginManager(app)
    login_manager.request_loader(lambda request: PEOPLE.get(request.headers.get("X-Test-Person", "")))
    web.init_app(app)
    _add_pages(app)
    return app


def _add_pages(app: Flask) -> None:
    account, people = Blueprint("account", __name__), Blueprint("people", __name__)

    @account.route("/login", methods=["GET", "POST"])
    @public
    def login() -> Any:
        if request.method == "POST":
            viewer.sign_in(PEOPLE[request.form["name"]])
            return render_template_string(PAGE)
        return render_template_string(PAGE)

    @people.route("/lookup")
    def lookup() -> Any:
        if "gone" in request.args:
            refuse(404, "No such person.")
        return {"people": []}

    @app.route("/")
    def index() -> Any:
        return render_template_string(PAGE)

    @app.route("/form/", methods=["GET", "POST"])
    def form() -> Any:
        if request.method == "POST":
            session["sent"] = request.form.get("text", "")
            return redirect("/", 303)
        return render_template_string(PAGE)

    @app.route("/reads", methods=["GET", "POST"])
    def reads() -> str:
        return str(reading.get())

    @app.route("/boom")
    def boom() -> str:
        raise RuntimeError("hush-hush")

    @app.route("/database")
    def database() -> str:
        raise OperationalError("SELECT hush-hush", {}, Exception("connection refused"))

    @app.route("/refuse/<int:status>")
    def refused(status: int) -> str:
        refuse(status, "Not on a Sunday.", Link("Calendar", "/calendar"))

    @app.route("/flash")
    def flashed() -> str:
        flash("hello")
        return "<p>" + "long " * 500

    app.register_blueprint(account)
    app.register_blueprint(people)
