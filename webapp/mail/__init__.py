"""Mail: letters in the reader's language, sent after the answer and over TLS that is verified, or not at all."""

from typing import Any

from flask import Flask

from webapp import deployment
from webapp.mail.cli import mail_cli
from webapp.mail.delivery import NotSent, deliver, is_configured
from webapp.mail.fitness import mail_reaches_people
from webapp.mail.letters import Recipient, compose
from webapp.mail.outbox import OUTBOX, Outbox, later

__all__ = ["NotSent", "Recipient", "compose", "deliver", "is_configured", "later", "post"]


def post(to: Recipient, template: str, subject: Any, **values: Any) -> None:
    """Send a letter after the answer; where no mail is configured it is not sent."""
    if is_configured():
        later(lambda: deliver(compose(to, template, subject, **values)))


def init_app(app: Flask) -> None:
    app.extensions[OUTBOX] = Outbox(app)
    app.cli.add_command(mail_cli)
    deployment.also(app, mail_reaches_people)
