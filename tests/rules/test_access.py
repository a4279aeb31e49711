"""Every endpoint has a rule, the same for each model (test_access_models.py), or a line in the table here."""

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import cast

import pytest
from flask import Flask

from tests.conftest import add_user, make_settings, signed_in
from tests.library.books import Tag
from tests.pages import Visitor
from tests.rules.subjects import RULED
from tests.rules.world import KINDS, address, dump, fields_for, rules, send, tell_change, token, visitor_of
from webapp import APPS, create_app
from webapp.admin import views
from webapp.admin.site import AdminSite
from webapp.database import Base
from webapp.extensions import db
from webapp.settings import Settings
from webapp.users.models import UserGrant
from webapp.web.gate import is_public, public

pytestmark = pytest.mark.one_engine

# Whoever adds a page that strangers reach writes it down here.
PUBLIC = {
    "healthz",
    "readyz",
    "static",
    "account.login",
    "account.logout",
    "account.preferences",
    "account.setup",
    "account.forgotten",
    "account.open_link",
    "account.set_by_link",
    "account.open_address_link",
    "account.address_link",
}

# The pages that are not the engine's. In the order of KINDS:
# stranger, inactive, no staff, nothing, view, add, change, delete, view + delete, superuser.
# A refusal leaves the database as it was; a write that is allowed changes it.
ACCESS = """
GET  admin.index      303 303 303  200 200 200 200 200 200  200
GET  admin.search     303 303 303  200 200 200 200 200 200  200
GET  admin.undo       303 303 303  404 200 404 200 404 200  200
POST admin.undo       303 303 303  404 409 404 303 404 409  303
GET  users.password   303 303 303  403 403 403 200 403 403  200
POST users.password   303 303 303  403 403 403 303 403 403  303
GET  users.link       303 303 303  403 403 403 200 403 403  200
POST users.link       303 303 303  403 403 403 200 403 403  200
GET  account.forgotten 200 200 200  200 200 200 200 200 200  200
POST account.forgotten 422 422 422  422 422 422 422 422 422  422
GET  account.open_link 303 303 303  303 303 303 303 303 303  303
GET  account.set_by_link 303 303 303  303 303 303 303 303 303  303
POST account.set_by_link 303 303 303  303 303 303 303 303 303  303
GET  account.address  303 303 303  200 200 200 200 200 200  200
GET  account.open_address_link 303 303 303  303 303 303 303 303 303  303
GET  account.address_link 303 303 303  303 303 303 303 303 303  303
POST account.address_link 303 303 303  303 303 303 303 303 303  303
GET  account.profile  303 303 303  200 200 200 200 200 200  200
POST account.profile  303 303 303  303 303 303 303 303 303  303
GET  account.password 303 303 303  200 200 200 200 200 200  200
GET  users.sessions   303 303 303  403 403 403 403 403 403  200
POST users.sessions   303 303 303  403 403 403 403 403 403  303
GET  account.sessions 303 303 303  200 200 200 200 200 200  200
POST account.sessions 303 303 303  303 303 303 303 303 303  303
GET  account.confirm  303 303 303  303 303 303 303 303 303  303
POST account.confirm  303 303 303  303 303 303 303 303 303  303
GET  account.stay     303 303 303  303 303 303 303 303 303  303
POST account.stay     303 303 303  303 303 303 303 303 303  303
GET  account.login    200 200 200  303 303 303 303 303 303  303
POST account.login    422 422 422  303 303 303 303 303 303  303
GET  account.setup    303 303 303  303 303 303 303 303 303  303
POST account.setup    303 303 303  303 303 303 303 303 303  303
GET  static           302 302 302  302 302 302 302 302 302  302
GET  healthz          200 200 200  200 200 200 200 200 200  200
GET  readyz           200 200 200  200 200 200 200 200 200  200
POST account.password 303 303 303  303 303 303 303 303 303  303
POST account.address  303 303 303  303 303 303 303 303 303  303
POST account.preferences 303 303 303  303 303 303 303 303 303  303
POST account.logout   303 303 303  303 303 303 303 303 303  303
"""
# These may answer 303 without doing anything: there is an administrator already, the person has no other session and
# has used this one a moment ago, and nobody has opened a link.
CHANGES_NOTHING = {
    "account.setup",
    "account.sessions",
    "account.stay",
    "account.set_by_link",
    "account.address_link",
}
OUTSIDE = ("stranger", "inactive", "no staff")
# What strangers choose is kept by their browser.
BY_COOKIE = {"account.preferences"}


def table() -> dict[tuple[str, str], list[int]]:
    lines = [line.split() for line in ACCESS.split("\n") if line]
    return {(method, endpoint): [int(status) for status in found] for method, endpoint, *found in lines}


def pairs(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, rule.endpoint)
        for rule in rules(app)
        for method in rule.methods or ()
        if method in ("GET", "POST")
    }


def generated(app: Flask) -> set[tuple[str, str]]:
    """The pages of the registered models that the rules know."""
    return {
        (method, f"{model_admin.name}.{operation}")
        for model_admin in app.extensions["admin"]
        for method, operation in RULED
    }


def unknown(app: Flask) -> set[tuple[str, str]]:
    return pairs(app) - set(table()) - generated(app)


def open_endpoints(app: Flask) -> set[str]:
    return {rule.endpoint for rule in rules(app) if is_public(app.view_functions[rule.endpoint])}


def test_every_endpoint_has_a_rule_or_a_line_and_nothing_else_has(app: Flask, library_app: Flask) -> None:
    """AZ-01."""
    for one in (app, library_app):
        assert unknown(one) == set()
        assert (generated(one) | set(table())) - pairs(one) == set()
        assert not generated(one) & set(table())


def test_every_table_of_ours_is_looked_after_by_its_admin_or_closed_to_others(app: Flask) -> None:
    """AZ-21: of sessions, tries, grants and entries no admin writes, which check E508 tells by this word."""
    registered = {model_admin.model for model_admin in app.extensions["admin"]}
    ours = {one.class_ for one in Base.registry.mappers if one.class_.__module__.startswith("webapp.")}
    open_to_others = {
        model.__name__
        for model in ours - registered
        if "looked_after_by" not in getattr(model.__table__, "info", {})
    }
    assert {"User", "Group"} <= {model.__name__ for model in registered}
    assert len(ours) > 8
    assert open_to_others == set()


def test_an_endpoint_that_nobody_wrote_down_would_be_noticed(other_app: Flask) -> None:
    other_app.add_url_rule("/new/", "new", lambda: "new")
    assert unknown(other_app) == {("GET", "new")}


def test_a_page_that_a_model_has_besides_would_be_noticed(tmp_path: Path) -> None:
    def register(site: AdminSite) -> None:
        pages = site.register(Tag)
        pages.add_url_rule("/<key>/burn/", "burn", lambda key: key, methods=("POST",))

    app = create_app(
        settings_in(tmp_path), apps=(*APPS, cast(ModuleType, SimpleNamespace(register=register)))
    )
    assert unknown(app) == {("POST", "tags.burn")}


def test_a_further_page_of_every_model_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = views.Operation("chart", "/chart/", views.list_rows)
    monkeypatch.setattr(views, "OPERATIONS", (*views.OPERATIONS, chart))
    found = {("GET", f"{name}.chart") for name in ("users", "groups", "log_entries")}
    assert unknown(create_app(settings_in(tmp_path))) == found


def settings_in(path: Path) -> Settings:
    return make_settings(DATABASE_URL=f"sqlite:///{path / 'other.db'}")


def test_only_the_short_list_is_public(app: Flask) -> None:
    assert open_endpoints(app) == PUBLIC


def test_a_page_that_is_made_public_by_mistake_would_be_noticed(other_app: Flask) -> None:
    other_app.add_url_rule("/leak/", "leak", public(lambda: "leak"))
    assert open_endpoints(other_app) - PUBLIC == {"leak"}


def test_a_new_page_is_behind_the_gate_unless_it_says_otherwise(other_app: Flask) -> None:
    other_app.add_url_rule("/closed/", "closed", lambda: "closed")
    other_app.add_url_rule("/open/", "open", public(lambda: "open"))
    client = other_app.test_client()
    assert client.get("/closed/").status_code == 303
    assert client.get("/open/").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_person_is_answered_as_the_table_says(app: Flask, kind: str) -> None:
    """AZ-02."""
    add_user(app, "administrator", is_superuser=True)
    visitor = visitor_of(app, kind)
    by_endpoint = {rule.endpoint: rule for rule in rules(app)}
    wrong: list[str] = []
    for (method, endpoint), statuses in table().items():
        expected = statuses[list(KINDS).index(kind)]
        target = add_user(app, f"dora.{method}.{endpoint}".lower())
        data = {"csrf_token": token(visitor), **fields_for(endpoint, target)} if method == "POST" else None
        if endpoint == "admin.undo":
            data = {**(data or {}), "_undo": "1", "object": tell_change(app, target)}
        if endpoint == "users.sessions":
            signed_in(app, target)
        before = dump(app)
        page = send(visitor, method, address(app, by_endpoint[endpoint], target.id), data)
        changed = dump(app) != before
        is_done = method == "POST" and expected == 303 and not page.location.startswith("/login")
        if endpoint == "account.logout":
            # Who may not sign in any more has no session left to end.
            is_done = kind not in OUTSIDE
        if (method, endpoint) == ("POST", "users.link"):
            # Where no mail is sent the link is shown, and told in the history.
            is_done = expected == 200
        if (method, endpoint) == ("POST", "account.login"):
            # Also a try that fails is counted, and told in the history.
            is_done = True
        if endpoint in BY_COOKIE and kind in OUTSIDE:
            is_done = False
        if page.status != expected:
            wrong.append(f"{method} {endpoint}: {page.status}, not {expected}")
        elif changed != (is_done and endpoint not in CHANGES_NOTHING):
            wrong.append(f"{method} {endpoint}: the database is {'not ' * (not changed)}changed")
    assert wrong == []


def test_a_person_who_loses_a_right_loses_it_on_the_next_request(app: Flask, as_bob: Visitor) -> None:
    """SE-05."""
    assert as_bob.get("/users/").status == 200
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(UserGrant.__table__.delete())  # type: ignore[attr-defined]
    page = as_bob.get("/users/")
    assert page.status == 403
    assert "users.view" in page.text
    assert as_bob.get("/").link("Users") is None
