"""Whatever a request says its host is, gunicorn alone gives out no link that leads there (WB-14)."""

import re
from collections.abc import Iterator

import pytest

from tests.deploy.servers import Caller, Gunicorn, running_gunicorn

pytestmark = pytest.mark.slow

HOST, EVIL = "admin.example.org", "evil.example"
GOOD = f"Host: {HOST}"
ASKED = {
    "another host": ["GET {} HTTP/1.1", f"Host: {EVIL}"],
    "ours and a user": ["GET {} HTTP/1.1", f"Host: {HOST}@{EVIL}"],
    "ours in front": ["GET {} HTTP/1.1", f"Host: {HOST}.{EVIL}"],
    "ours and a path": ["GET {} HTTP/1.1", f"Host: {EVIL}/{HOST}"],
    "two hosts": ["GET {} HTTP/1.1", GOOD, f"Host: {EVIL}"],
    "two hosts, ours last": ["GET {} HTTP/1.1", f"Host: {EVIL}", GOOD],
    "two in one": ["GET {} HTTP/1.1", f"Host: {EVIL}, {HOST}"],
    "none": ["GET {} HTTP/1.1"],
    "an empty one": ["GET {} HTTP/1.1", "Host:"],
    "a whole address": [f"GET http://{EVIL}{{}} HTTP/1.1", GOOD],
    "a whole address, and the same host": [f"GET http://{EVIL}{{}} HTTP/1.1", f"Host: {EVIL}"],
    "forwarded": ["GET {} HTTP/1.1", GOOD, f"X-Forwarded-Host: {EVIL}", "X-Forwarded-Proto: http"],
    "forwarded by the standard": ["GET {} HTTP/1.1", GOOD, f"Forwarded: host={EVIL};proto=http"],
    "other names for it": ["GET {} HTTP/1.1", GOOD, f"X-Host: {EVIL}", f"X-Original-Host: {EVIL}"],
    "a path that is a host": [f"GET //{EVIL}{{}} HTTP/1.1", GOOD],
    "a prefix": ["GET {} HTTP/1.1", GOOD, f"X-Forwarded-Prefix: //{EVIL}", f"X-Script-Name: //{EVIL}"],
}
# A page, one that sends people on, one that lacks a slash (the answer names the whole address), and none.
PATHS = ("/login", "/users/?q=x", "/users", "/test/host", "/nothing")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    folder = tmp_path_factory.mktemp("hosts")
    with running_gunicorn(folder, f"sqlite:///{folder / 'test.db'}", BASE_URL=f"https://{HOST}") as running:
        yield running


def answer(caller: Caller, *lines: str) -> str:
    with caller.open_socket() as line:
        line.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
        return line.makefile("rb").read().decode("utf-8", "replace")


@pytest.mark.parametrize("kind", ASKED)
def test_no_answer_names_a_host_that_is_not_ours(server: Gunicorn, kind: str) -> None:
    for path in PATHS:
        told = answer(server.caller(), *(line.replace("{}", path) for line in ASKED[kind]))
        status = int(told.split()[1])
        assert status < 500, path
        if status != 400:
            named = {*re.findall(r"(?:https?:)?//([^/\"'\s<>]+)", told)}
            # The icons are in a language that is called by an address.
            assert named <= {HOST, "www.w3.org"}, path
            assert not re.search(rf"(?i)^location: *(?:https?:)?/?/?{re.escape(EVIL)}", told, re.MULTILINE)


def test_what_names_our_host_is_answered(server: Gunicorn) -> None:
    told = {path: answer(server.caller(), f"GET {path} HTTP/1.1", GOOD).split()[1] for path in PATHS}
    assert told == {
        "/login": "200",
        "/users/?q=x": "303",
        "/users": "303",
        "/test/host": "200",
        "/nothing": "303",
    }
    assert answer(server.caller(), "GET /test/host HTTP/1.1", GOOD).endswith(f"http://{HOST}/")


@pytest.mark.parametrize("kind", [kind for kind, lines in ASKED.items() if GOOD not in lines])
def test_without_our_host_it_is_refused(server: Gunicorn, kind: str) -> None:
    lines = [line.replace("{}", "/login") for line in ASKED[kind]]
    assert answer(server.caller(), *lines).split()[1] == "400"
