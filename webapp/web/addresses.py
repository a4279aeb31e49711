"""The addresses that every page has a dozen of: of pages that are found by their names alone."""

from functools import lru_cache

from flask import Flask, url_for

from webapp.running import running, this_request

# Of so many, because a proxy may pass on what a stranger says of the root.
MOST = 2_000

# Stands for the key in an address that many are made from: no word of a rule is like it.
_PLACE = "~key~"


def init_app(app: Flask) -> None:
    app.extensions["addresses"] = lru_cache(maxsize=MOST)(_made)
    app.jinja_env.globals["address"] = address


def address(endpoint: str, key: str | None = None) -> str:
    """The address of *endpoint*, made once: Flask would look through its rules for each, on each page.

    :param key: something that stands for the key of an object, always the same.
    """
    request = this_request()
    if request is None:
        return _made("", endpoint, key)
    made: str = running().app.extensions["addresses"](request.script_root, endpoint, key)
    return made


def _made(_root: str, endpoint: str, key: str | None) -> str:
    return url_for(endpoint) if key is None else url_for(endpoint, key=key)


def address_of(endpoint: str, key: str) -> str:
    """The address of the object with *key* at *endpoint*, one of the engine's own.

    A key of letters and numbers stands in an address as it is, so it is put into one that was made before.
    """
    if not (key.isascii() and key.isalnum()):
        return url_for(endpoint, key=key)
    before, _place, after = address(endpoint, _PLACE).rpartition(_PLACE)
    return f"{before}{key}{after}"
