"""What ``flask check --deploy`` asks about people."""

from collections.abc import Iterator

from flask import Flask

from webapp.deployment import Finding
from webapp.extensions import db
from webapp.users.rules import superuser_exists


def somebody_may_do_everything(app: Flask) -> Iterator[Finding]:
    with app.app_context():
        if superuser_exists(db.session()):
            return
    yield Finding(
        "D027",
        "There is no superuser, so the set-up link works.",
        "Use it (flask users setup-link), or run: flask users create-superuser",
    )
