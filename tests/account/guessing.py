"""Somebody who guesses at passwords, and what is noted of it."""

from flask import Flask
from sqlalchemy import select

from tests.pages import Page, Visitor
from webapp.admin.history import LogEntry
from webapp.extensions import db

WRONG = "pomar de figos maduros"
LIMIT = 5


def fail(app: Flask, username: str, times: int = LIMIT, address: str = "203.0.113.9") -> list[Page]:
    return [from_address(app, address).sign_in(username, WRONG) for _ in range(times)]


def from_address(app: Flask, address: str) -> Visitor:
    visitor = Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor


def entries(app: Flask, *verbs: str) -> list[tuple[str, str, str | None]]:
    """Verb, label and address of what the history has of these verbs."""
    with app.app_context():
        found = select(LogEntry).where(LogEntry.verb.in_(verbs)).order_by(LogEntry.id)
        return [(entry.verb, entry.label, entry.ip) for entry in db.session.scalars(found)]
