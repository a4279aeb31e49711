"""The environment that `make` works in, and the versions that its lock files pin."""

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest

from scripts import environment
from scripts.environment import DEVELOPMENT, ROOT, RUNTIME, UNFINISHED, Stop


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose environment is made by pretence: no process starts and nothing is installed."""
    for name in (RUNTIME, DEVELOPMENT):
        (tmp_path / name).write_text(f"# {name}\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)

    def pretend_make(venv: Path) -> None:
        environment.venv_python(venv).parent.mkdir(parents=True, exist_ok=True)
        environment.venv_python(venv).touch()
        (tmp_path / "made").write_text((tmp_path / "made").read_text() + "x")

    def pretend_install(venv: Path, lock: Path) -> None:
        (tmp_path / "installed").write_text((tmp_path / "installed").read_text() + lock.name + "\n")

    for name in ("made", "installed"):
        (tmp_path / name).write_text("")
    monkeypatch.setattr(environment, "make_venv", pretend_make)
    monkeypatch.setattr(environment, "install", pretend_install)
    monkeypatch.setattr(environment, "quiet", lambda command: True)
    return tmp_path


def installed(project: Path) -> list[str]:
    return (project / "installed").read_text().split()


def test_a_second_start_installs_nothing(project: Path) -> None:
    first = environment.environment(RUNTIME)
    assert environment.environment(RUNTIME) == first == environment.venv_python(project / ".venv")
    assert installed(project) == [RUNTIME]


def test_a_changed_lock_is_installed_into_the_same_environment(project: Path) -> None:
    environment.environment(RUNTIME)
    (project / RUNTIME).write_text("# newer\n")
    environment.environment(RUNTIME)
    assert installed(project) == [RUNTIME, RUNTIME]
    assert (project / "made").read_text() == "x"


def test_what_is_installed_for_development_is_enough_to_run(project: Path) -> None:
    environment.environment(DEVELOPMENT)
    environment.environment(RUNTIME)
    assert installed(project) == [DEVELOPMENT]


def test_what_is_installed_to_run_is_not_enough_for_development(project: Path) -> None:
    environment.environment(RUNTIME)
    environment.environment(DEVELOPMENT)
    assert installed(project) == [RUNTIME, DEVELOPMENT]


def test_an_interrupted_installation_starts_afresh(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(venv: Path, lock: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(environment, "install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            environment.environment(RUNTIME)
    assert (project / ".venv" / UNFINISHED).exists()
    environment.environment(RUNTIME)
    assert (project / "made").read_text() == "xx"
    assert not (project / ".venv" / UNFINISHED).exists()


def test_another_python_version_is_another_installation(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = environment.fingerprint(project / RUNTIME)
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    assert environment.fingerprint(project / RUNTIME) != before


def test_a_folder_that_cannot_be_written_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(Stop, match="Nothing can be written in"):
        environment.environment(RUNTIME)


def test_a_failing_step_is_named_with_its_way_out() -> None:
    with pytest.raises(Stop, match=r"Installing failed \(exit code 3\)\. Try again\."):
        environment.step("Installing", [sys.executable, "-c", "raise SystemExit(3)"], "Try again.")


# The lock files


def pins(name: str) -> set[str]:
    return set(re.findall(r"^[a-z0-9._\[\],-]+==\S+", (ROOT / name).read_text(), re.MULTILINE))


def required_by(package: str) -> list[str]:
    try:
        return requires(package) or []
    except PackageNotFoundError:  # the lock names what other systems need too
        return []


def test_development_installs_the_versions_that_run_in_production() -> None:
    assert pins(RUNTIME)
    assert pins(RUNTIME) <= pins(DEVELOPMENT)


def test_what_a_package_asks_for_with_an_extra_is_pinned_with_it() -> None:
    """Without it pip looks for the newest version, and refuses it as not pinned once there is a newer one."""
    pinned = {pin.partition("==")[0] for pin in pins(DEVELOPMENT)}
    asked = {
        re.sub(r"[\s;(<>=!~].*", "", requirement).lower()
        for pin in pinned
        for requirement in required_by(pin.partition("[")[0])
        if "[" in requirement and "extra ==" not in requirement
    }
    assert "coverage[toml]" in asked, "pytest-cov asks for it"
    assert asked <= pinned


@pytest.mark.parametrize("name", [RUNTIME, DEVELOPMENT])
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    for block in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert "://" not in text
    assert "--index-url" not in text
