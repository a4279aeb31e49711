"""Ticking rows and doing something to them."""

from tests.browser.looking import findings
from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import Visit


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


def test_people_are_deleted_from_the_list_and_what_stays_is_told(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(12))
    as_alice.open("/users/?size=25")
    page = as_alice.page
    page.get_by_label("Select all on this page").check()
    page.get_by_label("Action").select_option("delete")
    page.get_by_role("button", name="Go").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Delete: 13 users"
    assert findings(page) == []
    page.get_by_role("button", name="Delete").click()
    assert "12 users were deleted." in page.locator(".message-success").inner_text()
    assert findings(page) == []
    page.get_by_role("link", name="Back to the list").click()
    assert page.locator("tr[data-key]").count() == 1
