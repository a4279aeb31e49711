"""The chooser of a list and its saved views with scripts: smoother, and the same in the end."""

from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import Visit


def test_columns_move_by_buttons_with_the_keyboard(as_alice: Visit) -> None:
    as_alice.open("/users/")
    as_alice.page.locator(".display summary").click()
    as_alice.page.get_by_role("button", name="Up: E-mail").press("Enter")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert as_alice.page.evaluate(focused) == "Down: E-mail"
    as_alice.page.get_by_role("button", name="Up: Groups").press("Enter")
    assert as_alice.page.evaluate(focused) == "Up: Groups"
    as_alice.page.get_by_label("Full name", exact=True).uncheck()
    as_alice.page.get_by_role("button", name="Apply").click()
    as_alice.wait_until(lambda: as_alice.page.locator("thead th").first.inner_text() == "E-mail")
    heads = as_alice.page.locator("thead th").all_inner_texts()
    assert heads[:3] == ["E-mail", "Username", "Groups"]


def test_who_is_signed_out_is_led_to_sign_in_by_the_panel_of_columns(as_alice: Visit) -> None:
    as_alice.open("/users/")
    as_alice.page.context.clear_cookies()
    as_alice.page.locator(".display summary").click()
    as_alice.wait_until(lambda: "/login" in as_alice.page.url)


def test_what_is_taken_off_a_view_stays_off_while_one_types(site: Site, as_alice: Visit) -> None:
    site.add_people(everyday(60))
    as_alice.open("/users/views/?is_active=true")
    as_alice.fill(name="Active")
    as_alice.press("Save")
    as_alice.page.locator("#results ~ [role=status]").wait_for(state="attached")
    as_alice.page.locator(".chip-remove").click()
    as_alice.wait_until(lambda: "is_active=" in as_alice.page.url)
    as_alice.page.get_by_text("is changed").wait_for()
    as_alice.page.get_by_role("searchbox", name="Search").press_sequentially("ana")
    as_alice.wait_until(lambda: "q=ana" in as_alice.page.url)
    as_alice.wait_until(lambda: as_alice.page.locator("#count").inner_text() == "3 users")
    assert "is_active=" in as_alice.page.url
    as_alice.page.locator(".views summary").click()
    as_alice.page.get_by_role("link", name="All users").click()
    as_alice.wait_until(lambda: as_alice.page.url.endswith("/users/"))
    assert as_alice.page.locator(".views[open]").count() == 0


def test_what_opens_above_a_list_lies_inside_the_window(as_alice: Visit) -> None:
    """On a tablet, and where a list takes half of a screen."""
    page = as_alice.page
    for width in (768, 844, 1024, 1119, 1120, 1280, 1344):
        page.set_viewport_size({"width": width, "height": 700})
        as_alice.open("/users/")
        panels = page.locator(".toolbar > details").all()
        assert len(panels) == 3
        for panel in panels:
            panel.locator("summary").click()
            box = panel.locator("> :last-child").bounding_box()
            assert box is not None
            assert box["x"] >= 0, width
            assert box["x"] + box["width"] <= width, width
            page.keyboard.press("Escape")
