"""What the program says, in the language of whoever reads it.

The functions are Flask-Babel's by name and meaning. Flask-Babel looks for the language and its catalogue anew at each
text, and a page has more than a hundred; here they are looked for once a request.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from babel import Locale, numbers
from babel.support import NullTranslations
from flask import g
from flask_babel import get_domain, get_locale
from flask_babel.speaklater import LazyString

from webapp.running import app_context


class Language(NamedTuple):
    """A language and its catalogue of texts."""

    locale: Locale
    catalogue: Any


_SOURCE = Language(Locale("en"), NullTranslations())


def gettext(text: str, /, **variables: Any) -> str:
    """*text*, English and with ``%(name)s`` for what *variables* hold, in the language of this request."""
    said: str = language().catalogue.ugettext(text)
    return said % variables if variables else said


def ngettext(singular: str, plural: str, /, num: int, **variables: Any) -> str:
    """The same of a text with a number, which *num* chooses the form for; it is ``%(num)s`` too."""
    said: str = language().catalogue.ungettext(singular, plural, num)
    return said % {"num": num, **variables}


def pgettext(context: str, text: str, /, **variables: Any) -> str:
    """The same of a text that means several things; *context* says which."""
    said: str = language().catalogue.upgettext(context, text)
    return said % variables if variables else said


def npgettext(context: str, singular: str, plural: str, /, num: int, **variables: Any) -> str:
    said: str = language().catalogue.unpgettext(context, singular, plural, num)
    return said % {"num": num, **variables}


def lazy_gettext(text: str, /, **variables: Any) -> Any:
    """A text for where no request is, such as in a class: it is looked for whenever it is shown."""
    return LazyString(gettext, text, **variables)


def format_decimal(number: float) -> str:
    """*number* as the language of this request writes it."""
    return _written(number, language().locale)


@lru_cache(maxsize=1_000)
def _written(number: float, locale: Locale) -> str:
    written: str = numbers.format_decimal(number, locale=locale)
    return written


def language() -> Language:
    """The language of this request; outside of an application that of the source."""
    context = app_context()
    if context is None:
        return _SOURCE
    try:
        found: Language = context.g._language
    except AttributeError:
        found = context.g._language = Language(get_locale(), get_domain().get_translations())
    return found


def forget_language() -> None:
    """Look for the language again: another person reads the rest of this request."""
    g.pop("_language", None)
