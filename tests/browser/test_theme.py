"""Light and dark: as the device says, unless the person has chosen."""

from tests.browser.visits import Visit


def test_the_theme_of_the_profile_wins_over_the_device(as_alice: Visit) -> None:
    as_alice.open("/account/")
    assert _background(as_alice) == "rgb(255, 255, 255)"
    as_alice.page.get_by_label("Theme").select_option("Dark")
    as_alice.press("Save")
    assert _background(as_alice) == "rgb(22, 23, 27)"
    as_alice.page.emulate_media(color_scheme="dark")
    as_alice.page.get_by_label("Theme").select_option("Light")
    as_alice.press("Save")
    assert _background(as_alice) == "rgb(255, 255, 255)"


def _background(here: Visit) -> str:
    return str(here.page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
