"""Taking a list away as a file, and what the history tells of it."""

import csv
from io import StringIO

from flask import Flask
from sqlalchemy import select

from tests.pages import Visitor
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db


def taken(visitor: Visitor, address: str) -> str:
    page = visitor.get(address, buffered=True)
    assert page.status == 200, page.text
    return page.text


def as_rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


def entries(app: Flask) -> list[tuple[str, str, dict[str, object]]]:
    """The entries of exports: verb, label, and what they keep."""
    with app.app_context():
        found = select(LogEntry).where(LogEntry.verb.startswith("export")).order_by(LogEntry.id)
        return [
            (one.verb, one.label, {part.field: part.new for part in changes_of(one)})
            for one in db.session.scalars(found)
        ]
