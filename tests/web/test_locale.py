"""Language, zone and theme: the person's choice, the browser's, the setting."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask, render_template_string
from flask_babel import get_locale, get_timezone

from tests.web.small import ALICE, BOB, CHARLIE, MakeApp
from webapp.web.locale import available_locales, closest_locale


def html(app: Flask, headers: dict[str, str]) -> Tag:
    text = app.test_client(use_cookies=False).get("/", headers=headers).text
    found = BeautifulSoup(text, "html.parser").html
    assert isinstance(found, Tag)
    return found


@pytest.mark.parametrize(
    ("headers", "lang"),
    [
        (ALICE, "en"),
        (BOB, "pt-BR"),
        (BOB | {"Accept-Language": "de"}, "pt-BR"),
        (CHARLIE | {"Accept-Language": "de"}, "de"),
        (ALICE | {"Accept-Language": "pt-PT, en;q=0.5"}, "pt-BR"),
        (ALICE | {"Accept-Language": "pt;q=0.1, en-GB;q=0.9"}, "en"),
        (ALICE | {"Accept-Language": "fr, de;q=0, pt;q=0.2"}, "pt-BR"),
        (ALICE | {"Accept-Language": "xx, *;q=0.5"}, "en"),
        (ALICE | {"Accept-Language": ";;;q=\x7f,,"}, "en"),
        (ALICE | {"Cookie": "locale=de", "Accept-Language": "pt"}, "de"),
        (ALICE | {"Cookie": "locale=../../etc", "Accept-Language": "pt"}, "pt-BR"),
    ],
)
def test_the_page_is_in_the_language_that_fits_best(small: Flask, headers: dict[str, str], lang: str) -> None:
    assert html(small, headers)["lang"] == lang


def test_without_any_wish_the_setting_decides(make_app: MakeApp) -> None:
    assert html(make_app(DEFAULT_LOCALE="pt-BR"), ALICE)["lang"] == "pt-BR"


@pytest.mark.parametrize(
    ("headers", "theme"),
    [
        (ALICE, "auto"),
        (ALICE | {"Cookie": "theme=light"}, "light"),
        (ALICE | {"Cookie": "theme=pink"}, "auto"),
        (BOB | {"Cookie": "theme=light"}, "dark"),
        (CHARLIE, "auto"),
    ],
)
def test_the_theme_is_the_persons_or_the_browsers(small: Flask, headers: dict[str, str], theme: str) -> None:
    assert html(small, headers)["data-theme"] == theme


@pytest.mark.parametrize(
    ("headers", "zone"),
    [(ALICE, "Europe/Lisbon"), (BOB, "America/Sao_Paulo"), (CHARLIE, "Europe/Lisbon")],
)
def test_times_are_in_the_persons_zone_if_there_is_such_a_zone(
    make_app: MakeApp, headers: dict[str, str], zone: str
) -> None:
    app = make_app(DEFAULT_TIMEZONE="Europe/Lisbon")
    app.add_url_rule("/zone", view_func=lambda: str(get_timezone()))
    assert app.test_client().get("/zone", headers=headers).text == zone


def test_pages_know_the_name_of_the_site(make_app: MakeApp) -> None:
    app = make_app(SITE_NAME="Casa <b>")
    assert "Casa &lt;b&gt;" in app.test_client().get("/", headers=ALICE).text


def test_a_script_that_is_written_from_right_to_left_is_said_to_be(small: Flask) -> None:
    small.config["LOCALES"] = ("en", "ar")
    page = html(small, ALICE | {"Accept-Language": "ar-EG"})
    assert (page["lang"], page["dir"]) == ("ar", "rtl")


def test_signing_in_changes_the_language_of_the_same_request(small: Flask) -> None:
    client = small.test_client()
    shown = BeautifulSoup(client.get("/login").text, "html.parser").get_text().split()[1]
    page = BeautifulSoup(
        client.post("/login", data={"name": "bob", "csrf_token": shown}).text, "html.parser"
    ).html
    assert page is not None
    assert page["lang"] == "pt-BR"


def test_a_command_without_a_request_speaks_the_default(make_app: MakeApp) -> None:
    app = make_app(DEFAULT_LOCALE="de")
    with app.app_context():
        assert str(get_locale()) == "de"
        assert render_template_string("{{ html_lang }} {{ theme }}") == "de auto"


@pytest.mark.parametrize(("cookie", "shown"), [("collapsed", "collapsed"), ("", ""), ("<b>", "")])
def test_the_menu_is_as_wide_as_this_browser_was_left(small: Flask, cookie: str, shown: str) -> None:
    with small.test_request_context("/", headers={"Cookie": f"sidebar={cookie}"}):
        assert render_template_string("{{ sidebar }}") == shown


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("pt_BR", "pt_BR"),
        ("PT-br", "pt_BR"),
        ("pt", "pt_BR"),
        ("pt-Latn-PT", "pt_BR"),
        ("p", None),
        ("", None),
    ],
)
def test_a_language_is_found_by_its_first_word(small: Flask, tag: str, found: str | None) -> None:
    with small.app_context():
        assert closest_locale(tag) == found


def test_only_languages_with_a_compiled_catalogue_are_offered(tmp_path: Path) -> None:
    for name, file in (("pt_BR", "messages.mo"), ("de", "messages.po"), ("fr", "other.txt")):
        (tmp_path / name / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / name / "LC_MESSAGES" / file).touch()
    assert available_locales(tmp_path) == ("en", "pt_BR")
