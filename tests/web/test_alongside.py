"""What was asked along with the person counts for what it was asked about, in this request, and once for a record."""

import pytest
from flask import Flask

from webapp.web.alongside import (
    Record,
    came_along,
    note_answers,
    note_record,
    said_no,
    take_beside,
    take_record,
)

pytestmark = pytest.mark.one_engine


def test_no_is_an_answer_to_what_was_asked_and_to_nothing_else(app: Flask) -> None:
    with app.test_request_context():
        assert not said_no("open", {"key": "1"})
        note_answers(["open", "closed"], [False, True], {"key": "1", "name": "users"})
        assert said_no("open", {"key": "1"})
        assert said_no("open", {"key": "1", "name": "users"})
        assert not said_no("open", {"key": "2"})
        assert not said_no("open", {"key": "1", "other": "1"})
        assert not said_no("closed", {"key": "1"})
        assert not said_no("never", {"key": "1"})
    with app.test_request_context():
        assert not said_no("open", {"key": "1"})


@pytest.mark.parametrize("found", ["bob", None])
def test_a_record_is_given_once_and_to_who_asks_for_that_one(app: Flask, found: str | None) -> None:
    record = Record("users", ("users", 1), {})
    with app.test_request_context():
        note_record(record, [(found,)])
        assert take_record(("users", 1)) == (found,)
        assert take_record(("users", 1)) is None
        assert came_along() is record
    for other in (("groups", 1), ("users", 2)):
        with app.test_request_context():
            note_record(record, [(found,)])
            assert take_record(other) is None
            # Somebody else has been asked for: what was read for that is old by now.
            assert take_record(("users", 1)) is None


def test_what_comes_beside_it_is_given_once_and_for_what_it_was_asked_with(app: Flask) -> None:
    record = Record("users", ("users", 1), {"sought": 1, "holder": 1}, "groups")
    rows = [("bob", 1, "Editors"), ("bob", 2, "Readers")]
    for beside, values in (("tags", {"holder": 1}), ("groups", {"holder": 2}), ("groups", {"owner": 1})):
        with app.test_request_context():
            note_record(record, rows)
            assert take_beside(beside, values) is None
            assert take_beside("groups", {"holder": 1}) == [(1, "Editors"), (2, "Readers")]
            assert take_beside("groups", {"holder": 1}) is None


def test_where_nothing_came_along_there_is_nothing(app: Flask) -> None:
    with app.test_request_context():
        assert take_record(("users", 1)) is None
        assert take_beside("groups", {}) is None
        assert take_beside(None, {}) is None
        assert came_along() is None
