"""Where a text could become markup or a program: in the application's code, its templates and its scripts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# WB-11. A text is declared to be HTML here and nowhere else; each place says beside it who has escaped it.
REVIEWED = {
    "account/frame.py": 1,
    "admin/display.py": 3,
    "admin/editing/page.py": 1,
    "admin/editing/lookupbox.py": 1,
    "admin/editing/related.py": 3,
    "admin/editing/relatedlist.py": 1,
    "admin/editing/tags.py": 2,
    "admin/listing/addresses.py": 1,
    "admin/listing/drawing.py": 1,
    "admin/timeline.py": 2,
    "web/templates.py": 2,
}
SINKS = re.compile(
    r"\.(innerHTML|outerHTML|srcdoc)\s*\+?=(?!=)|insertAdjacentHTML|document\.write|createContextualFragment"
    r"|\beval\(|new Function|set(Timeout|Interval)\(\s*[\"'`]|\bon[a-z]+\s*=\s*[\"'`]|javascript:"
)
# A template of an icon without any value of the page's; it is filled through the DOM.
FIXED = re.compile(
    r"\.innerHTML = `<svg class=\"icon\" aria-hidden=\"true\"><use( href=\"\$\{ICONS\.pathname\}#x\")?></use></svg>`"
)
UNQUOTED = re.compile(r"[\w-]=\{[{%]")


def declared_safe(tree: ast.AST) -> Iterator[ast.Call]:
    """Markup() of anything but a text that stands in the program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("Markup", "HTMLString"):
            text = node.args[0] if node.args else None
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            if not all(isinstance(part, ast.Constant) for part in parts):
                yield node


def sinks(script: str) -> list[str]:
    return [match.group() for match in SINKS.finditer(FIXED.sub("", script))]


def test_a_text_is_declared_to_be_html_only_where_it_was_reviewed() -> None:
    found = {}
    for path in sorted((ROOT / "webapp").rglob("*.py")):
        number = len(list(declared_safe(ast.parse(path.read_text()))))
        if number:
            found[str(path.relative_to(ROOT / "webapp"))] = number
    assert found == REVIEWED


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("Markup(x)", 1),
        ("markupsafe.Markup(f'<b>{x}</b>')", 1),
        ("Markup('<b>{}</b>').format(x)", 0),
        ("x()", 0),
    ],
)
def test_what_is_declared_to_be_html_would_be_noticed(source: str, number: int) -> None:
    assert len(list(declared_safe(ast.parse(source)))) == number


def test_no_script_makes_markup_or_a_program_of_a_text() -> None:
    scripts = sorted((ROOT / "static" / "js").rglob("*.js"))
    assert len(scripts) > 10
    assert {path.name: found for path in scripts if (found := sinks(path.read_text()))} == {}


@pytest.mark.parametrize(
    "source",
    [
        "a.innerHTML = text",
        "a.innerHTML = `<b>${text}</b>`",
        "a.outerHTML+=b",
        "a.insertAdjacentHTML('beforeend', b)",
        "eval(a)",
        "setTimeout('a', 1)",
        "frame.srcdoc = a",
    ],
)
def test_a_script_that_does_would_be_noticed(source: str) -> None:
    assert sinks(source)
    assert not sinks("a.textContent = text; if (a.innerHTML == b) setTimeout(() => c, 1)")


def test_no_attribute_of_a_template_stands_without_quotes() -> None:
    templates = sorted((ROOT / "templates").rglob("*.html"))
    assert len(templates) > 10
    assert [path.name for path in templates if UNQUOTED.search(path.read_text())] == []
    assert UNQUOTED.search("<a href={{ address }}>")
    assert not UNQUOTED.search('<a href="{{ address }}">')
