"""Everything can be done with the keys alone, and one always sees where one is."""

import pytest

from tests.browser.conftest import Visiting
from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import DESKTOP, PHONE, Visit
from tests.conftest import add_user
from tests.pages import PASSWORD

MOST_STEPS = 90

# What has the focus, in words, and what is wrong with how it shows (WCAG 2.4.7, 2.4.11).
FOCUSED = """
() => {
  const one = document.activeElement;
  const named = one.getAttribute("aria-labelledby")?.split(" ").map((id) => document.getElementById(id).innerText);
  const label = named?.join(" ") ?? one.labels?.[0]?.innerText ?? one.getAttribute("aria-label") ?? one.innerText ?? "";
  const shows = [getComputedStyle(one), getComputedStyle(one, "::after")].some(
    (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  );
  const box = one.getBoundingClientRect();
  const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
  const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
  const parts = [0.1, 0.5, 0.9];
  const spots = parts.flatMap((x) => parts.map((y) => [left + x * (right - left), top + y * (bottom - top)]));
  const seen = spots.some(([x, y]) => {
    const there = document.elementFromPoint(x, y);
    return there && (one.contains(there) || there.contains(one));
  });
  return { tag: one.localName, label: label.trim().replace(/\\s+/g, " "), shows, seen };
}
"""


def tab_to(here: Visit, label: str) -> None:
    """Press Tab until something called so has the focus; every stop on the way must be in sight."""
    passed = []
    for _step in range(MOST_STEPS):
        here.page.keyboard.press("Tab")
        focused = here.page.evaluate(FOCUSED)
        if focused["tag"] == "body":
            continue
        assert focused["shows"], f"the focus does not show on {focused}"
        assert focused["seen"], f"the focus is out of sight on {focused}"
        if focused["label"].startswith(label):
            return
        passed.append(focused["label"])
    raise AssertionError(f"Tab never reaches “{label}”, but {passed}")


def test_alice_signs_in_and_adds_a_user_without_a_mouse(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit()
    keys = here.page.keyboard
    here.open("/login")
    here.page.wait_for_selector("[name=username]:focus")
    keys.type("alice")
    tab_to(here, "Password")
    keys.type(PASSWORD)
    tab_to(here, "Sign in")
    keys.press("Enter")
    here.page.wait_for_url(site.url + "/")

    tab_to(here, "Skip to the content")
    keys.press("Enter")
    tab_to(here, "Users")
    keys.press("Enter")
    here.page.wait_for_url("**/users/")
    tab_to(here, "Add user")
    keys.press("Enter")
    here.page.wait_for_url("**/users/add/")
    for label, text in (
        ("Username", "bob"),
        ("E-mail", "bob@example.org"),
        ("Password", PASSWORD + "2"),
        ("Password again", PASSWORD + "2"),
    ):
        tab_to(here, label)
        keys.type(text)
    tab_to(here, "Staff")
    keys.press("Space")
    tab_to(here, "Save")
    keys.press("Enter")
    here.page.wait_for_url("**/users/")
    assert "bob was added" in here.message()


def test_alice_signs_out_without_a_mouse(as_alice: Visit) -> None:
    as_alice.open("/")
    tab_to(as_alice, "A Your account:")
    as_alice.page.keyboard.press("Enter")
    tab_to(as_alice, "Sign out")
    as_alice.page.keyboard.press("Enter")
    as_alice.page.wait_for_url("**/login")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["at a desk", "on a phone"])
def test_every_stop_on_a_list_is_in_sight(site: Site, visit: Visiting, size: dict[str, int]) -> None:
    add_user(site.app, "alice", is_superuser=True)
    site.add_people(everyday(20))
    here = visit(viewport=size)
    here.sign_in()
    here.open("/users/?size=25&sort=username")
    tab_to(here, "tomás.almeida")


def test_the_filter_panel_closes_with_escape_and_gives_the_focus_back(as_alice: Visit) -> None:
    as_alice.open("/users/")
    tab_to(as_alice, "Filters")
    as_alice.page.keyboard.press("Enter")
    tab_to(as_alice, "E-mail")
    as_alice.page.keyboard.press("Escape")
    assert as_alice.page.evaluate(FOCUSED)["label"] == "Filters"
    assert not as_alice.page.get_by_role("button", name="Apply").is_visible()


def test_the_keys_that_scroll_a_page_scroll_the_rows(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(100))
    as_alice.open("/users/")
    pane = as_alice.page.locator(".table-pane")
    at_end = "(pane) => pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 1"
    # The script of a list may come after the first press.
    as_alice.wait_until(lambda: as_alice.page.keyboard.press("End") or pane.evaluate(at_end))
    assert pane.evaluate(at_end)
