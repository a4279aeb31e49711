"""A form in a dialog, however long it is: whole inside the window, with its buttons in reach."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.browser.library.conftest import BookForm
from tests.browser.looking import NARROWEST, ZOOMED, findings
from tests.browser.server import Site
from tests.browser.visits import DESKTOP, PHONE, Visit
from tests.library.people import Member
from webapp.extensions import db

if TYPE_CHECKING:
    from playwright.sync_api import Locator

LARGE = {"width": 1920, "height": 1080}
LOW = {"width": 844, "height": 390}


def assert_inside(opened: "Locator", size: dict[str, int]) -> None:
    box = opened.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]


def is_reached(button: "Locator") -> bool:
    return bool(
        button.evaluate(
            """(one) => {
              const { left, top, width, height } = one.getBoundingClientRect();
              return one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
            }"""
        )
    )


@pytest.fixture
def long(form: BookForm) -> "Locator":
    """The form of an author with the rows of his books."""
    form.page.get_by_role("button", name="Change … Author").click()
    opened = form.page.get_by_role("dialog")
    opened.locator("#dialog-1-books").wait_for()
    return opened


def test_a_long_form_is_inside_every_window_and_saved_without_scrolling(long: "Locator") -> None:
    page = long.page
    for size in (LARGE, DESKTOP, PHONE, ZOOMED, NARROWEST, LOW):
        page.set_viewport_size(size)
        assert_inside(long, size)
        # In a low window they would cover the fields: there they stand below them.
        if size["height"] >= 480:
            assert is_reached(long.get_by_role("button", name="Save")), size
        assert is_reached(long.get_by_role("button", name="Close")), size
        long.get_by_text("Cancel").scroll_into_view_if_needed()
        assert is_reached(long.get_by_text("Cancel")), size
    page.set_viewport_size(PHONE)
    long.get_by_role("textbox", name="Name").fill("C. Lispector")
    save = long.get_by_role("button", name="Save").bounding_box()
    assert save is not None
    page.mouse.click(save["x"] + save["width"] / 2, save["y"] + save["height"] / 2)
    long.wait_for(state="detached")
    assert page.get_by_role("combobox", name="Author").input_value() == "C. Lispector"


def test_a_long_form_looks_as_it_must_in_every_window(long: "Locator") -> None:
    assert findings(long.page) == []


def test_the_form_of_a_new_book_over_that_of_a_member_is_inside_a_large_window(
    site: Site, as_alice: Visit
) -> None:
    with site.app.app_context():
        key = db.session.scalar(select(Member.id).where(Member.first_name == "Rui"))
    page = as_alice.page
    page.set_viewport_size(LARGE)
    as_alice.open(f"/members/{key}/change/")
    page.locator("[name=_add_loans][type=button]").click()
    page.locator("#loans").get_by_role("button", name="Add … Book").click()
    opened = page.get_by_role("dialog", name="Add book")
    opened.wait_for()
    assert_inside(opened, LARGE)
    assert is_reached(opened.get_by_role("button", name="Save"))
    assert is_reached(opened.get_by_text("Cancel"))


def test_the_palette_and_the_help_on_keys_are_inside_every_window(as_alice: Visit) -> None:
    page = as_alice.page
    as_alice.open("/")
    page.wait_for_load_state("networkidle")
    for size in (DESKTOP, PHONE, NARROWEST, LOW):
        page.set_viewport_size(size)
        for key, name in (("Control+k", "Search and commands"), ("?", "Keyboard shortcuts")):
            opened = page.get_by_role("dialog", name=name)
            page.keyboard.press(key)
            opened.wait_for()
            assert_inside(opened, size)
            page.keyboard.press("Escape")
            opened.wait_for(state="hidden")
