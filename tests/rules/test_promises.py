"""Each promise of SECURITY.md stands on tests, and each of them is there."""

import ast
import re

import pytest

from webapp.setting_types import ROOT

NAMED = re.compile(r"^- `(tests/[\w/]+\.py)::(\w+)`$", re.M)


def promises(text: str) -> dict[str, list[tuple[str, str]]]:
    """The tests that each promise names, a path and a name."""
    promised = text.partition("## What is promised")[2].partition("\n## ")[0]
    found = [part for part in re.split(r"^(?=\*\*)", promised, flags=re.M) if part.startswith("**")]
    return {part.partition("**")[2].partition("**")[0]: NAMED.findall(part) for part in found}


def without_proof(text: str) -> list[str]:
    """Promises without a test, and tests that are not there."""
    named = promises(text)
    bare = [promise for promise, tests in named.items() if not tests]
    return bare + [
        f"{path}::{name}"
        for tests in named.values()
        for path, name in tests
        if name not in functions_in(path)
    ]


def functions_in(path: str) -> set[str]:
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.is_file() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_tests_that_are_there() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert len(promises(text)) >= 15
    assert text.count("::test_") == sum(len(tests) for tests in promises(text).values())
    assert without_proof(text) == []


@pytest.mark.parametrize(
    "points",
    [
        "",
        "- `tests/rules/test_promises.py::test_gone`\n",
        "- `tests/nowhere.py::test_every_promise_names_tests_that_are_there`\n",
    ],
)
def test_a_promise_that_nothing_proves_would_be_noticed(points: str) -> None:
    text = f"## What is promised\n\n**All is well.**\n{points}\n## What is not promised\n"
    assert len(without_proof(text)) == 1
    proof = "- `tests/rules/test_promises.py::test_every_promise_names_tests_that_are_there`\n"
    assert without_proof(text.replace(points or "well.**\n", proof if points else f"well.**\n{proof}")) == []
