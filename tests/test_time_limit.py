"""A statement with a time limit of its own: it ends, it is told apart, and everything else goes on."""

import pytest
from flask import Flask
from sqlalchemy import func, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from webapp.extensions import db
from webapp.time_limit import TookTooLong, scalar_within
from webapp.users.models import User


def ages() -> object:
    """How many rows a product of products has: no engine is through with it in a human's life."""
    numbers = select(literal(1).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < 500))
    first, *others = (aliased(numbers) for _time in range(5))
    product = select(func.count()).select_from(first)
    for other in others:
        product = product.join(other, other.c.number != first.c.number)
    return product


def test_what_takes_too_long_is_broken_off_and_the_rest_goes_on(app: Flask, alice: User) -> None:
    with app.test_request_context():
        assert db.session.get(User, alice.id) is not None
        for _time in range(3):
            with pytest.raises(TookTooLong):
                scalar_within(0.2, db.engine, ages())  # type: ignore[arg-type]
        assert db.session.scalar(select(func.count()).select_from(User)) == 1
        assert scalar_within(5, db.engine, select(func.count()).select_from(User)) == 1


def test_the_limit_is_for_this_statement_only(app: Flask) -> None:
    questions = {
        "postgresql": "SHOW statement_timeout",
        "mariadb": "SELECT @@max_statement_time",
        "mysql": "SELECT @@max_statement_time",
    }
    with app.app_context():
        question = questions.get(db.engine.dialect.name)
        if question is None:
            pytest.skip("SQLite limits nothing by itself")

        def limit() -> object:
            with db.engine.connect() as connection:
                return connection.execute(text(question)).scalar_one()

        before = limit()
        with pytest.raises(TookTooLong):
            scalar_within(0.2, db.engine, ages())  # type: ignore[arg-type]
        assert scalar_within(0.2, db.engine, select(literal(7))) == 7
        assert limit() == before


def test_another_failure_stays_what_it_is(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError):
        scalar_within(5, db.engine, select(func.count()).select_from(text("nowhere")))
