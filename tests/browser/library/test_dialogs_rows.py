"""The form of what a row leads to, opened from a row that is there already: with the keys alone, in a dialog."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.test_keyboard import tab_to
from tests.browser.visits import Visit
from tests.library.books import Book, Reservation
from tests.library.people import Author, Member
from webapp.extensions import db

if TYPE_CHECKING:
    from playwright.sync_api import Locator

SIGN = "#reservations [name=_open]"


@pytest.fixture
def ana(site: Site, as_alice: Visit) -> Visit:
    """The form of a member who waits twice for the same book."""
    with site.app.app_context():
        key, book = (
            db.session.scalar(select(Member.id).where(Member.first_name == "Ana")),
            db.session.scalars(select(Book).order_by(Book.id)).first(),
        )
        db.session.add_all(Reservation(member_id=key, book_id=book.id) for _number in range(2))
        db.session.commit()
    as_alice.open(f"/members/{key}/change/")
    as_alice.page.locator("#reservations-1-book[role=combobox]").wait_for()
    return as_alice


def books(here: Visit) -> list[str]:
    boxes = here.page.locator("#reservations [data-rows] [role=combobox]")
    return [box.input_value() for box in boxes.all()]


def dialog(here: Visit, name: str) -> "Locator":
    found = here.page.get_by_role("dialog", name=name)
    found.wait_for()
    return found


def test_a_new_one_is_made_from_a_row_without_a_mouse_and_chosen_in_that_row_alone(
    site: Site, ana: Visit
) -> None:
    page = ana.page
    before = books(ana)
    page.locator("#reservations-0-book").focus()
    tab_to(ana, "Add … Book Reservation of")
    assert page.evaluate("document.activeElement.value") == "reservations-0-book:add"
    page.keyboard.press("Enter")
    opened = dialog(ana, "Add book")
    opened.get_by_label("Title").fill("Hora de nada")
    opened.get_by_role("combobox", name="Author").press_sequentially("machado")
    opened.locator("[data-active]").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Control+s")
    opened.wait_for(state="detached")
    assert page.evaluate("document.activeElement.value") == "reservations-0-book:add"
    assert books(ana) == ["Hora de nada", before[1]]
    ana.press("Save and continue editing")
    assert "was changed" in ana.message()
    with site.app.app_context():
        of_ana = select(Book.title).join(Reservation).join(Member).where(Member.first_name == "Ana")
        assert set(db.session.scalars(of_ana)) == {before[1], "Hora de nada"}


def test_what_is_changed_from_a_row_is_called_so_in_every_row_that_has_it(ana: Visit) -> None:
    ana.page.locator(f"{SIGN}[value='reservations-1-book:change']").click()
    opened = dialog(ana, "")
    opened.get_by_label("Title").fill("Another title")
    opened.get_by_role("button", name="Save").click()
    opened.wait_for(state="detached")
    assert books(ana) == ["Another title"] * 2


def test_a_row_keeps_what_it_has_when_another_chooses_something_new(ana: Visit) -> None:
    page = ana.page
    page.locator("#reservations-1-book").click()
    page.locator("#reservations-1-book").press_sequentially("casmurro")
    page.locator("#reservations [role=option][data-active]").wait_for()
    page.keyboard.press("Enter")
    assert books(ana)[1] == "Dom Casmurro"
    first = books(ana)[0]
    page.locator(f"{SIGN}[value='reservations-0-book:change']").click()
    opened = dialog(ana, first)
    opened.get_by_label("Title").fill("Renamed")
    opened.get_by_role("button", name="Save").click()
    opened.wait_for(state="detached")
    assert books(ana) == ["Renamed", "Dom Casmurro"]


def test_the_signs_of_rows_are_for_everybody_in_every_window(ana: Visit) -> None:
    ana.page.get_by_role("button", name="Add another reservation").click()
    assert ana.page.locator(SIGN).count() == 3 * 2
    assert findings(ana.page) == []


def test_the_dialog_over_rows_is_for_everybody_in_every_window(ana: Visit) -> None:
    ana.page.locator(SIGN).first.click()
    dialog(ana, "Add book")
    assert findings(ana.page) == []


def test_no_sign_of_a_row_in_a_dialog_leads_to_another_dialog(site: Site, as_alice: Visit) -> None:
    """The form of an author has rows of his books, which lead to translators."""
    with site.app.app_context():
        book = db.session.scalars(select(Book).join(Author, Book.author_id == Author.id)).first()
        key = book.id
    as_alice.open(f"/books/{key}/change/")
    as_alice.page.get_by_role("button", name="Change … Author").click()
    opened = as_alice.page.get_by_role("dialog")
    opened.locator("#dialog-1-books").wait_for()
    assert opened.locator("[name=_open]").count() == 0
    assert as_alice.page.locator(".page-body [name=_open]").count() > 0
