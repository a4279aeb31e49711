"""A person as two letters and a colour, made from the name alone: the same name looks the same everywhere."""

import unicodedata
from functools import lru_cache
from zlib import crc32

from flask import Flask

HUES = 8


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(initials=initials, hue=hue)


@lru_cache(maxsize=10_000)
def initials(name: str) -> str:
    """The first letters of the first and the last word; of a single word the first letter.

    >>> initials("Ana Maria Lopes"), initials("bob"), initials("…")
    ('AL', 'B', '?')
    """
    # A word mostly begins with a letter: the others are looked through.
    letters = [
        word[0]
        if word[0].isalpha()
        else next((one for one in word if unicodedata.category(one)[0] in "LN"), "")
        for word in name.split()
    ]
    found = [one for one in letters if one]
    return "".join([*found[:1], *found[1:][-1:]]).upper() or "?"


@lru_cache(maxsize=10_000)
def hue(name: str) -> int:
    """Which of the colours `avatar-1` to `avatar-8` goes with *name*."""
    return crc32(name.encode("utf-8", "replace")) % HUES + 1
