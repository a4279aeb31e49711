"""What a page says of fields that somebody else has changed meanwhile, and which of two versions is chosen."""

from bs4 import Tag

from tests.pages import Page


def choices(page: Page) -> dict[str, Tag]:
    """The fields of which one version is chosen, by name."""
    found = page.soup.select("fieldset.choice")
    return {str(one.select_one("[value=mine]")["name"]).removeprefix("_take-"): one for one in found}  # type: ignore[index]


def said(page: Page, name: str) -> str:
    return choices(page)[name].get_text(" ", strip=True)


def taken(page: Page) -> dict[str, str]:
    """Which version of each field is chosen already."""
    names = {name: one.select_one("[checked][type=radio]") for name, one in choices(page).items()}
    return {name: str(one["value"]).partition(":")[0] for name, one in names.items() if one}


def now_in(page: Page, *names: str) -> dict[str, str]:
    """What is sent to choose what is there now in the fields *names*."""
    return {f"_take-{name}": str(choices(page)[name].select("[type=radio]")[1]["value"]) for name in names}


def told(page: Page) -> list[str]:
    """The lines above the form that tell of rows which somebody else has changed or deleted."""
    return [line.get_text(" ", strip=True) for line in page.soup.select(".message-warning[role=alert] li")]
