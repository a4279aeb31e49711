"""The audit of `make torture` finds what is planted; the torture itself is run by hand."""

import pytest
from flask import Flask
from sqlalchemy import delete, update

from tests.faults.calm import engine_of
from tests.faults.ledger import NEW_PASSWORD
from tests.pages import Visitor
from tests.torture.book import Book, audit
from webapp import append_only
from webapp.admin.history import LogEntry
from webapp.users.models import User


@pytest.fixture
def book(app: Flask, as_alice: Visitor) -> Book:
    """Two users, one of them renamed, all of it acknowledged."""
    kept = Book(asked={"t-one", "t-two", "First"})
    for name in ("t-one", "t-two"):
        typed = {"username": name, "email": f"{name}@example.org"}
        form = as_alice.get("/users/add/").form()
        page = form.fill(**typed, password=NEW_PASSWORD, password_confirm=NEW_PASSWORD).submit("_continue")
        assert page.status == 303
        kept.added.add(name)
    form = as_alice.get(page.location).form()
    assert form.fill(full_name="First").submit().status == 303
    kept.renamed["t-two"].add("First")
    return kept


def test_what_agrees_with_the_book_is_no_violation(app: Flask, book: Book) -> None:
    """DB-10."""
    assert audit(engine_of(app), book) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (delete(User).where(User.username == "t-one"), "acknowledged and not there"),
        (update(User).where(User.username == "t-two").values(full_name="Second"), "the history ends with"),
        (delete(LogEntry).where(LogEntry.verb == "change"), "acknowledged and lost"),
        (
            delete(LogEntry).where(LogEntry.verb == "add", LogEntry.label == "t-one"),
            "0 entries of its adding",
        ),
    ],
)
def test_what_is_lost_or_there_by_half_is_found(app: Flask, book: Book, spoil: object, told: str) -> None:
    """DB-10."""
    with engine_of(app).begin() as connection, append_only.opened(connection, "log_entries"):
        connection.execute(spoil)  # type: ignore[call-overload]
    assert any(told in one for one in audit(engine_of(app), book))


def test_a_user_whom_nobody_asked_for_is_found(app: Flask, book: Book) -> None:
    """DB-10."""
    book.asked.discard("t-one")
    assert audit(engine_of(app), book) == ["t-one: never asked for"]
