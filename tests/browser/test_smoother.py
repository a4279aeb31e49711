"""What a script adds to a form: values are copied, and a new password is measured while one types."""

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.visits import Visit


def test_a_new_password_is_measured_while_one_types(as_alice: Visit) -> None:
    as_alice.open("/users/add/")
    page = as_alice.page
    words = page.locator("#password-strength")
    assert words.is_hidden()
    as_alice.fill(password="twelve chars")
    assert words.inner_text() == "Characters still missing: 3"
    as_alice.fill(password="twelve chars and")
    assert words.inner_text() == "Long enough"
    as_alice.fill(password="a" * 40)
    assert words.inner_text() == "Long enough"
    as_alice.fill(password="orvalho azul sobre o telhado")
    assert words.inner_text() == "Strong"
    assert page.locator("#password_confirm-strength").count() == 0
    assert findings(page) == []
    as_alice.fill(password="")
    assert words.is_hidden()


def test_a_password_that_exists_is_not_measured(visit: Visiting) -> None:
    here = visit()
    here.open("/login")
    here.fill(password="whatever it is")
    assert here.page.locator("meter").count() == 0


def test_what_is_only_shown_is_copied_with_one_press(as_alice: Visit) -> None:
    page = as_alice.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    as_alice.open("/users/")
    as_alice.follow("alice")
    button = page.get_by_role("button", name="Copy: Permissions", exact=True)
    button.focus()
    assert findings(page) == []
    button.press("Enter")
    page.get_by_role("button", name="Copied: Permissions", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "everything"


def test_the_number_of_a_failed_request_is_copied(as_alice: Visit) -> None:
    page = as_alice.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    as_alice.open("/nowhere/")
    number = page.locator(".error-reference code").inner_text().split()[0]
    page.get_by_role("button", name="Copy: " + number).click()
    page.get_by_role("button", name="Copied: " + number).wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == number
