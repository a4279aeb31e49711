"""Cells that are fields: what is typed into them is not lost by sorting, searching or leaving."""

from tests.browser.visits import Visit


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
