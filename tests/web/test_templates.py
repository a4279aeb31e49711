"""How templates are drawn: without their indentation, and what never differs once."""

import pytest
from flask import Flask, render_template, render_template_string, request
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, FunctionLoader, UndefinedError, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from tests.web.small import MakeApp
from webapp.web.templates import MOST, MOST_OF_PEOPLE, kept, written

pytestmark = pytest.mark.one_engine


def test_indentation_is_taken_out_of_templates_and_not_out_of_values(app: Flask) -> None:
    with app.test_request_context():
        drawn = render_template_string("<p>\n    {{ text }}\n\t</p>", text="two\n  lines")
    assert drawn == "<p>\ntwo\n  lines\n</p>"


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ('<i class="no" title="a b">x</i>', '<i class=no title="a b">x</i>'),
        ('<a href="/users/" rel="next">', '<a href="/users/" rel=next>'),
        ('<use href="#x"/>', '<use href="#x"/>'),
        ('<b title="{{ \'a\' }}" id="{{ 1 }}-x" class="">', '<b title="a" id="1-x" class="">'),
        ('{% macro m(kind="info") %}<b {{ kind }}>{% endmacro %}{{ m(kind="warning" ) }}', "<b warning>"),
        ('<p>{{ "<i class=\\"no\\">" }}</p>', "<p>&lt;i class=&#34;no&#34;&gt;</p>"),
    ],
)
def test_quotation_marks_that_html_does_not_need_are_left_out(
    app: Flask, monkeypatch: pytest.MonkeyPatch, source: str, drawn: str
) -> None:
    monkeypatch.setattr(app.jinja_env, "loader", DictLoader({"quoted.html": source, "quoted.txt": source}))
    with app.test_request_context():
        assert render_template("quoted.html") == drawn
        assert render_template("quoted.txt").count('"') >= drawn.count('"')


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


def test_what_is_kept_below_one_root_or_by_one_application_is_not_drawn_in_another(make_app: MakeApp) -> None:
    drawn = []
    for app in (make_app(), make_app()):
        for root in ("", "/admin"):
            with app.test_request_context(environ_overrides={"SCRIPT_NAME": root}):
                drawn.append(kept("test", lambda: f"{len(drawn)}{request.script_root}"))
    assert drawn == ["0", "1/admin", "2", "3/admin"]


@pytest.mark.parametrize(
    ("source", "drawn"),
    [
        ('{{ _("Save") }}', "Save|Salvar"),
        (
            "<b title=\"{{ _('Save') }}\">{{ _('Cancel') }}</b>",
            '<b title="Save">Cancel</b>|<b title="Salvar">Cancelar</b>',
        ),
        ('{{ _("Add %(model)s", model="x&y") }}', "Add x&amp;y|Adicionar x&amp;y"),
        ('{{ _("No text: <b> of 5%%") }}', "No text: &lt;b&gt; of 5%|No text: &lt;b&gt; of 5%"),
        ('{{ _(_("Save")) }}', "Save|Salvar"),
    ],
)
def test_texts_of_a_template_are_in_the_language_that_it_is_drawn_in(
    app: Flask, monkeypatch: pytest.MonkeyPatch, source: str, drawn: str
) -> None:
    templates = {
        "it.html": '{% import "parts.html" as parts %}{{ parts.it() }}',
        "parts.html": f"{{% macro it() %}}{source}{{% endmacro %}}",
    }
    monkeypatch.setattr(app.jinja_env, "loader", DictLoader(templates))
    said = []
    for language in ("en", "pt-BR", "en"):
        with app.test_request_context(headers={"Accept-Language": language}):
            said.append(render_template("it.html"))
    assert said == [*drawn.split("|"), drawn.split("|")[0]]


def test_the_first_template_there_is_is_found_once_and_by_who_debugs_each_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_for: list[str] = []
    monkeypatch.setattr(
        app.jinja_env,
        "loader",
        FunctionLoader(lambda name: looked_for.append(name) or ("x" if name == "b" else None)),
    )
    for auto_reload, expected in ((False, ["a", "b"]), (True, ["a", "b", "a", "a"])):
        monkeypatch.setattr(app.jinja_env, "auto_reload", auto_reload)
        with app.test_request_context():
            for _time in range(2):
                assert render_template(["a", "b"]) == "x"
        assert looked_for == expected


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


def test_what_differs_between_people_takes_no_place_from_what_every_page_has(make_app: MakeApp) -> None:
    app = make_app()
    with app.test_request_context():
        kept("frame", lambda: "first")
        for number in range(MOST + MOST_OF_PEOPLE):
            assert kept(number, lambda number=number: str(number), of_people=True) == str(number)
        assert kept("frame", lambda: "again") == "first"
        assert kept(MOST, lambda: "again", of_people=True) == str(MOST)
        assert kept(0, lambda: "again", of_people=True) == "again"
    assert len(app.extensions["fragments_of_people"]) == MOST_OF_PEOPLE


def test_of_too_many_parts_the_last_ones_are_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "fragments", {})
    drawn: list[int] = []
    with app.test_request_context():
        for number in range(MOST + 1):
            kept(number, lambda number=number: str(drawn.append(number) or number))
        assert kept(MOST, lambda: "drawn again") == str(MOST)
        assert kept(0, lambda: "drawn again") == "drawn again"
    assert len(drawn) == MOST + 1


@given(st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.text().map(Markup)))
def test_what_is_written_is_what_markupsafe_escapes(value: object) -> None:
    assert str(written(value)) == str(escape(value))


@pytest.mark.parametrize("sign", "&<>'\"")
def test_each_sign_that_means_something_in_html_is_escaped(sign: str) -> None:
    assert written(f"a{sign}b") == escape(f"a{sign}b") != f"a{sign}b"


def test_what_writes_itself_as_html_is_asked(app: Flask) -> None:
    class Bold:
        def __html__(self) -> str:
            return "<b>it</b>"

    with app.test_request_context():
        assert render_template_string("{{ it }}{{ text }}", it=Bold(), text="<i>") == "<b>it</b>&lt;i&gt;"


@pytest.mark.parametrize(
    ("call", "drawn"),
    [
        ("m('<a>')", "&lt;a&gt;-yes"),
        ("m('a', no)", "a-no"),
        ("m('a', flag=no)", "a-no"),
        ("m(text='a')", "a-yes"),
        ("rest('a', 'b', 'c')", "a:b,c"),
        ("named('a', x=1)", "a:x"),
        ("m(joined())", "x&amp;y-yes"),
        ("plain('a')", "plain a"),
        ("seen('a')", "True a"),
    ],
)
def test_macros_and_functions_are_called_as_jinja_calls_them(app: Flask, call: str, drawn: str) -> None:
    @pass_context
    def seen(context: Context, text: str) -> str:
        return f"{'no' in context} {text}"

    source = (
        "{% macro m(text, flag='yes') %}{{ text }}-{{ flag }}{% endmacro %}"
        "{% macro rest(text) %}{{ text }}:{{ varargs|join(',') }}{% endmacro %}"
        "{% macro named(text) %}{{ text }}:{{ kwargs|join(',') }}{% endmacro %}"
        "{% macro joined() %}x&amp;y{% endmacro %}"
        "{% for _number in [1] %}{{ " + call + " }}{% endfor %}"
    )
    known = {"no": "no", "plain": lambda text: f"plain {text}", "seen": seen}
    with app.test_request_context():
        assert render_template_string(source, **known) == drawn


@pytest.mark.parametrize("call", ["m()", "m('a', 'b')", "m('a', other=1)"])
def test_a_macro_that_is_called_wrongly_says_so(app: Flask, call: str) -> None:
    source = "{% macro m(text) %}{{ text }}{% endmacro %}{{ " + call + " }}"
    with app.test_request_context(), pytest.raises((TypeError, UndefinedError)):
        render_template_string(source)


def test_a_caller_is_handed_to_its_macro(app: Flask) -> None:
    source = "{% macro m(text) %}{{ text }} {{ caller() }}{% endmacro %}{% call m('a') %}<b>{% endcall %}"
    with app.test_request_context():
        assert render_template_string(source) == "a <b>"
