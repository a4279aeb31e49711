"""Ticking rows and doing something to them."""

import pytest

from tests.browser.conftest import Visiting
from tests.browser.looking import findings, too_wide
from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit


@pytest.fixture
def both(site: Site, as_alice: Visit, visit: Visiting) -> tuple[Visit, Visit]:
    """Alice with scripts and Alice without, where there are thirty people more."""
    site.add_people(everyday(30))
    without = visit(java_script_enabled=False)
    without.sign_in("alice")
    return as_alice, without


def test_one_box_ticks_the_page_and_the_ticked_rows_are_counted(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(30))
    as_alice.open("/users/?size=25")
    page = as_alice.page
    every, counter = page.get_by_label("Select all on this page"), page.locator("[data-selected]")
    assert counter.inner_text() == ""
    every.check()
    assert counter.inner_text() == "Selected: 25"
    page.get_by_role("checkbox", name="Select alice", exact=True).uncheck()
    assert counter.inner_text() == "Selected: 24"
    assert every.evaluate("(box) => box.indeterminate")
    assert findings(page) == []
    every.check()
    every.uncheck()
    assert page.locator("[name=selected]:checked").count() == 0


def test_without_an_action_nothing_is_sent_and_what_is_ticked_stays(both: tuple[Visit, Visit]) -> None:
    for here in both:
        here.open("/users/?size=25")
        page = here.page
        for place in (1, 3):
            page.locator("[name=selected]").nth(place).check()
        page.get_by_role("button", name="Go").click()
        assert page.locator("select#action:invalid").count() == 1
        assert page.locator("[name=selected]:checked").count() == 2
        page.get_by_label("Action").select_option("deactivate")
        here.press("Go")
        assert "2 users" in page.locator("main").inner_text()


def test_people_are_deleted_from_the_list_and_what_stays_is_told(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(12))
    as_alice.open("/users/?size=25")
    page = as_alice.page
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Action").select_option("delete")
    as_alice.press("Go")
    assert page.get_by_role("heading", level=1).inner_text() == "Delete: 13 users"
    assert findings(page) == []
    as_alice.press("Delete")
    assert "12 users were deleted." in page.locator(".message-success").inner_text()
    assert findings(page) == []
    as_alice.follow("Back to the list")
    assert as_alice.column() == ["alice"]


def test_the_bar_is_there_when_something_is_ticked_with_and_without_scripts(
    both: tuple[Visit, Visit],
) -> None:
    for here in both:
        here.open("/users/?size=25")
        go = here.page.get_by_role("button", name="Go")
        box = here.page.locator("[name=selected]").first
        assert go.is_hidden()
        box.check()
        assert go.is_visible()
        box.uncheck()
        assert go.is_hidden()


def test_a_chip_opens_and_changes_its_filter_with_and_without_scripts(both: tuple[Visit, Visit]) -> None:
    for here in both:
        here.open("/users/?is_active=true&username__contains=a")
        here.page.locator(".chip-filter summary", has_text="Active").click()
        here.page.locator(".chip-filter select").select_option("false")
        here.page.locator(".chip-filter button:visible").click()
        here.page.wait_for_url("**/users/?*is_active=false*")
        assert "username__contains=a" in here.page.url
        assert "Active No" in here.page.locator(".chips").inner_text().replace("\n", " ")
    page = both[0].page
    page.locator(".chip-filter summary").first.click()
    assert findings(page) == []


def test_a_phone_shows_cards_with_labels_and_without_scripts_the_table(
    site: Site, as_alice: Visit, visit: Visiting
) -> None:
    site.add_people(everyday(30))
    for has_scripts in (True, False):
        here = visit(java_script_enabled=has_scripts, viewport=PHONE)
        here.sign_in("alice")
        here.open("/users/?q=ana")
        cell = here.page.locator("tbody tr").first.locator("td").nth(1)
        label = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
        assert label == ('"E-mail"' if has_scripts else "none")
        heads = here.page.locator("thead th").nth(1)
        assert heads.bounding_box()["width"] > 0  # type: ignore[index]
        assert cell.evaluate("cell => getComputedStyle(cell).display") == (
            "flex" if has_scripts else "table-cell"
        )
        assert too_wide(here.page) == []


def test_shift_ticks_and_unticks_all_between_two_rows(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(12))
    as_alice.open("/users/")
    boxes = as_alice.page.locator("[name=selected]")
    counter = as_alice.page.locator("[data-selected]")
    boxes.nth(2).click()
    boxes.nth(6).click(modifiers=["Shift"])
    assert counter.inner_text() == "Selected: 5"
    boxes.nth(4).click(modifiers=["Shift"])
    assert counter.inner_text() == "Selected: 2"
    boxes.nth(9).click()
    assert counter.inner_text() == "Selected: 3"


def test_all_that_match_ticks_the_page_and_one_box_takes_it_back(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(30))
    as_alice.open("/users/?size=25")
    page = as_alice.page
    boxes, across = page.locator("[name=selected]"), page.locator("[name=select_across]")
    boxes.first.check()
    across.check()
    assert page.locator("[name=selected]:checked").count() == 25
    boxes.nth(3).uncheck()
    assert not across.is_checked()


def test_a_cut_value_and_an_exact_moment_show_whole_on_a_press(site: Site, as_alice: Visit) -> None:
    site.add_people([("long", "One " * 25 + "last")])
    as_alice.open("/users/?q=long&columns=username,email,full_name,is_active,created_at")
    page = as_alice.page
    cells, whole = page.locator("tbody tr").first.locator("td"), page.locator(".whole")
    cells.nth(2).click()
    assert whole.inner_text().endswith("One last")
    assert findings(page) == []
    page.keyboard.press("Escape")
    assert whole.is_hidden()
    cells.last.click()
    assert whole.inner_text() == cells.last.get_attribute("title")
    page.keyboard.press("Escape")
    cells.nth(3).click()
    assert whole.is_hidden()


def test_all_that_match_are_counted_and_taken_back_by_the_box_of_the_head(
    site: Site, as_alice: Visit
) -> None:
    site.add_people(everyday(30))
    as_alice.open("/users/?size=25")
    page = as_alice.page
    boxes, across = page.locator("[name=selected]"), page.locator("[name=select_across]")
    every, counter = page.get_by_label("Select all on this page"), page.locator("[data-selected]")
    boxes.first.check()
    across.check()
    assert counter.inner_text() == "All 31 that match"
    every.uncheck()
    assert counter.inner_text() == ""
    boxes.nth(2).check()
    assert not across.is_checked()
    assert counter.inner_text() == "Selected: 1"
    page.get_by_label("Action").select_option("delete")
    as_alice.press("Go")
    assert page.get_by_role("heading", level=1).inner_text() == "Delete: 1 user"
