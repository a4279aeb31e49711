"""Cells that are fields: what is typed into them is not lost by sorting, searching or leaving."""

from typing import TYPE_CHECKING

from tests.browser.visits import PHONE, Visit
from tests.conftest import add_user, signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Route


def test_rows_that_would_come_anew_ask_first_where_something_is_typed(as_alice: Visit) -> None:
    asked: list[str] = []
    as_alice.open("/loans/")
    as_alice.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    as_alice.page.locator("thead th a").first.click()
    as_alice.wait_until(lambda: "sort=" in as_alice.page.url)
    as_alice.settle()
    assert asked == []
    here = as_alice.page.url
    cell = as_alice.page.locator("[form=edit][type=date]").first
    cell.fill("2026-04-05")
    as_alice.page.locator("thead th a").first.click()
    as_alice.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
    assert (cell.input_value(), as_alice.page.url) == ("2026-04-05", here)
    as_alice.page.get_by_role("button", name="Save").click()
    as_alice.page.get_by_text("1 loan: changed.").wait_for()
    assert asked == ["beforeunload"]
    assert as_alice.page.locator("[form=edit][type=date]").first.input_value() == "2026-04-05"


def test_what_is_typed_while_rows_are_on_their_way_is_not_lost(as_alice: Visit) -> None:
    held: list[Route] = []
    asked: list[str] = []
    page = as_alice.page
    as_alice.open("/loans/")
    here = page.url
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.route("**/loans/?*sort=*", lambda route: held.append(route))
    page.locator("thead th a").first.click()
    as_alice.wait_until(lambda: held)
    cell = page.locator("[form=edit][type=date]").first
    cell.fill("2026-04-05")
    held[0].continue_()
    as_alice.wait_until(lambda: asked)
    assert asked == ["beforeunload"]
    as_alice.settle()
    assert (cell.input_value(), page.url) == ("2026-04-05", here)


def test_on_a_phone_a_field_is_typed_into_and_a_version_chosen_where_the_card_leads_on(
    as_alice: Visit,
) -> None:
    page = as_alice.page
    page.set_viewport_size(PHONE)
    as_alice.open("/loans/?size=25")
    cell = page.locator("[form=edit][type=date]").first
    cell.click()
    assert page.evaluate("document.activeElement.name") == cell.get_attribute("name")
    cell.fill("2026-04-05")
    key = str(cell.get_attribute("name")).partition(":")[0]
    dora = signed_in(as_alice.site.app, add_user(as_alice.site.app, "dora", is_superuser=True))
    theirs = dora.get(f"/loans/{key}/change/").form()
    assert theirs.fill(returned_on="2026-05-05").submit().status == 303
    page.get_by_role("button", name="Save").click()
    now = page.get_by_role("radio", name="There now: ")
    now.click()
    assert now.is_checked()
    page.get_by_text("Yours", exact=True).click()
    assert not now.is_checked()
    cell.click()
    assert page.evaluate("document.activeElement.name") == cell.get_attribute("name")
    # Beside them the card still opens its row.
    page.goto(page.url)
    box = page.locator("tbody tr").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] - 4, box["y"] + 4)
    page.wait_for_url("**/change/**")


def test_what_is_chosen_in_a_cell_is_read_whole(as_alice: Visit) -> None:
    """No list of the library has such a cell; the style sheet is what counts."""
    as_alice.open("/loans/?size=25")
    widths = as_alice.page.evaluate(
        """() => {
          const select = document.createElement("select");
          select.setAttribute("form", "edit");
          select.append(new Option("Not known at all"), new Option("Yes"));
          document.querySelector("td > [form=edit][type=date]").replaceWith(select);
          // As where other columns have much to show.
          select.closest("table").style.inlineSize = "min-content";
          const width = select.offsetWidth;
          select.style.inlineSize = "max-content";
          return [width, select.offsetWidth];
        }"""
    )
    shown, needed = widths
    assert shown >= needed
