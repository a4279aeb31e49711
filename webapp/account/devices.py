"""A browser and its system in plain words, told by what it says of itself: enough for a person to know it again.

Nothing is decided by it. Each browser pretends to be those before it, so the first of a line that is found counts.
"""

import re

from webapp.texts import gettext as _

_BROWSERS = (
    ("Edg", "Microsoft Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("Firefox|FxiOS", "Firefox"),
    ("(?:Headless)?Chrome|Chromium|CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux|X11", "Linux"),
)
MAX_LENGTH = 60


def device_text(user_agent: str) -> str:
    """What to call the browser that sent this ``User-Agent``: “Firefox on Linux”; else the start of what it says."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return str(_("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or user_agent[:MAX_LENGTH].strip() or str(_("unknown browser"))


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in names if re.search(rf"\b(?:{sign})", user_agent)), "")
