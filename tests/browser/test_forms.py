"""A form that loses no work and says what is wrong."""

import pytest

from tests.browser.conftest import Visiting
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit
from tests.conftest import add_user
from tests.pages import PASSWORD


@pytest.fixture
def adding(as_alice: Visit) -> Visit:
    as_alice.open("/users/add/")
    return as_alice


def test_leaving_with_something_unsaved_asks_first(adding: Visit) -> None:
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    adding.page.on("dialog", stay)
    adding.fill(username="bob")
    adding.follow("Cancel")
    adding.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
    assert adding.page.locator("#username").input_value() == "bob"


def test_leaving_asks_also_after_saving_was_stopped(adding: Visit) -> None:
    """Who waits too long presses Escape, and goes on typing."""
    stopped: list[bool] = []
    asked: list[str] = []
    adding.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    adding.page.route("**/users/add/", lambda route: (route.abort("aborted"), stopped.append(True)))
    adding.fill(username="bob")
    adding.page.keyboard.press("Control+s")
    adding.wait_until(lambda: stopped)
    adding.fill(username="bobby")
    adding.follow("Cancel")
    adding.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
    assert adding.page.locator("#username").input_value() == "bobby"


def test_leaving_an_untouched_form_asks_nothing(adding: Visit) -> None:
    adding.fill(username="bob")
    adding.fill(username="")
    adding.follow("Cancel")
    adding.page.wait_for_url("**/users/")


def test_saving_asks_nothing(adding: Visit) -> None:
    adding.fill(
        username="bob", email="bob@example.org", password=PASSWORD + "2", password_confirm=PASSWORD + "2"
    )
    adding.press("Save and add another")
    assert "bob was added" in adding.message()
    assert adding.page.locator("#username").input_value() == ""


def test_ctrl_s_saves(as_alice: Visit) -> None:
    as_alice.open("/users/")
    as_alice.follow("alice")
    as_alice.fill(full_name="Alice Almeida")
    as_alice.page.keyboard.press("Control+s")
    as_alice.page.wait_for_url("**/users/")
    assert "alice was changed" in as_alice.message()


def test_the_errors_get_the_focus_and_lead_to_their_fields(adding: Visit) -> None:
    adding.fill(username="bob", email="nothing", password="short", password_confirm="short")
    adding.press("Save")
    assert adding.page.evaluate("document.activeElement.id") == "errors"
    assert adding.page.title().startswith("Error:")
    adding.page.locator("#errors").get_by_role("link", name="E-mail").click()
    assert adding.page.evaluate("document.activeElement.id") == "email"
    assert adding.page.locator("#email").get_attribute("aria-invalid") == "true"


def test_a_refused_form_is_unsaved_work_too(adding: Visit) -> None:
    asked: list[str] = []
    adding.fill(username="bob", email="nothing", password="short", password_confirm="short")
    adding.press("Save")
    adding.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    adding.follow("Cancel")
    adding.page.wait_for_url("**/users/")
    assert asked == ["beforeunload"]


def test_a_typed_password_can_be_shown_and_is_hidden_again_before_it_is_sent(adding: Visit) -> None:
    """PW-11."""
    adding.fill(password=PASSWORD)
    field = adding.page.locator("#password")
    adding.press("Show: Password")
    assert field.get_attribute("type") == "text"
    adding.press("Hide: Password")
    assert field.get_attribute("type") == "password"
    adding.press("Show: Password")
    adding.page.evaluate(
        """document.querySelector("form[data-guard]").addEventListener("submit", (event) => {
          event.preventDefault();
          document.title = document.getElementById("password").type;
        })"""
    )
    adding.page.get_by_role("button", name="Save", exact=True).click()
    assert adding.page.title() == "password"


def test_a_password_can_be_pasted(adding: Visit) -> None:
    """PW-11: so that a manager of passwords, or a long one, is of use."""
    adding.fill(full_name=PASSWORD)
    adding.page.locator("#full_name").press("Control+a")
    adding.page.locator("#full_name").press("Control+c")
    for name in ("#password", "#password_confirm"):
        adding.page.locator(name).press("Control+v")
        assert adding.page.locator(name).input_value() == PASSWORD


@pytest.mark.parametrize("width", [320, PHONE["width"], 600, 760])
def test_on_a_phone_save_is_in_sight_alone_and_stays_under_the_finger(
    site: Site, visit: Visiting, width: int
) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(viewport={**PHONE, "width": width, "height": 600})
    here.sign_in()
    here.open("/users/add/")
    save = here.page.get_by_role("button", name="Save", exact=True)
    before = save.bounding_box()
    assert before
    more = here.page.get_by_role("button", name="Save and continue editing").bounding_box()
    assert more
    assert before["y"] + before["height"] <= 600 <= more["y"], "one line of the bar covers the form, no more"
    here.page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    here.page.mouse.down()
    assert here.page.evaluate("document.activeElement.name") == "_save"
    assert save.bounding_box() == before
    here.page.mouse.up()
    here.page.locator("#errors").wait_for()


def test_the_keyboard_brings_every_button_of_the_bar_into_sight_on_a_phone(
    site: Site, visit: Visiting
) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(viewport=PHONE)
    here.sign_in()
    here.open("/users/add/")
    hidden = here.page.get_by_role("button", name="Save and add another")
    while not hidden.evaluate("(button) => button === document.activeElement"):
        here.page.keyboard.press("Tab")
    box = hidden.bounding_box()
    assert box
    assert box["y"] + box["height"] <= PHONE["height"]


def test_a_list_address_stays_short(as_alice: Visit) -> None:
    as_alice.open("/users/")
    as_alice.page.get_by_text("Filters", exact=True).click()
    as_alice.page.get_by_label("Active").select_option("Yes")
    as_alice.press("Apply")
    assert as_alice.page.url == f"{as_alice.site.url}/users/?is_active=true"
