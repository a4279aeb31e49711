"""How templates are drawn: without the indentation that they are written with, and what never differs only once."""

import re
from collections.abc import Callable, Hashable
from typing import Any

from flask import Flask, current_app, request
from jinja2 import StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from webapp.texts import language

# So many parts of pages are kept; a program has a few for each model and language.
MOST = 1_000

INDENTATION = re.compile(r"^[ \t]+", re.M)


class Lean(Extension):
    """Takes the indentation out of templates as they are read: it is a tenth of a page."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return INDENTATION.sub("", source)


def init_app(app: Flask) -> None:
    # A name that a template gets wrong is an error and not an empty place on the page.
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension(Lean)
    app.jinja_env.globals["once"] = once
    app.extensions["fragments"] = {}


def once(macro: Any) -> Markup:
    """What *macro*, which takes nothing, draws; of the person and the request it says nothing."""
    return kept((macro.name,), macro)


def kept(key: Hashable, draw: Callable[[], str]) -> Markup:
    """What *draw* draws, once for each *key* and language as long as the application runs."""
    fragments: dict[Hashable, Markup] = current_app.extensions["fragments"]
    whole = (key, str(language().locale), request.script_root)
    if whole in fragments and not current_app.debug:
        return fragments[whole]
    drawn = Markup(draw())  # noqa: S704 - what a template draws is escaped
    if len(fragments) < MOST:
        fragments[whole] = drawn
    return drawn
