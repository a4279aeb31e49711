"""A real server and a real browser; the tests skip, with the reason, where there is none."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.server import Site, running_site
from tests.browser.visits import FLAGS, Visit, find_chromium, visiting
from tests.conftest import add_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent

#: Makes a visit; its options are those of a Playwright context.
Visiting = Callable[..., Visit]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser; as each case takes seconds, they are shared out like those on an engine."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.alike)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def launch() -> "Iterator[Callable[..., Browser]]":
    """Start headless Chromium, of this machine or of Playwright."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")
    with api.sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            pytest.skip("there is no Chromium on this machine (chromium, chromium-browser, google-chrome)")
        yield partial(playwright.chromium.launch, executable_path=path, args=FLAGS)


@pytest.fixture(scope="session")
def browser(launch: "Callable[..., Browser]") -> "Iterator[Browser]":
    with launch() as opened:
        yield opened


@pytest.fixture
def keeping_browser(launch: "Callable[..., Browser]") -> "Iterator[Browser]":
    """A browser as people use it: it keeps pages in memory for going back, which Playwright's does not."""
    with launch(ignore_default_args=["--disable-back-forward-cache"]) as opened:
        yield opened


@pytest.fixture(scope="session")
def _running_site(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(_running_site: Site) -> Iterator[Site]:
    """The server with empty tables."""
    yield _running_site
    _running_site.empty()


@pytest.fixture
def visit(browser: "Browser", site: Site) -> Iterator[Visiting]:
    """Open a browser; at the end of the test no page may have complained."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(visiting(browser, site, **options))


@pytest.fixture
def as_alice(site: Site, visit: Visiting) -> Visit:
    """Alice, a superuser, signed in at a desk."""
    add_user(site.app, "alice", is_superuser=True)
    opened = visit()
    opened.sign_in()
    return opened
