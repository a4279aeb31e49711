"""The sample for nginx, really run in front of gunicorn: what it promises, and what it keeps out."""

import configparser
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.conftest import SECRET_KEY
from tests.deploy.nginx import body_limit, find_nginx, running_nginx
from tests.deploy.servers import Answer, Caller, Gunicorn, free_port, running_gunicorn, until
from tests.engines import opened
from webapp.account.models import UserSession
from webapp.setting_types import ROOT
from webapp.settings import LIMITS
from webapp.web.headers import HEADERS

pytestmark = pytest.mark.slow

HOST = "admin.example.org"
TOO_MUCH = str(LIMITS["MAX_CONTENT_LENGTH"] + 1)
FORM = "Content-Type: application/x-www-form-urlencoded"
SPOOFED = {"X_Forwarded_For": "6.6.6.6, 7.7.7.7", "X_Real_IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}


@dataclass
class Front:
    """nginx, and gunicorn behind it."""

    gunicorn: Gunicorn
    http: int
    https: int

    def caller(self) -> Caller:
        return Caller(self.https, tls=True, host=f"{HOST}:{self.https}")

    def last_line(self, path: str) -> dict[str, object]:
        return until(lambda: [row for row in self.gunicorn.lines() if row["path"] == path])[-1]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    program = find_nginx()
    if program is None:
        pytest.skip("there is no nginx on this machine")
    folder, http, https = tmp_path_factory.mktemp("front"), free_port(), free_port()
    url = f"sqlite:///{folder / 'database.db'}"
    settings = {"BASE_URL": f"https://{HOST}:{https}", "PROXY_HOPS": "1"}
    with (
        running_gunicorn(folder, url, **settings) as gunicorn,
        running_nginx(program, folder, http, https, gunicorn.port, HOST),
    ):
        yield Front(gunicorn, http, https)


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Gunicorn]:
    """gunicorn alone, with no proxy configured."""
    with running_gunicorn(tmp_path, f"sqlite:///{tmp_path / 'test.db'}") as server:
        yield server


def test_a_page_comes_through_with_its_headers_over_tls_only(front: Front) -> None:
    """OP-07."""
    page = front.caller().get("/login")
    assert page.status == 200
    assert HEADERS.items() <= page.headers.items()
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert page.headers["Server"] == "nginx"
    plain = Caller(front.http, host="evil.example").get("/login?next=/users/")
    assert (plain.status, plain.headers["Location"]) == (
        308,
        f"https://{HOST}:{front.https}/login?next=/users/",
    )


def test_somebody_signs_in_through_it_with_a_cookie_for_https_only(front: Front) -> None:
    caller = front.caller()
    assert caller.sign_in("alice").status == 303
    assert "__Host-session" in caller.cookies
    assert caller.get("/users/").status == 200


def test_the_address_of_a_client_is_the_real_one_whatever_it_sends(front: Front) -> None:
    """WB-15, OP-07: in the log and in what is kept of a session."""
    caller = front.caller()
    caller.address = "127.0.0.3"
    assert caller.sign_in("alice", **SPOOFED).status == 303
    assert front.last_line("/login")["address"] == "127.0.0.3"
    with opened(front.gunicorn.url) as engine, engine.connect() as connection:
        kept = connection.scalars(select(UserSession.ip).order_by(UserSession.id.desc())).first()
    assert kept == "127.0.0.3"


def test_a_twin_of_a_proxys_header_with_underscores_is_dropped(front: Front) -> None:
    """WB-15."""
    behind = Caller(front.gunicorn.port, host=f"{HOST}:{front.https}")
    twins = ["X_Forwarded_For: 6.6.6.6", "X_Forwarded_Host: evil.example"]
    request = ["GET /login?twins HTTP/1.1", f"Host: {behind.host}", "X-Forwarded-For: 9.9.9.9", *twins]
    assert b" 200 " in behind.raw(*request)
    assert front.last_line("/login")["address"] == "9.9.9.9"
    assert b" 200 " in front.caller().raw(request[0], request[1], *twins)
    assert front.last_line("/login")["address"] == "127.0.0.2"


def test_without_a_proxy_configured_its_headers_say_nothing(plain: Gunicorn) -> None:
    """WB-15."""
    headers = {"X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https", **SPOOFED}
    answer = plain.caller().get("/test/host", **headers)
    assert (answer.status, answer.text) == (200, "http://127.0.0.1/")
    assert [row["address"] for row in plain.lines()] == ["127.0.0.2"]
    # gunicorn believes its neighbours on the machine more than others.
    for address in ("127.0.0.1", "127.0.0.2"):
        caller = plain.caller(address=address)
        assert b" 200 " in caller.raw("GET /login HTTP/1.1", "Host: 127.0.0.1", "SCRIPT_NAME: /evil")
    until(lambda: len(plain.lines()) == 3)
    assert {row["path"] for row in plain.lines()} == {"/test/host", "/login"}


@pytest.mark.parametrize(
    "lines",
    [
        ["GET /test/host HTTP/1.1", "Host: evil.example"],
        ["GET /test/host HTTP/1.1", f"Host: {HOST}@evil.example"],
        ["GET /test/host HTTP/1.1", "Host: {good}", "Host: evil.example"],
        ["GET /test/host HTTP/1.1", "Host: evil.example", "X-Forwarded-Host: {good}"],
        ["GET http://evil.example/test/host HTTP/1.1", "Host: evil.example"],
    ],
    ids=["other", "user", "two", "forwarded", "absolute"],
)
def test_a_host_that_is_not_ours_is_refused(front: Front, lines: list[str]) -> None:
    """WB-14: by nginx or by the application behind it."""
    good = front.caller().host
    assert b" 400 " in front.caller().raw(*(line.replace("{good}", good) for line in lines))


def test_the_hosts_name_and_port_come_through(front: Front) -> None:
    """WB-14: also where a client names another one beside it."""
    answer = front.caller().get("/test/host", X_Forwarded_Host="evil.example")
    assert (answer.status, answer.text) == (200, f"https://{HOST}:{front.https}/")


def test_the_limit_of_a_body_is_the_same_in_both(front: Front) -> None:
    """OP-07: 413 by nginx, and by the application where somebody reaches it without nginx."""
    assert body_limit() == LIMITS["MAX_CONTENT_LENGTH"]
    behind = Caller(front.gunicorn.port, host=front.caller().host)
    for caller in (front.caller(), behind):
        line = caller.raw("POST /login HTTP/1.1", f"Host: {caller.host}", FORM, f"Content-Length: {TOO_MUCH}")
        assert b" 413 " in line


FILES = """
    /.git/config /.git/HEAD /.env /.env.example /.flaskenv /wsgi.py /webapp/settings.py
    /gunicorn.conf.py /database.db /site.db /database.db-wal /instance/database.db /backups/database.db
    /migrations/env.py /requirements.lock /pyproject.toml /deploy/nginx.conf /static/../wsgi.py
    /static/%2e%2e/wsgi.py /static/0/../../wsgi.py /static/0/..%2f..%2fwsgi.py /static/0/....//wsgi.py
    /static/0/%2e%2e%5c%2e%2e%5cwsgi.py /static/0//etc/passwd /static../wsgi.py /static/0/css/base.css
    /templates/base.html /static/0/app.css.bak /static/ /static/css/ //etc/passwd
    /%2e%2e/%2e%2e/etc/passwd
""".split()


def test_no_file_of_the_server_can_be_fetched(front: Front) -> None:
    """CF-11: neither by a stranger nor by a superuser, with nginx and without."""
    alice = front.caller()
    alice.sign_in("alice")
    behind = Caller(front.gunicorn.port, host=alice.host)
    for caller in (alice, front.caller(), behind):
        for path in FILES:
            answer = caller.get(path)
            assert answer.status in {302, 303, 308, 400, 404, 405}, (path, answer.status)
            assert not gives_away(answer), path
    assert alice.get("/static/0/app.css").status == 302


def gives_away(answer: Answer) -> bool:
    return any(
        mark in answer.text
        for mark in ("root:", "import ", "[core]", "SQLite format", "SECRET_KEY", "{%", "@layer")
    )


def test_a_file_that_is_given_away_would_be_noticed() -> None:
    for name in ("wsgi.py", ".env.example", "gunicorn.conf.py", "templates/base.html"):
        assert gives_away(Answer(200, {}, (ROOT / name).read_text())), name


def test_slow_clients_keep_no_thread_of_the_application(front: Front) -> None:
    """OP-06: more of them than there are threads send half a form; everybody else is answered, and then they are."""
    caller = front.caller()
    head = f"POST /login HTTP/1.1\r\nHost: {caller.host}\r\n{FORM}\r\nContent-Length: 10\r\n\r\nuser="
    lines = [caller.open_socket() for _ in range(20)]
    try:
        for line in lines:
            line.sendall(head.encode())
        before = len(front.gunicorn.lines())
        assert caller.get("/login?meanwhile").status == 200
        assert len(until(lambda: front.gunicorn.lines()[before:])) == 1
        lines[0].sendall(b"alice")
        assert b" 400 " in lines[0].makefile("rb").readline()
    finally:
        for line in lines:
            line.close()


def test_the_sample_for_systemd_fits_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """OP-07: what it starts is what the README starts, and it waits for longer than gunicorn does."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / "zelador.service")
    service = unit["Service"]
    assert (
        service["ExecStart"].removeprefix(service["WorkingDirectory"] + "/") == ".venv/bin/gunicorn wsgi:app"
    )
    for name, value in {"DATABASE_URL": "sqlite://", "SECRET_KEY": SECRET_KEY}.items():
        monkeypatch.setenv(name, value)
    config = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    assert int(service["TimeoutStopSec"]) > config["graceful_timeout"]
    assert service["UMask"] == "0077"
