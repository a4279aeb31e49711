"""Rows that hang on an object, in its form: added, taken off and saved with the keyboard, with and without a script."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user
from tests.library.books import Book, Reservation
from tests.library.people import Card, Member
from tests.library.places import Branch, Shelf
from webapp.extensions import db


def key_of(site: Site, model: Any, **values: Any) -> int:
    with site.app.app_context():
        return int(db.session.scalars(select(model.id).filter_by(**values)).one())


def shelves(site: Site) -> list[tuple[int, float | None]]:
    with site.app.app_context():
        rows = db.session.execute(select(Shelf.number, Shelf.metres).order_by(Shelf.number))
        return [tuple(row) for row in rows]


@pytest.fixture
def central(site: Site, as_alice: Visit) -> Visit:
    """The form of a branch with two shelves."""
    as_alice.open(f"/branches/{key_of(site, Branch, name='Central')}/change/")
    return as_alice


@pytest.fixture
def ana(site: Site, as_alice: Visit) -> Visit:
    """The form of a member with a card and a loan."""
    as_alice.open(f"/members/{key_of(site, Member, first_name='Ana')}/change/")
    return as_alice


def test_a_row_is_added_with_the_keyboard_and_saved_with_what_it_hangs_on(site: Site, central: Visit) -> None:
    page = central.page
    page.get_by_role("button", name="Add another shelf").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "shelves-2-number"
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("1.5")
    page.keyboard.press("Control+s")
    page.wait_for_url("**/branches/")
    assert shelves(site) == [(1, 2.5), (2, None), (7, 1.5)]


def test_enter_in_a_row_saves_and_adds_no_row(site: Site, central: Visit) -> None:
    central.page.locator("[name=shelves-1-metres]").fill("4")
    central.page.keyboard.press("Enter")
    central.page.wait_for_url("**/branches/")
    assert shelves(site) == [(1, 2.5), (2, 4.0)]


def test_a_row_is_taken_off_with_the_keyboard(site: Site, central: Visit) -> None:
    central.page.get_by_role("checkbox", name="Delete: Shelf").first.focus()
    central.page.keyboard.press("Space")
    central.press("Save and continue editing")
    assert "was changed" in central.message()
    assert shelves(site) == [(2, None)]


def test_leaving_with_a_new_row_asks_first(central: Visit) -> None:
    asked: list[str] = []
    central.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    central.page.get_by_role("button", name="Add another shelf").click()
    central.page.keyboard.type("7")
    central.follow("Cancel")
    central.wait_until(lambda: asked)
    assert central.page.locator("[name=shelves-2-number]").input_value() == "7"


def test_there_is_no_button_for_more_than_there_may_be(site: Site, as_alice: Visit) -> None:
    as_alice.open(f"/members/{key_of(site, Member, first_name='Ana')}/change/")
    more = as_alice.page.get_by_role("button", name="Add another card")
    assert more.count() == 0
    as_alice.open("/members/add/")
    more.click()
    assert more.is_disabled()
    as_alice.page.get_by_label("Leave out").check()
    assert more.is_enabled()


def test_a_new_row_searches_for_what_it_leads_to(site: Site, ana: Visit) -> None:
    page = ana.page
    # What searches is there before the row, as one types faster than it comes.
    page.wait_for_load_state("networkidle")
    page.route("**/lookup.js*", lambda route: route.abort())
    page.get_by_role("button", name="Add another reservation").click()
    page.locator("#reservations-0-book").press_sequentially("casmurro")
    page.locator("#reservations [role=option][data-active]").wait_for()
    page.keyboard.press("Enter")
    page.unroute("**/lookup.js*")
    ana.press("Save and continue editing")
    assert "was changed" in ana.message()
    with site.app.app_context():
        member = key_of(site, Member, first_name="Ana")
        found = select(Book.title).join(Reservation).where(Reservation.member_id == member)
        assert db.session.scalars(found).all() == ["Dom Casmurro"]


def test_what_is_wrong_in_a_row_leads_to_its_field(central: Visit) -> None:
    central.page.locator("[name=shelves-0-metres]").fill("x")
    central.press("Save")
    assert central.page.evaluate("document.activeElement.id") == "errors"
    central.page.locator("#errors a").click()
    assert central.page.evaluate("document.activeElement.id") == "shelves-0-metres"


@pytest.mark.parametrize("state", ["fresh", "grown", "refused"])
def test_rows_are_for_everybody_in_every_window(ana: Visit, state: str) -> None:
    page = ana.page
    if state != "fresh":
        for name in ("loan", "reservation"):
            page.get_by_role("button", name=f"Add another {name}").click()
    if state == "refused":
        page.locator("[name=loans-1-note]").fill("a note without a book")
        page.locator("[name=loans-0-lent_on]").fill("")
        ana.press("Save")
        assert page.locator("#errors li").count() >= 2
    assert findings(page) == []


def test_without_a_script_a_row_more_comes_from_the_server_with_all_that_was_typed(
    site: Site, visit: Visiting
) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    key = key_of(site, Member, first_name="Rui")
    here.open(f"/members/{key}/change/")
    here.fill(first_name="Ruy")
    here.press("Add another card")
    assert here.page.url.endswith("#card")
    assert here.page.locator("#first_name").input_value() == "Ruy"
    here.page.locator("[name=card-0-number]").fill("R1")
    here.press("Save and continue editing")
    assert "was changed" in here.message()
    with site.app.app_context():
        assert db.session.scalars(select(Card.number).where(Card.member_id == key)).all() == ["R1"]
