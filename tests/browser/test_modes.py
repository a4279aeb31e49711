"""What a device asks for: paper, colours of its own, more contrast."""

import pytest

from tests.browser.people import everyday
from tests.browser.visits import Visit

NOT_PRINTED = (".topbar", ".sidebar", ".toolbar", ".actionbar", ".page-actions .button", ".pager ul", ".tabs")


@pytest.fixture
def alice(as_alice: Visit) -> Visit:
    as_alice.site.add_people(everyday(40))
    return as_alice


def style(here: Visit, selector: str, name: str) -> str:
    return str(here.page.locator(selector).first.evaluate(f"one => getComputedStyle(one).{name}"))


def test_a_list_is_printed_whole_and_without_what_is_pressed(alice: Visit) -> None:
    alice.open("/users/")
    last = alice.page.locator(".table tbody tr").last
    shown = [selector for selector in NOT_PRINTED if alice.page.locator(selector).first.is_visible()]
    assert {".topbar", ".sidebar", ".toolbar", ".pager ul"} <= set(shown)
    alice.page.emulate_media(media="print", color_scheme="dark")
    assert [selector for selector in NOT_PRINTED if alice.page.locator(f"{selector}:visible").count()] == []
    assert last.is_visible()
    assert alice.page.evaluate("document.documentElement.scrollHeight") >= (last.bounding_box() or {})["y"]
    assert style(alice, "html", "backgroundColor") == "rgb(255, 255, 255)"
    assert style(alice, "h1", "color") == "rgb(0, 0, 0)"
    assert style(alice, ".table tbody tr a", "color") == "rgb(0, 0, 0)"


def test_a_form_is_printed_without_its_buttons(alice: Visit) -> None:
    alice.open("/account/")
    assert alice.page.locator(".savebar").is_visible()
    alice.page.emulate_media(media="print")
    assert not alice.page.locator(".savebar").is_visible()
    assert alice.page.get_by_label("Full name").is_visible()


def test_with_colours_of_the_device_a_line_tells_where_one_is(alice: Visit) -> None:
    alice.open("/users/")
    assert style(alice, "#menu [aria-current]", "outlineStyle") == "none"
    alice.page.emulate_media(forced_colors="active")
    assert style(alice, "#menu [aria-current]", "outlineStyle") == "solid"
    assert style(alice, ".pager-sizes [aria-current]", "outlineStyle") == "solid"
    assert style(alice, "#menu a:not([aria-current]).menu-item", "outlineStyle") == "none"
    chosen = alice.page.locator(".person-menu .chooser button").evaluate_all(
        "all => all.map((one) => [one.ariaPressed, getComputedStyle(one).outlineStyle])"
    )
    assert {tuple(one) for one in chosen} == {("true", "solid"), ("false", "none")}
    alice.page.keyboard.press("Tab")
    assert style(alice, ":focus", "outlineStyle") == "solid"


def test_more_contrast_draws_lines_as_strong_as_the_edge_of_a_field(alice: Visit) -> None:
    alice.open("/account/")
    field = style(alice, "#full_name", "borderBlockStartColor")
    assert style(alice, ".card", "borderBlockStartColor") != field
    alice.page.emulate_media(contrast="more")
    assert style(alice, ".card", "borderBlockStartColor") == field
