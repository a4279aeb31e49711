"""Browsers that lack what has come since 2023: what opens is not seen through, and nothing lies over the page."""

import re
from typing import TYPE_CHECKING

from tests.browser.visits import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Route

WITHOUT = """
for (const name of ["showPopover", "hidePopover", "popover"]) delete HTMLElement.prototype[name];
"""


def grow_old(here: Visit) -> None:
    """Have the browser understand neither popovers nor two colours in one, nor a selector that looks inside."""

    def answer(route: "Route") -> None:
        response = route.fetch()
        text = response.text()
        if "html" in response.headers["content-type"]:
            text = re.sub(r" popover(?=[ >])|popovertarget", "", text)
        else:
            text = re.sub(
                r"light-dark\(|:popover-open|:has\(", lambda found: f"{found[0][0]}no-{found[0][1:]}", text
            )
        route.fulfill(response=response, body=text)

    here.page.add_init_script(WITHOUT)
    here.page.route(re.compile(r"\.css$|/users/"), answer)


def background(here: Visit, selector: str) -> str:
    return str(here.page.locator(selector).first.evaluate("one => getComputedStyle(one).backgroundColor"))


def test_without_two_colours_in_one_all_has_the_light_ones(as_alice: Visit) -> None:
    grow_old(as_alice)
    as_alice.page.emulate_media(color_scheme="dark")
    as_alice.open("/users/")
    as_alice.page.locator("summary", has_text="Filters").click()
    assert background(as_alice, "details.filters > :last-child") == "rgb(255, 255, 255)"
    assert background(as_alice, ".button-primary") == "rgb(69, 72, 198)"
    assert background(as_alice, "html") == "rgb(255, 255, 255)"


def test_without_popovers_no_menu_lies_over_the_page(as_alice: Visit) -> None:
    grow_old(as_alice)
    page = as_alice.page
    as_alice.open("/users/")
    assert page.locator(".person-menu").is_hidden()
    page.get_by_role("checkbox", name="Select alice").check()
    page.locator(".person-button").hover()
    page.get_by_role("button", name="Sign out").hover()
    assert page.get_by_role("button", name="Sign out").is_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    as_alice.open("/users/")
    assert page.get_by_role("link", name="Add user").is_visible()
    places = page.evaluate(
        "['.main', '.sidebar'].map((one) => document.querySelector(one).getBoundingClientRect().top)"
    )
    assert places[0] < places[1]
    page.locator("#menu").get_by_role("link", name="Groups").click()
    page.wait_for_url("**/groups/")
