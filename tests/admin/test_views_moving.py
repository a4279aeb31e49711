"""A saved view that somebody changes or deletes while a list that it shows is open elsewhere."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.admin.saved import save
from tests.admin.test_list_editable import fields
from tests.admin.yard import Crate, agree
from tests.library.books import Book
from tests.pages import Page, Visitor
from webapp.admin.listing.remembered import SavedView
from webapp.extensions import db


@pytest.fixture
def half_open(yard: Flask) -> Flask:
    """Of eight crates four are open."""
    with yard.app_context():
        db.session.add_all([Crate(id=number, name=f"d{number}", yard_id=1) for number in (10, 12)])
        db.session.flush()
        db.session.execute(update(Crate).where(Crate.id.in_([2, 4, 10, 12])).values(is_open=True))
        db.session.commit()
    return yard


def change(app: Flask, query: str | None) -> None:
    """Somebody lets the view say *query*, or deletes it with ``None``."""
    with app.app_context():
        view = db.session.scalars(select(SavedView)).one()
        if query is None:
            db.session.delete(view)
        else:
            view.query = query
        db.session.commit()


def send(page: Page, **fields: object) -> Page:
    form = page.form()
    return page.visitor.post(form.action, {**form.fields, "_go": "1", **fields}, came_from=page.address)


def noted(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Crate.name).where(Crate.note != "").order_by(Crate.name)))


def test_all_that_match_are_those_that_were_shown_though_the_view_shows_as_many_others_by_now(
    half_open: Flask, as_yard_alice: Visitor
) -> None:
    page = save(as_yard_alice, "/crates/?is_open=true", "Open ones")
    change(half_open, "is_open=false")
    question = send(page, action="annotate", select_across="1")
    assert question.status == 200
    assert "Annotate: 4 crates" in question.title
    assert "done for 4 crates" in agree(question, note="seen").messages
    assert noted(half_open) == ["c2", "c4", "d10", "d12"]


def test_a_view_that_is_gone_takes_no_ticks_along_and_widens_nothing(
    half_open: Flask, as_yard_alice: Visitor
) -> None:
    page = save(as_yard_alice, "/crates/?is_open=true", "Open ones")
    change(half_open, None)
    assert send(page, action="seal", select_across="1").status == 404
    question = send(page, action="annotate", selected=["2"])
    assert "Annotate: 1 crate" in question.title
    assert question.visitor.get(question.link("Cancel")).column() == ["c2", "c4", "d10"]
    done = agree(question, note="seen")
    assert (done.status, done.column()) == (200, ["c2", "c4", "d10"])


@pytest.mark.usefixtures("edited_books")
def test_cells_that_are_refused_lead_to_the_list_though_its_view_is_gone(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    page = save(as_library_alice, "/books/?sort=-title&columns=title,pages", "Pages")
    change(library_app, None)
    form, name = fields(page), f"{books[0].id}:pages"
    with library_app.app_context():
        db.session.get_one(Book, books[0].id).pages = 9
        db.session.commit()
    answer = as_library_alice.post(form.action, {**form.fields, name: "7", "_save": "1"})
    assert answer.status == 409
    assert answer.visitor.get(answer.link("Discard mine")).status == 200


@pytest.mark.usefixtures("edited_books")
@pytest.mark.parametrize("query", ["sort=title&columns=title,isbn", "stage=2", None])
def test_what_was_typed_into_a_list_is_saved_whatever_becomes_of_its_view(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], query: str | None
) -> None:
    one = books[0]
    page = save(as_library_alice, "/books/?sort=-title&columns=title,pages", "Pages")
    change(library_app, query)
    form = fields(page)
    name = f"{one.id}:pages"
    assert name in form.fields
    answer = as_library_alice.post(form.action, {**form.fields, name: "7", "_save": "1"})
    assert answer.status == 303, answer.errors
    assert as_library_alice.get(answer.location).status == 200
    with library_app.app_context():
        assert db.session.get_one(Book, one.id).pages == 7
