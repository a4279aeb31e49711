"""What an undo says, of how many it was, and where it leads."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import found, last_entry
from tests.admin.bands import Band, Gig
from tests.admin.test_inlines import form_of, more
from tests.library import world
from tests.library.books import Tag
from tests.pages import Visitor
from webapp.admin.history import LogEntry
from webapp.extensions import db


def test_of_what_was_changed_in_one_form_each_kind_is_counted_and_the_way_back_is_where_one_was(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    world.keep(band_app, Gig(id=5, town="Rio", fee=1, band_id=1))
    page = form_of(as_band_alice).fill(**{"name": "Wrong", "gigs-0-town": "Wrong"}).submit(follow=True)
    undone = page.undo()
    assert undone.location == "/bands/"
    assert as_band_alice.get(undone.location).messages in (
        "Undone: 1 band and 1 gig.",
        "Undone: 1 gig and 1 band.",
    )
    with band_app.app_context():
        assert db.session.get_one(Gig, 5).town == "Rio"
        assert db.session.get_one(Band, 1).name != "Wrong"


def test_what_was_added_with_its_rows_is_deleted_on_the_page_of_the_record(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = as_band_alice.get("/bands/add/").form().fill(name="New")
    form = more(form, "gigs").fill(**{"gigs-0-town": "Rio", "gigs-0-fee": "1"})
    page = form.submit(follow=True)
    key = last_entry(band_app, "bands").key
    assert page.undo().location == f"/bands/{key}/delete/"


def test_a_second_click_says_that_it_is_as_it_was(library_app: Flask, as_library_alice: Visitor) -> None:
    tag = Tag(name="novel")
    world.keep(library_app, tag)
    page = as_library_alice.get(f"/tags/{tag.id}/change/").form().fill(name="poem").submit(follow=True)
    for message in ("Undone: novel.", "It is as it was before."):
        undone = page.undo()
        assert undone.location == "/tags/"
        assert as_library_alice.get(undone.location).messages == message
    with library_app.app_context():
        told = db.session.scalars(select(LogEntry).where(LogEntry.name == "tags").order_by(LogEntry.id)).all()
        assert [entry.changes[0]["new"] for entry in told] == ["poem", "novel"]


def test_why_something_is_not_undone_at_once_is_said(library_app: Flask, as_library_alice: Visitor) -> None:
    world.keep(library_app, Tag(id=1, name="one"))
    page = as_library_alice.get("/tags/1/change/").form().fill(name="uno").submit(follow=True)
    world.keep(library_app, Tag(id=2, name="one"))
    asked = page.undo()
    assert asked.status == 303
    page = as_library_alice.get(asked.location)
    assert "uno stays as it is: " in page.messages
    assert "taken already" in page.messages


def test_an_entry_that_tells_of_rows_only_offers_nothing_to_restore(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    world.keep(band_app, Gig(id=5, town="Rio", fee=1, band_id=1))
    assert form_of(as_band_alice).fill(**{"gigs-0-town": "Oslo"}).submit().status == 303
    history = as_band_alice.get("/bands/1/history/")
    assert "Oslo" in history.text
    assert "/restore/" not in history.text
    assert "/restore/" in as_band_alice.get("/gigs/5/history/").text


@pytest.mark.parametrize(
    ("before", "after"), [(("a", "b"), ("", "a")), (("a", "b", "c"), ("", "a", "b")), (("a", ""), ("", "a"))]
)
def test_a_unique_value_that_was_moved_from_one_to_another_is_moved_back(
    band_app: Flask, as_band_alice: Visitor, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    numbers = range(1, len(before) + 1)
    rows = [
        Gig(id=number, town=f"{number}", code=before[number - 1] or None, band_id=1) for number in numbers
    ]
    world.keep(band_app, *rows)
    form = form_of(as_band_alice).fill(**{f"gigs-{place}-code": code for place, code in enumerate(after)})
    page = form.submit(follow=True)
    assert tuple(found(band_app, Gig, number).code or "" for number in numbers) == after
    assert "undo" not in page.undo().location
    assert tuple(found(band_app, Gig, number).code or "" for number in numbers) == before


def test_what_was_deleted_comes_back_after_the_others_have_given_back_its_value(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    codes = {1: "a", 2: "b", 3: "c"}
    world.keep(band_app, *(Gig(id=number, town="x", code=code, band_id=1) for number, code in codes.items()))
    form = form_of(as_band_alice).fill(
        **{"gigs-0-_delete": True, "gigs-1-code": "a", "gigs-2-code": "b", "name": "Other"}
    )
    page = form.submit(follow=True)
    assert [found(band_app, Gig, number).code for number in (2, 3)] == ["a", "b"]
    # It asks first, because of what is secret.
    done = as_band_alice.get(page.undo().location).form().submit("_undo", follow=True)
    assert "3 gigs" in done.messages
    assert "stays" not in done.messages
    assert {number: found(band_app, Gig, number).code for number in codes} == codes


def test_of_moved_values_only_what_somebody_has_taken_since_stays(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    world.keep(
        band_app,
        Gig(id=1, town="1", code="a", band_id=1),
        Gig(id=2, town="2", code="b", band_id=1),
    )
    page = form_of(as_band_alice).fill(**{"gigs-0-code": "", "gigs-1-code": "a"}).submit(follow=True)
    world.keep(band_app, Gig(id=3, town="3", code="b", band_id=2))
    asked = as_band_alice.get(page.undo().location)
    assert "2 stays as it is: Code: This value is taken already" in asked.messages
    assert [found(band_app, Gig, number).code for number in (1, 2, 3)] == [None, "a", "b"]
