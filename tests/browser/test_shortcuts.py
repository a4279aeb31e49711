"""Single keys outside of fields, the help that lists them, and messages that wait to be dismissed."""

import pytest

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user

FOCUSED = "document.activeElement.textContent.trim()"


@pytest.fixture
def crowd(site: Site, as_alice: Visit) -> Visit:
    site.add_people(everyday(30))
    as_alice.open("/users/?size=25&sort=username")
    return as_alice


def press(here: Visit, *keys: str) -> None:
    for key in keys:
        here.page.keyboard.press(key)


def test_slash_goes_to_the_search_of_the_list_and_types_nothing(crowd: Visit) -> None:
    press(crowd, "/")
    box = crowd.page.get_by_role("searchbox", name="Search")
    assert crowd.page.evaluate("document.activeElement.id") == "q"
    press(crowd, "/", "n", "?")
    assert box.input_value() == "/n?"
    assert crowd.page.url.endswith("/users/?size=25&sort=username")


def test_slash_opens_the_palette_where_there_is_no_list(as_alice: Visit) -> None:
    as_alice.open("/account/")
    press(as_alice, "/")
    as_alice.page.get_by_role("dialog", name="Search and commands").wait_for()


def test_rows_are_walked_ticked_and_opened(crowd: Visit) -> None:
    names = crowd.column()
    press(crowd, "j")
    assert crowd.page.evaluate(FOCUSED) == names[0]
    press(crowd, "j", "j", "k")
    assert crowd.page.evaluate(FOCUSED) == names[1]
    press(crowd, "x")
    assert crowd.page.locator("[name=selected]:checked").count() == 1
    assert crowd.page.get_by_role("checkbox", name=f"Select {names[1]}", exact=True).is_checked()
    press(crowd, "x")
    assert crowd.page.locator("[name=selected]:checked").count() == 0
    press(crowd, "o")
    crowd.page.wait_for_url("**/change/")
    assert crowd.page.get_by_role("heading", level=1).inner_text() == names[1]


def test_enter_opens_the_row_that_has_the_focus(crowd: Visit) -> None:
    names = crowd.column()
    crowd.page.get_by_role("checkbox", name=f"Select {names[2]}", exact=True).focus()
    press(crowd, "Enter")
    crowd.page.wait_for_url("**/change/")
    assert crowd.page.get_by_role("heading", level=1).inner_text() == names[2]


@pytest.mark.parametrize("key", ["n", "c"])
def test_a_key_adds_on_a_list(crowd: Visit, key: str) -> None:
    press(crowd, key)
    crowd.page.wait_for_url("**/users/add/")


def test_two_keys_lead_to_the_overview(crowd: Visit) -> None:
    press(crowd, "i")
    press(crowd, "g", "i")
    crowd.page.wait_for_url(crowd.site.url + "/")


def test_the_help_is_opened_by_key_and_from_the_menu_and_closes(crowd: Visit) -> None:
    help_dialog = crowd.page.get_by_role("dialog", name="Keyboard shortcuts")
    press(crowd, "?")
    help_dialog.wait_for()
    assert help_dialog.locator("kbd").all_inner_texts()[2] == "/"
    assert findings(crowd.page) == []
    press(crowd, "n", "Escape")
    help_dialog.wait_for(state="hidden")
    crowd.page.get_by_role("button", name="Your account:").click()
    crowd.page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog.wait_for()
    help_dialog.get_by_role("button", name="Close").click()
    help_dialog.wait_for(state="hidden")
    assert crowd.page.evaluate("document.activeElement.matches('.person-button')")
    assert crowd.page.url.endswith("/users/?size=25&sort=username")


def test_without_scripts_the_help_opens_from_the_menu(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    here.open("/")
    here.page.get_by_role("button", name="Your account:").click()
    here.page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog = here.page.get_by_role("dialog", name="Keyboard shortcuts")
    help_dialog.wait_for()
    help_dialog.get_by_role("button", name="Close").click()
    help_dialog.wait_for(state="hidden")


def test_who_switched_them_off_has_none_and_keeps_those_with_control(crowd: Visit) -> None:
    crowd.page.evaluate("document.documentElement.dataset.shortcuts = 'off'")
    press(crowd, "?", "j", "n", "g", "i", "/")
    assert crowd.page.locator("dialog:modal").count() == 0
    assert crowd.page.evaluate("document.activeElement.localName") == "body"
    assert crowd.page.url.endswith("/users/?size=25&sort=username")
    press(crowd, "Control+k")
    crowd.page.get_by_role("dialog", name="Search and commands").wait_for()


@pytest.mark.parametrize("keys", ["Control+j", "Alt+j", "Meta+j"])
def test_with_another_key_held_they_are_the_browsers(crowd: Visit, keys: str) -> None:
    press(crowd, keys)
    assert crowd.page.evaluate("document.activeElement.closest('tr')") is None


def test_a_select_keeps_its_letters(crowd: Visit) -> None:
    crowd.page.get_by_text("Filters", exact=True).click()
    crowd.page.locator("#filter-is_active").focus()
    press(crowd, "n", "c", "?")
    assert crowd.page.locator("dialog:modal").count() == 0
    assert crowd.page.url.endswith("/users/?size=25&sort=username")


# Messages


def test_a_message_stays_until_it_is_dismissed(as_alice: Visit) -> None:
    as_alice.open("/account/")
    as_alice.fill(full_name="Alice Almeida")
    as_alice.press("Save")
    as_alice.page.get_by_role("button", name="Dismiss this message").click()
    assert as_alice.page.locator(".message").count() == 0
    assert as_alice.page.evaluate("document.activeElement.id") == "main"


def test_without_scripts_a_message_offers_nothing_that_does_nothing(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    here.open("/account/")
    here.fill(full_name="Alice Almeida")
    here.press("Save")
    assert here.message()
    assert here.page.get_by_role("button", name="Dismiss this message").count() == 0


def test_a_key_right_after_the_palette_has_closed_is_not_lost(crowd: Visit) -> None:
    """Until the next picture the field that is gone has the focus still."""
    press(crowd, "Control+k")
    crowd.page.get_by_role("combobox", name="Search and commands").wait_for()
    crowd.page.evaluate(
        """() => {
          const field = document.activeElement;
          field.closest("dialog").close();
          field.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, key: "?" }));
        }"""
    )
    crowd.page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
