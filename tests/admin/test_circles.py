"""Rows that lead to themselves, or to each other in a circle."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.library import world
from tests.library.places import Branch
from tests.pages import Visitor
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
