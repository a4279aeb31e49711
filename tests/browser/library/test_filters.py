"""A list narrowed by relations, choices and dates: by mouse, by the keys alone, without a script, and as it looks."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visiting
from tests.browser.library.conftest import OPTION
from tests.browser.server import Site
from tests.browser.test_weight import SCRIPTS, Load
from tests.browser.visits import Visit
from tests.conftest import add_user

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import findings


def opened(here: Visit, address: str = "/books/") -> Visit:
    here.open(address)
    here.page.locator(".filters:has(#filter-form) > summary").click()
    here.page.locator("#filter-form [role=combobox]").first.wait_for()
    return here


def chips(here: Visit) -> list[str]:
    here.settle()
    return [text.replace("\n", " ") for text in here.page.locator(".chip-filter summary").all_inner_texts()]


def test_an_author_is_searched_for_and_chosen_without_a_mouse(as_alice: Visit) -> None:
    here = opened(as_alice)
    keys = here.page.keyboard
    here.page.locator("#filter-form").get_by_role("combobox", name="Author").focus()
    keys.type("clarice")
    here.page.locator("[data-active]").wait_for()
    keys.press("Enter")
    assert here.page.locator("#filter-form .lookup-chips").first.inner_text().strip() == "Clarice Lispector"
    keys.press("Escape")
    keys.press("Escape")
    here.page.locator(".filters:has(#filter-form):not([open])").wait_for()
    here.page.locator(".filters:has(#filter-form) > summary").press("Enter")
    here.page.locator("#filter-form").get_by_role("button", name="Apply").press("Enter")
    here.page.wait_for_url("**author=*")
    assert chips(here) == ["Author Clarice Lispector"]
    assert here.column() == ["The Hour of the Star"]


def test_escape_closes_what_was_found_before_the_panel(as_alice: Visit) -> None:
    here = opened(as_alice)
    box = here.page.locator("#filter-form").get_by_role("combobox", name="Author")
    box.press_sequentially("writer")
    here.page.locator(OPTION).first.wait_for()
    box.press("Escape")
    assert not here.page.locator(OPTION).first.is_visible()
    assert here.page.locator(".filters[open]").count() == 1


def test_what_was_chosen_is_taken_off_in_the_panel_and_in_its_chip(as_alice: Visit) -> None:
    here = opened(as_alice)
    here.page.locator("#filter-form").get_by_role("combobox", name="Tags", exact=True).press_sequentially(
        "nov"
    )
    here.page.locator("[data-active]").wait_for()
    here.page.keyboard.press("Enter")
    here.page.locator("#filter-form").get_by_role("button", name="Remove: novel").click()
    assert here.page.locator(".filters[open]").count() == 1, "a chip that goes does not take the panel along"
    here.page.locator("#filter-form").get_by_role("combobox", name="Tags", exact=True).press_sequentially(
        "nov"
    )
    here.page.locator("[data-active]").wait_for()
    here.page.keyboard.press("Enter")
    here.page.locator("#filter-form").get_by_role("button", name="Apply").click()
    here.page.wait_for_url("**tags=*")
    assert chips(here) == ["Tags novel"]
    here.page.locator(".chip-filter summary").click()
    chip = here.page.locator(".chip-filter form")
    chip.get_by_role("combobox").wait_for()
    chip.get_by_role("button", name="Remove: novel").click()
    chip.get_by_role("button", name="Apply").click()
    here.page.wait_for_url(lambda url: "tags" not in url)
    assert chips(here) == []


def test_without_a_script_the_key_is_typed_and_the_choices_are_links(site: Site, visit: Visiting) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    here.open("/books/")
    here.page.locator(".filters:has(#filter-form) > summary").click()
    with here.page.context.expect_page() as choosing:
        here.page.locator("#filter-form .field", has=here.page.locator("#filter-author")).get_by_role(
            "link"
        ).click()
    choosing.value.goto(choosing.value.url + "&q=clarice")
    [key] = choosing.value.locator("main code").all_inner_texts()
    here.page.locator("#filter-author").fill(key)
    here.page.locator("#filter-form").get_by_role("button", name="Apply").click()
    assert chips(here) == ["Author Clarice Lispector"]
    here.page.locator(".filters:has(#filter-form) > summary").click()
    here.follow("Show counts")
    here.page.locator("nav.facet[aria-label=Stage] a").first.click()
    assert "stage=" in here.page.url
    assert "facets=1" in here.page.url


def test_the_years_lead_to_days_in_place(as_alice: Visit) -> None:
    here = as_alice
    here.open("/visits/")
    here.page.locator("#facets a").first.click()
    here.page.wait_for_url("**at__year=*")
    here.settle()
    here.page.locator("#facets a:not(.facet-back)").first.click()
    here.page.wait_for_url("**at__month=*")
    here.settle()
    here.page.locator("#facets .facet-back").click()
    here.page.wait_for_url(lambda url: "at__month" not in url)


def panel(here: Visit) -> None:
    opened(here)


def panel_and_list(here: Visit) -> None:
    opened(here).page.locator("#filter-form").get_by_role("combobox", name="Author").press_sequentially(
        "writer"
    )
    here.page.locator(OPTION).first.wait_for()


def counts_and_chips(here: Visit) -> None:
    here.open(
        "/books/?facets=1&stage=0&author=1&tags=1&tags=2&published_on__gte=1900-01-01&published_on__lte=today"
    )


def chip_of_a_relation(here: Visit) -> None:
    here.open("/books/?author=1")
    here.page.locator(".chip-filter summary").click()
    here.page.locator(".chip-filter [role=combobox]").wait_for()


def days(here: Visit) -> None:
    here.open("/visits/?at__year=2026&at__month=3")


@pytest.mark.parametrize(
    "reach",
    [panel, panel_and_list, counts_and_chips, chip_of_a_relation, days],
    ids=lambda reach: reach.__name__.replace("_", " "),
)
def test_it_is_accessible_with(as_alice: Visit, reach: Callable[[Visit], None]) -> None:
    reach(as_alice)
    assert findings(as_alice.page) == []


def test_the_scripts_of_a_list_with_everything_on_it_are_small(as_alice: Visit) -> None:
    load = Load(as_alice, "/books/?facets=1")
    assert load.gzipped("script") <= SCRIPTS, load
