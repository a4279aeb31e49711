"""What ``flask check --deploy`` asks about the history."""

from collections.abc import Iterator

from flask import Flask

from webapp import append_only
from webapp.admin.history import LogEntry
from webapp.deployment import Finding
from webapp.extensions import db


def history_only_grows(app: Flask) -> Iterator[Finding]:
    with app.app_context(), db.engine.connect() as connection:
        if LogEntry.__tablename__ in append_only.existing(connection):
            return
    yield Finding(
        "D029",
        "The database lets entries of the history be changed and deleted.",
        "Run: flask history protect",
        is_error=False,
    )
