"""Two gunicorns side by side, and browsers that ask them."""

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from socket import socket
from time import monotonic, sleep
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
USERNAME, PASSWORD = "bench", "a long password for measuring"
# It is known here, so the sessions of the servers that measure can be nobody's but theirs.
ENVIRONMENT = {
    "SECRET_KEY": "5mT2kQ9xLr4Vb8ZtYw3N7cJd1Hs6Pf0Ga",
    "TRUSTED_HOSTS": "127.0.0.1",
    "LOG_LEVEL": "ERROR",
}


@dataclass
class Server:
    """One gunicorn and the one client that asks it; *processes* are what works for it, the first its master."""

    port: int
    process: subprocess.Popen[bytes]
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def get(self, address: str) -> "Answer":
        return self._ask("GET", address, None)

    def post(self, address: str, form: Mapping[str, str]) -> "Answer":
        return self._ask("POST", address, urlencode(form))

    def _ask(self, method: str, address: str, body: str | None) -> "Answer":
        # One connection for each: a worker that is busy with another is never waited for.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        headers = {"Cookie": self.cookie}
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://127.0.0.1:{self.port}",
            }
        connection.request(method, address, body, headers)
        response = connection.getresponse()
        text = response.read()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        connection.close()
        return Answer(response.status, text)

    def sign_in(self) -> None:
        token = self.get("/login").token()
        answer = self.post("/login", {"username": USERNAME, "password": PASSWORD, "csrf_token": token})
        if answer.status != 303:
            raise SystemExit(f"Signing in was answered with {answer.status}.")

    def cpu(self) -> float:
        """Milliseconds that the server's processes have had a processor: a busy machine does not lengthen them."""
        return sum(_scheduled(pid) for pid in _family(self.process.pid))

    def memory(self) -> int:
        """Bytes of the largest worker."""
        return max(_resident(pid) for pid in _family(self.process.pid))


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def field(self, name: str) -> str:
        """The value of the input of that name, whose attributes need quotation marks only where they hold more."""
        sought = rf"""\bname="?{re.escape(name)}"?\s[^>]*?\bvalue=(?:"([^"]*)"|([^\s>]*))"""
        found = re.search(sought, self.body.decode())
        return unescape(found[1] or found[2] or "") if found else ""

    def token(self) -> str:
        return self.field("csrf_token")


@contextmanager
def zelador(database: str, app: str = "wsgi:app") -> Iterator[Server]:
    """Zelador as it is deployed, on *database*, with the bench's superuser signed in.

    :param app: by default the application itself.
    """
    with _gunicorn([app], {"DATABASE_URL": database}, "/healthz") as server:
        server.sign_in()
        yield server


@contextmanager
def floor(database: str) -> Iterator[Server]:
    address = database.replace("postgresql+psycopg", "postgresql")
    with _gunicorn(
        ["--config", os.devnull, "bench.floor:app"], {"BENCH_DATABASE": address}, "/users/"
    ) as server:
        yield server


@contextmanager
def _gunicorn(arguments: list[str], environment: Mapping[str, str], ready: str) -> Iterator[Server]:
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--workers",
        str(WORKERS),
        "--bind",
        f"127.0.0.1:{port}",
        *arguments,
    ]
    env = {**os.environ, **ENVIRONMENT, "BASE_URL": f"http://127.0.0.1:{port}", **environment}
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)  # noqa: S603
    server = Server(port, process)
    try:
        _await(server, ready)
        yield server
    finally:
        process.terminate()
        process.wait()


def _await(server: Server, address: str) -> None:
    until = monotonic() + 60
    while monotonic() < until:
        try:
            if server.get(address).status == 200:
                return
        except OSError:
            if server.process.poll() is not None:
                break
            sleep(0.1)
    raise SystemExit("A server did not start; run `make run` to see why.")


def run_flask(database: str, *arguments: str, given: str = "") -> None:
    """Run a command of the application on *database*."""
    env = {**os.environ, **ENVIRONMENT, "BASE_URL": "http://127.0.0.1:8000", "DATABASE_URL": database}
    command = [sys.executable, "-m", "flask", *arguments]
    subprocess.run(command, cwd=ROOT, env=env, input=given.encode(), check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def _free_port() -> int:
    with socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
        return port


def _family(master: int) -> list[int]:
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return [master, *map(int, children)]


def _scheduled(pid: int) -> float:
    """From the scheduler's own books, of all threads: ``/proc/…/schedstat``, nanoseconds."""
    taken = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        # A thread may end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            taken += int((task / "schedstat").read_text().split()[0])
    return taken / 1e6


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
