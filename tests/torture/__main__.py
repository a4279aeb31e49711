"""Kill what can be killed, at random moments, and hold the database against what people were told.

    python -m tests.torture [--rounds 40] [--engine sqlite] [--seed 7]

For each engine: gunicorn with two workers, an own server, people who sign in, add and rename users over the network.
In each round a worker, gunicorn as a whole or the server gets SIGKILL; what is dead is started again and the database
is audited. It prints a line a round, and ends with 1 when anything acknowledged is lost or anything is there by half.
"""

import argparse
import http.client
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import create_engine

from tests.faults.servers import KINDS, Missing, Server, children, free_port, own_server
from tests.pages import PASSWORD, Page
from tests.torture.book import Book, audit
from tests.torture.browser import Browser
from webapp.database import configure_engine, engine_options

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = 6
BROKEN = (OSError, http.client.HTTPException)


class Site:
    """gunicorn and, perhaps, a server of its own."""

    def __init__(self, url: str, folder: Path, server: Server | None) -> None:
        self.server = server
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = (folder / "log").open("ab")
        self.environ = {
            **os.environ,
            "DATABASE_URL": url,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "BASE_URL": self.address,
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "2",
            "LOG_LEVEL": "WARNING",
        }
        self.flask("db", "upgrade")
        self.flask(
            "users", "create-superuser", "--username", "alice", "--email", "alice@example.org",
            "--password-stdin", typed=PASSWORD + "\n",
        )  # fmt: skip
        self.start()

    def flask(self, *arguments: str, typed: str = "") -> None:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
        subprocess.run(  # noqa: S603
            command,
            check=True,
            cwd=ROOT,
            env=self.environ,
            input=typed.encode(),
            stdout=self.log,
            stderr=self.log,
        )

    def start(self) -> None:
        self.master = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:app"],
            cwd=ROOT,
            env=self.environ,
            stdout=self.log,
            stderr=self.log,
        )
        self.wait()

    def wait(self) -> None:
        """Until a page that needs the database is there again."""
        deadline = time.monotonic() + 60
        while True:
            with suppress(*BROKEN):
                if Browser(self.address).get("/login").status == 200:
                    return
            if time.monotonic() > deadline or self.master.poll() is not None:
                raise SystemExit("The site does not come back; its log is at " + self.log.name)
            time.sleep(0.1)

    def workers(self) -> list[int]:
        return children(self.master.pid)

    def kill_worker(self) -> None:
        kill(random.choice(self.workers() or [self.master.pid]))  # noqa: S311

    def kill_gunicorn(self) -> None:
        workers = self.workers()
        kill(self.master.pid)
        for worker in workers:
            kill(worker)
        self.master.wait()

    def kill_server(self) -> None:
        assert self.server is not None
        self.server.kill()

    def mend(self) -> None:
        if self.server is not None and self.server.process and self.server.process.poll() is not None:
            self.server.start()
        if self.master.poll() is not None:
            self.start()
        self.wait()

    def close(self) -> None:
        if self.master.poll() is None:
            self.kill_gunicorn()
        self.log.close()


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


SIGNING_IN = threading.Lock()


class Person(threading.Thread):
    """Signs in, then adds users and renames them, and notes what is asked and what is told."""

    def __init__(self, address: str, name: str, book: Book) -> None:
        super().__init__(daemon=True)
        self.browser = Browser(address)
        self.label = name
        self.book = book
        self.over = threading.Event()
        self.users: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            try:
                if not self.is_signed_in():
                    continue
                if self.users and number % 2:
                    self.rename(self.users[-1], f"{self.label}-{number}")
                else:
                    self.add(f"t-{self.label}-{number}")
            except BROKEN:
                self.count("line broken")
                time.sleep(0.05)
            except Exception as error:
                self.book.strange.append(repr(error))

    def is_signed_in(self) -> bool:
        page = self.browser.get("/account/")
        if page.status == 200:
            return True
        login = self.browser.get("/login")
        if login.status == 200:
            # One after the other: tries count as failed until they have not, and those that were killed stay counted.
            with SIGNING_IN:
                answer = login.form().fill(username="alice", password=PASSWORD).submit("_login")
            if answer.status == 429 and answer.response.headers.get("Retry-After"):
                self.count("asked to wait")
                time.sleep(1)
            else:
                self.judge(answer, "sign-in")
        return False

    def add(self, username: str) -> None:
        page = self.browser.get("/users/add/")
        if not self.judge(page, "read", 200):
            return
        typed = {"username": username, "email": f"{username}@example.org"}
        self.book.asked.add(username)
        form = page.form().fill(**typed, password=PASSWORD, password_confirm=PASSWORD)
        if self.judge(form.submit("_continue"), "add"):
            self.book.added.add(username)
            self.users.append(username)

    def rename(self, username: str, name: str) -> None:
        address = self.browser.get(f"/users/?q={username}")
        link = next(
            (tag for tag in address.soup.select(".table tbody tr a") if "/change/" in tag["href"]), None
        )
        if not self.judge(address, "read", 200):
            return
        if link is None:
            self.book.strange.append(f"{username} was acknowledged and is not in the list")
            return
        page = self.browser.get(str(link["href"]).partition("?")[0])
        if self.judge(page, "read", 200):
            self.book.asked.add(name)
            if self.judge(page.form().fill(full_name=name).submit(), "change"):
                self.book.renamed[username].add(name)

    def judge(self, page: Page, what: str, wanted: int = 303) -> bool:
        """Whether *page* acknowledges; a calm page does not, and nothing else may come."""
        if page.status == wanted and not page.location.startswith("/login"):
            self.count(what)
            return True
        if page.status == 503 and page.response.headers.get("Retry-After"):
            self.count("calm page")
        else:
            self.book.strange.append(f"{what}: {page.status} {page.title} {page.location} {page.errors}")
        return False

    def count(self, what: str) -> None:
        with self.book.lock:
            self.book.counts[what] += 1


@contextmanager
def site(kind: str) -> Iterator[Site]:
    folder = Path(mkdtemp(prefix="zelador-torture-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = None if kind == "sqlite" else stack.enter_context(own_server(kind))
        url = server.url if server else f"sqlite:///{folder / 'torture.db'}"
        running = Site(url, folder, server)
        stack.callback(running.close)
        yield running


def torture(kind: str, rounds: int) -> int:
    """How many violations were found."""
    book, violations = Book(), 0
    with site(kind) as running:
        engine = create_engine(
            running.environ["DATABASE_URL"], **engine_options(running.environ["DATABASE_URL"])
        )
        configure_engine(engine)
        ways: list[tuple[str, Callable[[], None]]] = [
            ("worker", running.kill_worker),
            ("gunicorn", running.kill_gunicorn),
        ]
        if running.server is not None:
            ways.append(("server", running.kill_server))
        for number in range(1, rounds + 1):
            people = [Person(running.address, f"{number}-{one}", book) for one in range(PEOPLE)]
            for person in people:
                person.start()
            name, strike = ways[number % len(ways)]
            time.sleep(random.uniform(1, 3))  # noqa: S311
            strike()
            time.sleep(random.uniform(0, 0.5))  # noqa: S311
            running.mend()
            time.sleep(0.3)
            for person in people:
                person.over.set()
            for person in people:
                person.join(120)
            found = audit(engine, book) + book.strange
            book.strange.clear()
            violations += len(found)
            told = ", ".join(f"{count} {what}" for what, count in sorted(book.counts.items()))
            print(
                f"{kind} {number}/{rounds}: killed {name}; so far {told}; {len(found)} violations", flush=True
            )
            for one in found[:10]:
                print("  " + one, flush=True)
        engine.dispose()
        acknowledged = book.counts["add"] + book.counts["change"] + book.counts["sign-in"]
    print(f"{kind}: {rounds} rounds, {acknowledged} acknowledged writes, {violations} violations", flush=True)
    return violations


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=os.environ.get("ROUNDS") or 40)
    kinds = ["sqlite", *KINDS]
    parser.add_argument("--engine", action="append", choices=kinds)
    parser.add_argument("--seed", type=int, default=None, help="for the same moments as another time")
    engine = os.environ.get("ENGINE")
    asked = parser.parse_args(["--engine", engine] if engine else None)
    random.seed(asked.seed)
    violations = 0
    for kind in asked.engine or kinds:
        try:
            violations += torture(kind, asked.rounds)
        except Missing as missing:
            print(f"{kind}: left out, {missing}", flush=True)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
