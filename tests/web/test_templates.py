"""How templates are drawn: without their indentation, and what never differs once."""

import pytest
from flask import Flask, render_template_string

from webapp.web.templates import MOST, kept

pytestmark = pytest.mark.one_engine


def test_indentation_is_taken_out_of_templates_and_not_out_of_values(app: Flask) -> None:
    with app.test_request_context():
        drawn = render_template_string("<p>\n    {{ text }}\n\t</p>", text="two\n  lines")
    assert drawn == "<p>\ntwo\n  lines\n</p>"


def test_what_is_kept_is_drawn_once_for_each_key_and_language(app: Flask) -> None:
    drawn: list[int] = []

    def draw() -> str:
        drawn.append(1)
        return f"<b>{len(drawn)}</b>"

    for key, language in (("a", "en"), ("a", "en"), ("b", "en"), ("a", "pt-BR"), ("a", "en")):
        with app.test_request_context(headers={"Accept-Language": language}):
            kept(("test", key), draw)
    assert len(drawn) == 3
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert kept(("test", "a"), draw) == "<b>1</b>"


def test_who_debugs_sees_what_he_changes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "debug", True)
    with app.test_request_context():
        assert kept("debug", lambda: "one") == "one"
        assert kept("debug", lambda: "two") == "two"


def test_no_more_is_kept_than_a_program_has(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "fragments", dict.fromkeys(range(MOST), ""))
    with app.test_request_context():
        assert kept("one more", lambda: "drawn") == "drawn"
    assert len(app.extensions["fragments"]) == MOST
