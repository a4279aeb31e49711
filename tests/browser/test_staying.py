"""A page that lies open says in time that the session ends, and lets the person stay, with everything typed."""

import pytest

from tests.browser.looking import findings
from tests.browser.visits import Visit

# What lies behind it at this very height of the window scrolls into view.
IN_FLOW = "document.getElementById('staying').style.position = 'static'"


@pytest.fixture
def typed(as_alice: Visit) -> Visit:
    as_alice.page.clock.install()
    as_alice.open("/users/add/")
    as_alice.page.get_by_label("Full name").fill("Dora Day")
    return as_alice


def test_two_minutes_before_the_end_one_is_asked_and_stays(typed: Visit) -> None:
    page = typed.page
    page.clock.run_for("27:30")
    assert page.locator("#staying").inner_text().strip() == ""
    # The server's clock has not moved, so it is asked how long is left, and answers that there is time.
    page.route("**/account/stay/", lambda route: route.fulfill(json={"left": 100}), times=1)
    page.clock.run_for("01:00")
    button = page.get_by_role("status").get_by_role("button", name="Stay signed in")
    button.wait_for()
    page.evaluate(IN_FLOW)
    assert findings(page) == []
    button.click()
    button.wait_for(state="detached")
    assert page.get_by_label("Full name").input_value() == "Dora Day"


def test_a_session_that_has_ended_is_said_and_nothing_typed_goes(typed: Visit) -> None:
    page = typed.page
    page.route("**/account/stay/", lambda route: route.fulfill(json={"left": 0}))
    page.clock.run_for("29:00")
    page.get_by_text("Your session has ended").wait_for()
    page.evaluate(IN_FLOW)
    assert findings(page) == []
    assert page.get_by_label("Full name").input_value() == "Dora Day"
