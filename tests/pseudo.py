"""A language that nobody speaks: every text in brackets and with accents, so that one without was not marked."""

import re
from collections.abc import Callable, Iterator
from weakref import WeakKeyDictionary

import pytest
from babel.support import NullTranslations
from bs4 import BeautifulSoup, Comment, Tag

from webapp.extensions import babel
from webapp.web.locale import FORM_TEXTS

_ACCENTED = str.maketrans("AEIOUaeiouclnsy", "ÀÉÎÖÛàéîöûçłñšÿ")
# Each letter as one of Arabic, capitals and small ones alike.
_ARABIC = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ابصديفغهيجكلمنوپقرستعڤوخطز" * 2
)
_HELD = re.compile(r"(%\(\w+\)[a-z]|%[a-z]|\{\w*\})")
_MARKED = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[^\W\d_]{2,}")
# What people read that is no text between tags; every other data-* is looked at too.
ATTRIBUTES = frozenset({"title", "placeholder", "aria-label", "aria-description", "alt", "label"})
# Words for programs.
MACHINE = frozenset(
    "data-theme data-density data-shortcuts data-sidebar data-kind data-key data-href data-url data-prepopulate "
    "data-fields data-lookup data-further data-move data-model data-part data-check data-left".split()
)


class Pseudo(NullTranslations):
    """Translations that give every text back in other letters, with its placeholders as they are.

    :param write: makes one text of another.
    """

    def __init__(self, write: Callable[[str], str]) -> None:
        super().__init__()
        self.write = write

    def ugettext(self, message: str) -> str:
        return self.write(message)

    def ungettext(self, singular: str, plural: str, num: int) -> str:
        return self.write(singular if num == 1 else plural)

    def upgettext(self, context: str, message: str) -> str:
        return self.write(message)

    def unpgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        return self.write(singular if num == 1 else plural)


def speak_pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak it instead of English."""
    monkeypatch.setattr("webapp.texts._languages", WeakKeyDictionary())
    for domain in (babel.domain_instance, FORM_TEXTS):
        monkeypatch.setitem(domain.cache, ("en", domain.domain[0]), Pseudo(marked))


def speak_arabic() -> None:
    """Have the letters of Arabic for the texts of Arabic, to see pages that are written from right to left."""
    for domain in (babel.domain_instance, FORM_TEXTS):
        domain.cache["ar", domain.domain[0]] = Pseudo(arabic)


def marked(text: str) -> str:
    return f"⟦{_rewritten(text, _ACCENTED)}~⟧"


def arabic(text: str) -> str:
    return _rewritten(text, _ARABIC)


def _rewritten(text: str, letters: dict[int, int]) -> str:
    return "".join(part if _HELD.fullmatch(part) else part.translate(letters) for part in _HELD.split(text))


def unmarked(html: str, is_data: Callable[[str], bool]) -> list[str]:
    """The texts of a page that hold words outside all brackets, unless *is_data* says that they are no text of ours."""
    return [
        text for text in (_outside(text) for text in texts(html)) if _WORD.search(text) and not is_data(text)
    ]


def texts(html: str) -> Iterator[str]:
    """All that a person reads or hears of a page."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup.select(
        "style, script, code, time, select[name=timezone] option, select[name=locale] option"
    ):
        # A moment is told by Babel, which does not speak this language.
        del tag["title"]
        tag.clear()
    # Inside a sentence they stand around what it tells of.
    for tag in soup.select("bdi, time, .message a"):
        tag.unwrap()
    soup.smooth()
    for string in soup.find_all(string=True):
        if type(string) is not Comment and string.parent is not None and string.parent.name != "[document]":
            yield str(string)
    for tag in soup.find_all(True):
        yield from _attributes(tag)


def _attributes(tag: Tag) -> Iterator[str]:
    for name, value in tag.attrs.items():
        is_read = name in ATTRIBUTES or (name.startswith("data-") and name not in MACHINE)
        is_button = (
            name == "value" and tag.name == "input" and tag.get("type") in ("submit", "button", "reset")
        )
        if is_read or is_button:
            yield str(value)


def _outside(text: str) -> str:
    """What is left of *text* without what stands in brackets, also in brackets within brackets."""
    while (shorter := _MARKED.sub("", text)) != text:
        text = shorter
    return " ".join(text.split())
