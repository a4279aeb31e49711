"""What a page costs on the wire, cold, as the browser counts it."""

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.people import everyday
from tests.browser.server import Site
from tests.browser.visits import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Response

KIB = 1024
MOST_REQUESTS = 6
LIST_ON_THE_WIRE = 40 * KIB
STYLES = 12 * KIB
SCRIPTS = 10 * KIB
LIST_HTML = 60_000


class Load:
    """One page loaded in a tab of its own, and all that came over the wire: what the cache had is not in it."""

    def __init__(self, here: Visit, path: str, *, cold: bool = True) -> None:
        page = here.page.context.new_page()
        self.bytes_received = 0
        self._responses: dict[str, Response] = {}
        self._addresses: dict[str, str] = {}
        self._cached: set[str] = set()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.setCacheDisabled", {"cacheDisabled": cold})
        devtools.on("Network.responseReceived", self._note_answer)
        devtools.on("Network.requestServedFromCache", self._note_cached)
        devtools.on("Network.loadingFinished", self._count)
        page.on("response", self._note_response)
        page.goto(here.site.url + path, wait_until="networkidle")
        self.page = page

    def _note_answer(self, event: dict[str, Any]) -> None:
        answer = event["response"]
        # The icon in a date field is the browser's own: a data address.
        if answer["url"].startswith("http") and not answer["fromDiskCache"]:
            self._addresses[event["requestId"]] = answer["url"]

    def _note_cached(self, event: dict[str, Any]) -> None:
        self._cached.add(event["requestId"])

    def _count(self, event: dict[str, Any]) -> None:
        self.bytes_received += int(event["encodedDataLength"])

    def _note_response(self, response: "Response") -> None:
        self._responses[response.url] = response

    @property
    def addresses(self) -> list[str]:
        return [address for key, address in self._addresses.items() if key not in self._cached]

    def of(self, kind: str) -> "list[Response]":
        return [answer for answer in self._responses.values() if answer.request.resource_type == kind]

    def gzipped(self, kind: str) -> int:
        return sum(len(gzip.compress(answer.body())) for answer in self.of(kind))

    def __str__(self) -> str:
        names = ", ".join(address.rsplit("/", 1)[-1] or "/" for address in self.addresses)
        return f"{len(self.addresses)} requests ({names}), {self.bytes_received} bytes on the wire"


@pytest.fixture
def as_alice_among_many(site: Site, as_alice: Visit) -> Visit:
    site.add_people(everyday(300))
    return as_alice


def test_a_list_of_100_people_is_light(as_alice_among_many: Visit) -> None:
    load = Load(as_alice_among_many, "/users/?size=100")
    assert len(load.addresses) <= MOST_REQUESTS, load
    assert load.bytes_received <= LIST_ON_THE_WIRE, load
    [html] = load.of("document")
    assert html.text().count("name=selected") == 100
    assert len(html.body()) <= LIST_HTML


@pytest.mark.parametrize("path", ["/", "/users/", "/users/add/", "/account/password/"])
def test_styles_and_scripts_are_small_on_every_kind_of_page(as_alice: Visit, path: str) -> None:
    load = Load(as_alice, path)
    assert len(load.of("stylesheet")) == 1
    assert load.gzipped("stylesheet") <= STYLES
    assert load.gzipped("script") <= SCRIPTS
    assert len(load.addresses) <= MOST_REQUESTS, load


@pytest.mark.parametrize(
    "path", ["/users/", "/users/add/", "/users/{}/change/", "/account/password/", "/search"]
)
def test_all_scripts_together_stay_small_when_the_palette_is_opened(as_alice: Visit, path: str) -> None:
    as_alice.open("/users/")
    href = as_alice.page.locator(".table tbody tr a").first.get_attribute("href") or ""
    load = Load(as_alice, path.format(href.split("/")[2]))
    load.page.keyboard.press("Control+k")
    load.page.get_by_role("dialog", name="Search and commands").wait_for()
    names = {response.url.rsplit("/", 1)[-1] for response in load.of("script")}
    assert {"app.js", "palette.js"} <= names
    assert ("results.js" in names) == (path in ("/users/", "/search"))
    assert load.gzipped("script") <= SCRIPTS, names


def test_the_second_page_asks_for_nothing_but_itself(as_alice: Visit) -> None:
    Load(as_alice, "/users/")
    load = Load(as_alice, "/users/?sort=email", cold=False)
    assert load.addresses == [as_alice.site.url + "/users/?sort=email"]
