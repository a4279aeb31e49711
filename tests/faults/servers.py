"""Database servers of the tests' own, which may be stopped, killed and started again: never those of the machine."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

START_SECONDS = 60


class Missing(Exception):
    """The machine has no such server."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def found(name: str) -> str:
    """The path of a program of a server. :raises Missing: when there is none."""
    folders = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    folders += map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    path = shutil.which(name, path=os.pathsep.join(folders))
    if path is None:
        raise Missing(f"{name} is not installed")
    return path


class Server:
    """One server with a data directory of its own.

    :ivar url: the address of an empty database there.
    """

    account: str
    driver: str
    admin_url: str

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(mkdtemp(prefix="zelador-server-", dir="/tmp"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = (self.folder / "log").open("ab")
        self.run_as: dict[str, Any] = {}
        if os.getuid() == 0:
            try:
                person = pwd.getpwnam(self.account)
            except KeyError as error:
                raise Missing(f"there is no account {self.account}") from error
            self.run_as = {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
            os.chown(self.folder, person.pw_uid, person.pw_gid)
        self.make()
        self.start()
        self.administer("CREATE DATABASE zelador" + self.creation)

    creation = ""

    def make(self) -> None:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"{self.driver}://root@127.0.0.1:{self.port}/zelador"

    def call(self, *command: str) -> None:
        subprocess.run(command, check=True, cwd=self.folder, stdout=self.log, stderr=self.log, **self.run_as)  # noqa: S603

    def start(self) -> None:
        """Start, and wait until it answers; also after a kill, when it has to clean up first."""
        self.process = subprocess.Popen(  # noqa: S603
            self.command(), cwd=self.folder, stdout=self.log, stderr=self.log, **self.run_as
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.administer("SELECT 1")
                return
            except DBAPIError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")[-2000:]) from None
                time.sleep(0.05)

    def administer(self, statement: str) -> None:
        url = f"{self.driver}://root@127.0.0.1:{self.port}/{self.admin_url}"
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def signal(self, number: int) -> None:
        """Send a signal to the server and to all of its processes: PostgreSQL has one for each connection."""
        assert self.process is not None
        for pid in [self.process.pid, *children(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def freeze(self) -> None:
        """Stop it, and wait until each of its threads stands: one may answer a moment longer than others."""
        self.signal(signal.SIGSTOP)
        assert self.process is not None
        while not all(map(stands, [self.process.pid, *children(self.process.pid)])):
            time.sleep(0.005)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """As when the power goes."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.wait(30)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgreSQL(Server):
    account = "postgres"
    driver = "postgresql+psycopg"
    admin_url = "postgres"
    creation = " TEMPLATE template0 ENCODING 'UTF8'"

    def make(self) -> None:
        self.call(
            found("initdb"),
            "-D",
            "data",
            "-U",
            "root",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )

    def command(self) -> list[str]:
        given = [f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}"]
        return [found("postgres"), "-D", "data", *(word for one in given for word in ("-c", one))]


class MariaDB(Server):
    account = "mysql"
    driver = "mariadb+pymysql"
    admin_url = "mysql"
    creation = " CHARACTER SET utf8mb4"
    #: Further options, for a server that is set up badly.
    options: tuple[str, ...] = ()

    def make(self) -> None:
        self.call(
            found("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
        )

    def command(self) -> list[str]:
        return [
            found("mariadbd"),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
            "--skip-name-resolve",
            "--innodb-buffer-pool-size=32M",
            "--innodb-log-file-size=8M",
            *self.options,
        ]


KINDS: dict[str, type[Server]] = {"postgresql": PostgreSQL, "mariadb": MariaDB}


@contextmanager
def own_server(kind: str, folder: Path | None = None) -> Iterator[Server]:
    """:param folder: where it keeps everything. :raises Missing: when the machine has no such server."""
    server = KINDS[kind](folder)
    try:
        yield server
    finally:
        server.close()


def stands(pid: int) -> bool:
    """Whether no thread of *pid* runs."""
    states = []
    for status in Path(f"/proc/{pid}/task").glob("*/stat"):
        with suppress(OSError):
            states.append(_after_name(status)[0])
    return all(state in "TZ" for state in states)


def children(pid: int) -> list[int]:
    """The processes that *pid* has started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(_after_name(status)[1]) == pid:
                found.append(int(status.parent.name))
    return found


def _after_name(status: Path) -> list[str]:
    """What /proc tells of a process: its state, its parent and more. The name, in brackets, may hold anything."""
    return status.read_text().rpartition(")")[2].split()
