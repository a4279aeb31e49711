"""Language, theme, density and shortcuts: chosen with one press, by people and before they sign in."""

import re
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, came_in, close, counted, make_settings, reload
from tests.pages import PASSWORD, Page, Visitor
from webapp import create_app
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db
from webapp.users.models import User

ADDRESS = "/account/preferences"


@pytest.fixture(autouse=True)
def _two_languages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "LOCALES", ("en", "pt_BR"))


def html(page: Page) -> Tag:
    assert page.soup.html is not None
    return page.soup.html


def choose(visitor: Visitor, on: str = "/login", **fields: Any) -> Page:
    """Press a button of the chooser on the page *on*, or send what no button sends."""
    form = visitor.get(on).soup.select_one(f"form[action='{ADDRESS}']")
    assert form is not None
    hidden = {tag["name"]: tag["value"] for tag in form.select("input[type=hidden]")}
    return visitor.post(ADDRESS, {**hidden, **fields}, came_from=on)


def pressed(page: Page) -> list[str]:
    return [str(tag["value"]) for tag in page.soup.select("[aria-pressed=true]")]


# The person's own


@pytest.mark.parametrize(
    ("name", "value", "attribute", "drawn"),
    [
        ("theme", "dark", "data-theme", "dark"),
        ("density", "compact", "data-density", "compact"),
        ("shortcuts", "off", "data-shortcuts", "off"),
        ("locale", "pt_BR", "lang", "pt-BR"),
    ],
)
def test_what_somebody_chooses_is_on_every_page_and_in_every_browser(
    app: Flask, charlie: User, as_charlie: Visitor, name: str, value: str, attribute: str, drawn: str
) -> None:
    assert html(as_charlie.get("/"))[attribute] != drawn
    page = choose(as_charlie, "/account/", **{name: value})
    assert (page.status, page.location) == (303, "/account/")
    assert "Set-Cookie" not in page.response.headers
    assert html(as_charlie.get("/"))[attribute] == drawn
    assert html(came_in(app, charlie).get("/account/"))[attribute] == drawn


def test_nobody_else_sees_it(as_alice: Visitor, as_charlie: Visitor, stranger: Visitor) -> None:
    choose(as_charlie, "/", theme="dark", density="compact")
    for other in (as_alice.get("/"), stranger.get("/login")):
        assert (html(other)["data-theme"], html(other)["data-density"]) == ("auto", "comfortable")


def test_an_entry_tells_of_it_and_no_open_form_is_stale_for_it(
    app: Flask, as_alice: Visitor, charlie: User, as_charlie: Visitor
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="Charlie Costa")
    choose(as_charlie, "/", theme="dark")
    after = reload(app, charlie)
    assert after is not None
    assert (after.theme, after.version, after.updated_at) == ("dark", charlie.version, charlie.updated_at)
    with app.app_context():
        (entry,) = db.session.scalars(select(LogEntry).where(LogEntry.verb == "change"))
    assert (entry.actor_label, entry.key) == ("charlie", str(charlie.id))
    assert [(one.field, one.old, one.new) for one in changes_of(entry)] == [("theme", "auto", "dark")]
    assert form.submit().status == 303


def test_the_history_tells_of_it_in_words(as_alice: Visitor, charlie: User, as_charlie: Visitor) -> None:
    choose(as_charlie, "/", theme="dark", density="compact")
    page = as_alice.get("/log_entries/?verb_is=change&columns=differences")
    assert [row[-1] for row in page.rows()] == ["Theme: As the device → Dark; Density: empty → Compact"]
    assert "As the device" in as_alice.get(f"/users/{charlie.id}/history/").text


def test_what_is_so_already_is_not_written_again(app: Flask, as_charlie: Visitor) -> None:
    choose(as_charlie, "/", theme="auto", shortcuts="on")
    choose(as_charlie, "/")
    with app.app_context():
        assert db.session.scalars(select(LogEntry).where(LogEntry.verb == "change")).all() == []


def test_the_profile_has_all_of_them(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    form = as_charlie.get("/account/").form()
    form.fill(locale="pt_BR", timezone="Asia/Tokyo", theme="light", density="compact", shortcuts=False)
    assert form.submit().status == 303
    after = reload(app, charlie)
    assert after is not None
    chosen = (after.locale, after.timezone, after.theme, after.density, after.shortcuts)
    assert chosen == ("pt_BR", "Asia/Tokyo", "light", "compact", False)
    assert as_charlie.get("/account/").form().fill(shortcuts=True, density="").submit().status == 303
    after = reload(app, charlie)
    assert after is not None
    assert (after.density, after.shortcuts) == ("", True)


def test_who_was_deactivated_is_a_stranger(app: Flask, charlie: User, as_charlie: Visitor) -> None:
    with app.app_context():
        db.session.get_one(User, charlie.id).is_active = False
        db.session.commit()
    page = choose(as_charlie, theme="dark")
    assert page.status == 303
    after = reload(app, charlie)
    assert after is not None
    assert after.theme == "auto"
    assert html(as_charlie.get("/login"))["data-theme"] == "dark"


# The browser's


def test_a_stranger_chooses_for_this_browser(stranger: Visitor) -> None:
    for name, value in (("theme", "dark"), ("density", "compact"), ("locale", "pt_BR")):
        page = choose(stranger, **{name: value})
        assert (page.status, page.location) == (303, "/login")
        cookie = stranger.client.get_cookie(name)
        assert cookie is not None
        assert (cookie.value, cookie.path, cookie.http_only, cookie.same_site) == (value, "/", True, "Lax")
        assert cookie.max_age == 365 * 24 * 60 * 60
    drawn = html(stranger.get("/login"))
    assert (drawn["data-theme"], drawn["data-density"], drawn["lang"]) == ("dark", "compact", "pt-BR")


def test_an_empty_choice_forgets_the_cookie(stranger: Visitor) -> None:
    choose(stranger, density="compact")
    choose(stranger, density="")
    assert stranger.client.get_cookie("density") is None


def test_the_sign_in_keeps_its_way_back(alice: User, stranger: Visitor) -> None:
    page = choose(stranger, "/login?next=/users/?q%3Dbob", theme="dark")
    form = stranger.get(page.location).form().fill(username="alice", password=PASSWORD)
    assert form.submit("_login").location == "/users/?q=bob"


def test_the_person_goes_before_the_browser_and_the_browser_before_what_it_asks_for(app: Flask) -> None:
    add_user(app, "dora", theme="light", density="comfortable", locale="en")
    add_user(app, "emil")
    for username, drawn in (("dora", ["light", "comfortable", "en"]), ("emil", ["auto", "compact", "pt-BR"])):
        visitor = Visitor(app)
        choose(visitor, theme="dark", density="compact", locale="pt_BR")
        visitor.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        before = html(visitor.get("/login"))
        assert [before[name] for name in ("data-theme", "data-density", "lang")] == [
            "dark",
            "compact",
            "pt-BR",
        ]
        assert visitor.sign_in(username).status == 303
        page = html(visitor.get("/"))
        assert [page[name] for name in ("data-theme", "data-density", "lang")] == drawn


@pytest.mark.parametrize(
    ("cookie", "value"), [("theme", "pink"), ("density", "none"), ("locale", "../x"), ("sidebar", "<b>")]
)
def test_a_cookie_that_makes_no_sense_is_passed_over(stranger: Visitor, cookie: str, value: str) -> None:
    stranger.client.set_cookie(cookie, value)
    page = html(stranger.get("/login"))
    assert (page["data-theme"], page["data-density"], page["lang"]) == ("auto", "comfortable", "en")
    assert "data-sidebar" not in page.attrs


def test_a_collapsed_sidebar_is_drawn_collapsed(as_charlie: Visitor) -> None:
    as_charlie.client.set_cookie("sidebar", "collapsed")
    assert html(as_charlie.get("/"))["data-sidebar"] == "collapsed"


def test_with_https_the_cookies_are_secure_and_of_this_host_alone(
    app: Flask, request: pytest.FixtureRequest
) -> None:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    secure = create_app(make_settings(DATABASE_URL=url, BASE_URL="https://example.org"))
    request.addfinalizer(lambda: close(secure))
    client, base = secure.test_client(), "https://example.org"
    page = client.get("/login", base_url=base)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post(
        ADDRESS,
        data={"theme": "dark", "csrf_token": token},
        base_url=base,
        headers={"Referer": f"{base}/login"},
    )
    (cookie,) = [line for line in answer.headers.getlist("Set-Cookie") if "theme" in line]
    assert cookie.startswith("__Host-theme=dark;")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert 'data-theme="dark"' in client.get("/login", base_url=base).text
    # One without the prefix may come from a neighbour's host, and is not believed.
    other = secure.test_client()
    other.set_cookie("theme", "dark", domain="example.org", secure=True)
    assert 'data-theme="auto"' in other.get("/login", base_url=base).text


# What is refused


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theme", "pink"),
        ("theme", ""),
        ("density", "x" * 5000),
        ("locale", "de"),
        ("locale", "en\x00"),
        ("shortcuts", "maybe"),
    ],
)
def test_what_cannot_be_chosen_is_named_and_nothing_changes(
    app: Flask, charlie: User, as_charlie: Visitor, stranger: Visitor, name: str, value: str
) -> None:
    for visitor in (as_charlie, stranger):
        page = choose(visitor, "/" if visitor is as_charlie else "/login", **{name: value})
        assert page.status == 400
        assert f"“{name}”" in page.text
        assert visitor.client.get_cookie(name) is None
    after = reload(app, charlie)
    assert after is not None
    assert (after.theme, after.density, after.locale, after.shortcuts) == ("auto", "", "", True)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "x",
    ],
)
def test_the_way_back_leads_nowhere_else(stranger: Visitor, target: str) -> None:
    assert choose(stranger, theme="dark", next=target).location == "/"


def test_another_site_changes_nothing(
    app: Flask, charlie: User, as_charlie: Visitor, stranger: Visitor
) -> None:
    for visitor in (as_charlie, stranger):
        assert visitor.post(ADDRESS, {"theme": "dark"}).status == 400
        form = visitor.get("/", follow=True).soup.select_one("input[name=csrf_token]")
        assert form is not None
        data = {"theme": "dark", "csrf_token": form["value"]}
        answer = visitor.client.post(ADDRESS, data=data, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
        assert visitor.client.get_cookie("theme") is None
        assert visitor.get(ADDRESS).status == 405
    after = reload(app, charlie)
    assert after is not None
    assert after.theme == "auto"


# The chooser


def test_the_choice_in_force_is_marked(as_charlie: Visitor, stranger: Visitor) -> None:
    assert pressed(as_charlie.get("/")) == ["auto", "comfortable", "en"]
    choose(as_charlie, "/", theme="dark", density="compact", locale="pt_BR")
    assert pressed(as_charlie.get("/")) == ["dark", "compact", "pt_BR"]
    assert pressed(stranger.get("/login")) == ["auto", "en"]


@pytest.mark.parametrize(
    ("locales", "names"),
    [
        (("en", "pt_BR"), ["English", "Português"]),
        (("en", "pt_BR", "pt_PT"), ["English", "Português (Brasil)", "Português (Portugal)"]),
        (("en", "ar"), ["English", "العربية"]),
    ],
)
def test_a_language_is_called_as_who_speaks_it_calls_it(
    app: Flask, stranger: Visitor, monkeypatch: pytest.MonkeyPatch, locales: tuple[str, ...], names: list[str]
) -> None:
    monkeypatch.setitem(app.config, "LOCALES", locales)
    buttons = stranger.get("/login").soup.select("[name=locale]")
    assert [tag.get_text() for tag in buttons] == names
    assert [tag["lang"] for tag in buttons] == [key.replace("_", "-") for key in locales]


def test_with_one_language_there_is_none_to_choose(
    app: Flask, stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stranger.get("/login").soup.select("[name=locale]") != []
    monkeypatch.setitem(app.config, "LOCALES", ("en",))
    assert stranger.get("/login").soup.select("[name=locale]") == []


@pytest.mark.parametrize(
    ("address", "back"),
    [("/users/?q=bob&sort=-email", "/users/?q=bob&sort=-email"), ("/users/add/", "/users/add/"), ("/", "/")],
)
def test_one_comes_back_to_where_one_was(as_alice: Visitor, address: str, back: str) -> None:
    assert choose(as_alice, address, theme="dark").location == back


def test_the_first_page_names_no_way_back_since_one_comes_there_anyway(as_alice: Visitor) -> None:
    assert as_alice.get("/").soup.select_one(f"form[action='{ADDRESS}'] [name=next][value='']") is not None


def test_from_a_form_with_errors_one_comes_back_to_the_form_and_from_an_action_to_the_index(
    as_alice: Visitor, bob: User
) -> None:
    refused = as_alice.get("/users/add/").form().submit()
    asks = as_alice.get("/users/").form("/users/action/").fill(selected=str(bob.id))
    question = asks.submit("_run", action="deactivate")
    for page, status, back in ((refused, 422, "/users/add/"), (question, 200, "")):
        assert page.status == status
        found = page.soup.select_one(f"form[action='{ADDRESS}'] [name=next]")
        assert found is not None
        assert found["value"] == back


def test_a_page_costs_no_statement_more_whatever_is_chosen(
    app: Flask, as_alice: Visitor, alice: User
) -> None:
    with counted(app) as before:
        as_alice.get("/users/")
    choose(as_alice, "/", theme="dark", density="compact", locale="pt_BR")
    with counted(app) as after:
        as_alice.get("/users/")
    assert len(after) == len(before)
    assert 0 < len(after) <= 4


def test_the_theme_is_in_the_first_bytes_and_nothing_is_inline(stranger: Visitor) -> None:
    choose(stranger, theme="dark")
    text = stranger.get("/login").text
    assert re.search('data-theme="?dark', text[:200])
    assert re.search("name=color-scheme content=dark.*stylesheet", text.replace('"', ""), re.DOTALL)
