"""Templates: each compiles and has a title, nothing is inline or unescaped, every word goes through gettext."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from jinja2 import nodes

from tests.pages import Visitor
from tests.rules.world import address, rules
from webapp.users.models import User
from webapp.web.templates import Spoken

SHOWN_ATTRIBUTES = ("alt", "aria-description", "aria-label", "placeholder", "title")
GETTEXT = ("_", "gettext", "ngettext", "pgettext")
# Parts that others are made of, without a page of their own.
PARTS = ("macros/", "base.html", "bare.html")
# Blocks that fill a place in a tag.
CODE_BLOCKS = frozenset({"width"})

INLINE = {
    "a style attribute": r"\sstyle\s*=",
    "an event handler": r"""[\s"']on[a-z]+\s*=""",
    "a style element": r"<style\b",
    "an inline script": r"<script\b(?![^>]*\ssrc=)",
    "a script address": r"javascript:",
    "an address elsewhere": r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""",
}
PLANTED = {
    "a style attribute": '<p style="color:red">',
    "an event handler": '<p onclick="x()">',
    "a style element": "<style>p{}</style>",
    "an inline script": "<script>x()</script>",
    "a script address": '<a href="javascript:x()">',
    "an address elsewhere": '<img src="//evil.example/x.png">',
}


def sources(app: Flask) -> Iterator[tuple[str, str]]:
    loader = app.jinja_env.loader
    assert loader is not None
    for name in app.jinja_env.list_templates(extensions=["html"]):
        yield name, loader.get_source(app.jinja_env, name)[0]


def inline_parts(text: str) -> list[str]:
    return [name for name, pattern in INLINE.items() if re.search(pattern, text, re.IGNORECASE)]


def unescaped_parts(app: Flask, source: str) -> list[str]:
    tree = app.jinja_env.parse(source)
    found = [f"|{node.name}" for node in tree.find_all(nodes.Filter) if node.name in ("safe", "forceescape")]
    if list(tree.find_all(nodes.ScopedEvalContextModifier)):
        found.append("autoescape")
    return found


def titles(app: Flask, name: str) -> list[str]:
    """The templates, from *name* to its last ancestor, that fill the block called title."""
    tree = app.jinja_env.parse(dict(sources(app))[name])
    own = [name for block in tree.find_all(nodes.Block) if block.name == "title" and block.body]
    parents = [node.template.value for node in tree.find_all(nodes.Extends)]  # type: ignore[attr-defined]
    return own + [found for parent in parents for found in titles(app, parent)]


class Words(HTMLParser):
    """Collects what a person would read or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found += re.findall(r"[^\W\d_]{2,}", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SHOWN_ATTRIBUTES:
                self.handle_data(value or "")


def bare_words(app: Flask, source: str) -> list[str]:
    """The words that stand in a template and not in a call of gettext; tags and code are left out, but for texts."""
    text = ""
    environment = app.jinja_env.overlay()
    # It would have put the texts in the places of the calls.
    del environment.extensions[Spoken.identifier]
    tree = environment.parse(source)
    for block in tree.find_all(nodes.Block):
        if block.name in CODE_BLOCKS:
            block.body = []
    for node in tree.find_all(nodes.Output):
        text += "".join(part.data if isinstance(part, nodes.TemplateData) else "0" for part in node.nodes)
    words = Words()
    words.feed(text)
    words.close()
    return words.found + [word for constant in texts_in_code(tree) for word in constant.split()]


def texts_in_code(node: nodes.Node) -> Iterator[str]:
    """Constants that begin like a sentence, outside gettext; the names of things are in lower case."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and node.value[:1].isupper():
        yield node.value
    for child in node.iter_child_nodes():
        yield from texts_in_code(child)


def test_there_are_templates(app: Flask) -> None:
    assert {"base.html", "admin/list.html", "account/login.html"} <= {name for name, _text in sources(app)}


def test_every_template_compiles(app: Flask) -> None:
    for name, _source in sources(app):
        app.jinja_env.get_template(name)


def test_every_page_has_a_title(app: Flask) -> None:
    assert [name for name, _s in sources(app) if not name.startswith(PARTS) and not titles(app, name)] == []


def test_nothing_is_inline_in_any_template(app: Flask) -> None:
    assert {name: parts for name, source in sources(app) if (parts := inline_parts(source))} == {}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_inline_would_be_noticed(name: str) -> None:
    assert inline_parts(PLANTED[name]) == [name]


def test_nothing_escapes_the_escaping(app: Flask) -> None:
    assert {name: parts for name, source in sources(app) if (parts := unescaped_parts(app, source))} == {}
    assert app.jinja_env.autoescape is not False


@pytest.mark.parametrize(
    "source", ["{{ x|safe }}", "{% autoescape false %}{{ x }}{% endautoescape %}", "{{ x|upper|safe }}"]
)
def test_what_escapes_the_escaping_would_be_noticed(app: Flask, source: str) -> None:
    assert unescaped_parts(app, source)


def test_every_word_of_a_template_goes_through_gettext(app: Flask) -> None:
    assert {name: words for name, source in sources(app) if (words := bare_words(app, source))} == {}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<input placeholder="Search here">', ["Search", "here"]),
        ("{% if x %}Yes{% else %}{{ _('No') }}{% endif %}", ["Yes"]),
        ("<p class='text'>{{ _('Hello') }}</p>", []),
        ("{% trans %}Hello{% endtrans %}", []),
        ("{{ 'Hello' }}{{ _('Here') }}{{ button('Go', kind='primary') }}", ["Hello", "Go"]),
    ],
)
def test_a_word_without_gettext_would_be_noticed(app: Flask, source: str, words: list[str]) -> None:
    assert bare_words(app, source) == words


# Pages as they are drawn


def pages(app: Flask, visitor: Visitor, user: User) -> Iterator[tuple[str, BeautifulSoup]]:
    for rule in rules(app):
        if "GET" in (rule.methods or ()) and rule.endpoint not in ("healthz", "readyz", "static"):
            page = visitor.get(address(app, rule, user.id))
            # A file is no page.
            if page.status == 200 and "Content-Disposition" not in page.response.headers:
                yield rule.endpoint, page.soup
    for found in ("/users/?q=nobody", "/users/?is_active=true&sort=-email", "/none/", "/users/?nothing=1"):
        yield found, visitor.get(found).soup
    for found in ("/login", "/users/"):
        yield f"stranger {found}", Visitor(app).get(found, follow=True).soup


def test_every_page_that_is_drawn_has_a_title_a_heading_a_language_and_nothing_inline(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    for name, soup in pages(app, as_alice, bob):
        assert soup.title is not None, name
        assert re.match(r"\S.* · Zelador$", soup.title.get_text()), name
        assert len(soup.select("h1")) == 1, name
        assert soup.html is not None
        assert soup.html["lang"] == "en", name
        assert inline_parts(str(soup)) == [], name
        identities = [str(tag["id"]) for tag in soup.select("[id]")]
        assert len(identities) == len(set(identities)), name


def test_every_page_says_its_language_and_runs_from_right_to_left_in_arabic(
    app: Flask, as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LOCALES", ("en", "ar"))
    monkeypatch.setitem(app.config, "DEFAULT_LOCALE", "ar")
    drawn = {name: soup.html for name, soup in pages(app, as_alice, bob)}
    assert {"users.list", "users.change", "/none/", "stranger /login"} <= drawn.keys()
    for name, html in drawn.items():
        assert html is not None
        assert (html["lang"], html["dir"]) == ("ar", "rtl"), name


def test_what_cannot_be_pressed_now_still_says_what_it_is(as_alice: Visitor) -> None:
    """ARIA 1.2 knows `aria-disabled` for controls only; the word “Next page” alone would be no link that is off."""
    switched_off = as_alice.get("/users/").soup.select("[aria-disabled]")
    assert [tag.get_text(strip=True) for tag in switched_off] == [
        "First page",
        "Previous page",
        "Next page",
        "Last page",
    ]
    assert {str(tag.get("role")) for tag in switched_off} == {"link"}
