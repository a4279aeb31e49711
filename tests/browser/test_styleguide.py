"""The style guide: every component in every state, looked at by axe in light and dark."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.server import running_site
from tests.browser.visits import visiting
from tests.conftest import add_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import findings


def test_every_component_is_accessible(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running_site(tmp_path_factory.mktemp("debug"), is_debug=True) as site,
        visiting(browser, site) as visit,
    ):
        add_user(site.app, "alice", is_superuser=True)
        visit.sign_in()
        visit.open("/styleguide")
        assert visit.page.locator("h1").inner_text() == "Style guide"
        assert findings(visit.page) == []
