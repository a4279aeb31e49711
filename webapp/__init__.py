"""Zelador: an admin for Flask. This file is its table of contents."""

from collections.abc import Sequence
from types import ModuleType

from flask import Flask

import webapp.account
import webapp.audit
import webapp.users
from webapp import extensions, mail, web
from webapp.admin import checks, cli, views
from webapp.admin.site import AdminSite
from webapp.running import Application
from webapp.settings import Settings, load_settings

#: What this system consists of. A new app is one more package here, with ``register(site)`` for its models and, if it
#: needs, ``init_app(app)``.
APPS: tuple[ModuleType, ...] = (webapp.users, webapp.account, webapp.audit)


def create_app(settings: Settings | None = None, apps: Sequence[ModuleType] = APPS) -> Flask:
    """Put an application together.

    :param settings: by default those of the environment and ``.env``.
    :param apps: the packages whose models it looks after.
    :raises webapp.settings.ConfigurationError: when a setting is missing or wrong.
    :raises webapp.admin.problems.DeclarationError: when an admin is declared wrongly.
    """
    app = Application(__name__, static_folder=None, template_folder="../templates")
    app.config.from_mapping((settings or load_settings()).flask_config())
    extensions.init_app(app)
    web.init_app(app)
    mail.init_app(app)

    site = AdminSite()
    app.extensions["admin"] = site
    for package in apps:
        if not hasattr(package, "register") and not hasattr(package, "init_app"):
            raise TypeError(f"APPS: {package.__name__} has neither register(site) nor init_app(app)")
        if hasattr(package, "register"):
            package.register(site)
        if hasattr(package, "init_app"):
            package.init_app(app)
    checks.require_sound(site)
    views.init_app(app, site)
    cli.init_app(app)
    return app
