"""The virtual environment in .venv: made, filled from a lock file, and made again when it has to be.

Standard library only, like scripts/dev.py, whose commands start here.
"""

import errno
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
UNFINISHED = "unfinished"
SPACE_NEEDED = 500  # MB, for the environment with everything in it


class Stop(Exception):
    """An expected failure. Its text says which step failed and what to do."""


def environment(lock: str) -> Path:
    """Return the Python of a virtual environment that has what the lock file names; make what is missing."""
    venv = ROOT / ".venv"
    python = venv_python(venv)
    stamp, current = venv / (lock + ".sha256"), fingerprint(ROOT / lock)
    finished = python.exists() and not (venv / UNFINISHED).exists()
    if finished and stamp.exists() and stamp.read_text().strip() == current:
        return python
    if not os.access(ROOT, os.W_OK):
        raise Stop(f"Nothing can be written in {ROOT}. Move the project to a folder of yours.")
    try:
        if not is_usable(venv):
            make_venv(venv)
        print(f"Installing what {lock} names ...", flush=True)
        (venv / UNFINISHED).touch()
        install(venv, ROOT / lock)
        stamp.write_text(current + "\n")
        if lock == DEVELOPMENT:  # which holds all of the other
            (venv / (RUNTIME + ".sha256")).write_text(fingerprint(ROOT / RUNTIME) + "\n")
        (venv / UNFINISHED).unlink()
    except OSError as error:
        raise Stop(disk_trouble("Making the virtual environment .venv", error)) from None
    return python


def fingerprint(lock: Path) -> str:
    """What an installation depends on: the lock file and the Python version, as one hash."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return hashlib.sha256(version.encode() + b"\0" + lock.read_bytes()).hexdigest()


def is_usable(venv: Path) -> bool:
    """Whether an earlier environment can be added to: complete, of this Python version, its Python runs."""
    if (venv / UNFINISHED).exists() or not venv_python(venv).exists():
        return False
    ask = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return quiet([str(venv_python(venv)), "-c", ask]) and installer(venv) is not None


def make_venv(venv: Path) -> None:
    """Make the virtual environment anew, also where Debian's python3-venv is not installed."""
    if venv.exists():
        print("Starting .venv afresh: it was incomplete or of another Python.")
        shutil.rmtree(venv)
    print("Making a virtual environment in .venv ...", flush=True)
    if shutil.which("uv"):
        command = ["uv", "venv", "--quiet", "--python", sys.executable, str(venv)]
    else:
        has_ensurepip = importlib.util.find_spec("ensurepip") is not None
        command = [sys.executable, "-m", "venv", str(venv)]
        command += [] if has_ensurepip else ["--without-pip"]
    step("Making the virtual environment", command, "Look at the lines above, then run the command again.")
    if installer(venv) is None:
        raise Stop(
            "This Python can make no virtual environment with pip in it. Install what is missing "
            "(Debian and Ubuntu: apt install python3-venv), then run the command again."
        )


def install(venv: Path, lock: Path) -> None:
    """Install a lock file, every package checked against its hash."""
    command = installer(venv)
    if command is None:
        raise Stop("There is no pip for .venv. Delete the folder .venv, then run the command again.")
    free = shutil.disk_usage(venv).free // 2**20
    way_out = "Is there a network, and does it reach the package index? Run the command again when it does."
    if free < SPACE_NEEDED:
        way_out = f"Only {free} MB of disk are free, {SPACE_NEEDED} are needed. Make room, then run it again."
    step("Installing the packages", [*command, "--require-hashes", "-r", str(lock)], way_out)


def installer(venv: Path) -> list[str] | None:
    """Return the install command for this environment: uv, its pip or this Python's; None without any."""
    python = str(venv_python(venv))
    if shutil.which("uv"):
        return ["uv", "pip", "install", "--quiet", "--python", python]
    pip_install = ["install", "-qq", "--disable-pip-version-check"]
    if quiet([python, "-m", "pip", "--version"]):
        return [python, "-m", "pip", *pip_install]
    if quiet([sys.executable, "-m", "pip", "--python", python, "--version"]):
        return [sys.executable, "-m", "pip", "--python", python, *pip_install]
    return None


def venv_python(venv: Path) -> Path:
    """Return where the environment's Python is."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def step(name: str, command: list[str], way_out: str, folder: Path | None = None) -> None:
    """Run a command, in *folder*, whose failure ends everything, with its name and the way out."""
    code = subprocess.call(command, cwd=folder)
    if code:
        raise Stop(f"{name} failed (exit code {code}). {way_out}")


def call(*command: str, **environ: str) -> bool:
    """Run a command with these variables added; return whether it succeeded."""
    return subprocess.call(command, env={**os.environ, **environ}) == 0


def quiet(command: list[str]) -> bool:
    """Whether a command succeeds; what it prints is not shown."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def tool(python: Path, name: str) -> str:
    """Return the path of a program that was installed beside this Python."""
    return str(python.with_name(name))


def disk_trouble(what: str, error: OSError) -> str:
    """Say what the disk refused and what to do."""
    if error.errno == errno.ENOSPC:
        way_out = "The disk is full: make room, then run the command again."
    else:
        way_out = f"May you write in {ROOT}? If not, move the project to a folder of yours."
    return f"{what} failed: {error.strerror}. {way_out}"
