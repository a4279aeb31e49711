"""The command palette: by key or by click, over what the page offers and what the server finds."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.people import HOSTILE, everyday
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Route


@pytest.fixture
def crowd(site: Site, as_alice: Visit) -> Visit:
    site.add_people(everyday(60))
    as_alice.open("/users/?size=25")
    return as_alice


def open_palette(here: Visit) -> "Locator":
    here.page.keyboard.press("Control+k")
    palette = here.page.get_by_role("dialog", name="Search and commands")
    palette.wait_for()
    return palette


def options(palette: "Locator") -> dict[str, list[str]]:
    """What can be chosen, by the heading it stands under."""
    groups = palette.get_by_role("group").all()
    return {
        group.locator(".palette-group").inner_text(): group.get_by_role("option").all_inner_texts()
        for group in groups
    }


def active(palette: "Locator") -> str:
    """The option that the input says is the active one."""
    name = palette.get_by_role("combobox").get_attribute("aria-activedescendant")
    option = palette.locator(f"#{name}")
    assert option.get_attribute("aria-selected") == "true"
    assert palette.locator("[aria-selected=true]").count() == 1
    return option.inner_text()


def test_it_offers_the_menu_and_what_the_page_offers(crowd: Visit) -> None:
    palette = open_palette(crowd)
    found = options(palette)
    assert found["Go to"] == ["Home", "Users", "Groups", "History entries"]
    assert {"Add user", "Your account", "Keyboard shortcuts", "Sign out"} <= set(found["Actions"])
    assert active(palette) == "Home"
    assert findings(crowd.page) == []


def test_it_is_worked_by_keys_alone_and_gives_the_focus_back(crowd: Visit) -> None:
    crowd.page.get_by_role("searchbox", name="Search").focus()
    palette = open_palette(crowd)
    crowd.page.keyboard.press("ArrowDown")
    assert active(palette) == "Users"
    crowd.page.keyboard.press("ArrowUp")
    crowd.page.keyboard.press("ArrowUp")
    assert active(palette) == "Sign out"
    crowd.page.keyboard.press("ArrowDown")
    assert active(palette) == "Home"
    crowd.page.keyboard.press("Escape")
    palette.wait_for(state="hidden")
    assert crowd.page.evaluate("document.activeElement.id") == "q"
    open_palette(crowd)
    crowd.page.keyboard.type("add us")
    assert active(palette) == "Add user"
    crowd.page.keyboard.press("Enter")
    crowd.page.wait_for_url("**/users/add/")


def test_it_finds_records_and_opens_one(crowd: Visit) -> None:
    palette = open_palette(crowd)
    crowd.page.keyboard.type("diego")
    palette.get_by_role("option", name="diego.almeida").wait_for()
    assert options(palette)["Users"][-1] == "All that match in Users"
    assert palette.get_by_role("status").inner_text() == "Results: 4"
    assert findings(crowd.page) == []
    assert active(palette) == "diego.almeida"
    crowd.page.keyboard.press("Enter")
    crowd.page.wait_for_url("**/change/")
    assert crowd.page.get_by_role("heading", level=1).inner_text() == "diego.almeida"


def test_with_control_a_record_opens_in_a_tab_of_its_own(crowd: Visit) -> None:
    palette = open_palette(crowd)
    crowd.page.keyboard.type("diego.bauer")
    palette.get_by_role("option", name="diego.bauer").wait_for()
    with crowd.page.context.expect_page() as opened:
        crowd.page.keyboard.press("Control+Enter")
    opened.value.wait_for_url("**/change/")
    assert crowd.page.url.endswith("/users/?size=25")
    palette.wait_for(state="hidden")


def test_whatever_people_are_called_is_shown_as_text(site: Site, crowd: Visit) -> None:
    site.add_people(HOSTILE)
    palette = open_palette(crowd)
    for username, _full_name in HOSTILE[:4]:
        palette.get_by_role("combobox").fill(username)
        palette.get_by_role("option", name=username, exact=True).wait_for()
    assert palette.locator("b").count() == 0
    palette.get_by_role("combobox").fill("<")
    palette.get_by_role("option", name="<b>bold").wait_for()
    assert findings(crowd.page) == []


def test_accents_and_capitals_do_not_matter_among_commands(crowd: Visit) -> None:
    palette = open_palette(crowd)
    crowd.page.keyboard.type("ÚSERS")
    assert active(palette) == "Users"


def test_an_action_is_done(crowd: Visit) -> None:
    open_palette(crowd)
    crowd.page.keyboard.type("sign out")
    crowd.page.keyboard.press("Enter")
    crowd.page.wait_for_url("**/login")


def test_the_theme_is_changed_and_the_list_is_as_it_was(crowd: Visit) -> None:
    crowd.page.get_by_role("searchbox", name="Search").fill("ana")
    crowd.wait_until(lambda: crowd.page.url.endswith("q=ana"))
    palette = open_palette(crowd)
    crowd.page.keyboard.type("theme dark")
    assert active(palette) == "Theme: Dark"
    with crowd.page.expect_navigation():
        crowd.page.keyboard.press("Enter")
    assert crowd.page.locator("html").get_attribute("data-theme") == "dark"
    assert len(crowd.column()) == 3
    assert crowd.page.url.endswith("/users/?size=25&q=ana")


def test_what_matches_nothing_is_said_and_enter_asks_the_page(crowd: Visit) -> None:
    palette = open_palette(crowd)
    crowd.page.keyboard.type("zzzz")
    palette.get_by_text("Nothing matches.").wait_for()
    assert palette.get_by_role("combobox").get_attribute("aria-expanded") == "false"
    assert findings(crowd.page) == []
    crowd.page.keyboard.press("Enter")
    crowd.page.wait_for_url("**/search?q=zzzz")


def test_only_the_last_question_is_answered(crowd: Visit) -> None:
    held: list[Route] = []
    crowd.page.route("**/search?q=bruno", lambda route: held.append(route))
    palette = open_palette(crowd)
    crowd.page.keyboard.type("bruno")
    crowd.wait_until(lambda: held)
    palette.get_by_text("Searching …").wait_for()
    palette.get_by_role("combobox").fill("diego")
    palette.get_by_role("option", name="diego.almeida").wait_for()
    crowd.wait_until(lambda: held[0].request.failure)
    assert held[0].request.failure == "net::ERR_ABORTED"
    assert palette.get_by_role("option", name="bruno.almeida").count() == 0


def test_what_goes_wrong_is_said_calmly_and_commands_go_on_working(crowd: Visit) -> None:
    palette = open_palette(crowd)
    says = palette.get_by_role("status")
    crowd.page.route("**/search?q=users", lambda route: route.abort())
    crowd.page.keyboard.type("users")
    crowd.wait_until(lambda: "does not answer" in says.inner_text())
    assert "does not answer" in says.inner_text()
    assert active(palette) == "Users"
    crowd.page.context.clear_cookies()
    palette.get_by_role("combobox").fill("diego")
    crowd.wait_until(lambda: "signed out" in says.inner_text())
    assert "You are signed out" in says.inner_text()
    assert findings(crowd.page) == []
    crowd.watch.forget()


def test_the_link_opens_it_and_so_does_the_key_on_every_page(crowd: Visit) -> None:
    for path in ("/", "/users/add/", "/account/", "/search"):
        crowd.open(path)
        crowd.page.get_by_role("link", name="Search", exact=True).click()
        palette = crowd.page.get_by_role("dialog", name="Search and commands")
        palette.wait_for()
        palette.get_by_role("button", name="Close").click()
        palette.wait_for(state="hidden")
        open_palette(crowd)


def test_where_it_cannot_be_loaded_the_link_leads_to_the_page(crowd: Visit) -> None:
    crowd.page.route("**/parts/palette.js", lambda route: route.abort())
    crowd.page.get_by_role("link", name="Search", exact=True).click()
    crowd.page.wait_for_url("**/search")
    crowd.watch.forget()


def test_without_scripts_the_link_leads_to_the_search(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    here.open("/")
    here.page.get_by_role("link", name="Search", exact=True).click()
    here.page.wait_for_url("**/search")
    assert here.page.get_by_role("dialog").count() == 0
