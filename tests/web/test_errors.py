"""Whatever goes wrong, a person gets a calm page and nobody learns what is inside."""

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, abort, make_response
from jinja2 import DictLoader
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import TooManyRequests

from tests.web.small import ALICE, BOB, MakeApp


def first(text: str, name: str) -> Tag:
    found = BeautifulSoup(text, "html.parser").find(name)
    assert isinstance(found, Tag)
    return found


def heading(text: str) -> str:
    return first(text, "h1").get_text()


@pytest.mark.parametrize(
    ("method", "address", "status", "title"),
    [
        ("GET", "/no-such-page", 404, "There is nothing here"),
        ("DELETE", "/", 405, "That does not work here"),
        ("POST", "/form/", 400, "This form is too old"),
        ("GET", "/boom", 500, "Something went wrong here"),
        ("GET", "/database", 503, "The database does not answer"),
        ("GET", "/refuse/403", 403, "You may not do this"),
        ("GET", "/refuse/418", 418, "I'm a teapot"),
    ],
)
def test_an_error_is_a_page_with_a_number_to_ask_about(
    small: Flask, method: str, address: str, status: int, title: str
) -> None:
    response = small.test_client().open(address, method=method, headers=ALICE)
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert heading(response.text) == title
    assert response.headers["X-Request-ID"] in response.text
    assert "hush-hush" not in response.text
    assert "no-such-page" not in response.text


def test_a_refusal_says_why_and_shows_the_way_out(small: Flask) -> None:
    text = small.test_client().get("/refuse/409", headers=ALICE).text
    assert first(text, "p").get_text() == "Not on a Sunday."
    assert (first(text, "a").get_text(), first(text, "a")["href"]) == ("Calendar", "/calendar")


def test_other_errors_lead_to_the_start_page(small: Flask) -> None:
    client = small.test_client()
    response = client.get("/none", headers=ALICE, environ_overrides={"SCRIPT_NAME": "/admin"})
    assert first(response.text, "a")["href"] == "/admin/"


def test_a_lookup_gets_its_refusal_as_json(small: Flask) -> None:
    response = small.test_client().get("/lookup?gone", headers=ALICE)
    assert response.status_code == 404
    assert response.json == {"error": "No such person.", "request_id": response.headers["X-Request-ID"]}


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("SELECT 1", {}, Exception("no")),
        InterfaceError("SELECT 1", {}, Exception("no")),
        PoolTimeoutError(),
    ],
)
def test_a_database_that_does_not_answer_may_be_asked_again(small: Flask, error: Exception) -> None:
    def broken() -> str:
        raise error

    small.add_url_rule("/broken", view_func=broken)
    response = small.test_client().get("/broken", headers=ALICE)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"


def test_headers_of_the_error_are_kept(small: Flask) -> None:
    def busy() -> str:
        raise TooManyRequests(retry_after=30)

    small.add_url_rule("/busy", view_func=busy)
    response = small.test_client().get("/busy", headers=ALICE)
    assert response.headers["Retry-After"] == "30"
    assert len(response.headers.getlist("Content-Type")) == 1


def test_an_answer_that_a_view_aborts_with_is_left_alone(small: Flask) -> None:
    small.add_url_rule("/own", "own", lambda: abort(make_response("mine", 404)))
    small.add_url_rule("/own2", "own2", lambda: abort(404, response=make_response("mine", 404)))
    for address in ("/own", "/own2"):
        response = small.test_client().get(address, headers=ALICE)
        assert (response.status_code, response.text) == (404, "mine")


@pytest.mark.parametrize("template", ["{{ 1 / 0 }}", "{% nonsense %}", "{{ asset('none.css') }}", None])
def test_a_broken_error_page_falls_back_to_plain_words(small: Flask, template: str | None) -> None:
    templates = {} if template is None else {"errors/error.html": template}
    small.jinja_env.loader = DictLoader(templates)
    response = small.test_client().get("/boom", headers=ALICE)
    assert response.status_code == 500
    assert heading(response.text) == "Internal Server Error"
    assert response.headers["X-Request-ID"] in response.text
    assert response.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1@evil", "a b", "localhost:x"]
)
def test_a_host_that_is_not_ours_gets_a_calm_page_without_links(small: Flask, host: str) -> None:
    response = small.test_client().get("/", headers=ALICE | {"Host": host})
    assert response.status_code == 400
    assert heading(response.text) == "This site is not served under this name"
    assert "<a" not in response.text
    assert "evil" not in response.text
    assert "localhost" not in response.text
    sheet = small.test_client().get(str(first(response.text, "link")["href"]), headers={"Host": host})
    assert (sheet.status_code, sheet.mimetype) == (200, "text/css")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8000", "LOCALHOST"])
def test_our_own_hosts_are_answered(small: Flask, host: str) -> None:
    response = small.test_client().get("/", headers=ALICE | {"Host": host.lower()})
    assert response.status_code == 200


def test_a_page_that_fails_in_production_speaks_the_persons_language_from_memory(small: Flask) -> None:
    text = small.test_client().get("/boom", headers=BOB).text
    assert first(text, "html")["lang"] == "pt-BR"


def test_under_debug_and_in_tests_an_unexpected_exception_is_raised(make_app: MakeApp) -> None:
    app = make_app()
    app.config["PROPAGATE_EXCEPTIONS"] = None
    with pytest.raises(RuntimeError, match="hush-hush"):
        app.test_client().get("/boom", headers=ALICE)


def test_an_error_before_the_request_has_begun_is_a_page_too(small: Flask) -> None:
    def no_session(*_: object) -> None:
        raise RuntimeError("no session")

    small.session_interface.open_session = no_session  # type: ignore[method-assign]
    response = small.test_client().get("/", headers=ALICE)
    assert response.status_code == 500
    assert response.headers["X-Frame-Options"] == "DENY"


HOSTILE = [
    "/%00",
    "/%ff%fe",
    "/form/?q=%00",
    "/form/?q=%ff",
    "/?%",
    "/%2e%2e/",
    "/lookup?%00=%ff",
    "/a%0d%0ab",
]


@pytest.mark.parametrize("address", HOSTILE)
@pytest.mark.parametrize("headers", [{}, ALICE])
def test_no_address_is_too_strange_for_an_answer(small: Flask, address: str, headers: dict[str, str]) -> None:
    assert small.test_client().get(address, headers=headers).status_code in {200, 303, 400, 401, 404}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"\x00\xff" * 50, "application/x-www-form-urlencoded", 400),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n\xff", "multipart/form-data; boundary=x", 400),
        (b"no boundary", "multipart/form-data", 400),
        (b"csrf_token=%ff%00", "application/x-www-form-urlencoded", 400),
        (b"csrf_token=" + "🙂".encode(), "application/x-www-form-urlencoded", 400),
        (b"{", "application/json", 415),
        (b"x=1", "text/plain", 415),
        (b"x=1", None, 415),
    ],
)
def test_no_body_is_too_strange_for_an_answer(
    small: Flask, body: bytes, kind: str | None, status: int
) -> None:
    response = small.test_client().post("/form/", data=body, content_type=kind, headers=ALICE)
    assert response.status_code == status


KIBIBYTE = 1024
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("address", "kind", "size", "status"),
    [
        ("/form/", FORM, 2049 * KIBIBYTE, 413),
        ("/form/", FORM, 2000 * KIBIBYTE, 400),
        ("/form/", PARTS, 2049 * KIBIBYTE, 413),
        ("/form/", PARTS, 2000 * KIBIBYTE, 400),
        ("/login", FORM, 65 * KIBIBYTE, 413),
        ("/login", FORM, 60 * KIBIBYTE, 400),
    ],
)
def test_a_body_that_is_too_large_is_refused_and_a_smaller_one_is_read(
    small: Flask, address: str, kind: str, size: int, status: int
) -> None:
    body = b"x=" + b"x" * size
    if kind == PARTS:
        body = b'--x\r\nContent-Disposition: form-data; name="x"\r\n\r\n' + body + b"\r\n--x--\r\n"
    response = small.test_client().post(address, data=body, content_type=kind, headers=ALICE)
    assert response.status_code == status
    assert heading(response.text) == ("Too much at once" if status == 413 else "This form is too old")


@pytest.mark.parametrize(
    "cookie", ["session=\x00", "session=é", "session=a.b.c", "locale=%00; theme=\xff", "=", ";;;"]
)
def test_no_cookie_is_too_strange_for_an_answer(small: Flask, cookie: str) -> None:
    client = small.test_client(use_cookies=False)
    response = client.get("/", headers=ALICE, environ_overrides={"HTTP_COOKIE": cookie})
    assert response.status_code == 200
