"""Where the focus is when rows have come anew: on what was pressed, or on what opened the panel that it was in."""

import pytest

from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit
from tests.library import world
from tests.library.books import Loan
from webapp.extensions import db

# What has the focus, in words, and in which part of the page.
FOCUSED = """() => {
  const one = document.activeElement;
  const text = one.labels?.[0]?.innerText ?? one.getAttribute("aria-label") ?? one.innerText ?? "";
  return [one.localName, text.trim().replace(/\\s+/g, " ")];
}"""


@pytest.fixture
def here(site: Site, as_alice: Visit) -> Visit:
    site.add_people(everyday(60))
    return as_alice


def focused(here: Visit, query: str) -> list[str]:
    """What has the focus once the address says *query* and its rows are there."""
    here.page.wait_for_url(lambda url: query in url)
    here.settle()
    found: list[str] = here.page.evaluate(FOCUSED)
    return found


def opened(here: Visit, address: str) -> Visit:
    here.open(address)
    here.page.locator("#results ~ [role=status]").wait_for(state="attached")
    return here


def test_it_stays_on_the_size_of_the_page(here: Visit) -> None:
    opened(here, "/users/?size=25").page.locator(".pager-sizes a", has_text="250").press("Enter")
    assert focused(here, "size=250") == ["a", "250"]


def test_it_stays_on_the_day_and_a_second_press_changes_nothing(here: Visit) -> None:
    opened(here, "/visits/")
    for step in ("at__year=", "at__month="):
        here.page.locator("#facets a:not(.facet-back)").last.press("Enter")
        focused(here, step)
    day = here.page.locator("#facets a:not(.facet-back)").last
    text = day.inner_text().strip()
    day.press("Enter")
    assert focused(here, "at__day=") == ["a", text]
    here.page.keyboard.press("Enter")
    assert focused(here, "at__day=") == ["a", text]


def test_it_stays_in_the_field_that_goes_to_a_value(here: Visit) -> None:
    box = opened(here, "/users/?size=25&sort=username").page.get_by_label("Go to: Username")
    box.fill("m")
    box.press("Enter")
    assert focused(here, "from=m") == ["input", "Go to: Username"]


def test_it_stays_in_that_field_where_fields_of_a_form_come_first(here: Visit) -> None:
    with here.site.app.app_context():
        db.session.add_all(world.sample_row(Loan, number) for number in range(100, 140))
        db.session.commit()
    box = opened(here, "/loans/?size=25").page.get_by_label("Go to: Lent on")
    box.fill("2026-03-04")
    box.press("Enter")
    assert focused(here, "from=2026-03-04") == ["input", "Go to: Lent on"]


def test_it_stays_on_the_head_that_is_one_of_several_keys(here: Visit) -> None:
    opened(here, "/users/?size=25&columns=username,full_name,is_staff&sort=is_staff,full_name")
    head = here.page.locator("thead a", has_text="Full name")
    head.press("Enter")
    assert focused(here, "sort=")[1].startswith("Full name")


def test_it_stays_on_a_key_that_is_turned_round(here: Visit) -> None:
    opened(here, "/users/?size=25&columns=username,full_name,is_staff&sort=is_staff,full_name")
    key = here.page.locator(".chip-sort a:not(.chip-remove)", has_text="Full name")
    key.press("Enter")
    assert "Full name ↓ descending" in focused(here, "sort=is_staff%2C-full_name")[1]
    here.page.keyboard.press("Enter")
    assert "Full name ↑ ascending" in focused(here, "sort=is_staff%2Cfull_name")[1]


def test_it_goes_to_what_opens_the_filters(here: Visit) -> None:
    opened(here, "/users/?size=25")
    here.page.locator("summary", has_text="Filters").press("Enter")
    here.page.locator("#filter-is_active").select_option("false")
    here.page.locator("#filter-form button", has_text="Apply").press("Enter")
    assert focused(here, "is_active=false") == ["summary", "Filters"]


def test_it_goes_to_the_filter_in_force_that_was_changed(here: Visit) -> None:
    opened(here, "/users/?size=25&is_staff=false&is_active=true")
    here.page.locator(".chip-filter summary", has_text="Active").press("Enter")
    here.page.locator("#chip-is_active").select_option("false")
    here.page.locator(".chip-filter button:visible").press("Enter")
    assert focused(here, "is_active=false") == ["summary", "Active No"]


def test_it_goes_to_what_adds_a_key(here: Visit) -> None:
    opened(here, "/users/?size=25&columns=username,full_name,is_staff&sort=is_staff")
    here.page.locator("summary", has_text="Then by").press("Enter")
    here.page.locator(".chips .menu-item", has_text="Full name").press("Enter")
    assert focused(here, "sort=is_staff%2Cfull_name") == ["summary", "Then by …"]


def test_it_goes_to_what_opens_the_views(here: Visit) -> None:
    here.open("/users/views/?is_active=false")
    here.fill(name="Idle")
    here.press("Save")
    opened(here, "/users/?size=25")
    here.page.locator(".views > summary").press("Enter")
    here.page.locator("#views .menu-item", has_text="Idle").press("Enter")
    assert focused(here, "view=") == ["summary", "Idle"]


def test_it_goes_to_what_opens_the_display_and_the_page_is_at_its_top(here: Visit) -> None:
    here.page.set_viewport_size(PHONE)
    opened(here, "/users/?size=25")
    here.page.locator("#display-way").press("Enter")
    here.page.locator("#display [value=email]").uncheck()
    here.page.locator("#display").get_by_role("button", name="Apply").press("Enter")
    assert focused(here, "#display-way") == ["summary", "Display"]
    assert here.page.evaluate("scrollY") == 0
