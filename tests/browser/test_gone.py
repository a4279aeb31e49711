"""The record of a form was deleted meanwhile: what was typed is shown, and goes on into a form that is filled in."""

import pytest

from tests.admin.backwards import delete
from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user, signed_in


@pytest.fixture
def gone(site: Site, as_alice: Visit) -> Visit:
    """Alice has written the name of Bob when Dora deletes him."""
    bob = add_user(site.app, "bob", full_name="Bob")
    dora = signed_in(site.app, add_user(site.app, "dora", is_superuser=True))
    as_alice.open(f"/users/{bob.id}/change/")
    as_alice.fill(full_name="Robert")
    delete(dora, "users", bob.id)
    as_alice.press("Save")
    return as_alice


def test_what_was_typed_is_restored_with_two_presses(gone: Visit) -> None:
    page = gone.page
    assert "dora deleted bob" in page.get_by_role("alert").inner_text()
    assert findings(page) == []
    gone.press("Restore it with what you typed …")
    assert page.locator("#full_name").input_value() == "Robert"
    gone.press("Restore")
    assert "bob was restored" in gone.message()


def test_who_leaves_the_page_is_asked_first(gone: Visit) -> None:
    page = gone.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("main .savebar").get_by_role("link", name="Users").click()
    gone.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
