"""Texts in the language of whoever reads: looked for once a request, and again when somebody else reads on."""

import flask_babel
import pytest
from flask import Flask

from tests.conftest import add_user
from webapp import texts
from webapp.web import viewer


@pytest.mark.one_engine
def test_they_say_what_flask_babel_says(app: Flask) -> None:
    for language in ("en", "pt-BR"):
        with app.test_request_context(headers={"Accept-Language": language}):
            assert texts.gettext("Save") == flask_babel.gettext("Save")
            assert texts.gettext("Add %(model)s", model="x") == flask_babel.gettext(
                "Add %(model)s", model="x"
            )
            for number in (0, 1, 2):
                said = texts.ngettext(
                    "%(number)s row on this page", "%(number)s rows on this page", number, number=number
                )
                assert said == flask_babel.ngettext(
                    "%(number)s row on this page", "%(number)s rows on this page", number, number=number
                )
            assert str(texts.lazy_gettext("Save")) == flask_babel.gettext("Save")
            assert texts.pgettext("nowhere", "Save") == flask_babel.pgettext("nowhere", "Save")


@pytest.mark.one_engine
def test_the_catalogue_is_looked_for_once_a_request(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    found = texts.get_domain
    monkeypatch.setattr(texts, "get_domain", lambda: looked.append(1) or found())
    with app.test_request_context():
        assert [texts.gettext("Save") for _time in range(3)] == ["Save"] * 3
        assert looked == [1]
    with app.test_request_context(headers={"Accept-Language": "pt-BR"}):
        assert texts.gettext("Save") == "Salvar"


@pytest.mark.one_engine
def test_who_signs_in_is_spoken_to_in_the_own_language(app: Flask) -> None:
    user = add_user(app, "alice", locale="pt_BR")
    with app.test_request_context():
        assert texts.gettext("Save") == "Save"
        viewer.sign_in(user)
        assert texts.gettext("Save") == "Salvar"


def test_outside_of_an_application_the_source_speaks() -> None:
    assert texts.gettext("Save") == "Save"
    assert texts.gettext("Add %(model)s", model="users") == "Add users"
    assert str(texts.lazy_gettext("Save")) == "Save"
