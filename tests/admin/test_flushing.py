"""A flush of rows that lead round in a circle leaves nothing behind but what it wrote."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from tests.admin.test_wild_models import keep, save, visitor, wild_app, wild_engine_app
from tests.admin.wild import Leaf, Vine
from tests.pages import Visitor
from webapp.admin.editing.flushing import changed_unread
from webapp.admin.mapping import describe
from webapp.extensions import db, writing

__all__ = ["visitor", "wild_app", "wild_engine_app"]


@pytest.fixture
def circle(wild_app: Flask) -> Iterator[list[Vine]]:
    """Two that lead to each other, and both sides of it are read."""
    keep(wild_app, Vine(id=1, name="one"), Vine(id=2, name="two", parent_id=1), Vine(id=3, name="three"))
    with wild_app.app_context():
        vines = list(db.session.scalars(select(Vine).order_by(Vine.id)))
        vines[0].parent_id = 2
        db.session.commit()
        yield vines


def test_who_holds_a_list_of_it_may_add_to_it_afterwards(circle: list[Vine]) -> None:
    one, two, three = circle
    shoots, above = one.shoots, (one.parent, two.parent)
    assert above == (two, one)
    one.name, two.name = "I", "II"
    db.session.flush()
    shoots.append(three)
    db.session.commit()
    found = db.session.execute(select(Vine.name, Vine.parent_id).order_by(Vine.id))
    assert [tuple(row) for row in found] == [("I", 2), ("II", 1), ("three", 1)]


def test_a_flush_that_fails_leaves_the_relations_as_they_are(circle: list[Vine]) -> None:
    one, two, _three = circle
    with writing():
        some = [Leaf(id=number, name="leaf") for number in (1, 2)]
        one.leaves = some[:1]
        db.session.add_all(some)
    db.session.expire_all()
    leaves = describe(Vine).relations["leaves"]

    def fail(_session: Session, _context: object) -> None:
        raise ZeroDivisionError

    def write_in_part() -> None:
        with db.session.begin_nested():
            one.name = two.name = "no"
            leaves.change(one, [some[1]], [some[0]])
            changed_unread(one, leaves)

    with writing():
        assert (one.parent, two.parent, one.shoots) == (two, one, [two])
        event.listen(db.session, "after_flush", fail)
        try:
            with pytest.raises(ZeroDivisionError):
                write_in_part()
        finally:
            event.remove(db.session, "after_flush", fail)
        assert (one.name, one.leaves, one.parent, one.shoots) == ("one", some[:1], two, [two])
        two.name = "II"
    assert (one.leaves, two.parent, two.name) == (some[:1], one, "II")


@pytest.mark.parametrize("above", [{1: 1}, {1: 2, 2: 1}], ids=["to itself", "in a circle"])
def test_what_is_added_below_one_that_leads_back_to_itself_is_saved(
    wild_app: Flask, visitor: Visitor, above: dict[int, int]
) -> None:
    keep(wild_app, Vine(id=1, name="one"), Vine(id=2, name="two"))
    for one, other in above.items():
        assert save(visitor, f"/vine/{one}/change/", parent=str(other)).status == 303
    assert save(visitor, "/vine/add/", name="three", parent="1").status == 303
    with wild_app.app_context():
        found = {vine.name: vine.parent_id for vine in db.session.scalars(select(Vine))}
    assert found == {"one": above[1], "two": above.get(2), "three": 1}
