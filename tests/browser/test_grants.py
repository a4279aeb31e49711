"""Permissions in rows and columns: ticked one by one, by row, by column, and found; with and without script."""

from tests.browser.conftest import Visiting
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user
from webapp.extensions import db
from webapp.users.models import User


def own(site: Site, user: User) -> set[str]:
    with site.app.app_context():
        found = db.session.get(User, user.id)
        assert found is not None
        return {grant.permission for grant in found.grants}


def opened(site: Site, visit: Visiting, **options: object) -> tuple[Visit, User]:
    add_user(site.app, "alice", is_superuser=True)
    bob = add_user(site.app, "bob", grants=("users.view",))
    here = visit(**options)
    here.sign_in()
    here.open(f"/users/{bob.id}/change/")
    return here, bob


def test_a_row_and_a_column_are_ticked_and_cleared_at_once(site: Site, visit: Visiting) -> None:
    here, bob = opened(site, visit)
    table = here.page.get_by_role("table", name="Permissions")
    table.get_by_role("button", name="Tick or clear all: Export").click()
    table.get_by_role("button", name="Tick or clear all: Groups").click()
    here.press("Save and continue editing")
    assert "was changed" in here.message()
    every = {f"groups.{verb}" for verb in ("view", "add", "change", "delete", "export")}
    assert own(site, bob) == {"users.view", "users.export", "log_entries.export", *every}
    # Ticked all through, it is cleared.
    table.get_by_role("button", name="Tick or clear all: Groups").click()
    here.press("Save and continue editing")
    assert "was changed" in here.message()
    assert own(site, bob) == {"users.view", "users.export", "log_entries.export"}


def test_what_is_found_is_all_that_a_column_ticks(site: Site, visit: Visiting) -> None:
    here, bob = opened(site, visit)
    here.page.get_by_role("searchbox", name="Find in the permissions").fill("group")
    assert [row.inner_text() for row in here.page.locator("#permissions tbody th:visible").all()] == [
        "Groups"
    ]
    here.page.get_by_role("searchbox", name="Find in the permissions").press("Enter")
    here.page.get_by_role("button", name="Tick or clear all: Delete").click()
    here.page.get_by_role("searchbox", name="Find in the permissions").press("Escape")
    assert here.page.locator("#permissions tbody th:visible").count() > 1
    here.press("Save and continue editing")
    assert "was changed" in here.message()
    assert own(site, bob) == {"users.view", "groups.delete"}


def test_without_script_each_is_ticked_by_itself(site: Site, visit: Visiting) -> None:
    here, bob = opened(site, visit, java_script_enabled=False)
    assert here.page.locator(".grants-find").is_hidden()
    here.page.get_by_role("checkbox", name="Groups See").check()
    here.press("Save and continue editing")
    assert "was changed" in here.message()
    assert own(site, bob) == {"users.view", "groups.view"}


def test_on_a_phone_each_box_says_its_verb(site: Site, visit: Visiting) -> None:
    here, _bob = opened(site, visit, viewport={"width": 390, "height": 844})
    row = here.page.locator("#permissions tbody tr").filter(has_text="Groups")
    assert [word.inner_text() for word in row.locator("label:visible").all()] == [
        "See",
        "Add",
        "Change",
        "Delete",
        "Export",
    ]
    assert here.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
