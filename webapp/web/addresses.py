"""The addresses that every page has a dozen of: of pages that are found by their names alone."""

from flask import Flask, current_app, has_request_context, request, url_for

Known = dict[tuple[str, str, str | None], str]


def init_app(app: Flask) -> None:
    app.extensions["addresses"] = {}
    app.jinja_env.globals["address"] = address


def address(endpoint: str, key: str | None = None) -> str:
    """The address of *endpoint*, made once: Flask would look through its rules for each, on each page.

    :param key: something that stands for the key of an object, always the same.
    """
    known: Known = current_app.extensions["addresses"]
    asked = endpoint, request.script_root if has_request_context() else "", key
    if asked not in known:
        made = url_for(endpoint) if key is None else url_for(endpoint, key=key)
        if not has_request_context():
            return made
        known[asked] = made
    return known[asked]
