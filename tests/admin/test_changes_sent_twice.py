"""A change that is sent twice is done once, and is no conflict with oneself (DB-02)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.admin.backwards import change, delete, found, last_entry, restore
from tests.admin.bands import BandAdmin, Gig
from tests.admin.behaviours import count
from tests.admin.test_inlines import form_of, kept
from tests.admin.test_sent_twice import DONE, entries
from tests.conftest import add_user, counted, signed_in
from tests.library.books import Book
from tests.pages import Page, Visitor
from tests.threads import at_once
from webapp.admin.editing.submissions import Submission
from webapp.users.models import User


@pytest.mark.race
def test_a_change_that_is_sent_twice_is_no_conflict_with_oneself(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert", is_active=False)
    answers: list[Page] = at_once([form.submit] * 4)
    assert {page.status for page in answers} == {303}
    assert DONE in form.submit(follow=True).messages
    assert entries(app, "change") == 1


@pytest.mark.race
def test_a_changed_row_that_is_sent_twice_is_no_conflict_with_oneself(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    """DB-02: of the row as of its parent, which may both be changed."""
    form = form_of(as_band_alice).fill(**{"gigs-0-town": "Manaus", "name": "Other"})
    answers: list[Page] = at_once([form.submit] * 4)
    assert {page.status for page in answers} == {303}
    assert DONE in form.submit(follow=True).messages
    assert entries(band_app, "change") == 2


def test_a_row_that_is_taken_off_twice_is_no_conflict_with_oneself(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-_delete": True})
    kept(form.submit())
    assert DONE in form.submit(follow=True).messages
    assert entries(band_app, "delete") == 1


def test_what_a_hook_makes_of_a_change_is_no_conflict_with_oneself(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def louder(self: BandAdmin, obj: Any, form: Any, user: Any) -> None:
        obj.name = obj.name.upper()

    monkeypatch.setattr(BandAdmin, "before_save", louder)
    form = form_of(as_band_alice).fill(name="Other")
    kept(form.submit())
    kept(form.submit())
    assert entries(band_app, "change") == 1


def test_the_way_back_to_change_something_else_is_a_conflict_as_ever(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-town": "Manaus", "name": "Other"})
    kept(form.submit())
    page = form.fill(**{"gigs-0-town": "Natal"}).submit()
    assert page.status == 409
    assert page.form().fields["gigs-0-town"] == "Natal"
    kept(page.form().submit())
    assert entries(band_app, "change") == 4


def test_a_change_that_changes_nothing_spends_nothing(band_app: Flask, as_band_alice: Visitor) -> None:
    form = form_of(as_band_alice)
    kept(form.submit())
    assert count(band_app, Submission) == 0
    kept(form.fill(name="Other").submit())
    assert entries(band_app, "change") == 1


def test_once_costs_a_change_one_statement(band_app: Flask, as_band_alice: Visitor) -> None:
    form = form_of(as_band_alice).fill(name="Other")
    with counted(band_app) as statements:
        kept(form.submit())
    assert sum("submissions" in one for one in statements) == 1


def test_what_somebody_else_has_saved_alike_is_still_told(app: Flask, as_alice: Visitor, bob: User) -> None:
    dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    mine = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    theirs = dora.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    kept(theirs.submit())
    page = mine.submit()
    assert page.status == 409
    assert "No field that you see differs" in page.messages
    kept(page.form().submit())


ONCE = "This form was sent twice and done once."


@pytest.mark.race
@pytest.mark.parametrize("moment", ["at once", "one after the other"])
@pytest.mark.parametrize("what", ["a value", "a deleted one", "an undo"])
def test_what_is_taken_back_twice_ends_as_the_first_and_is_done_once(
    library_app: Flask, as_library_alice: Visitor, book: Book, moment: str, what: str
) -> None:
    """A browser shows what came of the second click."""
    if what == "a deleted one":
        delete(as_library_alice, "books", book.id)
    else:
        change(as_library_alice, "books", book.id, pages="7")
    entry = last_entry(library_app, "books")
    if what == "an undo":
        form, button = as_library_alice.get(f"/undo/{entry.request_id}/").form(), "_undo"
    else:
        form, button = restore(as_library_alice, "books", book.id, entry).form(), "_restore"
    clicks: list[Callable[[], Page]] = [lambda: form.submit(button)] * 4
    answers = at_once(clicks) if moment == "at once" else [click() for click in clicks]
    assert {page.status for page in answers} == {303}
    verb, number = ("add", 1) if what == "a deleted one" else ("change", 2)
    assert entries(library_app, verb) == number
    assert found(library_app, Book, book.id).pages == book.pages
    assert ONCE in form.submit(button, follow=True).messages


@pytest.mark.race
def test_undo_in_a_message_that_is_pressed_twice_is_done_once(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    page = as_library_alice.get(f"/books/{book.id}/change/").form().fill(pages="7").submit(follow=True)
    presses: list[Callable[[], Page]] = [page.undo] * 4
    answers = at_once(presses)
    assert [(one.status, one.location) for one in answers] == [(303, "/books/")] * 4
    assert entries(library_app, "change") == 2
    assert found(library_app, Book, book.id).pages == book.pages
