"""The tree of the application: who imports whom, and nothing that grows beyond a screen or hides an import."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAX_FILE, MAX_FUNCTION = 350, 60
GETTEXT = ("_", "_l", "gettext", "lazy_gettext", "ngettext", "pgettext")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def modules() -> list[Path]:
    found = sorted((ROOT / "webapp").rglob("*.py"))
    assert len(found) > 40
    return found


def long_functions(tree: ast.AST) -> list[str]:
    return [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, FUNCTIONS) and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION
    ]


def hidden_imports(tree: ast.AST) -> Iterator[int]:
    """The lines of imports inside a function."""
    for function in ast.walk(tree):
        if isinstance(function, FUNCTIONS):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno


def sentences(node: ast.AST) -> Iterator[str]:
    """What begins like a sentence and no gettext translates; documentation, logs and errors for developers left out."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call):
        *owner, name = ast.unparse(node.func).split(".")
        if name in GETTEXT or owner == ["log"] or re.search("(?<!Validation)Error$", name):
            return
    if isinstance(node, ast.JoinedStr | ast.Constant):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        if re.match(r"(…|[A-Z][a-z]*) [a-z]+", re.sub(r"<[^<>]*>", "", text)):
            yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from sentences(child)


def lint_imports(config: Path) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, because it configures logging for itself."""
    program = f"from importlinter.cli import lint_imports as run; raise SystemExit(run({str(config)!r}, no_cache=True))"
    return subprocess.run(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_the_layers_are_kept() -> None:
    done = lint_imports(ROOT / "pyproject.toml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_layer_would_be_noticed(tmp_path: Path) -> None:
    config = tmp_path / "layers.toml"
    config.write_text(
        '[tool.importlinter]\nroot_packages = ["webapp"]\n'
        '[[tool.importlinter.contracts]]\nname = "upside down"\ntype = "layers"\n'
        'containers = ["webapp"]\nlayers = ["web", "admin", "users"]\n'
    )
    done = lint_imports(config)
    assert done.returncode == 1
    assert "upside down BROKEN" in done.stdout


def test_every_module_of_the_engine_has_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert any(contract.get("exhaustive") for contract in contracts)


def test_no_import_hides_in_a_function() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in modules()
        for line in hidden_imports(ast.parse(path.read_text()))
    }
    assert found == set()


def test_no_file_and_no_function_is_longer_than_one_takes_in() -> None:
    files = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules()}
    assert {path: length for path, length in files.items() if length > MAX_FILE} == {}
    functions = {path.relative_to(ROOT): long_functions(ast.parse(path.read_text())) for path in modules()}
    assert {path: names for path, names in functions.items() if names} == {}


HIDDEN = "class A:\n    async def f(self):\n        if 1:\n            from a import b"


@pytest.mark.parametrize("source", ["def f():\n    import os", HIDDEN])
def test_a_hidden_import_and_a_long_function_would_be_noticed(source: str) -> None:
    assert list(hidden_imports(ast.parse(source)))
    assert long_functions(ast.parse("def f():\n" + "    x = 1\n" * MAX_FUNCTION)) == ["f"]
    assert not long_functions(ast.parse("def f():\n" + "    x = 1\n" * (MAX_FUNCTION - 1)))


def test_every_sentence_for_people_goes_through_gettext() -> None:
    says = re.compile(r"^from webapp\.texts import .*gettext", re.M)
    speaking = [path for path in modules() if says.search(path.read_text())]
    assert len(speaking) > 15
    found = {
        f"{path.relative_to(ROOT)}": words
        for path in speaking
        if path.name != "cli.py" and (words := [*sentences(ast.parse(path.read_text()))])
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('flash(f"{label} was deleted.")', ["… was deleted."]),
        ('warning, status = "Somebody was faster.", 409', ["Somebody was faster."]),
        ('flash(_("It was deleted."))', []),
        ('log.error("the database is away")', []),
        ('raise LookupError(f"{name} is no column")', []),
    ],
)
def test_a_sentence_without_gettext_would_be_noticed(source: str, found: list[str]) -> None:
    assert list(sentences(ast.parse(source))) == found
