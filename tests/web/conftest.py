"""Fixtures of the small application."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from tests.web.small import MakeApp, make_small_app
from webapp.database import reading


@pytest.fixture
def static_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "css").mkdir(parents=True)
    (folder / "js" / "parts").mkdir(parents=True)
    (folder / "css" / "a.css").write_text("a {}")
    (folder / "css" / "base.css").write_text("base {}")
    (folder / "css" / "tokens.css").write_text("tokens {}")
    (folder / "js" / "list.js").write_text("const list = 1;")
    (folder / "js" / "close.js").write_text("const list = 2;")
    (folder / "js" / "parts" / "rare.js").write_text("export const rare = 1;\n" * 100)
    (folder / "notes.md").write_text("not for browsers")
    return folder


@pytest.fixture
def make_app(static_folder: Path) -> Iterator[MakeApp]:
    """Makes the small application with the settings that are given."""
    yield partial(make_small_app, static_folder)
    reading.set(False)


@pytest.fixture
def small(make_app: MakeApp) -> Flask:
    return make_app()
