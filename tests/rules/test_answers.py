"""Every answer, whatever its status, carries the policy; a page of somebody's is kept by nobody."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from jinja2 import Template
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import TooManyRequests

from tests.pages import Page, Visitor
from tests.rules.world import fields_for, send, token
from webapp.admin import views
from webapp.extensions import db
from webapp.users.models import User

# Word for word, and not as the application has it: whoever weakens the policy has to do it here too.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture(autouse=True)
def _calm(app: Flask) -> Iterator[None]:
    """An exception becomes a page, as in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        yield


def change(visitor: Visitor, user: User, **values: str) -> Page:
    data = {**fields_for("users.change", user), "csrf_token": token(visitor), **values}
    return visitor.post(f"/users/{user.id}/change/", data)


def failing(error: Exception) -> Callable[[Visitor, User], Page]:
    def get(visitor: Visitor, user: User) -> Page:
        def fail(*_: object) -> None:
            raise error

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(views, "index_page", fail)
            return visitor.get("/")

    return get


ANSWERS: dict[str, tuple[int, Callable[[Visitor, User], Page]]] = {
    "a page": (200, lambda visitor, user: visitor.get("/users/")),
    "the sign-in page": (200, lambda visitor, user: Visitor(visitor.app).get("/login")),
    "an old file": (302, lambda visitor, user: visitor.get("/static/0/app.css")),
    "a change": (303, lambda visitor, user: change(visitor, user)),
    "to the gate": (303, lambda visitor, user: Visitor(visitor.app).get("/users/")),
    "a missing slash": (308, lambda visitor, user: visitor.get("/users")),
    "a wrong parameter": (400, lambda visitor, user: visitor.get("/users/?nothing=1")),
    "no token": (400, lambda visitor, user: change(visitor, user, csrf_token="")),
    "another host": (400, lambda visitor, user: send(visitor, "GET", "/", headers={"Host": "evil.example"})),
    "another site": (
        403,
        lambda visitor, user: send(visitor, "POST", "/logout", headers={"Sec-Fetch-Site": "cross-site"}),
    ),
    "no such row": (404, lambda visitor, user: visitor.get("/users/999999/change/")),
    "no such page": (404, lambda visitor, user: visitor.get("/none/")),
    "no such file": (404, lambda visitor, user: visitor.get("/static/0/none.css")),
    "a wrong method": (405, lambda visitor, user: visitor.get("/logout")),
    "a stale form": (409, lambda visitor, user: change(visitor, user, _version="9")),
    "too much": (413, lambda visitor, user: visitor.post("/login", "x=" + "x" * 70_000)),
    "no form": (415, lambda visitor, user: send(visitor, "POST", "/login", "{}", content_type="text/plain")),
    "a wrong value": (422, lambda visitor, user: change(visitor, user, email="nobody")),
    "too often": (429, failing(TooManyRequests(retry_after=30))),
    "a mistake of ours": (500, failing(RuntimeError("hush-hush"))),
    "no database": (503, failing(OperationalError("SELECT hush-hush", {}, Exception("away")))),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_carries_the_policy_and_is_not_kept(as_alice: Visitor, bob: User, answer: str) -> None:
    """SE-13."""
    status, ask = ANSWERS[answer]
    page = ask(as_alice, bob)
    headers = page.response.headers
    assert page.status == status
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert headers.getlist("Content-Security-Policy") == [POLICY]
    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in page.response.vary
    assert headers["X-Request-ID"]
    assert "Server" not in headers
    assert "Access-Control-Allow-Origin" not in headers
    if status >= 400 and answer not in ("a stale form", "a wrong value"):
        assert page.response.content_type == "text/html; charset=utf-8"
        assert headers["X-Request-ID"] in page.text
        for inside in ("hush-hush", "Traceback", "SELECT", "werkzeug", "sqlalchemy", "evil", "none.css"):
            assert inside not in page.text


def index_template(app: Flask) -> Template:
    """The template of the index as a request in the default language draws it."""
    with app.test_request_context():
        return app.jinja_env.select_template(["admin/index.html"])


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("hush-hush")


@pytest.mark.parametrize(
    "place", ["view", "template", "context", "before", "after", "teardown", "error page"]
)
def test_a_mistake_anywhere_is_a_calm_page_that_tells_nothing(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """WB-16."""
    spoil = {
        "view": lambda: monkeypatch.setattr(views, "index_page", broken),
        "template": lambda: monkeypatch.setattr(index_template(app), "root_render_func", broken),
        "context": lambda: monkeypatch.setitem(app.template_context_processors, None, [broken]),
        "before": lambda: monkeypatch.setitem(app.before_request_funcs, None, [broken]),
        "after": lambda: monkeypatch.setitem(app.after_request_funcs, None, [broken]),
        "teardown": lambda: monkeypatch.setitem(app.teardown_request_funcs, None, [broken]),
        "error page": lambda: (
            monkeypatch.setattr(views, "index_page", broken),
            monkeypatch.setattr("webapp.web.errors.page_context", broken),
        ),
    }
    spoil[place]()
    if place == "teardown":
        # The answer is made; the server cuts it off and tells nothing.
        with pytest.raises(RuntimeError):
            as_alice.get("/")
    else:
        page = as_alice.get("/")
        assert page.status == 500
        assert page.soup.select_one("h1") is not None
        # The headers are added where "after" has put its mistake.
        assert place == "after" or page.response.headers["X-Frame-Options"] == "DENY"
        assert place == "after" or page.response.headers["X-Request-ID"] in page.text
        for inside in ("hush-hush", "Traceback", "RuntimeError", "jinja", "werkzeug", "webapp/"):
            assert inside not in page.text
    monkeypatch.undo()
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert as_alice.get("/").status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost", "http://localhost.evil.example"]
)
def test_no_other_site_may_read_an_answer(as_alice: Visitor, origin: str) -> None:
    """WB-18: no CORS, no JSONP, and what is JSON is chosen by the address and the Accept header only."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for address in (
        "/",
        "/search?q=a",
        "/users/lookup/?field=groups",
        "/login",
        "/static/0/app.css",
        "/none",
    ):
        for method in ("GET", "OPTIONS", "POST"):
            page = send(as_alice, method, address, headers={**asked, "Accept": "application/json"})
            assert [name for name, _value in page.response.headers if name.startswith("Access-Control")] == []
    for address in ("/search?q=a", "/users/lookup/?field=groups"):
        page = send(as_alice, "GET", f"{address}", headers={"Accept": "application/json"})
        assert page.response.content_type in ("application/json", "application/json; charset=utf-8")
        jsonp = send(as_alice, "GET", f"{address}&callback=evil", headers={"Accept": "application/json"})
        assert not jsonp.text.startswith("evil")
        assert jsonp.response.mimetype == "application/json"


def test_files_are_kept_for_ever_and_carry_the_policy_too(as_alice: Visitor) -> None:
    links = as_alice.get("/users/").soup.select("link[rel=stylesheet], link[rel=icon], script[src]")
    assert len(links) >= 3
    for tag in links:
        page = as_alice.get(str(tag.get("href") or tag.get("src")))
        assert page.status == 200
        again = send(as_alice, "GET", page.address, headers={"If-None-Match": page.response.headers["ETag"]})
        assert again.status == 304
        for response in (page.response, again.response):
            assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
            assert response.headers["Cache-Control"] == FOR_EVER
            assert "Set-Cookie" not in response.headers


def test_a_list_page_is_at_most_six_requests_and_40_kib_cold(app: Flask, as_alice: Visitor) -> None:
    with app.app_context():
        db.session.add_all(
            User(username=f"person{n}", email=f"person{n}@example.org", password="!") for n in range(99)
        )
        db.session.commit()
    page = as_alice.get("/users/")
    assert len(page.rows()) == 100
    addresses = {"/users/"} | {
        str(tag.get("href") or tag.get("src")).split("#")[0]
        for tag in page.soup.select("link[href], script[src], img[src], use[href]")
    }
    assert len(addresses) <= 6
    compressed = {"Accept-Encoding": "gzip"}
    sizes = [len(as_alice.client.get(found, headers=compressed).data) for found in addresses]
    assert sum(sizes) <= 40 * 1024, sizes
