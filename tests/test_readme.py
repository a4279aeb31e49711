"""The two READMEs say the same: commands, links and their order."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, PORTUGUESE = "README.md", "README.pt-BR.md"


def parts(name: str) -> dict[str, list[str]]:
    """What no translation changes: blocks, words in code, addresses of links, levels of headings, points."""
    text = (ROOT / name).read_text(encoding="utf-8")
    plain = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return {
        "blocks": re.findall(r"```.*?```", text, re.DOTALL),
        "code": sorted(re.findall(r"`([^`\n]+)`", plain)),
        "links": [link for link in re.findall(r"\]\(([^)]+)\)", plain) if link not in (ENGLISH, PORTUGUESE)],
        "headings": re.findall(r"(?m)^#+", plain),
        "points": re.findall(r"(?m)^- \*\*", plain),
        "rows": re.findall(r"(?m)^\|", plain),
    }


def test_both_readmes_name_the_same_commands_and_links() -> None:
    english = parts(ENGLISH)
    assert "```\nmake run\n```" in english["blocks"]
    assert len(english["links"]) > 5
    assert parts(PORTUGUESE) == english


@pytest.mark.parametrize(("name", "other"), [(ENGLISH, PORTUGUESE), (PORTUGUESE, ENGLISH)])
def test_each_readme_leads_to_the_other(name: str, other: str) -> None:
    assert f"]({other})" in (ROOT / name).read_text(encoding="utf-8").split("\n\n")[1]


@pytest.mark.parametrize("name", [ENGLISH, PORTUGUESE])
def test_what_a_readme_links_to_is_there(name: str) -> None:
    for link in parts(name)["links"]:
        assert (ROOT / link).exists(), link
