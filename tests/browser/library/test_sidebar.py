"""The menu: what is long is searched, what is in the way is made narrow, and on a phone it is a dialog."""

from tests.browser.conftest import Visiting
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit
from tests.conftest import add_user

FOCUS = "document.activeElement.closest('#sidebar') !== null"


def entries(here: Visit) -> list[str]:
    return [text.strip() for text in here.page.locator("#menu li:visible").all_inner_texts()]


def test_a_long_menu_is_searched_as_one_types(as_alice: Visit) -> None:
    as_alice.open("/")
    every = entries(as_alice)
    assert len(every) > 8
    field = as_alice.page.get_by_label("Find in the menu")
    field.press_sequentially("AUTH")
    assert entries(as_alice) == ["Authors"]
    assert as_alice.page.locator("#sidebar [role=status]").inner_text() == "Matches: 1"
    field.press("Escape")
    assert entries(as_alice) == every
    assert field.input_value() == ""
    field.press_sequentially("auth")
    field.press("Enter")
    as_alice.page.wait_for_url("**/authors/")


def test_without_a_script_there_is_nothing_that_would_not_work(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False, viewport=PHONE)
    here.sign_in()
    here.open("/")
    assert entries(here) == []
    here.press("Menu")
    assert "Authors" in entries(here)
    assert not here.page.get_by_label("Find in the menu").is_visible()
    assert not here.page.locator(".sidebar-toggle").is_visible()
    here.press("Close the menu")
    assert entries(here) == []


def test_a_menu_made_narrow_stays_narrow_and_keeps_its_words(as_alice: Visit) -> None:
    as_alice.open("/")
    menu = as_alice.page.locator("#sidebar")
    wide = menu.bounding_box()
    as_alice.press("Collapse the menu")
    as_alice.open("/books/")
    narrow = menu.bounding_box()
    assert wide is not None
    assert narrow is not None
    assert narrow["width"] < 64 < wide["width"]
    link = menu.get_by_role("link", name="Books", exact=True)
    assert link.get_attribute("title") == "Books"
    assert link.get_attribute("aria-current") == "page"
    as_alice.press("Widen the menu")
    as_alice.open("/books/add/")
    assert menu.bounding_box() == wide
    assert link.get_attribute("aria-current") == "true"
    assert link.get_attribute("title") is None


def test_on_a_phone_the_menu_keeps_the_focus_until_it_is_closed(as_alice: Visit) -> None:
    page = as_alice.page
    page.set_viewport_size(PHONE)
    as_alice.open("/")
    as_alice.press("Menu")
    as_alice.wait_until(lambda: page.evaluate(FOCUS))
    # Between the last and the first the browser's own bar has its turn, as with every dialog.
    for _key in range(page.locator("#sidebar :is(a, button, input):visible").count() + 3):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main, header, .skip') === null")
    assert page.locator("main").evaluate("one => one.inert")
    assert page.get_by_role("dialog", name="Main menu").get_by_role("navigation").is_visible()
    page.keyboard.press("Escape")
    as_alice.wait_until(lambda: page.evaluate("document.activeElement.innerText.trim() === 'Menu'"))
    assert page.evaluate("document.activeElement.innerText.trim()") == "Menu"
    assert not page.locator("main").evaluate("one => one.inert")
    assert entries(as_alice) == []
    assert page.get_by_role("dialog").count() == 0


def test_a_touch_beside_the_menu_closes_it(as_alice: Visit) -> None:
    page = as_alice.page
    page.set_viewport_size(PHONE)
    as_alice.open("/")
    as_alice.press("Menu")
    page.mouse.click(PHONE["width"] - 10, 400)
    as_alice.wait_until(lambda: entries(as_alice) == [])
    assert entries(as_alice) == []
    assert not page.locator("main").evaluate("one => one.inert")


def test_the_item_of_the_page_is_in_sight_and_the_page_is_at_its_top(as_alice: Visit) -> None:
    as_alice.open("/oddities/add/")
    link = as_alice.page.locator("#menu [aria-current]")
    as_alice.wait_until(lambda: link.evaluate("one => one.closest('.sidebar-groups').scrollTop > 0"))
    groups, box = as_alice.page.locator(".sidebar-groups").bounding_box(), link.bounding_box()
    assert groups is not None
    assert box is not None
    assert groups["y"] <= box["y"] <= groups["y"] + groups["height"] - box["height"]
    assert as_alice.page.evaluate("scrollY") == 0
