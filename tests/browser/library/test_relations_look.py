"""What leads to other rows, as it looks: accessible in light and dark, at a desk and on a phone."""

from collections.abc import Callable

import pytest

from tests.browser.library.conftest import BookForm
from tests.browser.test_weight import SCRIPTS, Load
from tests.browser.visits import Visit

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import findings


def list_of_one(form: BookForm) -> None:
    form.search("Author", "writer")


def list_of_many(form: BookForm) -> None:
    form.search("Tags", "nov")


def nothing_found(form: BookForm) -> None:
    form.field("Translated by").press_sequentially("nobody is called so")
    form.status("No matches").wait_for()


def page_to_choose_from(form: BookForm) -> None:
    form.here.open("/books/lookup/?field=tags&q=tag")


def page_without_a_match(form: BookForm) -> None:
    form.here.open("/books/lookup/?field=tags&q=nothing")


def select_of_many(form: BookForm) -> None:
    form.here.open("/tags/")
    form.here.follow("novel")
    form.page.locator("select[multiple]").focus()


@pytest.mark.parametrize(
    "reach",
    [list_of_one, list_of_many, nothing_found, page_to_choose_from, page_without_a_match, select_of_many],
    ids=lambda reach: reach.__name__.replace("_", " "),
)
def test_it_is_accessible_with(form: BookForm, reach: Callable[[BookForm], None]) -> None:
    reach(form)
    assert findings(form.page) == []


def test_it_is_accessible_without_its_script(form: BookForm) -> None:
    form.page.route("**/lookup.js", lambda route: route.abort())
    form.open()
    assert form.page.locator("#tags").get_attribute("role") is None
    assert findings(form.page) == []
    form.here.watch.forget()


def test_the_scripts_of_a_form_with_everything_in_it_are_small(as_alice: Visit) -> None:
    load = Load(as_alice, "/books/add/")
    assert {"app.js", "lookup.js"} <= {address.rsplit("/", 1)[-1] for address in load.addresses}
    assert load.gzipped("script") <= SCRIPTS, load
