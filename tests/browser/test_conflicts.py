"""Two people at one form: both versions of a field side by side, chosen with the keyboard and by typing."""

import pytest

from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user, signed_in


@pytest.fixture
def refused(site: Site, as_alice: Visit) -> Visit:
    """Alice has changed the name and the address of Bob, Dora the name and whether he may sign in, and was first."""
    bob = add_user(site.app, "bob", full_name="Bob")
    dora = signed_in(site.app, add_user(site.app, "dora", is_superuser=True))
    as_alice.open(f"/users/{bob.id}/change/")
    as_alice.fill(full_name="Robert", email="robert@example.org")
    theirs = dora.get(f"/users/{bob.id}/change/").form()
    assert theirs.fill(full_name="Bobby", is_staff=False).submit().status == 303
    as_alice.press("Save")
    return as_alice


def test_which_version_stays_is_chosen_with_the_keyboard(refused: Visit) -> None:
    page = refused.page
    assert page.evaluate("document.activeElement.id") == "refused"
    name = page.get_by_role("group", name="Full name")
    assert "Changed by dora" in name.inner_text()
    name.get_by_role("radio", name="Yours").focus()
    page.keyboard.press("ArrowDown")
    assert name.get_by_role("radio", name="There now: Bobby").is_checked()
    assert findings(page) == []
    refused.press("Save what is chosen")
    assert "bob was changed" in refused.message()
    page.get_by_role("table").get_by_role("link", name="bob").click()
    refused.settle()
    assert page.locator("#full_name").input_value() == "Bobby"
    assert page.locator("#email").input_value() == "robert@example.org"
    assert not page.get_by_role("checkbox", name="Staff").is_checked()


def test_who_types_chooses_what_was_typed_and_leaving_asks_first(refused: Visit) -> None:
    page = refused.page
    name = page.get_by_role("group", name="Full name")
    name.get_by_role("radio", name="There now: Bobby").check()
    page.locator("#full_name").fill("Roberto")
    assert name.get_by_role("radio", name="Yours").is_checked()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    refused.follow("Discard mine")
    refused.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
    assert page.locator("#full_name").input_value() == "Roberto"
