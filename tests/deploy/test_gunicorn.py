"""The server as it is deployed: two processes of eight threads, with the project's own configuration."""

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.deploy.servers import Gunicorn, running_gunicorn, until
from tests.engines import database_urls, engine_name, fresh_database, opened
from webapp.users.models import Group

pytestmark = pytest.mark.slow

NAMES = [f"slow {number}" for number in range(8)]


@pytest.fixture(scope="module", params=database_urls(), ids=engine_name)
def engine_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gunicorn]:
    folder = tmp_path_factory.mktemp("server")
    with fresh_database(request.param) as url, running_gunicorn(folder, url) as running:
        yield running


@pytest.fixture
def server(engine_server: Gunicorn) -> Iterator[Gunicorn]:
    """A server for each engine, which the tests share."""
    (engine_server.folder / "go").unlink(missing_ok=True)
    yield engine_server
    engine_server.go()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Gunicorn]:
    """A server of the test's own, on SQLite, for what no database decides."""
    with running_gunicorn(tmp_path, f"sqlite:///{tmp_path / 'test.db'}") as running:
        yield running


def kept(server: Gunicorn) -> set[str]:
    """The groups in the database."""
    with opened(server.url) as engine, engine.connect() as connection:
        return set(connection.execute(select(Group.name)).scalars())


def write(server: Gunicorn, name: str, more: str = "") -> int:
    return server.caller().call("POST", f"/test/write?name={name.replace(' ', '+')}{more}").status


def test_a_stop_lets_requests_finish_and_keeps_what_was_acknowledged(own_server: Gunicorn) -> None:
    """OP-02."""
    with ThreadPoolExecutor(len(NAMES)) as pool:
        answers = [pool.submit(write, own_server, name) for name in NAMES]
        processes = {own_server.begun(name) for name in NAMES}
        own_server.process.send_signal(signal.SIGTERM)
        until(lambda: "Handling signal: term" in own_server.log)
        assert own_server.process.poll() is None
        own_server.go()
        assert [answer.result() for answer in answers] == [200] * len(NAMES)
    assert own_server.process.wait(60) == 0
    assert kept(own_server) == set(NAMES)
    assert 1 <= len(processes) <= 2


def test_a_process_that_is_killed_takes_nobody_with_it(server: Gunicorn) -> None:
    """OP-03: what it was writing is rolled back; the others answer, and another one takes its place."""
    with ThreadPoolExecutor(1) as pool:
        lost = pool.submit(write, server, "lost", "&inside=1")
        victim = server.begun("lost")
        os.kill(victim, signal.SIGKILL)
        assert lost.exception(60) is not None
    server.go()
    assert until(lambda: write(server, "kept", "&inside=1")) == 200
    assert kept(server) == {"kept"}
    assert server.begun("kept") != victim
    assert server.process.poll() is None


def test_each_process_opens_its_own_connections(server: Gunicorn) -> None:
    """OP-04: one lies in the pool when the processes are made, and none of them uses it."""

    def ask(number: int) -> tuple[int, bool, bool]:
        row = json.loads(server.caller().get(f"/test/whose?number={number}").text)
        return row["process"], row["opened_by"] == row["process"], row["number"] == number

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(80)))
    assert {(own, same) for _process, own, same in answers} == {(True, True)}
    assert server.process.pid not in {process for process, *_rest in answers}


def test_each_request_and_each_error_is_one_line_of_json(own_server: Gunicorn) -> None:
    caller = own_server.caller()
    assert caller.get("/login?q=hush-hush%0Aforged", X_Request_ID="forged").status == 200
    assert caller.get("/test/breaks").status == 500
    until(lambda: len(own_server.lines()) == 2)
    first, second = own_server.lines()
    assert (first["path"], first["status"], first["address"]) == ("/login", 200, "127.0.0.2")
    assert first["statements"] >= 1
    (error,) = own_server.lines("exception")
    assert error["request_id"] == second["request_id"]
    assert "as it was meant to" in error["exception"]
    assert "hush-hush" not in own_server.log
    assert "forged" not in own_server.log
