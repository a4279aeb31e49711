"""Mutation testing of the modules that decide: who may what, who is signed in, where one goes, what is remembered.

mutmut breaks the code in one small way after another and runs the tests of the module each time; what no test notices
survives. Each module has a copy of the project below `mutants/` and its own choice of tests, so that a survivor
costs seconds. `python -m scripts.mutate redirects gate` takes these two only.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.environment import DEVELOPMENT, ROOT, Stop, step, tool

MUTMUT = "mutmut==3.8.1"
WORKSHOP = ROOT / "mutants"
LEAST = 90  # percent killed, in each module

#: The modules that are mutated, each with the tests that know it best, as arguments of pytest.
MODULES = {
    "webapp/account/authentication.py": "tests/account/test_authentication.py",
    "webapp/account/redirects.py": "tests/account/test_redirects.py tests/account/test_preferences.py",
    "webapp/account/sessions.py": (
        "tests/account/test_sessions_moments.py tests/account/test_sessions.py"
        " -k not(canary)"  # which runs pytest in pytest
    ),
    "webapp/account/throttle.py": "tests/account/test_throttle_counts.py tests/account/test_throttle_counters.py",
    "webapp/admin/history.py": "tests/admin/test_history_kept.py tests/admin/test_history.py",
    "webapp/admin/changes.py": "tests/admin/test_history_kept.py tests/admin/test_history.py",
    "webapp/admin/readers.py": "tests/admin/test_history_told.py tests/admin/test_inlines_told.py",
    "webapp/admin/permissions.py": "tests/admin/test_permissions.py",
    "webapp/users/rules.py": "tests/users/test_rules_asked.py tests/users/test_rules_oneself.py"
    " tests/users/test_meanwhile.py",
    "webapp/web/gate.py": "tests/web/test_gate.py",
}


def main(names: list[str]) -> int:
    """Mutate the modules of these *names*, or all; return 1 when too many mutants of one survive."""
    known = {Path(module).stem: module for module in MODULES}
    if unknown := sorted(set(names) - set(known)):
        raise Stop(f"Nothing is mutated by the name {', '.join(unknown)}. There are: {', '.join(known)}.")
    os.environ.pop("TEST_DATABASE_URLS", None)  # for who notices, SQLite is enough
    scores = {name: mutate(known[name]) for name in names or known}
    killed, totals = zip(*scores.values(), strict=True)
    scores["in all"] = sum(killed), sum(totals)
    print()
    for name, (count, total) in scores.items():
        print(f"{name:16}{count:5} of {total:4} killed{100 * count / total:8.1f} %")
    return int(any(100 * count < LEAST * total for count, total in scores.values()))


def mutate(module: str) -> tuple[int, int]:
    """Mutate one module and print what survived; return how many mutants were killed, and of how many."""
    print("\n== " + module, flush=True)
    copy = copied_project(Path(module).stem)
    (copy / "setup.cfg").write_text(configuration(copy, module), encoding="utf-8")
    way_out = "The lines above say why; the tests have to pass to begin with."
    step("Mutating " + module, mutmut("run"), way_out, copy)
    step("Counting the mutants", mutmut("export-cicd-stats"), way_out, copy)
    counts = json.loads((copy / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    for survivor in survivors(copy):
        subprocess.call(mutmut("show", survivor), cwd=copy)
    # What made the code run for ever was noticed as well.
    return counts["killed"] + counts["timeout"], counts["total"]


def copied_project(name: str) -> Path:
    """A fresh copy of every file that is not ignored, in which mutmut may write what it likes."""
    copy = WORKSHOP / name
    shutil.rmtree(copy, ignore_errors=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for file in filter(None, files.split("\0")):
        if (ROOT / file).is_file():  # deleted and not yet committed
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file)
    return copy


def configuration(copy: Path, module: str) -> str:
    """What mutmut is to do in *copy*: a file of its own, because the tests differ from module to module."""
    settings = {
        "source_paths": ["webapp"],
        "only_mutate": [module],
        "also_copy": [entry.name for entry in sorted(copy.iterdir()) if entry.name != "webapp"],
        # What pytest does for unraisable exceptions, collecting garbage, takes longer than most tests.
        "pytest_add_cli_args": ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:unraisableexception"],
        "pytest_add_cli_args_test_selection": MODULES[module].split(),
    }
    lines = ["[mutmut]"]
    for name, values in settings.items():
        lines += [name + " =", *("    " + value for value in values)]
    return "\n".join(lines) + "\n"


def survivors(copy: Path) -> list[str]:
    """The names of the mutants that no test noticed."""
    listed = subprocess.run(mutmut("results"), cwd=copy, capture_output=True, check=True, text=True).stdout
    pairs = [line.strip().rsplit(": ", 1) for line in listed.splitlines() if ": " in line]
    return [name for name, status in pairs if status != "timeout"]


def mutmut(*arguments: str) -> list[str]:
    """The command that runs mutmut in an environment of its own: ours stays free of what it brings."""
    uv = tool(Path(sys.executable), "uv")
    packages = ["--from", MUTMUT, "--with-requirements", str(ROOT / DEVELOPMENT)]
    return [uv, "tool", "run", "--quiet", "--python", sys.executable, *packages, "mutmut", *arguments]


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        sys.exit("\n" + str(stop))
