"""What a select offers is read whole or, where it would be too much for one, not at all."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.admin.samples import registered
from webapp.admin.editing.choices import few_objects
from webapp.admin.options import ModelAdmin
from webapp.extensions import db
from webapp.users.models import User

MOST = 5


class StopBase(DeclarativeBase):
    pass


class Stop(StopBase):
    """Its column has the name that the statement has a use for too."""

    __tablename__ = "choice_stops"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column()


class StopAdmin(ModelAdmin):
    ordering = ("-place",)


@pytest.fixture
def stops(app: Flask) -> Iterator[ModelAdmin]:
    with app.test_request_context():
        StopBase.metadata.create_all(db.engine)
        yield registered(Stop, StopAdmin)
        db.session.rollback()
        StopBase.metadata.drop_all(db.engine)


def read(stops: ModelAdmin, count: int) -> tuple[list[int] | None, int]:
    """The places of *count* stops as a select gets them, and how many objects were made for it."""
    places = [{"id": number, "place": 100 + number} for number in range(1, count + 1)]
    db.session.execute(insert(Stop), places)
    made: list[object] = []

    def note(obj: object, _context: object) -> None:
        made.append(obj)

    event.listen(Stop, "load", note)
    alice = User(username="alice", is_active=True, is_superuser=True)
    found = few_objects([stops], alice, MOST).objects[stops.name]
    event.remove(Stop, "load", note)
    return None if found is None else [stop.place for stop in found], len(made)


def test_few_are_all_read_in_their_order_whatever_their_columns_are_called(stops: ModelAdmin) -> None:
    assert read(stops, MOST) == ([105, 104, 103, 102, 101], MOST)


def test_more_than_a_select_holds_are_not_read(stops: ModelAdmin) -> None:
    found, made = read(stops, MOST + 1)
    assert found is None
    assert made == 1


def test_where_there_is_nothing_there_is_nothing_to_choose(app: Flask) -> None:
    with app.test_request_context():
        assert few_objects([], User(), MOST).objects == {}
