"""What was deleted with an object, on the page that brings it back: what of it does not, and how many do."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.admin.backwards import delete, found, last_entry, losses, restore
from tests.admin.bands import Contract
from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Book, Loan
from tests.library.people import Member
from tests.library.places import Branch, Shelf
from tests.pages import Page, Visitor
from webapp.admin.editing.kinship import MAX_SHOWN
from webapp.extensions import db

LOST = "The content of a file is not kept in the history."


def lines(page: Page) -> list[str]:
    """What is said of each that went with the object."""
    return [line.get_text(" ", strip=True) for line in page.soup.select("main fieldset li")]


@pytest.mark.parametrize("scan", [b"%PDF", None])
def test_what_of_it_does_not_come_back_is_named(
    band_app: Flask, as_band_alice: Visitor, scan: bytes | None
) -> None:
    contract = Contract(label="Label", scan=scan, band_id=1)
    world.keep(band_app, contract)
    delete(as_band_alice, "bands", 1)
    page = restore(as_band_alice, "bands", 1, last_entry(band_app, "bands"))
    assert losses(page) == {}
    [line] = lines(page)
    assert (f"Does not come back: Scan: {LOST}" in line) is (scan is not None)
    assert page.form().submit("_restore").status == 303
    assert found(band_app, Contract, contract.id).scan is None


def test_what_they_led_to_is_read_once_however_many_they_are(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    taken = []
    for number in (3, 30):
        member = Member(first_name="Alice", last_name=f"With {number}", email=f"{number}@example.org")
        books = [world.sample_row(Book, number + place) for place in range(number)]
        world.keep(library_app, member, *books)
        world.keep(library_app, *(Loan(member_id=member.id, book_id=book.id) for book in books))
        delete(as_library_alice, "members", member.id)
        entry = last_entry(library_app, "members")
        with counted(library_app) as statements:
            assert len(lines(restore(as_library_alice, "members", member.id, entry))) == number
        taken.append(len(statements))
    assert taken[0] == taken[1]


def with_shelves(app: Flask, number: int) -> int:
    branch = Branch(name="Centre")
    world.keep(app, branch)
    world.keep(app, *(Shelf(branch_id=branch.id, number=place) for place in range(number)))
    return branch.id


def shelves(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Shelf)) or 0


@pytest.mark.parametrize("may_add", [True, False])
def test_beyond_the_first_those_that_may_come_back_are_counted_and_those_that_may_not(
    library_app: Flask, may_add: bool
) -> None:
    grants = [f"branches.{verb}" for verb in ("view", "add", "delete", "change")]
    grants += ["shelves.view", "shelves.delete", *(["shelves.add"] if may_add else [])]
    eva = signed_in(library_app, add_user(library_app, "eva", grants=tuple(grants)))
    key = with_shelves(library_app, MAX_SHOWN + 50)
    delete(eva, "branches", key)
    page = restore(eva, "branches", key, last_entry(library_app, "branches"))
    told = lines(page)
    assert len(told) == MAX_SHOWN + 1
    stay = "50 more records stay as they are: You may not do this to it."
    assert told[-1] == ("50 more records" if may_add else stay)
    assert page.form().submit("_restore").status == 303
    assert shelves(library_app) == (MAX_SHOWN + 50 if may_add else 0)
