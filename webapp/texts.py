"""What the program says, in the language of whoever reads it.

The functions are Flask-Babel's by name and meaning. Flask-Babel looks for the language and its catalogue anew at each
text, and a page has more than a hundred; here they are looked for once a request.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from babel import Locale, numbers
from babel.support import NullTranslations
from flask_babel import get_domain, get_locale
from flask_babel.speaklater import LazyString

from webapp.running import app_context, g, running


@dataclass(frozen=True)
class Language:
    """A language and its catalogue of texts, with those that were looked for in it.

    :ivar name: of the locale, as ``pt_BR``.
    """

    locale: Locale
    catalogue: Any
    known: dict[str, str] = field(compare=False, repr=False)
    name: str = field(compare=False)


# A program has so many at most; who makes texts to look for as it runs fills no memory with them.
MOST_KNOWN = 10_000
_SOURCE = Language(Locale("en"), NullTranslations(), {}, "en")
# With the context itself, which is asked hundreds of times a page: `g` looks twice for each of its attributes.
_KEPT = "zelador_language"
_languages: WeakKeyDictionary[Any, dict[Locale, Language]] = WeakKeyDictionary()


def gettext(text: str, /, **variables: Any) -> str:
    """*text*, English and with ``%(name)s`` for what *variables* hold, in the language of this request."""
    spoken = language()
    said = spoken.known.get(text)
    if said is None:
        said = str(spoken.catalogue.ugettext(text))
        if len(spoken.known) < MOST_KNOWN:
            spoken.known[text] = said
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
    found: Language | None = getattr(context, _KEPT, None)
    if found is None:
        found = _spoken(get_domain(), get_locale())
        setattr(context, _KEPT, found)
    return found


def _spoken(domain: Any, locale: Locale) -> Language:
    """*locale* with its catalogue in *domain*, which has loaded it once for as long as the program runs."""
    found = _languages.setdefault(domain, {}).get(locale)
    if found is None:
        found = Language(locale, domain.get_translations(), {}, str(locale))
        _languages[domain][locale] = found
    return found


def forget_language() -> None:
    """Look for the language, and the zone, again: another person reads the rest of this request."""
    setattr(running(), _KEPT, None)
    g.pop("_zone", None)
