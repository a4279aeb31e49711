"""What `make check` looks at beside the tests. Standard library only, like scripts/dev.py."""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.environment import tool

Commands = list[list[str]]


def failing(steps: Mapping[str, Commands]) -> list[str]:
    """The names of the steps that fail.

    As many run at a time as there are cores, the steps in their order; each is told of whole, in that order too.
    """
    failed = []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        environ = {**os.environ, **_fresh(Path(folder))}
        done = pool.map(lambda commands: _run(commands, environ), steps.values())
        for name, (passed, said) in zip(steps, done, strict=True):
            print("\n== " + name + "\n" + said, end="", flush=True)
            if not passed:
                failed.append(name)
    return failed


def steps(python: Path) -> dict[str, Commands]:
    """The steps by their names, each with its commands, one after another."""
    flask = [str(python), "-m", "flask", "--app", "wsgi", "db"]
    return {
        "ruff check": [[tool(python, "ruff"), "check"]],
        "ruff format": [[tool(python, "ruff"), "format", "--check"]],
        "mypy": [[tool(python, "mypy")]],
        "djlint": [[tool(python, "djlint"), "templates", "--lint", "--quiet"]],
        "import-linter": [[tool(python, "lint-imports")]],
        # Whether the migrations give the schema that the models describe.
        "flask db check": [[*flask, "upgrade"], [*flask, "check"]],
    }


def _fresh(folder: Path) -> dict[str, str]:
    """The settings of an application whose database is new."""
    return {
        "DATABASE_URL": "sqlite:///" + (folder / "check.db").as_posix(),
        "SECRET_KEY": secrets.token_urlsafe(48),
    }


def _run(commands: Commands, environ: Mapping[str, str]) -> tuple[bool, str]:
    """Run commands until one fails; whether none did, and what they printed."""
    said = ""
    for command in commands:
        done = subprocess.run(
            command,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        said += done.stdout
        if done.returncode:
            return False, said
    return True, said
