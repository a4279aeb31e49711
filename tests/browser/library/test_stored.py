"""In a real browser: what somebody has stored past every form runs nowhere, and the policy has nothing to refuse."""

from tests.browser.visits import Visit
from tests.library.stored import MARKUP, SCRIPTS, pages_of, store


def test_nothing_that_is_stored_runs_on_any_page(as_alice: Visit) -> None:
    """WB-09, WB-10: on each page, in what scripts draw (palette, lookup, list), and in what is typed and echoed."""
    store(as_alice.site.app, MARKUP)
    store(as_alice.site.app, SCRIPTS, ("page", "website"))
    # The empty forms show nothing that is stored.
    addresses = [one for one in pages_of(as_alice.site.app) if not one.endswith("/add/")]
    assert len(addresses) > 60
    for address in addresses:
        as_alice.open(address)
        assert as_alice.page.evaluate("window.__xss") is None, address
    as_alice.open("/books/")
    as_alice.page.keyboard.press("Control+k")
    as_alice.page.keyboard.type("xss")
    as_alice.page.locator("[role=option]").nth(1).wait_for()
    as_alice.open(f"/books/?q={MARKUP[1].replace('=', '%3D')}")
    assert as_alice.page.evaluate("window.__xss") is None
    as_alice.watch.assert_clean()
