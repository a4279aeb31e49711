"""A form in tabs and closed parts: with the keyboard, by its address, and with what is wrong in what is seen."""

import pytest
from sqlalchemy import select

from tests.browser.conftest import Visiting
from tests.browser.looking import findings
from tests.browser.server import Site
from tests.browser.visits import Visit
from tests.conftest import add_user
from tests.library.kinds import Specimen
from tests.pages import PASSWORD
from webapp.account.models import UserSession
from webapp.extensions import db


@pytest.fixture
def address(site: Site) -> str:
    with site.app.app_context():
        key = db.session.scalars(select(Specimen.id).where(Specimen.name != "empty")).first()
    return f"/specimens/{key}/change/"


@pytest.fixture
def specimen(as_alice: Visit, address: str) -> Visit:
    as_alice.open(address)
    return as_alice


def selected(here: Visit) -> str:
    return here.page.locator("[role=tab][aria-selected=true]").inner_text().strip()


def test_arrow_keys_lead_through_the_tabs_and_the_address_names_the_one_that_is_seen(specimen: Visit) -> None:
    page = specimen.page
    page.get_by_role("tab", name="Numbers").focus()
    page.keyboard.press("ArrowRight")
    assert (selected(specimen), page.url.split("#")[1]) == ("Times", "tab-2")
    assert page.get_by_role("tabpanel", name="Times").is_visible()
    assert not page.locator("#note").is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert selected(specimen) == "Numbers"
    page.get_by_role("tab", name="Texts").click()
    specimen.fill(note="Kept in the third tab")
    specimen.press("Save and continue editing")
    assert "was changed" in specimen.message()
    assert selected(specimen) == "Texts"
    page.reload()
    assert page.locator("#note").input_value() == "Kept in the third tab"
    assert selected(specimen) == "Texts"


def test_who_was_signed_out_meanwhile_goes_on_editing_in_the_tab_that_is_seen(specimen: Visit) -> None:
    """The form is then the answer of the sign-in, at whose address nothing is to be sent."""
    page = specimen.page
    page.get_by_role("tab", name="Texts").click()
    specimen.fill(note="Typed too late")
    with specimen.site.app.app_context(), db.engine.begin() as connection:
        connection.execute(UserSession.__table__.delete())
    specimen.press("Save and continue editing")
    # The browser notes the 401 under an address that names the tab.
    page.title()
    specimen.watch.forget()
    specimen.fill(username="alice", password=PASSWORD)
    specimen.press("Sign in")
    assert page.locator("#note").input_value() == "Typed too late"
    page.get_by_role("tab", name="Texts").click()
    specimen.press("Save and continue editing")
    assert "was changed" in specimen.message()
    assert (selected(specimen), page.locator("#note").input_value()) == ("Texts", "Typed too late")


def test_the_tab_with_what_is_wrong_is_seen_and_the_summary_leads_into_others(specimen: Visit) -> None:
    page = specimen.page
    page.get_by_role("tab", name="Times").click()
    specimen.fill(span="long")
    page.get_by_role("tab", name="Texts").click()
    page.get_by_text("Attachments").click()
    specimen.fill(facts="{")
    specimen.press("Save")
    assert selected(specimen).split() == ["Times", "1", "error"]
    page.locator("#errors a").last.click()
    assert selected(specimen).split() == ["Texts", "1", "error"]
    assert page.evaluate("document.activeElement.id") == "facts"
    assert findings(page) == []


def test_tabs_are_for_everybody_in_every_window(specimen: Visit) -> None:
    for name in ("Times", "Texts", "Numbers"):
        specimen.page.get_by_role("tab", name=name).click()
    assert findings(specimen.page) == []


def test_without_a_script_all_sections_are_seen_and_links_lead_to_them(
    site: Site, visit: Visiting, address: str
) -> None:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    here.open(address)
    assert here.page.locator("#note").is_visible()
    here.follow("Times")
    assert here.page.url.endswith("#tab-2")
    here.fill(note="Without a script")
    here.press("Save and continue editing")
    assert "was changed" in here.message()


def test_a_form_in_tabs_is_printed_whole(specimen: Visit) -> None:
    page = specimen.page
    heads = page.locator(".section-title")
    fields = [page.locator(f"#{name}") for name in ("number", "seen_at", "note", "facts")]
    fields[2].evaluate("one => { one.value = 'line\\n'.repeat(40); }")
    assert [head.is_visible() for head in heads.all()] == [False] * 3
    assert [field.is_visible() for field in fields] == [True, False, False, False]
    page.emulate_media(media="print")
    assert [head.is_visible() for head in heads.all()] == [True] * 3
    assert [field.is_visible() for field in fields] == [True] * 4
    assert fields[2].evaluate("one => one.scrollHeight <= one.clientHeight")


def test_with_colours_of_the_device_a_line_tells_which_tab_is_open(specimen: Visit) -> None:
    specimen.page.emulate_media(forced_colors="active")
    edges = specimen.page.get_by_role("tab").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).borderBlockEndColor)"
    )
    assert edges[0] not in edges[1:]
    assert edges[1] == edges[2]


def test_a_field_for_many_lines_shows_some_of_them(specimen: Visit) -> None:
    specimen.page.get_by_role("tab", name="Texts").click()
    line = specimen.page.locator("#page").bounding_box()
    lines = specimen.page.locator("#note").bounding_box()
    assert line is not None
    assert lines is not None
    assert lines["height"] > 2.5 * line["height"]
