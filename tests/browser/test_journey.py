"""The main job in a browser: at a desk, on a phone in the dark, and without JavaScript."""

from typing import Any

import pytest

from tests.browser.conftest import Visiting
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit
from tests.pages import PASSWORD

PEOPLE = [(f"person{number:03}", f"Person {number}") for number in range(60)]


@pytest.mark.parametrize(
    "browser_options",
    [
        pytest.param({}, id="at a desk"),
        pytest.param({"java_script_enabled": False}, id="without JavaScript"),
        pytest.param({"viewport": PHONE, "has_touch": True, "color_scheme": "dark"}, id="on a phone"),
    ],
)
def test_the_main_job_from_the_set_up_link_to_signing_out(
    site: Site, visit: Visiting, browser_options: dict[str, Any]
) -> None:
    here = visit(**browser_options)
    set_up(here)
    site.add_people(PEOPLE)
    add_bob(here)
    find_bob(here)
    page_on(here)
    change_bob(here)
    delete_bob(here)
    sign_out(here)


def set_up(here: Visit) -> None:
    here.page.goto(here.site.setup_link())
    here.fill(username="Alice", email="alice@example.org", password=PASSWORD, password_confirm=PASSWORD)
    here.press("Create the administrator")
    assert "first administrator" in here.message()


def add_bob(here: Visit) -> None:
    here.page.get_by_role("main").get_by_role("link", name="Users", exact=True).click()
    assert here.column()[:2] == ["alice", "person000"]
    here.follow("Add user")
    password = PASSWORD + "2"
    here.fill(username="bob", email="bob@example.org", password=password, password_confirm=password)
    here.press("Save")
    assert "bob was added" in here.message()


def find_bob(here: Visit) -> None:
    search = here.page.get_by_role("searchbox")
    search.fill("bob@")
    search.press("Enter")
    assert here.column() == ["bob"]
    here.page.get_by_role("searchbox").fill("")
    here.press("Search")
    here.page.get_by_text("Filters", exact=True).click()
    here.page.get_by_label("Username").fill("person00")
    here.page.get_by_label("Active").select_option("No")
    here.press("Apply")
    assert here.column() == ["person000", "person005"]
    here.follow("Clear all")
    assert len(here.column()) == 62


def page_on(here: Visit) -> None:
    here.follow("E-mail")
    here.page.get_by_role("link", name="E-mail", exact=True).click()
    assert here.column()[0] == "person059"
    here.follow("25")
    assert here.column()[-1] == "person035"
    here.follow("Next page")
    assert here.column()[0] == "person034"
    here.follow("Last page")
    assert here.column()[-2:] == ["bob", "alice"]


def change_bob(here: Visit) -> None:
    list_address = here.page.url
    here.page.get_by_role("row").get_by_role("link", name="bob", exact=True).click()
    here.fill(full_name="Robert")
    here.press("Save")
    assert "bob was changed" in here.message()
    assert here.page.url == list_address
    here.page.get_by_role("row").get_by_role("link", name="bob", exact=True).click()
    here.page.get_by_label("Active").uncheck()
    here.press("Save and continue editing")
    assert not here.page.get_by_label("Active").is_checked()
    here.follow("History")
    assert "Robert" in here.page.get_by_role("main").inner_text()
    here.page.go_back()


def delete_bob(here: Visit) -> None:
    here.follow("Delete …")
    here.press("Yes, delete")
    assert "bob was deleted" in here.message()
    here.page.get_by_role("searchbox").fill("bob")
    here.press("Search")
    assert here.page.get_by_role("heading", name="Nothing matches").is_visible()
    here.follow("Show all")


def sign_out(here: Visit) -> None:
    assert "alice" in here.page.content()
    here.page.get_by_role("button", name="Your account:").click()
    here.press("Sign out")
    assert "You are signed out" in here.message()
    for _page in range(3):
        here.page.go_back()
        assert "/login" in here.page.url
        assert "alice" not in here.page.content()
