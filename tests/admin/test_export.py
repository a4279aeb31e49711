"""A list as a file: what is in it, who may have it, and what the history tells of it."""

import csv
from io import StringIO

from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user
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
    with app.app_context():
        found = db.session.scalars(
            select(LogEntry).where(LogEntry.verb.startswith("export")).order_by(LogEntry.id)
        )
        return [(one.verb, one.label, {part.field: part.new for part in changes_of(one)}) for one in found]


def test_a_list_is_taken_away_as_csv(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "élodie", full_name='Élodie "E", =1+1')
    rows = as_rows(taken(as_alice, "/users/export/?format=csv"))
    assert rows[0] == [
        "username",
        "email",
        "full_name",
        "is_active",
        "is_staff",
        "last_login_at",
        "created_at",
    ]
    assert [row[0] for row in rows[1:]] == ["alice", "élodie"]
    assert rows[2][2:5] == ['Élodie "E", =1+1', "true", "true"]
