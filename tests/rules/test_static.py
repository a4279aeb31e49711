"""Style sheets and symbols: what a page asks for is there, and nothing is there that no page asks for."""

import gzip
import re
from itertools import product

from flask import Flask
from jinja2 import nodes

from tests.conftest import signed_in
from tests.rules.test_code import ROOT
from tests.rules.test_templates import pages, sources
from webapp.admin import timeline
from webapp.users.models import User
from webapp.web.assets import read_tree

# Of no page of ours: what developers may choose from as the `icon` of a model.
TO_CHOOSE = set(
    """
    arrow-down arrow-left arrow-up bell bolt book bookmark box briefcase building calendar camera
    card cart chart check chevron-up clock code columns command copy database download external eye
    eye-off file flag folder gift globe grid group heart help image key keyboard language link list
    mail map-pin message-square minus monitor moon more paperclip phone pin play printer receipt
    refresh rows shield sidebar sort star sun table tag truck undo upload user user-plus
    """.split()
)


# Of these a page loads one or the other: a list has no fields that lead elsewhere, a form has no results.
OF_LISTS = {"js/parts/columns.js", "js/parts/results.js"}
SCRIPTS = 10 * 1024


def symbols() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))


def written(*patterns: str) -> str:
    """The text of the files that match; `static/css` apart, a page is made of these."""
    found = [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]
    assert found
    return "\n".join(path.read_text() for path in found)


def unused_classes(styles: str, pages: str) -> set[str]:
    """The classes of *styles* that no page bears, neither as a word nor as one put together at its last hyphen."""
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", styles, flags=re.DOTALL)
    return {
        name
        for name in re.findall(r"\.([a-z][a-z0-9-]*)", selectors)
        if not re.search(rf"(?<![\w-]){name}(?![\w-])", pages)
        and not re.search(rf"(?<![\w-]){name.rpartition('-')[0] or name}-\{{", pages)
    }


def test_every_symbol_that_is_asked_for_is_there_and_every_other_is_to_choose(
    app: Flask, alice: User, charlie: User
) -> None:
    constants, called = set(), set()
    for _name, source in sources(app):
        tree = app.jinja_env.parse(source)
        constants |= {constant.value for constant in tree.find_all(nodes.Const)}
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "icon":
                called |= {argument.value for argument in call.args if isinstance(argument, nodes.Const)}
    visitor = signed_in(app, alice)
    drawn = {
        str(tag["href"]).partition("#")[2]
        for _name, soup in pages(app, visitor, charlie)
        for tag in soup.select("use")
    }
    by_verb = {*timeline._ICONS.values(), "history"}
    assert {"users", "zelador", "search"} <= drawn
    assert (called | drawn | by_verb | TO_CHOOSE) - symbols() == set()
    assert symbols() - (constants | drawn | by_verb | TO_CHOOSE) == set()


def test_every_class_of_the_style_sheets_is_on_some_page() -> None:
    on_pages = written("templates/**/*.html", "static/js/**/*.js", "webapp/**/*.py")
    assert unused_classes(written("static/css/*.css"), on_pages) == set()


def test_a_class_of_no_page_would_be_noticed() -> None:
    styles = "/* .old */ .a, .b-c > .d:hover { top: .5em } @media (width < 3px) { .e { inset: 0 } }"
    assert unused_classes(styles, '<p class="a b-{{ kind }}">') == {"d", "e"}


def test_a_form_with_every_kind_of_field_and_a_list_load_few_scripts() -> None:
    """With the palette or a dialog opened; a browser counts them on real pages (tests/browser/test_weight.py)."""
    files = read_tree(ROOT / "static").files
    sizes = {name: len(gzip.compress(files[name])) for name in files if name.endswith(".js")}
    assert {"app.js", "js/parts/palette.js", "js/parts/lookup.js", *OF_LISTS} <= sizes.keys()
    # What comes before the end of a session comes to a page that is open for long.
    opened = {"js/parts/palette.js", "js/parts/related.js", "js/parts/staying.js"}
    # Who is granted something has no rows in the form, so it is one or the other.
    either = {"js/parts/grants.js", "js/parts/form.js"}
    of_a_form = sizes.keys() - OF_LISTS - opened - either
    for name, part in product(opened, either):
        assert sum(sizes[one] for one in (*of_a_form, name, part)) <= SCRIPTS, sizes
    of_a_list = {"app.js", "js/parts/palette.js", *OF_LISTS}
    assert sum(sizes[name] for name in of_a_list) <= SCRIPTS, sizes
