"""The history of the whole site: a list that is only read, and pruning."""

from flask import Flask

from webapp import deployment
from webapp.admin.history import LogEntry
from webapp.admin.site import AdminSite
from webapp.audit import fitness
from webapp.audit.admin import LogEntryAdmin
from webapp.audit.cli import history_cli


def register(site: AdminSite) -> None:
    site.register(LogEntry, LogEntryAdmin)


def init_app(app: Flask) -> None:
    app.cli.add_command(history_cli)
    deployment.also(app, fitness.history_only_grows)
