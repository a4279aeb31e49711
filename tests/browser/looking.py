"""What must hold on every page as it looks: no finding of axe, and nothing wider than the window."""

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

from tests.browser.visits import DESKTOP, PHONE

# The narrowest window of WCAG 2.2 (1.4.10): 1280 px at 400 %.
NARROWEST = {"width": 320, "height": 640}

# A desk at 200 %, where nothing may be lost (1.4.4).
ZOOMED = {"width": 640, "height": 400}

# axe leaves the rule on the size of targets (WCAG 2.5.8) off by itself.
EVERYTHING = {"resultTypes": ["violations"], "preload": False, "rules": {"target-size": {"enabled": True}}}
COLOURS = {
    "resultTypes": ["violations"],
    "preload": False,
    "runOnly": ["color-contrast", "link-in-text-block"],
}


def findings(page: "Page") -> list[str]:
    """All that is wrong with *page* at a desk, on a phone, zoomed and in the narrowest window, light and dark."""
    found = []
    page.evaluate(Axe().axe_script)
    # What lies behind the bar of buttons at this very height of the window is no target there, and scrolls into view.
    page.evaluate("for (const bar of document.querySelectorAll('.savebar')) bar.style.position = 'static'")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for scheme, rules in (("dark", COLOURS), ("light", EVERYTHING)):
            page.emulate_media(color_scheme=scheme)
            found += [f"{size['width']} px, {scheme}: {line}" for line in _violations(page, rules)]
    for size in (ZOOMED, NARROWEST):
        page.set_viewport_size(size)
        found += [f"{size['width']} px: {line}" for line in too_wide(page)]
    page.set_viewport_size(DESKTOP)
    return found


def _violations(page: "Page", rules: dict[str, object]) -> list[str]:
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in page.evaluate("async (rules) => (await axe.run(rules)).violations", rules)
        for node in rule["nodes"]
    ]


def too_wide(page: "Page") -> list[str]:
    """The elements for which the page itself would scroll sideways."""
    return page.evaluate(
        """() => {
          const room = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= room) return [];
          const beyond = document.dir === "rtl"
            ? (one) => one.getBoundingClientRect().right - one.scrollWidth < -1
            : (one) => one.getBoundingClientRect().left + one.scrollWidth > room + 1;
          return [...document.querySelectorAll("body *")]
            .filter(beyond)
            .map((one) => `too wide: ${one.outerHTML.slice(0, 120)}`);
        }"""
    )
