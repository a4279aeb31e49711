"""Results that follow what one types and clicks, as if each page had been loaded; and loaded pages without scripts."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user

if TYPE_CHECKING:
    from playwright.sync_api import Route


@pytest.fixture
def crowd(site: Site, as_alice: Visit) -> Visit:
    """A list of 61 people on three pages, marked so that one sees whether the page is loaded anew."""
    site.add_people(everyday(60))
    as_alice.open("/users/?size=25&sort=username")
    mark(as_alice)
    return as_alice


def mark(here: Visit) -> None:
    here.page.locator("#results ~ [role=status]").wait_for(state="attached")
    here.page.evaluate("window.isSame = true")


def is_same_page(here: Visit) -> bool:
    return bool(here.page.evaluate("window.isSame === true"))


def until_query(here: Visit, query: str) -> None:
    """Wait for the address with *query*, and for its rows."""
    state = "[location.search, document.getElementById('results').ariaBusy]"
    here.wait_until(lambda: here.page.evaluate(state) == [query, None])
    assert here.page.evaluate(state) == [query, None]


def announced(here: Visit) -> str:
    return here.page.locator("#results ~ [role=status]").inner_text()


def test_rows_count_title_and_address_follow_what_is_typed(crowd: Visit) -> None:
    box = crowd.page.get_by_role("searchbox", name="Search")
    box.press_sequentially("ana")
    until_query(crowd, "?size=25&sort=username&q=ana")
    assert crowd.column() == ["ana.almeida", "ana.bauer", "ana.costa"]
    assert crowd.page.locator("#count").inner_text() == "3 users"
    assert "3 users" in announced(crowd)
    assert is_same_page(crowd)
    assert findings(crowd.page) == []


def test_the_caret_stays_where_one_types(crowd: Visit) -> None:
    box = crowd.page.get_by_role("searchbox", name="Search")
    box.fill("aa")
    until_query(crowd, "?size=25&sort=username&q=aa")
    box.press("ArrowLeft")
    box.press("n")
    until_query(crowd, "?size=25&sort=username&q=ana")
    assert box.evaluate("(box) => [document.activeElement === box, box.value, box.selectionStart]") == [
        True,
        "ana",
        2,
    ]
    assert is_same_page(crowd)


def test_back_leads_to_before_the_search_and_forward_to_its_end(crowd: Visit) -> None:
    box = crowd.page.get_by_role("searchbox", name="Search")
    for letter, query in (("a", "a"), ("n", "an"), ("a", "ana")):
        box.press(letter)
        until_query(crowd, f"?size=25&sort=username&q={query}")
    crowd.page.go_back()
    until_query(crowd, "?size=25&sort=username")
    assert len(crowd.column()) == 25
    assert box.input_value() == ""
    crowd.page.go_forward()
    until_query(crowd, "?size=25&sort=username&q=ana")
    assert len(crowd.column()) == 3
    assert box.input_value() == "ana"
    assert is_same_page(crowd)


def test_paging_keeps_the_page_and_the_focus_and_back_works(crowd: Visit) -> None:
    first = crowd.column()
    crowd.page.get_by_role("link", name="Next page").click()
    crowd.wait_until(lambda: crowd.column() != first)
    second = crowd.column()
    assert set(second).isdisjoint(first)
    assert crowd.page.evaluate("document.activeElement.textContent") == "Next page"
    assert "25 rows on this page" in announced(crowd)
    crowd.page.keyboard.press("Enter")
    crowd.wait_until(lambda: len(crowd.column()) == 11)
    assert crowd.page.evaluate("document.activeElement.className") == "table-pane"
    crowd.page.go_back()
    crowd.wait_until(lambda: crowd.column() == second)
    crowd.page.go_back()
    crowd.wait_until(lambda: crowd.column() == first)
    assert is_same_page(crowd)


def test_a_search_keeps_an_order_that_was_clicked(crowd: Visit) -> None:
    crowd.page.get_by_role("columnheader", name="E-mail").get_by_role("link").click()
    until_query(crowd, "?size=25&sort=email")
    crowd.page.get_by_role("searchbox", name="Search").fill("ana")
    until_query(crowd, "?size=25&sort=email&q=ana")
    assert crowd.page.locator("th[aria-sort]").inner_text().startswith("E-mail")
    assert is_same_page(crowd)


def test_filters_and_chips_follow(crowd: Visit) -> None:
    page = crowd.page
    page.get_by_text("Filters", exact=True).click()
    page.locator("#filter-is_active").select_option("false")
    page.get_by_role("button", name="Apply").click()
    until_query(crowd, "?size=25&sort=username&is_active=false")
    assert page.locator("#count").inner_text() == "12 users"
    assert not page.get_by_role("button", name="Apply").is_visible()
    page.locator("#chips a").first.click()
    until_query(crowd, "?size=25&sort=username")
    assert page.locator("#count").inner_text() == "61 users"
    assert page.locator("#chips .chip-filter").count() == 0
    page.get_by_text("Filters", exact=True).click()
    assert page.locator("#filter-is_active").input_value() == ""
    assert is_same_page(crowd)


def test_rows_that_came_later_are_ticked_and_counted_too(crowd: Visit) -> None:
    crowd.page.get_by_role("searchbox", name="Search").fill("ana")
    until_query(crowd, "?size=25&sort=username&q=ana")
    every = crowd.page.get_by_label("Select all on this page")
    every.check()
    assert crowd.page.locator("[data-selected]").inner_text() == "Selected: 3"
    crowd.page.get_by_role("checkbox", name="Select ana.bauer", exact=True).uncheck()
    assert crowd.page.locator("[data-selected]").inner_text() == "Selected: 2"
    assert every.evaluate("(box) => box.indeterminate")
    crowd.page.get_by_label("Action", exact=True).select_option("delete")
    crowd.page.get_by_role("button", name="Go", exact=True).click()
    assert crowd.page.get_by_role("heading", level=1).inner_text() == "Delete: 2 users"


def test_the_link_past_the_menu_loads_nothing(crowd: Visit) -> None:
    crowd.page.keyboard.press("Tab")
    crowd.page.keyboard.press("Enter")
    assert crowd.page.url.endswith("#main")
    crowd.page.go_back()
    assert is_same_page(crowd)
    assert [one.url for one in crowd.watch.requests if one.resource_type == "fetch"] == []


def test_where_nothing_matches_one_is_told_and_led_back(crowd: Visit) -> None:
    box = crowd.page.get_by_role("searchbox", name="Search")
    box.fill("nobody-is-called-so")
    crowd.page.get_by_role("heading", name="Nothing matches").wait_for()
    assert "0 users" in announced(crowd)
    crowd.page.get_by_role("link", name="Show all").click()
    until_query(crowd, "")
    assert box.input_value() == ""
    assert is_same_page(crowd)


def test_an_answer_that_comes_too_late_is_not_shown(crowd: Visit) -> None:
    held: list[Route] = []
    crowd.page.route("**/users/?*q=bruno", lambda route: held.append(route))
    box = crowd.page.get_by_role("searchbox", name="Search")
    box.fill("bruno")
    crowd.wait_until(lambda: held)
    assert crowd.page.locator("#results").get_attribute("aria-busy") == "true"
    box.fill("ana")
    until_query(crowd, "?size=25&sort=username&q=ana")
    crowd.wait_until(lambda: held[0].request.failure)
    assert held[0].request.failure == "net::ERR_ABORTED"
    assert len(crowd.column()) == 3
    assert crowd.page.locator("#results").get_attribute("aria-busy") is None
    assert is_same_page(crowd)


def test_a_click_for_a_new_tab_opens_one(crowd: Visit) -> None:
    before = crowd.column()
    with crowd.page.context.expect_page() as opened:
        crowd.page.get_by_role("link", name="Next page").click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url("**/users/?*after=*")
    assert crowd.column() == before


def test_who_was_signed_out_is_led_to_the_sign_in(crowd: Visit) -> None:
    crowd.page.context.clear_cookies()
    crowd.page.get_by_role("searchbox", name="Search").fill("ana")
    crowd.page.wait_for_url("**/login?**")
    assert not is_same_page(crowd)


def test_what_the_list_refuses_is_told_by_a_page(crowd: Visit) -> None:
    crowd.page.get_by_role("searchbox", name="Search").fill("a b c d e f g h i j k")
    crowd.page.wait_for_url("**q=a+b*")
    assert "at most 10 words" in crowd.page.locator("main").inner_text()
    # The browser notes the answer once for the script that asked, too.
    crowd.watch.forget()


def test_the_search_everywhere_follows_what_is_typed(crowd: Visit) -> None:
    crowd.open("/search")
    mark(crowd)
    crowd.page.get_by_role("searchbox", name="Search everywhere").press_sequentially("diego")
    until_query(crowd, "?q=diego")
    crowd.page.get_by_role("link", name="All that match in Users").wait_for()
    assert is_same_page(crowd)
    assert "result" in announced(crowd)
    assert crowd.page.title().startswith("Search: diego")
    assert findings(crowd.page) == []
    crowd.page.get_by_role("link", name="diego.almeida").click()
    crowd.page.wait_for_url("**/change/")


def test_without_scripts_every_step_is_a_page(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    site.add_people(everyday(60))
    here = visit(java_script_enabled=False)
    here.sign_in()
    here.open("/users/?size=25&sort=username")
    here.page.get_by_role("searchbox", name="Search").fill("ana")
    here.page.keyboard.press("Enter")
    here.page.wait_for_url("**q=ana*")
    assert len(here.column()) == 3
    here.open("/users/?size=25&sort=username")
    here.page.get_by_role("link", name="Next page").click()
    here.page.wait_for_url("**after=*")
    assert len(here.column()) == 25
    here.open("/search")
    here.page.get_by_role("searchbox", name="Search everywhere").fill("diego")
    here.page.keyboard.press("Enter")
    here.page.wait_for_url("**/search?q=diego")
    assert here.page.get_by_role("link", name="All that match in Users").is_visible()
