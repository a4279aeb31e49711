"""What a browser keeps, shows and sends: nothing after signing out, nothing from or to anywhere else."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.server import Site
from tests.browser.visits import Visit, visiting
from tests.conftest import add_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_going_back_after_signing_out_shows_nothing_that_was_kept(
    site: Site, keeping_browser: "Browser"
) -> None:
    """SE-03."""
    add_user(site.app, "alice", is_superuser=True)
    with visiting(keeping_browser, site) as here:
        here.sign_in()
        here.open("/")
        here.open("/users/")
        here.open("/account/")
        here.page.go_back(wait_until="commit")
        here.page.get_by_role("heading", name="Users").wait_for()
        here.page.get_by_role("button", name="Your account:").click()
        here.press("Sign out")
        here.page.wait_for_url("**/login")
        for _page in range(2):
            here.page.go_back(wait_until="commit")
            here.page.get_by_role("heading", name="Sign in").wait_for()
            assert "alice" not in here.page.content()


def test_a_page_that_loads_from_elsewhere_would_be_noticed(as_alice: Visit) -> None:
    as_alice.open("/")
    as_alice.page.evaluate(
        """() => {
          const image = new Image();
          image.src = "http://elsewhere.example/pixel.png";
          document.body.append(image);
        }"""
    )
    as_alice.wait_until(lambda: "policy:" in as_alice.watch.console())
    with pytest.raises(AssertionError, match=r"policy: img-src refused http://elsewhere\.example"):
        as_alice.watch.assert_clean()
    as_alice.watch.forget()
