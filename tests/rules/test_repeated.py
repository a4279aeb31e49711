"""Every test whose people act at the same moment is marked `race`, so that `make races` repeats it."""

import ast

from webapp.setting_types import ROOT


def unmarked(source: str) -> list[str]:
    """The tests in which several act at once that are not marked."""
    return [
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and any(isinstance(part, ast.Name) and part.id == "at_once" for part in ast.walk(node))
        and "pytest.mark.race" not in map(ast.unparse, node.decorator_list)
    ]


def test_the_rule_sees_a_race_that_is_not_marked() -> None:
    race = "def test_two() -> None:\n    assert at_once([one, other]) == [303, 422]"
    assert unmarked(race) == ["test_two"]
    assert unmarked(f"@pytest.mark.race\n{race}") == []
    assert unmarked(race.replace("at_once([one, other])", "[one(), other()]")) == []


def test_every_race_is_marked() -> None:
    left = {path.name: unmarked(path.read_text()) for path in sorted((ROOT / "tests").rglob("test_*.py"))}
    assert {name: tests for name, tests in left.items() if tests} == {}
