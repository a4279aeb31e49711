"""The form of what a field leads to, in a dialog: with the keys alone, and nothing lost on either of the two forms."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from tests.browser.library.conftest import BookForm
from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.test_keyboard import tab_to
from tests.browser.visits import Visit
from tests.library.people import Author, Member
from webapp.extensions import db

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Route


def dialog(form: BookForm, name: str) -> "Locator":
    found = form.page.get_by_role("dialog", name=name)
    found.wait_for()
    return found


def focused(form: BookForm) -> str:
    return str(form.page.evaluate("document.activeElement.textContent || document.activeElement.name"))


def press_way(form: BookForm, name: str) -> None:
    form.page.get_by_role("button", name=name).click()


def save_as(opened: "Locator", name: str) -> None:
    """Fill in the only thing that the form in the dialog *opened* needs, and save it."""
    opened.get_by_label("Name").fill(name)
    opened.get_by_role("button", name="Save").click()
    opened.wait_for(state="detached")


def test_a_new_one_is_made_and_chosen_without_a_mouse(form: BookForm) -> None:
    keys = form.page.keyboard
    form.here.fill(title="Typed before")
    tab_to(form.here, "Add … Author")
    keys.press("Enter")
    opened = dialog(form, "Add author")
    assert focused(form) == "name"
    keys.press("Control+s")
    opened.get_by_role("alert").filter(has_text="Fill in this field").wait_for()
    form.here.watch.forget()
    assert form.page.evaluate("document.activeElement.id").endswith("errors")
    opened.get_by_label("Name").fill("Hilda Hilst")
    keys.press("Enter")
    opened.wait_for(state="detached")
    assert form.field("Author").input_value() == "Hilda Hilst"
    assert focused(form) == "Add … Author"
    assert form.page.get_by_role("textbox", name="Title").input_value() == "Typed before"
    form.save()
    assert (form.stored("author"), form.stored("title")) == ("Hilda Hilst", "Typed before")


def test_what_is_chosen_is_changed_and_called_so_at_once(form: BookForm) -> None:
    press_way(form, "Change … Author")
    opened = dialog(form, "Clarice Lispector")
    save_as(opened, "C. Lispector")
    assert form.field("Author").input_value() == "C. Lispector"


def test_other_fields_for_the_same_kind_offer_it_too(site: Site, as_alice: Visit) -> None:
    with site.app.app_context():
        # So few that the translator is a select; the author is always searched for.
        db.session.execute(delete(Author).where(Author.name.like("Writer %")))
        db.session.commit()
    form = BookForm(as_alice).open()
    press_way(form, "Add … Author")
    opened = dialog(form, "Add author")
    save_as(opened, "Hilda Hilst")
    assert form.field("Author").input_value() == "Hilda Hilst"
    translators = form.page.get_by_label("Translated by")
    assert "Hilda Hilst" in translators.locator("option").all_inner_texts()
    assert translators.locator("option:checked").inner_text() == "Pontes"


def test_a_new_one_comes_to_those_that_are_chosen(form: BookForm) -> None:
    press_way(form, "Add … Tags")
    opened = dialog(form, "Add tag")
    save_as(opened, "brand new")
    assert form.chips() == ["novel", "short", "brand new"]
    form.save()
    assert form.stored("tags") == ["brand new", "novel", "short"]


def test_escape_closes_it_and_asks_first_where_something_was_typed(form: BookForm) -> None:
    asked: list[str] = []
    answers = iter([False, True])

    def answer(question: "object") -> None:
        asked.append(question.message)  # type: ignore[attr-defined]
        question.accept() if next(answers) else question.dismiss()  # type: ignore[attr-defined]

    form.page.on("dialog", answer)
    press_way(form, "Add … Author")
    opened = dialog(form, "Add author")
    form.page.keyboard.press("Escape")
    opened.wait_for(state="detached")
    assert asked == []
    assert focused(form) == "Add … Author"
    press_way(form, "Add … Author")
    opened = dialog(form, "Add author")
    opened.get_by_label("Name").fill("Hilda")
    opened.get_by_role("button", name="Close").click()
    assert opened.get_by_label("Name").input_value() == "Hilda"
    opened.get_by_text("Cancel").click()
    opened.wait_for(state="detached")
    assert asked == ["Close without saving what you typed?"] * 2
    assert form.stored("author") == form.field("Author").input_value() == "Clarice Lispector"


def test_who_presses_twice_gets_one(form: BookForm) -> None:
    held: list[Route] = []
    form.page.route("**/authors/add/", lambda route: held.append(route))
    way = form.page.get_by_role("button", name="Add … Author")
    way.dblclick()
    form.here.wait_until(lambda: len(held) == 2)
    for route in held:
        with form.page.expect_response("**/authors/add/"):
            route.continue_()
    dialog(form, "Add author")
    form.page.wait_for_load_state("networkidle")
    assert form.page.locator("dialog.dialog-form").count() == 1
    form.page.keyboard.press("Escape")
    form.page.locator("dialog.dialog-form").wait_for(state="detached")


def test_where_the_dialog_does_not_open_the_page_does(form: BookForm) -> None:
    form.here.fill(title="Typed before")
    form.page.route("**/authors/add/", lambda route: route.abort() if route.request.method == "GET" else None)
    form.page.route("**/related.js", lambda route: route.abort())
    press_way(form, "Add … Author")
    form.page.get_by_role("heading", name="Add author").wait_for()
    form.here.watch.forget()
    form.page.unroute("**/authors/add/")
    form.here.fill(name="Hilda Hilst")
    form.here.press("Save")
    assert form.field("Author").input_value() == "Hilda Hilst"
    assert form.page.get_by_role("textbox", name="Title").input_value() == "Typed before"
    form.save()
    assert (form.stored("author"), form.stored("title")) == ("Hilda Hilst", "Typed before")


@pytest.mark.parametrize("state", ["fresh", "refused"])
def test_it_is_for_everybody_in_every_window(form: BookForm, state: str) -> None:
    press_way(form, "Add … Author")
    opened = dialog(form, "Add author")
    if state == "refused":
        opened.get_by_role("button", name="Save").click()
        opened.get_by_role("alert").filter(has_text="Fill in this field").wait_for()
        form.here.watch.forget()
    assert findings(form.page) == []


def test_a_new_row_chooses_what_is_made_for_it(site: Site, as_alice: Visit) -> None:
    with site.app.app_context():
        key = db.session.scalar(select(Member.id).where(Member.first_name == "Rui"))
    as_alice.open(f"/members/{key}/change/")
    page = as_alice.page
    # Before its script has come the button asks the server for a row.
    page.locator("[name=_add_loans][type=button]").click()
    page.locator("#loans").get_by_role("button", name="Add … Book").click()
    opened = page.get_by_role("dialog", name="Add book")
    opened.get_by_label("Title").fill("New book")
    opened.get_by_role("combobox", name="Author").press_sequentially("machado")
    opened.locator("[data-active]").wait_for()
    page.keyboard.press("Enter")
    opened.get_by_role("button", name="Save").click()
    opened.wait_for(state="detached")
    assert page.locator("#loans-1-book option:checked").inner_text() == "New book"
