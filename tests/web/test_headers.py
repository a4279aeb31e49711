"""Every answer carries the same policy, and only files may be kept."""

from typing import Any

import pytest
from flask import Flask, request
from itsdangerous import BadSignature

from tests.web.small import ALICE, SECRET_KEY, MakeApp
from webapp.web.headers import FOR_EVER, HEADERS, POLICY, PageSessions

HTTPS = "https://admin.example.org"


def file_address(app: Flask, path: str = "app.css") -> str:
    with app.app_context():
        return str(app.jinja_env.globals["asset"](path))


ANSWERS = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("OPTIONS", "/", 200),
    ("GET", "/form", 308),
    ("GET", "/no-such-page", 404),
    ("POST", "/form/", 400),
    ("DELETE", "/", 405),
    ("GET", "/boom", 500),
    ("GET", "/database", 503),
    ("GET", "/healthz", 200),
    ("GET", "/static/0/app.css", 302),
    ("GET", "/static/0/none.css", 404),
]


@pytest.mark.parametrize(("method", "address", "status"), ANSWERS)
def test_every_answer_carries_the_policy_and_is_kept_by_nobody(
    small: Flask, method: str, address: str, status: int
) -> None:
    """SE-13."""
    response = small.test_client().open(address, method=method, headers=ALICE)
    assert response.status_code == status
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["Cache-Control"] == "no-store"
    assert "Cookie" in response.vary
    assert response.headers["X-Request-ID"]


def test_a_stranger_and_a_wrong_host_get_the_policy_too(small: Flask) -> None:
    for response in (small.test_client().get("/"), small.test_client().get("/", headers={"Host": "evil"})):
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["Cache-Control"] == "no-store"


def test_a_file_carries_the_policy_and_is_kept_for_ever_without_a_cookie(small: Flask) -> None:
    response = small.test_client().get(file_address(small), headers=ALICE)
    assert response.status_code == 200
    assert {name: response.headers[name] for name in HEADERS} == HEADERS
    assert response.headers["Cache-Control"] == FOR_EVER
    assert "Cookie" not in response.vary
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
def test_a_file_that_has_not_changed_is_not_sent_again(small: Flask, encoding: str) -> None:
    client, address = small.test_client(), file_address(small, "js/parts/rare.js")
    first = client.get(address, headers={"Accept-Encoding": encoding})
    again = client.get(address, headers={"Accept-Encoding": encoding, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Content-Security-Policy"] == POLICY
    assert again.headers["Cache-Control"] == FOR_EVER


def test_https_is_demanded_for_a_year_only_where_there_is_https(small: Flask, make_app: MakeApp) -> None:
    assert "Strict-Transport-Security" not in small.test_client().get("/login").headers
    secure = make_app(BASE_URL=HTTPS).test_client().get("/login", base_url=HTTPS)
    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_the_session_cookie_is_locked_to_the_host_with_https(make_app: MakeApp) -> None:
    """SE-10."""
    cookie = make_app(BASE_URL=HTTPS).test_client().get("/login", base_url=HTTPS).headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_session_cookie_works_on_this_machine_without_https(small: Flask) -> None:
    cookie = small.test_client().get("/login").headers["Set-Cookie"]
    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize(("hops", "seen"), [(0, "127.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_only_our_own_proxies_are_believed(make_app: MakeApp, hops: int, seen: str) -> None:
    app = make_app(PROXY_HOPS=hops)
    addresses: list[str | None] = []
    app.before_request(lambda: addresses.append(request.remote_addr))
    forwarded = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3"}
    app.test_client().get("/", headers=ALICE | forwarded)
    assert addresses == [seen]


def test_a_page_is_compressed_and_a_picture_is_not(small: Flask) -> None:
    client = small.test_client()
    page = client.get("/flash", headers=ALICE | {"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert {"Cookie", "Accept-Encoding"} <= set(page.vary)
    assert "Content-Encoding" not in client.get("/flash", headers=ALICE).headers


def test_the_session_is_signed_with_the_key_of_now_and_read_with_former_ones(small: Flask) -> None:
    """SE-15."""
    sessions, new = PageSessions(), "another key for tests: 4bWc8xNq1Zs6Ty0K"

    def signs(key: str, *former: str) -> Any:
        small.config.update(SECRET_KEY=key, SECRET_KEY_FALLBACKS=[*former])
        return sessions.get_signing_serializer(small)

    old = signs(SECRET_KEY).dumps({"a": 1})
    assert signs(SECRET_KEY) is signs(SECRET_KEY)
    with pytest.raises(BadSignature):
        signs(new).loads(old)
    both = signs(new, SECRET_KEY)
    assert both.loads(old) == {"a": 1}
    assert signs(new).loads(both.dumps({"a": 2})) == {"a": 2}
    with pytest.raises(BadSignature):
        signs(new).loads(old)
