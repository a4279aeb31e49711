"""Language, zone and theme: the person's choice, the browser's, the setting."""

from pathlib import Path
from weakref import WeakKeyDictionary

import pytest
from babel.support import Translations
from bs4 import BeautifulSoup, Tag
from flask import Flask, render_template_string
from flask_babel import get_locale, get_timezone
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from tests.web.small import ALICE, BOB, CHARLIE, TRANSLATIONS, MakeApp
from webapp import texts
from webapp.extensions import babel
from webapp.texts import gettext
from webapp.web.locale import FORM_TEXTS, available_locales, closest_locale, language_names
from webapp.web.tokens import csrf


class Ask(FlaskForm):
    """A form whose messages are those of WTForms."""

    name = StringField(validators=[DataRequired()])
    word = StringField(validators=[Length(min=5)])
    day = DateField()
    choice = SelectField(choices=["a", "b"])


@pytest.fixture
def speaking(small: Flask) -> Flask:
    """The small application with the languages that there are."""
    small.config["LOCALES"] = available_locales(TRANSLATIONS)
    return small


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


@pytest.mark.parametrize(
    ("method", "address", "title"),
    [
        ("GET", "/refuse/403", "Você não pode fazer isto"),
        ("GET", "/no-such-page", "Não há nada aqui"),
        ("DELETE", "/", "Isso não funciona aqui"),
        ("POST", "/form/", "Este formulário é antigo demais"),
        ("GET", "/boom", "Algo deu errado aqui"),
        ("GET", "/database", "O banco de dados não responde"),
    ],
)
@pytest.mark.parametrize(
    "headers", [BOB, ALICE | {"Cookie": "locale=pt_BR"}, ALICE | {"Accept-Language": "pt-PT"}]
)
def test_what_went_wrong_is_told_in_the_same_language(
    speaking: Flask, headers: dict[str, str], method: str, address: str, title: str
) -> None:
    page = BeautifulSoup(
        speaking.test_client(use_cookies=False).open(address, method=method, headers=headers).text,
        "html.parser",
    )
    assert (page.html["lang"], page.h1.get_text()) == ("pt-BR", title)
    assert page.a is None or page.a.get_text() == "Ir para a página inicial" or address == "/refuse/403"


def test_what_wtforms_says_is_told_in_our_words(speaking: Flask) -> None:
    @speaking.post("/ask")
    @csrf.exempt
    def ask() -> dict[str, list[str]]:
        form = Ask(meta={"csrf": False})
        form.validate()
        return form.errors

    client = speaking.test_client(use_cookies=False)
    sent = {"word": "abc", "day": "x", "choice": "c"}
    english = client.post("/ask", data=sent, headers=ALICE).json
    assert english == {
        "name": ["This field is required."],
        "word": ["Field must be at least 5 characters long."],
        "day": ["Not a valid date value."],
        "choice": ["Not a valid choice."],
    }
    assert client.post("/ask", data=sent, headers=BOB).json == {
        "name": ["Preencha este campo."],
        "word": ["Use no mínimo 5 caracteres."],
        "day": ["Escreva uma data válida."],
        "choice": ["Escolha uma das opções."],
    }
    assert client.post("/ask", data=sent, headers=ALICE).json == english


def test_catalogues_are_read_once(speaking: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that of WTForms, which Flask-WTF reads in each request."""

    @speaking.post("/ask")
    @csrf.exempt
    def ask() -> str:
        form = Ask(meta={"csrf": False})
        form.validate()
        return str(gettext("Save"))

    client = speaking.test_client(use_cookies=False)
    read: list[str] = []
    load = Translations.load.__func__

    def noting(cls: type, dirname: str, locales: object = None, domain: str = "messages") -> object:
        read.append(domain)
        return load(cls, dirname, locales, domain)

    monkeypatch.setattr(Translations, "load", classmethod(noting))
    monkeypatch.setattr(babel.domain_instance, "cache", {})
    monkeypatch.setattr(texts, "_languages", WeakKeyDictionary())
    monkeypatch.setattr(FORM_TEXTS, "cache", {})
    for _ in range(3):
        assert client.post("/ask", headers=BOB).text == "Salvar"
    assert sorted(read) == ["messages", "wtforms"]


def test_every_language_is_called_by_its_own_name(speaking: Flask) -> None:
    with speaking.app_context():
        assert language_names() == {"en": "English", "pt_BR": "Português"}
