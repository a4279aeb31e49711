"""What was asked along with the person counts for what it was asked about, in this request, and once for a record."""

import pytest
from flask import Flask

from webapp.web.alongside import Record, note_answers, note_record, said_no, take_record

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
    record = Record("users", (1,), {})
    with app.test_request_context():
        note_record(record, found)
        assert take_record("users", (1,)) == (found,)
        assert take_record("users", (1,)) is None
    for kind, key in (("groups", (1,)), ("users", (2,))):
        with app.test_request_context():
            note_record(record, found)
            assert take_record(kind, key) is None
            # Somebody else has been asked for: what was read for that is old by now.
            assert take_record("users", (1,)) is None


def test_where_nothing_came_along_there_is_nothing(app: Flask) -> None:
    with app.test_request_context():
        note_record(None, "bob")
        assert take_record("users", (1,)) is None
