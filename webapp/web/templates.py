"""How templates are drawn: without the indentation that they are written with, and what never differs only once."""

import re
from typing import Any

from flask import Flask, current_app, request
from jinja2 import StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from webapp.texts import language

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
    app.extensions["drawn"] = {}


def once(macro: Any) -> Markup:
    """What *macro*, which takes nothing, draws: once for each language, as long as the application runs.

    It may say texts and addresses of the application, and nothing of the person or the request.
    """
    kept: dict[tuple[str, ...], Markup] = current_app.extensions["drawn"]
    key = (macro.name, str(language().locale), request.script_root)
    if key not in kept or current_app.debug:
        kept[key] = Markup(macro())  # noqa: S704 - what a macro draws is escaped
    return kept[key]
