#!/usr/bin/env python3
"""The commands behind the Makefile. Standard library only: it has to work before anything is installed.

Without make: `python3 scripts/dev.py run`. This file must parse on any Python 3, so that an old one
ends in a sentence instead of a SyntaxError: no walrus, no match, no parenthesised context managers.
"""

import errno
import logging
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
FIRST_PORT, PORTS_TRIED = 8000, 20
DEFAULT_BASE_URL = "http://127.0.0.1:" + str(FIRST_PORT)
DEMO_DATABASE = "sqlite:///demo.db"


def newer_python() -> "str | None":  # quoted: an old Python runs this
    """Return the path of a Python that is new enough, or None."""
    ask = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"):
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", ask], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


if sys.version_info < OLDEST:  # the interpreter is whatever `python3` means here
    found = newer_python()
    if not found:
        sys.exit(
            f"Zelador needs Python {OLDEST[0]}.{OLDEST[1]} or newer, and this is {sys.version.split()[0]}. "
            "Install a newer one, then name it: make run PYTHON=/path/to/python"
        )
    os.execv(found, [found, *sys.argv])  # noqa: S606  # no shell is wanted

sys.path.insert(0, str(ROOT))  # Python puts the script's folder there, not the project's root

from scripts.checks import failing, steps
from scripts.environment import (
    DEVELOPMENT,
    RUNTIME,
    Stop,
    call,
    disk_trouble,
    environment,
    tool,
)


def main(arguments: list[str]) -> int:
    """Run one command by name; return the exit code."""
    command = COMMANDS.get(arguments[0]) if arguments else None
    if command is None:
        print("Usage: python scripts/dev.py {" + ",".join(COMMANDS) + "}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    try:
        return command(*arguments[1:]) or 0
    except Stop as stop:
        print("\n" + str(stop), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


# ---------------------------------------------------------------------------------- make run


def run(*arguments: str) -> None:
    """Install what is missing, then become the server.

    :param arguments: given on to :func:`serve`.
    """
    python = environment(RUNTIME)
    env_file = ROOT / ".env"
    if write_env_file(env_file, os.environ):
        print("Wrote .env with a fresh SECRET_KEY.")
    port = choose_port(os.environ)
    address = "http://127.0.0.1:" + str(port)
    if not is_set("BASE_URL", os.environ, env_file):
        os.environ["BASE_URL"] = address
    command = [str(python), str(Path(__file__).resolve()), "serve", str(port), *arguments]
    sys.stdout.flush()
    if os.name == "nt":  # exec there would give the prompt back while the server runs
        raise SystemExit(subprocess.call(command))
    os.execv(command[0], command)  # noqa: S606  # one process: nothing can be left behind


def demo() -> None:
    """The same on a database of its own, whatever the environment says: nothing made up comes near real people."""
    os.environ["DATABASE_URL"] = DEMO_DATABASE
    run("demo")


def serve(port: str, content: str = "") -> None:
    """Upgrade the database, say where to go, and serve. Runs under the virtual environment's Python.

    Upgrade, set-up link and server share one process, because each start of Flask costs about a second.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background jobs
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    debug = os.environ.get("DEBUG", "").lower() in {"1", "true", "yes", "on"}
    if debug:
        os.environ["FLASK_DEBUG"] = "1"  # known before the application is made
    try:
        from click import Abort  # here: only the virtual environment has it
        from flask.cli import cli

        if os.environ.get("WERKZEUG_RUN_MAIN") != "true":  # not again at each reload
            prepare("http://127.0.0.1:" + port, content == "demo")
        arguments = ["--app", "wsgi", "run", "--host", "127.0.0.1", "--port", port]
        cli.main([*arguments, "--debug"] if debug else arguments, prog_name="flask", standalone_mode=False)
    except (KeyboardInterrupt, Abort):
        pass
    if os.environ.get("WERKZEUG_RUN_MAIN") != "true":
        print("\nStopped.")


def prepare(address: str, with_demo: bool = False) -> None:
    """Bring the database to the newest revision, fill it for a demo, and print the addresses to open."""
    import click
    from flask_migrate import upgrade

    with click.Context(click.Command("upgrade")):  # not yet a server, which would miss what is to come now
        from wsgi import app

    # Of what the libraries log at a start, only revisions that ran matter; web/logs.py logs requests.
    logging.getLogger("alembic.runtime.migration").addFilter(lambda line: str(line.msg).startswith("Running"))
    if not app.debug:
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with app.app_context():
        try:
            upgrade()
        except click.ClickException as error:
            raise Stop("The step 'flask db upgrade' failed: " + error.format_message()) from None
        except SystemExit:  # Flask-Migrate has said why
            raise Stop("The step 'flask db upgrade' failed; the reason is above.") from None
    told = app.test_cli_runner().invoke(args=["seed", "demo"]).output if with_demo else ""
    link = app.test_cli_runner().invoke(args=["users", "setup-link"])
    if isinstance(link.exception, Exception):  # SystemExit, which is none, says that there is no link
        raise link.exception
    print("\n  Zelador runs at " + address + "/")
    for line in told.splitlines():
        print("  " + line)
    if link.exit_code == 0:
        print("  Make the first administrator: " + link.stdout.strip())
    if app.config["BASE_URL"] != address:
        print("  Links and cookies follow BASE_URL: " + app.config["BASE_URL"])
    elif address != DEFAULT_BASE_URL:  # which another terminal goes by
        print("  Links that commands print lead here with BASE_URL=" + address)
    print("  Ctrl-C ends it.\n", flush=True)


def write_env_file(path: Path, environ: Mapping[str, str]) -> bool:
    """Write a first .env, readable by its owner only; return whether it did. An old one stays."""
    if path.exists() or (environ.get("SECRET_KEY") and environ.get("DATABASE_URL")):
        return False
    text = (
        "# Settings of this machine; every name is explained in docs/guide/settings.md\n"
        "SECRET_KEY=" + secrets.token_urlsafe(48) + "\n"
        'DATABASE_URL="sqlite:///database.db"\n'
    )
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            path.unlink(missing_ok=True)  # half a file would never be written again
        raise Stop(disk_trouble("Writing .env", error)) from None
    return True


def is_set(name: str, environ: Mapping[str, str], env_file: Path) -> bool:
    """Whether the environment or the .env file gives this variable a value."""
    if environ.get(name):
        return True
    try:
        text = env_file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        return False  # the settings say what is wrong with the file
    return re.search(r"(?m)^\s*(export\s+)?" + name + r"[ \t]*=[ \t]*[^\s#]", text) is not None


def choose_port(environ: Mapping[str, str]) -> int:
    """Return the port that was asked for, or the first free one from 8000 on."""
    chosen = environ.get("PORT") or environ.get("FLASK_RUN_PORT")
    if not chosen:
        for port in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
            if port_is_free(port):
                if port != FIRST_PORT:
                    print(str(FIRST_PORT) + " is busy, using " + str(port) + ".")
                return port
        last = FIRST_PORT + PORTS_TRIED - 1
        raise Stop(f"The ports {FIRST_PORT} to {last} are all busy. Choose another: make run PORT=9000")
    if not chosen.isdecimal() or not 0 < int(chosen) < 65536:
        raise Stop(f"'{chosen}' is no port. A port is a number from 1 to 65535: make run PORT=9000")
    try:
        if port_is_free(int(chosen)):
            return int(chosen)
    except PermissionError:
        raise Stop(f"Port {chosen} is only for root. Choose one above 1023: make run PORT=9000") from None
    raise Stop(
        f"Port {chosen} is busy. Choose another (make run PORT=9000), "
        "or leave PORT out for the next free one. "
        f"Who has it: lsof -i :{chosen}"
    )


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:  # macOS lets one bind beside a listener on 0.0.0.0
            return False
    with socket.socket() as probe:
        if os.name != "nt":  # a connection of the last run in TIME_WAIT is no reason to move on
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise
        except OSError:
            return False
    return True


# ---------------------------------------------------------------------------------- make test, check ...


def test() -> int:
    """The tests, on SQLite and on every database in TEST_DATABASE_URLS; with MEASURE=1 also what they reach.

    Whether that is enough, `make check` says.
    """
    python = environment(DEVELOPMENT)
    measure = ["--cov", "--cov-report=", "--cov-fail-under=0"] if os.environ.get("MEASURE") else []
    code = subprocess.call(pytest(python, "--share", *measure))
    if not os.environ.get("TEST_DATABASE_URLS"):
        print(
            "Skipped: PostgreSQL and MariaDB. To test on them too, put addresses of servers where databases "
            "may be created, with spaces between, in TEST_DATABASE_URLS."
        )
    return code


def check() -> int:
    """What CI checks. All of it runs, so that one run tells everything.

    The tests use SQLite only and measure what they reach, which takes as long again on three engines. With MEASURE=1
    they have just run in `make test`, and what that measured is judged.
    """
    python = environment(DEVELOPMENT)
    failed = failing(steps(python))
    if os.environ.get("MEASURE"):
        name, command = "coverage", [tool(python, "coverage"), "report"]
    else:
        name, command = "tests", pytest(python, "--share", "--cov")
    print("\n== " + name, flush=True)
    if not call(*command, TEST_DATABASE_URLS=""):
        failed.append(name)
    print("\nFailed: " + ", ".join(failed) if failed else "\nEvery check passed.")
    return 1 if failed else 0


def races() -> int:
    """The tests whose outcome hangs on who is first, each ROUNDS times (20), on every database as `make test`."""
    asked = ["-m", "race", "--rounds", os.environ.get("ROUNDS") or "20"]
    return subprocess.call(pytest(environment(DEVELOPMENT), *asked))


def module(name: str, *arguments: str, more: str = "") -> Callable[[], int]:
    """A command that is a module of its own; the words in the variable *more* are given on to it."""
    asked = [name, *arguments, *os.environ.get(more, "").split()]
    return lambda: subprocess.call([str(environment(DEVELOPMENT)), "-m", *asked])


def format_code() -> int:
    """Write the code the way `make check` wants it."""
    ruff = tool(environment(DEVELOPMENT), "ruff")
    return 0 if call(ruff, "check", "--fix") and call(ruff, "format") else 1


def lock_versions() -> int:
    """Write both lock files from pyproject.toml; UPGRADE=1 takes the newest versions.

    The extras stay in them: for a name that a package asks for with an extra, pip takes the newest version
    there is unless the lock has it with the extra, and then refuses it as not pinned.
    """
    uv = tool(environment(DEVELOPMENT), "uv")
    common = [uv, "pip", "compile", "pyproject.toml", "--quiet", "--universal", "--python-version", "3.11"]
    common += ["--all-extras", "--no-strip-extras", "--generate-hashes"]
    common += ["--upgrade"] if os.environ.get("UPGRADE") else []
    both = ["--group", "dev", "--constraint", RUNTIME, "--output-file", DEVELOPMENT]
    named = {"UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    done = call(*common, "--output-file", RUNTIME, **named) and call(*common, *both, **named)
    return 0 if done else 1


def pytest(python: Path, *arguments: str) -> list[str]:
    """The command that runs the tests, one process a core; SEED=… as in the run that printed it.

    Each process has a stretch of that order, so that it makes few of the databases, servers and applications
    that tests share; who is done takes from the others.
    """
    seed = os.environ.get("SEED")
    command = [str(python), "-m", "pytest", "-n", "auto", "--dist", "worksteal", *arguments]
    return [*command, "--randomly-seed", seed] if seed else command


COMMANDS: dict[str, Callable[..., int | None]] = {
    "run": run,
    "demo": demo,
    "serve": serve,  # only `run` calls it
    "test": test,
    "check": check,
    "races": races,
    "browser": module("pytest", "tests/browser", "-rs"),
    "pictures": module("tests.browser.pictures"),
    "bench": module("bench"),
    "torture": module("tests.torture"),
    "mutate": module("scripts.mutate", more="MODULES"),
    "format": format_code,
    "lock": lock_versions,
    "translations": module("scripts.translations"),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
