"""Related rows in a form: found by typing, chosen with the keys alone, and nothing lost on the way."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.library.conftest import MANY, OPTION, BookForm
from tests.browser.test_keyboard import tab_to
from tests.browser.visits import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Route

# One


def test_one_is_chosen_and_saved_without_a_mouse(form: BookForm) -> None:
    keys = form.page.keyboard
    tab_to(form.here, "Author required")
    keys.type("machado")
    form.page.locator("[data-active]").wait_for()
    assert form.active() == "Machado de Assis"
    keys.press("Enter")
    assert form.field("Author").input_value() == "Machado de Assis"
    assert form.field("Author").get_attribute("aria-expanded") == "false"
    keys.press("Control+s")
    form.page.wait_for_url("**/books/")
    assert form.stored("author") == "Machado de Assis"


def test_the_arrows_home_and_end_go_through_what_was_found(form: BookForm) -> None:
    keys = form.page.keyboard
    form.search("Author", '"writer 1')
    found = [f"Writer 1{number}" for number in range(10)]
    assert form.options() == found
    assert form.field("Author").get_attribute("aria-expanded") == "true"
    assert form.active() == found[0]
    for key, reached in (
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", 9),
        ("ArrowDown", 0),
        ("End", 9),
        ("Home", 0),
    ):
        keys.press(key)
        assert form.active() == found[reached]


def test_an_arrow_opens_the_list_at_what_is_chosen(form: BookForm) -> None:
    form.field("Translated by").focus()
    form.page.keyboard.press("ArrowDown")
    form.page.locator("[data-active]").wait_for()
    assert form.active() == "Pontes"
    form.page.keyboard.press("Escape")
    form.field("Author").focus()
    form.page.keyboard.press("ArrowDown")
    form.page.locator("[data-active]").wait_for()
    assert form.active() == "Clarice Lispector"
    assert form.page.locator("#author-list [aria-selected=true]").all_inner_texts() == ["Clarice Lispector"]


def test_a_list_that_was_clicked_open_changes_nothing_on_enter(form: BookForm) -> None:
    form.field("Author").click()
    form.page.locator(OPTION).first.wait_for()
    form.page.keyboard.press("Enter")
    assert form.active() == ""
    assert form.field("Author").input_value() == "Clarice Lispector"
    assert form.page.url.endswith("/change/")


def test_enter_sends_nothing_while_what_was_typed_is_searched_for(form: BookForm) -> None:
    """It would save whom the field led to before, though other words stand in it."""
    held: list[Route] = []
    form.page.route("**/lookup/**", lambda route: held.append(route))
    form.field("Author").click()
    form.page.keyboard.type("machado")
    form.page.keyboard.press("Enter")
    form.here.wait_until(lambda: any("machado" in route.request.url for route in held))
    form.page.keyboard.press("Enter")
    held[-1].continue_()
    form.page.locator("[data-active]").wait_for()
    form.page.keyboard.press("Enter")
    assert form.field("Author").input_value() == "Machado de Assis"
    form.page.keyboard.press("Enter")
    form.page.wait_for_url("**/books/")
    assert form.stored("author") == "Machado de Assis"


def test_what_is_emptied_is_saved_so_by_the_key_that_saves(form: BookForm) -> None:
    form.field("Translated by").fill("")
    form.page.keyboard.press("Control+s")
    form.page.wait_for_url("**/books/")
    assert form.stored("translator") is None


def test_more_is_loaded_at_the_end(form: BookForm) -> None:
    keys = form.page.keyboard
    form.search("Author", "writer")
    assert len(form.options()) == 21
    keys.press("End")
    assert form.active() == "Load more"
    keys.press("Enter")
    form.page.locator("[data-active]", has_text="Writer 20").wait_for()
    assert form.options() == [*(f"Writer {number:02}" for number in range(40)), "Load more"]
    form.page.get_by_role("option", name="Load more").click()
    form.page.locator("[data-active]", has_text="Writer 40").wait_for()
    assert form.options() == [f"Writer {number:02}" for number in range(MANY)]
    form.page.get_by_role("option", name="Writer 59").click()
    assert form.field("Author").input_value() == "Writer 59"


def test_what_is_found_is_also_said(form: BookForm) -> None:
    form.search("Author", '"writer 1')
    form.status("Matches: 10").wait_for()
    form.field("Author").press_sequentially("xyz")
    form.status("No matches").wait_for()
    assert form.field("Author").get_attribute("aria-expanded") == "false"


def test_what_was_typed_and_not_chosen_goes_away_again(form: BookForm) -> None:
    form.search("Author", "writer 1")
    form.page.keyboard.press("Escape")
    assert form.field("Author").input_value() == "Clarice Lispector"
    assert not form.page.get_by_role("listbox").is_visible()
    form.search("Author", "writer 1")
    form.page.keyboard.press("Tab")
    assert form.field("Author").input_value() == "Clarice Lispector"
    form.save()
    assert form.stored("author") == "Clarice Lispector"


def test_what_may_be_empty_has_a_button_that_empties_it(form: BookForm) -> None:
    form.here.press("Clear: Translated by")
    assert form.field("Translated by").input_value() == ""
    assert form.page.get_by_role("button", name="Clear:").count() == 0
    form.save()
    assert form.stored("translator") is None


def test_what_may_be_empty_is_emptied_by_deleting_its_text(form: BookForm) -> None:
    form.field("Translated by").fill("")
    form.page.keyboard.press("Tab")
    form.save()
    assert form.stored("translator") is None


def test_what_has_to_be_there_stays_when_its_text_is_deleted(form: BookForm) -> None:
    form.field("Author").fill("")
    form.page.keyboard.press("Tab")
    assert form.field("Author").input_value() == "Clarice Lispector"


def test_a_refused_form_keeps_what_is_chosen(form: BookForm) -> None:
    form.search("Author", "machado")
    form.page.keyboard.press("Enter")
    form.search("Tags", "tag 07")
    form.page.keyboard.press("Enter")
    form.here.fill(title="")
    form.here.press("Save")
    form.page.locator("#errors").wait_for()
    assert form.field("Author").input_value() == "Machado de Assis"
    assert form.chips() == ["novel", "short", "tag 07"]
    form.here.fill(title="A Hora da Estrela")
    form.save()
    assert (form.stored("author"), form.stored("tags")) == ("Machado de Assis", ["novel", "short", "tag 07"])


# Many


def test_some_are_added_and_taken_off_without_a_mouse(form: BookForm) -> None:
    keys = form.page.keyboard
    tab_to(form.here, "Remove: novel")
    keys.press("Enter")
    assert form.page.evaluate("document.activeElement.ariaLabel") == "Remove: short"
    tab_to(form.here, "Tags")
    keys.type('"tag 0')
    form.page.locator("[data-active]").wait_for()
    keys.press("Enter")
    form.status("Chosen: tag 00").wait_for()
    keys.press("End")
    keys.press("Enter")
    assert form.chips() == ["short", "tag 00", "tag 09"]
    keys.press("Control+s")
    form.page.wait_for_url("**/books/")
    assert form.stored("tags") == ["short", "tag 00", "tag 09"]


def test_what_is_chosen_again_is_taken_off(form: BookForm) -> None:
    form.search("Tags", "nov")
    chosen = form.page.get_by_role("option", name="novel")
    assert chosen.get_attribute("aria-selected") == "true"
    form.page.keyboard.press("Enter")
    form.status("Removed: novel").wait_for()
    assert chosen.get_attribute("aria-selected") == "false"
    assert form.chips() == ["short"]


def test_the_last_one_can_be_taken_off(form: BookForm) -> None:
    form.page.get_by_role("button", name="Remove: short").focus()
    form.page.keyboard.press("Delete")
    assert form.page.evaluate("document.activeElement.ariaLabel") == "Remove: novel"
    form.page.keyboard.press("Backspace")
    assert form.page.evaluate("document.activeElement.id") == "tags"
    form.save()
    assert form.stored("tags") == []


# What the server answers


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            {"status": 401, "json": {"error": "?"}},
            "You are signed out. Sign in in another tab, then search again.",
        ),
        ({"status": 403, "json": {"error": "?"}}, "You are not allowed to choose here."),
        ({"status": 400, "json": {"error": "Tags cannot be searched."}}, "Tags cannot be searched."),
        ({"status": 503, "body": "<p>later"}, "The search did not work. Try again in a moment."),
        ({"status": 200, "body": "<p>a proxy"}, "The search did not work. Try again in a moment."),
        (None, "The search did not work. Try again in a moment."),
    ],
    ids=["signed out", "forbidden", "refused", "database away", "no answer of ours", "network away"],
)
def test_a_search_that_fails_says_why_and_can_be_done_again(
    form: BookForm, answer: dict[str, Any] | None, told: str
) -> None:
    form.page.route("**/lookup/**", lambda route: route.fulfill(**answer) if answer else route.abort())
    form.field("Tags").click()
    form.status(told).wait_for()
    assert form.options() == []
    form.page.unroute("**/lookup/**")
    form.here.watch.forget()
    form.search("Tags", "tag 05")
    assert form.options() == ["tag 05"]


def test_somebody_who_was_signed_out_meanwhile_is_told_so(form: BookForm) -> None:
    form.page.context.clear_cookies()
    form.field("Author").click()
    form.status("You are signed out. Sign in in another tab, then search again.").wait_for()
    form.page.title()
    form.here.watch.forget()


def test_an_answer_to_what_is_no_longer_asked_is_not_waited_for(form: BookForm) -> None:
    held: list[Route] = []

    def hold(route: "Route") -> None:
        held.append(route)

    failed: list[str] = []
    form.page.on("requestfailed", lambda request: failed.append(request.url))
    form.page.route("**/lookup/**q=w", hold)
    form.field("Author").click()
    form.field("Author").press_sequentially("w")
    form.here.wait_until(lambda: held)
    form.field("Author").press_sequentially("riter 33")
    form.page.locator("[data-active]").wait_for()
    assert form.options() == ["Writer 33"]
    assert [url for url in failed if url.endswith("q=w")]


def test_it_searches_when_the_typing_pauses(as_alice: Visit) -> None:
    as_alice.page.clock.install()
    form = BookForm(as_alice).open()
    asked: list[str] = []
    form.field("Author").focus()
    # The page also asks whether the session still lives, once the clock stands elsewhere.
    form.page.on(
        "request",
        lambda request: asked.append(request.url.partition("q=")[2]) if "q=" in request.url else None,
    )
    form.page.clock.pause_at("2100-01-01")
    form.field("Author").press_sequentially("mach")
    form.page.clock.run_for(100)
    form.field("Author").press_sequentially("ado")
    form.page.clock.run_for(150)
    assert asked == []
    form.page.clock.run_for(100)
    form.page.get_by_role("option", name="Machado de Assis").wait_for()
    assert asked == ["machado"]


# Work that is not saved


def test_a_form_of_relations_that_nobody_touched_asks_nothing(form: BookForm) -> None:
    form.field("Author").click()
    form.page.locator(OPTION).first.wait_for()
    form.page.keyboard.press("Escape")
    form.here.follow("Cancel")
    form.page.wait_for_url("**/books/")


@pytest.mark.parametrize("label", ["Author", "Tags"])
def test_leaving_what_was_chosen_and_not_saved_asks_first(form: BookForm, label: str) -> None:
    asked: list[str] = []
    form.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    form.search(label, {"Author": "machado", "Tags": "tag 05"}[label])
    form.page.keyboard.press("Enter")
    form.page.keyboard.press("Escape")
    form.here.follow("Cancel")
    form.here.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
