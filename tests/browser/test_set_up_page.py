"""The page that makes the first administrator; in a file of its own, because it needs a system without people."""

from collections.abc import Callable

import pytest

from tests.browser.server import Site
from tests.browser.visits import Visit

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import findings


def test_the_set_up_page_is_accessible(site: Site, visit: Callable[..., Visit]) -> None:
    stranger = visit()
    stranger.page.goto(site.setup_link())
    assert findings(stranger.page) == []
