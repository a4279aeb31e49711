"""Rows that lead to themselves, or to each other in a circle."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.admin.backwards import last_entry, losses
from tests.admin.kin import Leaf
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.places import Branch
from tests.pages import Visitor
from webapp.admin.editing import undoing
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db


def branches(app: Flask, *parents: int | None) -> list[Branch]:
    """As many branches; each leads to the one of that number, counted from 0."""
    made = [Branch(name=f"Branch {number}") for number in range(len(parents))]
    world.keep(app, *made)
    with app.app_context():
        for branch, parent in zip(made, parents, strict=True):
            if parent is not None:
                db.session.execute(
                    update(Branch).where(Branch.id == branch.id).values(parent_id=made[parent].id)
                )
        db.session.commit()
    return made


def parents(app: Flask) -> dict[str, str | None]:
    with app.app_context():
        found = db.session.scalars(select(Branch).order_by(Branch.name))
        return {branch.name: branch.parent.name if branch.parent else None for branch in found}


def test_a_row_may_lead_to_itself_and_away_again(library_app: Flask, as_library_alice: Visitor) -> None:
    one, two = branches(library_app, None, None)
    address = f"/branches/{one.id}/change/"
    assert as_library_alice.get(address).form().fill(parent=str(one.id)).submit().status == 303
    assert parents(library_app) == {"Branch 0": "Branch 0", "Branch 1": None}
    assert as_library_alice.get(address).form().fill(name="Main").submit().status == 303
    assert as_library_alice.get(address).form().fill(parent=str(two.id)).submit().status == 303
    assert parents(library_app) == {"Branch 1": None, "Main": "Branch 1"}
    assert as_library_alice.get(address).form().fill(parent="").submit().status == 303
    with library_app.app_context():
        entries = db.session.scalars(
            select(LogEntry).where(LogEntry.name == "branches").order_by(LogEntry.id)
        ).all()
        assert [[change.field for change in changes_of(entry)] for entry in entries] == [
            ["parent"],
            ["name"],
            ["parent"],
            ["parent"],
        ]


@pytest.mark.parametrize("shape", [(0,), (1, 0), (1, 2, 0)])
def test_rows_in_a_circle_are_deleted_together(
    library_app: Flask, as_library_alice: Visitor, shape: tuple[int, ...]
) -> None:
    made = branches(library_app, *shape)
    page = as_library_alice.get("/branches/")
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="delete", selected=[str(branch.id) for branch in made])
    assert asked.form().submit("_confirm", follow=True).status == 200
    assert parents(library_app) == {}


def test_a_row_that_leads_to_itself_is_deleted_from_its_page(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    (one,) = branches(library_app, 0)
    assert as_library_alice.get(f"/branches/{one.id}/delete/").form().submit("_delete").status == 303
    assert parents(library_app) == {}


@pytest.mark.parametrize("shape", [(0,), (1, 0), (1, 2, 0), (1, 0, 1), (1, 0, None)])
def test_rows_in_a_circle_come_back_as_they_were(
    library_app: Flask, as_library_alice: Visitor, shape: tuple[int | None, ...]
) -> None:
    made = branches(library_app, *shape)
    before = parents(library_app)
    page = as_library_alice.get("/branches/")
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="delete", selected=[str(branch.id) for branch in made])
    page = asked.form().submit("_confirm", follow=True)
    assert parents(library_app) == {}
    undone = page.undo()
    if "/restore/" in undone.location:
        asked = as_library_alice.get(undone.location)
        assert losses(asked) == {}
        assert asked.form().submit("_restore").status == 303
    assert parents(library_app) == before
    # What was tied in the end is told as a change.
    assert last_entry(library_app, "branches").verb == "change"


def test_a_row_that_leads_to_itself_comes_back_so(library_app: Flask, as_library_alice: Visitor) -> None:
    (one,) = branches(library_app, 0)
    page = as_library_alice.get(f"/branches/{one.id}/delete/").form().submit("_delete", follow=True)
    assert as_library_alice.get(page.undo().location).form().submit("_restore").status == 303
    assert parents(library_app) == {"Branch 0": "Branch 0"}


def leaves(app: Flask) -> dict[int, tuple[int | None, int | None]]:
    with app.app_context():
        rows = db.session.scalars(select(Leaf).order_by(Leaf.id))
        return {leaf.id: (leaf.parent_id, leaf.next_id) for leaf in rows}


CIRCLES = [{1: (1, 1)}, {1: (2, 1), 2: (1, None)}, {1: (None, 2), 2: (1, 3), 3: (2, 1)}]


@pytest.mark.parametrize("circle", CIRCLES)
def test_a_circle_of_bare_keys_comes_back_from_the_page_of_one(
    kin_app: Flask, circle: dict[int, tuple[int | None, int | None]]
) -> None:
    alice = signed_in(kin_app, add_user(kin_app, "alice", is_superuser=True))
    world.keep(kin_app, *(Leaf(id=key, name=f"Leaf {key}") for key in circle))
    with kin_app.app_context():
        for key, (parent, after) in circle.items():
            db.session.execute(update(Leaf).where(Leaf.id == key).values(parent_id=parent, next_id=after))
        db.session.commit()
    page = alice.get("/leaves/1/delete/").form().submit("_delete", follow=True)
    assert leaves(kin_app) == {}
    assert alice.get(page.undo().location).form().submit("_restore").status == 303
    assert leaves(kin_app) == circle


def test_what_leads_no_more_to_what_stays_away_is_told(kin_app: Flask) -> None:
    alice = signed_in(kin_app, add_user(kin_app, "alice", is_superuser=True))
    world.keep(kin_app, Leaf(id=1, name="Leaf 1"), Leaf(id=2, name="Leaf 2", parent_id=1))
    with kin_app.app_context():
        db.session.execute(update(Leaf).where(Leaf.id == 1).values(next_id=2))
        db.session.commit()
    page = alice.get("/leaves/1/delete/").form().submit("_delete", follow=True)
    form = alice.get(page.undo().location).form()
    form.fields["kin"] = []
    done = form.submit("_restore", follow=True)
    assert "Leaf 1 is back and leads to “Leaf 2” no more." in done.messages
    assert leaves(kin_app) == {1: (None, None)}


def test_an_undo_that_would_leave_something_leading_nowhere_asks_and_says_what(
    library_app: Flask, as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = branches(library_app, 1, 0, None)
    page = as_library_alice.get("/branches/")
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="delete", selected=[str(branch.id) for branch in made])
    page = asked.form().submit("_confirm", follow=True)
    # As where an admin's own form lets nobody write what ties them.
    monkeypatch.setattr(undoing, "tie_again", lambda *_given: None)
    asked = as_library_alice.get(page.undo().location)
    assert "Branch 0 would come back and lead to “Branch 1” no more." in asked.messages
    assert parents(library_app) == {}
    done = asked.form().submit("_undo", follow=True)
    assert "Branch 0 is back and leads to “Branch 1” no more." in done.messages
    assert parents(library_app).keys() == {"Branch 0", "Branch 1", "Branch 2"}
