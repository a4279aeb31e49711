"""Pages that are written from right to left: mirrored, accessible, nothing beside the window, values readable."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from tests.browser.people import HOSTILE, everyday
from tests.browser.server import Site, running_site
from tests.browser.visits import DESKTOP, PHONE, Visit, visiting
from tests.conftest import add_user
from webapp.extensions import db
from webapp.users.models import User

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import findings

PAGES = {
    "sign in": "/login",
    "index": "/",
    "list": "/users/",
    "list searched and filtered": "/users/?q=an&sort=-email,username&is_active=true",
    "nothing matches": "/users/?q=nobody-is-called-so",
    "add": "/users/add/",
    "change": "/users/{alice}/change/",
    "change a long name": "/users/{long}/change/",
    "delete": "/users/{long}/delete/",
    "history": "/users/{alice}/history/",
    "account": "/account/",
    "not there": "/users/987654/change/",
}


@pytest.fixture(scope="module")
def reader(
    browser: "Browser", tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Visit, dict[str, int]]]:
    """Alice, who reads from right to left, before many people; and the keys of these."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("rtl")
        site: Site = stack.enter_context(running_site(folder, "tests.browser.rtl.wsgi:app"))
        add_user(site.app, "alice", is_superuser=True, full_name="Alice Almeida")
        site.add_people([*HOSTILE, *everyday(60)])
        with site.app.app_context():
            keys = {name: key for name, key in db.session.execute(select(User.username, User.id))}
        visit = stack.enter_context(visiting(browser, site, locale="ar"))
        visit.sign_in()
        yield visit, {"alice": keys["alice"], "long": keys["x" * 150]}


@pytest.mark.parametrize("page", PAGES)
def test_it_is_accessible_and_fits(reader: tuple[Visit, dict[str, int]], page: str) -> None:
    visit, keys = reader
    visit.open(PAGES[page].format(**keys))
    assert visit.page.evaluate("[document.dir, document.documentElement.lang]") == ["rtl", "ar"]
    assert findings(visit.page) == []
    visit.watch.assert_clean()


def box(visit: Visit, selector: str) -> tuple[float, float]:
    """Where the first such thing begins and ends, from the left."""
    found = visit.page.locator(selector).first.bounding_box()
    assert found is not None
    return found["x"], found["x"] + found["width"]


def test_the_page_stands_the_other_way_round(reader: tuple[Visit, dict[str, int]]) -> None:
    visit, _keys = reader
    visit.open("/users/?size=25")
    assert box(visit, "#sidebar")[1] == 1280
    assert box(visit, "main")[0] == 0
    ticks, names = box(visit, ".table tbody tr > td:first-child"), box(visit, ".table tbody tr > th")
    assert ticks[0] >= names[1] - 1
    assert visit.page.locator("[rel=next] .icon").evaluate("(icon) => getComputedStyle(icon).scale") == "-1 1"
    visit.page.set_viewport_size(PHONE)
    visit.page.locator(".topbar .menu-button").click()
    assert box(visit, "#sidebar")[1] == PHONE["width"]
    visit.page.set_viewport_size(DESKTOP)


# Where the first letter of an element is drawn and where the element begins and ends, from the left.
FIRST_LETTER = """(element) => {
  const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
  const range = new Range();
  range.setStart(text, 0);
  range.setEnd(text, 1);
  const box = element.getBoundingClientRect();
  return [range.getBoundingClientRect().left, box.left, box.right];
}"""


@pytest.mark.parametrize(("size", "selector"), [(DESKTOP, "th"), (PHONE, "th a")])
def test_a_value_from_left_to_right_is_cut_and_marked_at_its_own_end(
    reader: tuple[Visit, dict[str, int]], size: dict[str, int], selector: str
) -> None:
    visit, _keys = reader
    visit.page.set_viewport_size(size)
    visit.open("/users/?q=a.very.long.user.name")
    long = visit.page.locator(f".table tbody tr > {selector}").first
    letter, begin, _end = long.evaluate(FIRST_LETTER)
    assert begin <= letter < begin + 60
    visit.open("/users/?q=%3Cb%3Ebold")
    hostile = visit.page.locator(f".table tbody tr > {selector}").first
    letter, begin, end = hostile.evaluate(FIRST_LETTER)
    # An opening bracket stays in front, and the short name on the side of its column.
    assert hostile.evaluate("(element) => getComputedStyle(element).unicodeBidi") == "plaintext"
    assert letter < end - 100
    assert hostile.evaluate("(element) => getComputedStyle(element).textAlign").endswith(
        ("right", "match-parent")
    )
    visit.page.set_viewport_size(DESKTOP)


def test_what_is_typed_decides_which_way_it_runs(reader: tuple[Visit, dict[str, int]]) -> None:
    visit, keys = reader
    for address, name in (("/users/", "q"), (f"/users/{keys['alice']}/change/", "full_name")):
        visit.open(address)
        field = visit.page.locator(f"main [name={name}]")
        assert field.evaluate("(field) => getComputedStyle(field).unicodeBidi") == "plaintext"
