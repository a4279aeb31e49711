"""What the guide says of the code is so."""

import re
from pathlib import Path

from webapp import APPS

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"


def test_who_adds_an_app_as_the_guide_says_keeps_all_that_is_there() -> None:
    text = (GUIDE / "models.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"(?m)^APPS: .+ = \((.+)\)$", text)
    assert named.split(", ") == [*(package.__name__ for package in APPS), "webapp.shop"]
