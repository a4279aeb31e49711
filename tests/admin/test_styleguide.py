"""The style guide: for developers only, and nothing that pages are made of is missing from it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import add_user, close, make_settings, signed_in
from tests.pages import Page, Visitor
from tests.rules.test_code import ROOT
from webapp import create_app
from webapp.extensions import db

pytestmark = pytest.mark.one_engine

COMPONENTS = [path for path in sorted((ROOT / "static/css").glob("*.css")) if path.stem != "tokens"]


@pytest.fixture(scope="module")
def debug_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLASK_DEBUG", "1")
        app = create_app(
            make_settings(DATABASE_URL=f"sqlite:///{tmp_path_factory.mktemp('guide') / 'debug.db'}")
        )
    with app.app_context():
        db.create_all()
    yield app
    close(app)


@pytest.fixture(scope="module")
def guide(debug_app: Flask) -> Page:
    return signed_in(debug_app, add_user(debug_app, "alice", is_superuser=True)).get("/styleguide")


def classes_of(styles: str) -> set[str]:
    """What the rules of *styles* are about: the first class of each selector."""
    plain = re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)
    return set(re.findall(r"(?m)^\s+\.([a-z][a-z0-9-]*)", plain))


def test_a_developer_sees_it(guide: Page) -> None:
    assert guide.status == 200
    assert guide.soup.select_one("h1") is not None
    assert inline(guide.text) == []


def test_without_debug_there_is_no_such_page(as_alice: Visitor) -> None:
    assert as_alice.get("/styleguide").status == 404


def test_a_stranger_is_asked_to_sign_in(debug_app: Flask) -> None:
    assert Visitor(debug_app).get("/styleguide").status == 303


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_every_component_is_shown(guide: Page, path: Path) -> None:
    found = [f".{name}" for name in sorted(classes_of(path.read_text()))]
    assert guide.soup.select(", ".join(found or [path.stem]))


def test_every_colour_size_and_space_has_its_sample() -> None:
    styles = (ROOT / "static/styleguide.css").read_text()
    tokens = (ROOT / "static/css/tokens.css").read_text()
    named = {
        "swatch": re.findall(r"--([\w-]+): (?:light-dark\(#|#)", tokens),
        "type": re.findall(r"--(size[\w-]*):", tokens),
        "measure": re.findall(r"--(space-\d+):", tokens),
    }
    missing = [
        f"{kind}-{one}" for kind, names in named.items() for one in names if f".{kind}-{one} {{" not in styles
    ]
    assert all(named.values())
    assert missing == []


def test_every_symbol_is_shown_with_its_name(guide: Page) -> None:
    named = {tag.get_text() for tag in guide.soup.select("#guide-icons code")}
    assert named == set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons.svg").read_text()))


def test_every_kind_of_message_button_and_empty_state_is_shown(guide: Page) -> None:
    for kind in ("success", "info", "warning", "error"):
        assert guide.soup.select(f".message-{kind}"), kind
    for kind in ("primary", "danger", "quiet", "square"):
        assert guide.soup.select(f"#guide-buttons .button-{kind}"), kind
    assert len(guide.soup.select("#guide-empty-states .empty")) == 3
    assert (
        len({str(tag["class"]) for tag in guide.soup.select("#guide-chips-badges-and-avatars .avatar")}) > 4
    )


def inline(text: str) -> list[str]:
    return re.findall(r"\sstyle=|\son[a-z]+=|<style", text)
