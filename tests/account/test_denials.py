"""Who wants to write what he may not is told in the history, and fills it with nothing (ASVS 16.3.2)."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.conftest import signed_in
from tests.pages import Page, Visitor
from webapp.account import denials
from webapp.admin.history import LogEntry, entries_of, last_changes
from webapp.extensions import db
from webapp.users.models import User


def token(visitor: Visitor) -> str:
    return str(visitor.get("/account/").form().fields["csrf_token"])


def try_to_add(visitor: Visitor) -> Page:
    return visitor.post("/users/add/", {"csrf_token": token(visitor), "username": "dora"})


def told(app: Flask) -> list[LogEntry]:
    with app.app_context():
        return [*db.session.scalars(select(LogEntry).where(LogEntry.verb == "denied"))]


def test_a_write_that_is_refused_is_an_entry_of_the_person(
    app: Flask, as_alice: Visitor, bob: User, as_bob: Visitor
) -> None:
    assert try_to_add(as_bob).status == 403
    (entry,) = told(app)
    assert (entry.name, entry.key, entry.actor_label, entry.ip) == ("users", str(bob.id), "bob", "127.0.0.1")
    assert [(change["field"], change["new"]) for change in entry.changes] == [("page", "/users/add/")]
    assert "was refused to write as" in as_alice.get(f"/users/{bob.id}/history/").text
    listed = as_alice.get("/log_entries/?verb_is=denied")
    assert len(listed.rows()) == 1
    with app.app_context():
        assert db.session.scalars(last_changes(entries_of("users", str(bob.id)), 5)).all() == []


def test_what_is_allowed_and_what_only_reads_is_none(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    assert as_bob.get("/users/add/").status == 403
    assert try_to_add(as_alice).status == 422
    assert told(app) == []


def test_it_is_told_once_a_minute_for_each_person_and_address(
    app: Flask, noon: time_machine.Traveller, bob: User, charlie: User
) -> None:
    visitors = [signed_in(app, bob), signed_in(app, bob), signed_in(app, charlie)]
    visitors[1].client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    for _ in range(3):
        for visitor in visitors:
            assert try_to_add(visitor).status == 403
    assert len(told(app)) == 3
    noon.shift(timedelta(seconds=61))
    assert try_to_add(visitors[0]).status == 403
    assert len(told(app)) == 4


def test_the_refusal_holds_though_it_cannot_be_told(
    app: Flask, as_bob: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"csrf_token": token(as_bob), "username": "dora"}

    def busy() -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(denials, "writing", busy)
    assert as_bob.post("/users/add/", sent).status == 403
    assert told(app) == []


def test_strangers_are_told_of_nowhere(app: Flask, stranger: Visitor) -> None:
    stranger.client.post("/login", data={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert told(app) == []
