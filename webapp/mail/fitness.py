"""What ``flask check --deploy`` asks about mail."""

from collections.abc import Iterator

from flask import Flask

from webapp.deployment import Finding
from webapp.mail_address import PORTS


def mail_reaches_people(app: Flask) -> Iterator[Finding]:
    url = app.config["MAIL_URL"]
    if not url:
        yield Finding(
            "D030",
            "MAIL_URL is not set: nobody who forgot a password can help himself.",
            "Set it, and try it with: flask mail test ADDRESS",
            is_error=False,
        )
    elif url.partition(":")[0] not in PORTS:
        yield Finding(
            "D031",
            "MAIL_URL sends mail to nobody: links that set passwords are written down on this machine.",
            "Name a mail server: smtp://user:password@host:587",
        )
