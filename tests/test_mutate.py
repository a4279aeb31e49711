"""What `make mutate` mutates is there, and what it cannot mutate it says."""

import pytest

from scripts import mutate
from scripts.environment import ROOT, Stop


@pytest.mark.parametrize("module", mutate.MODULES)
def test_the_module_and_its_tests_are_where_they_are_looked_for(module: str) -> None:
    tests = [word for word in mutate.MODULES[module].split() if word.startswith("tests/")]
    assert tests
    for path in (module, *tests):
        assert (ROOT / path).is_file(), path


def test_a_name_that_no_module_has_ends_with_the_ones_there_are() -> None:
    with pytest.raises(Stop, match=r"by the name rule\. There are: .*redirects, .*rules"):
        mutate.main(["rule", "gate"])


@pytest.mark.parametrize(
    ("killed", "code", "share"), [(89, 1, "89.0 %"), (90, 0, "90.0 %"), (100, 0, "100.0 %")]
)
def test_fewer_than_nine_of_ten_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], killed: int, code: int, share: str
) -> None:
    monkeypatch.setattr(mutate, "mutate", lambda module: (killed, 100))
    assert mutate.main(["gate"]) == code
    assert share in capsys.readouterr().out


def test_one_weak_module_is_a_failure_however_strong_the_others_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutate, "mutate", lambda module: (80 if "gate" in module else 100, 100))
    assert mutate.main([]) == 1
