"""Taking back what was just done, with the keyboard and with all that a page must hold."""

from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user


def test_a_change_and_a_delete_are_taken_back_from_their_messages(site: Site, as_alice: Visit) -> None:
    bob = add_user(site.app, "bob", full_name="Bob", grants=("users.view",))
    as_alice.open(f"/users/{bob.id}/change/")
    as_alice.fill(full_name="Robert")
    as_alice.press("Save")
    assert "bob was changed" in as_alice.message()
    undo = as_alice.page.locator("[data-undo] button")
    undo.focus()
    as_alice.page.keyboard.press("Enter")
    as_alice.page.wait_for_selector("text=Undone: bob.")
    as_alice.open(f"/users/{bob.id}/history/")
    as_alice.page.get_by_role("link", name="Restore …").last.click()
    as_alice.page.wait_for_url("**/restore/**")
    assert findings(as_alice.page) == []
    as_alice.open(f"/users/{bob.id}/delete/")
    as_alice.press("Yes, delete")
    as_alice.page.locator("[data-undo] button").click()
    as_alice.page.wait_for_url("**/restore/**")
    assert findings(as_alice.page) == []
    as_alice.press("Restore")
    assert "bob was restored" in as_alice.message()


def test_who_chooses_nothing_to_restore_is_led_to_what_is_wrong(site: Site, as_alice: Visit) -> None:
    bob = add_user(site.app, "bob", full_name="Bob")
    page = as_alice.page
    as_alice.open(f"/users/{bob.id}/change/")
    as_alice.fill(full_name="Robert")
    as_alice.press("Save")
    as_alice.open(f"/users/{bob.id}/history/")
    page.get_by_role("link", name="Restore …").first.click()
    page.get_by_label("Full name").uncheck()
    as_alice.press("Restore")
    assert page.evaluate("document.activeElement.id") == "refused"
    assert "Choose at least one value." in page.locator("#refused").inner_text()
    assert page.title().startswith("Error:")
    assert findings(page) == []
