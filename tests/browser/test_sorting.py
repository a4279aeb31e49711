"""Several keys to sort by, and the way to a value: with the mouse, with the keys alone, without a script."""

import pytest

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import Visit


@pytest.fixture
def both(site: Site, as_alice: Visit, visit: Visiting) -> tuple[Visit, Visit]:
    """Alice with scripts and Alice without, where there are sixty people more."""
    site.add_people(everyday(60))
    without = visit(java_script_enabled=False)
    without.sign_in("alice")
    return as_alice, without


def test_keys_are_added_turned_round_and_removed_with_and_without_scripts(both: tuple[Visit, Visit]) -> None:
    for here in both:
        page = here.page
        here.open("/users/?size=25&columns=username,full_name,is_staff")
        page.locator("thead a", has_text="Staff").click()
        page.wait_for_url("**sort=is_staff")
        page.locator("summary", has_text="Then by").click()
        page.locator(".chips .menu-item", has_text="Full name").click()
        page.wait_for_url("**sort=is_staff%2Cfull_name")
        page.locator(".chip-sort a", has_text="Full name").first.click()
        page.wait_for_url("**sort=is_staff%2C-full_name")
        assert page.locator("th[aria-sort=descending]").inner_text().startswith("Full name")
        page.get_by_role("link", name="Do not sort by Staff").click()
        page.wait_for_url("**sort=-full_name")
        assert page.locator(".chip-sort").count() == 1


def test_a_head_clicked_with_shift_is_one_more_key(both: tuple[Visit, Visit]) -> None:
    here, _without = both
    page = here.page
    here.open("/users/?size=25&columns=username,full_name,is_staff")
    for label, sort in (
        ("Staff", "is_staff"),
        ("Full name", "is_staff%2Cfull_name"),
        ("Full name", "is_staff%2C-full_name"),
    ):
        page.locator("thead a", has_text=label).click(modifiers=["Shift"])
        page.wait_for_url(f"**sort={sort}")
    assert len(page.context.pages) == 1
    assert findings(page) == []


def test_one_goes_to_a_value_by_the_keys_alone_with_and_without_scripts(both: tuple[Visit, Visit]) -> None:
    for here in both:
        page = here.page
        here.open("/users/?size=25&sort=username")
        page.get_by_label("Go to: Username").focus()
        page.keyboard.type("m")
        page.keyboard.press("Enter")
        page.wait_for_url("**from=m**")
        assert page.locator("tbody th").first.inner_text() >= "m"
        assert page.get_by_label("Go to: Username").input_value() == "m"
    assert findings(both[0].page) == []
