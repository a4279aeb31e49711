"""Light and dark: as the device says, unless the person has chosen."""

import pytest

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(22, 23, 27)"


def test_the_theme_of_the_profile_wins_over_the_device(as_alice: Visit) -> None:
    as_alice.open("/account/")
    assert _background(as_alice) == LIGHT
    as_alice.page.get_by_role("combobox", name="Theme").select_option("Dark")
    as_alice.press("Save")
    assert _background(as_alice) == DARK
    as_alice.page.emulate_media(color_scheme="dark")
    as_alice.page.get_by_role("combobox", name="Theme").select_option("Light")
    as_alice.press("Save")
    assert _background(as_alice) == LIGHT


@pytest.mark.parametrize("script", [True, False])
def test_one_press_in_the_menu_changes_the_theme(site: Site, visit: Visiting, script: bool) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=script)
    here.sign_in()
    here.open("/users/?q=ali")
    drawn = [here.page.screenshot(animations="disabled")]
    for theme in ("Dark", "Light"):
        here.page.locator(".person-button").click()
        assert (
            here.page.get_by_role("button", name=theme, exact=True).get_attribute("aria-pressed") == "false"
        )
        here.press(theme)
        assert here.page.url.endswith("/users/?q=ali")
        drawn.append(here.page.screenshot(animations="disabled"))
    assert drawn[0] != drawn[1]
    assert here.page.locator("html").get_attribute("data-theme") == "light"
    assert _background(here) == LIGHT


@pytest.mark.parametrize("script", [True, False])
def test_before_one_signs_in_the_browser_remembers_it(site: Site, visit: Visiting, script: bool) -> None:
    here = visit(java_script_enabled=script)
    here.open("/login")
    here.press("Dark")
    assert here.page.locator("html").get_attribute("data-theme") == "dark"
    here.open("/login")
    assert _background(here) == DARK


def test_the_answer_itself_says_the_theme_so_that_nothing_flashes(as_alice: Visit) -> None:
    as_alice.open("/")
    as_alice.page.locator(".person-button").click()
    as_alice.press("Dark")
    answer = as_alice.open("/")
    assert answer is not None
    assert b'data-theme="dark"' in answer.body()[:200]
    assert as_alice.page.locator("script:not([src])").count() == 0


def test_compact_rows_and_controls_are_lower(as_alice: Visit) -> None:
    def heights() -> tuple[float, float]:
        as_alice.open("/users/")
        row = as_alice.page.locator(".table tbody tr").first.bounding_box()
        as_alice.open("/account/")
        field = as_alice.page.get_by_label("Full name").bounding_box()
        assert row is not None
        assert field is not None
        return row["height"], field["height"]

    before = heights()
    as_alice.page.locator(".person-button").click()
    as_alice.press("Compact")
    after = heights()
    assert after[0] < before[0]
    assert after[1] < before[1]


def test_the_chooser_and_compact_pages_have_no_barrier(site: Site, visit: Visiting) -> None:
    here = visit()
    here.open("/login")
    assert findings(here.page) == []
    add_user(site.app, "alice", is_superuser=True, density="compact")
    here.sign_in()
    for address in ("/users/", "/account/"):
        here.open(address)
        here.page.locator(".person-button").click()
        assert findings(here.page) == []


def _background(here: Visit) -> str:
    """What the browser drew; reading it works on pages without scripts too."""
    return str(here.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
