"""What a browser says of itself, in plain words."""

import pytest

from tests.account.browsers import FIREFOX, IPHONE
from webapp.account.devices import MAX_LENGTH, device_text

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"

pytestmark = pytest.mark.one_engine


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Edg/138.0.0.0", "Microsoft Edge on Windows"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}", "Chrome on ChromeOS"),
        (f"Mozilla/5.0 (Linux; Android 15; Pixel 9) {CHROME}", "Chrome on Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME} OPR/120.0", "Opera on macOS"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')}", "Chrome on Linux"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "unknown browser"),
        ("   ", "unknown browser"),
        ("<script>" * 40, ("<script>" * 40)[:MAX_LENGTH]),
    ],
)
def test_a_browser_is_called_by_its_name_and_its_system(app: object, says: str, told: str) -> None:
    assert device_text(says) == told
