"""A person in front of a real browser, who is also watched: what a page must never do is collected from every page."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.browser.server import Site

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Page,
        Playwright,
        Request,
        Response,
    )

CHROMIUM = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
# Seconds for whatever a page does next; only a test that fails waits so long, on a machine however busy.
PATIENCE = 60

# A broken policy becomes an error in the console, where every error is collected.
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`);
});
"""


def find_chromium(playwright: "Playwright") -> str | None:
    """The browser of this machine, else the one that Playwright has installed."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    return found or shutil.which(playwright.chromium.executable_path)


@dataclass
class Watch:
    """What every page of a visit asked for and complained about."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    requests: "list[Request]" = field(default_factory=list)
    _console: "list[ConsoleMessage]" = field(default_factory=list)
    _refused_pages: set[str] = field(default_factory=set)

    def attach(self, context: "BrowserContext") -> None:
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", lambda message: self._console.append(message))
        context.on("weberror", lambda error: self.complaints.append(f"exception: {error.error}"))
        context.on("request", self._note_request)
        context.on("response", self._note_response)

    def assert_clean(self) -> None:
        """No complaint of the browser and no request to anywhere else, on any page so far."""
        errors = [
            f"{message.type}: {message.text}"
            for message in self._console
            if message.type in ("error", "warning") and not self._is_expected(message)
        ]
        if found := self.complaints + errors:
            raise AssertionError("\n".join(found))

    def console(self) -> str:
        """All that the pages so far wrote to the console."""
        return "\n".join(message.text for message in self._console)

    def forget(self) -> None:
        self.complaints.clear()
        self._console.clear()

    def _note_request(self, request: "Request") -> None:
        self.requests.append(request)
        address = urlsplit(request.url)
        if f"{address.scheme}://{address.netloc}" != self.origin:
            self.complaints.append(f"request to elsewhere: {request.url}")

    def _note_response(self, response: "Response") -> None:
        if response.status < 400:
            return
        if response.request.is_navigation_request():
            self._refused_pages.add(response.url)
        else:
            self.complaints.append(f"{response.status} for {response.url}")

    def _is_expected(self, message: "ConsoleMessage") -> bool:
        """The browser notes each page that was itself refused, such as a form with errors (422)."""
        return (
            message.text.startswith("Failed to load resource")
            and message.location["url"] in self._refused_pages
        )


@dataclass(frozen=True)
class Visit:
    """One browser with its own cookies, on one page."""

    site: Site
    page: "Page"
    watch: Watch

    def open(self, path: str) -> "Response | None":
        return self.page.goto(self.site.url + path)

    def sign_in(self, username: str = "alice") -> None:
        """Sign in without the sign-in page, which the journeys go through; no page is opened yet."""
        cookie = self.site.session_of(username)
        self.page.context.add_cookies([{"name": "session", "value": cookie, "url": self.site.url}])

    def fill(self, **values: str) -> None:
        """Type into the fields of the page's form, by their names."""
        for name, value in values.items():
            self.page.locator(f"main form[method=post] [name={name}]").fill(value)

    def press(self, name: str) -> None:
        """Click the one button that is called so, and wait for the page that it leads to."""
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()

    def follow(self, name: str) -> None:
        """Click the one link that is called so, and wait for its page."""
        self.page.get_by_role("link", name=name, exact=True).click()
        self.settle()

    def settle(self) -> None:
        """Wait for the page that is being loaded, or for the results that are being replaced."""
        self.page.wait_for_load_state()
        self.page.locator("#results[aria-busy]").wait_for(state="detached")

    def wait_until(self, holds: Callable[[], object]) -> None:
        """Let the browser go on until *holds* is true; the assertion after it says what was missing."""
        deadline = monotonic() + PATIENCE
        while not holds() and monotonic() < deadline:
            self.page.wait_for_timeout(20)

    def column(self, number: int = 0) -> list[str]:
        """The cells of the list in one column, the boxes to tick left out."""
        self.settle()
        cells = self.page.locator(
            f".table tbody tr > :nth-child({number + 1} of th, td:not(:has(> [name=selected])))"
        )
        return [text.strip() for text in cells.all_inner_texts()]

    def message(self) -> str:
        return self.page.locator(".messages").inner_text()


@contextmanager
def visiting(browser: "Browser", site: Site, **options: Any) -> Iterator[Visit]:
    """A visit that fails at its end if a page complained, or asked for something from elsewhere."""
    settings = {"viewport": DESKTOP, "reduced_motion": "reduce", "locale": "en", **options}
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE * 1000)
    watch = Watch(site.url)
    watch.attach(context)
    try:
        visit = Visit(site, context.new_page(), watch)
        yield visit
        # What the browser has to tell comes with the next thing it is asked.
        visit.page.title()
        watch.assert_clean()
    finally:
        context.close()
