"""What the program says, in the language of whoever reads it.

The functions are Flask-Babel's by name and meaning. Flask-Babel looks for the language and its catalogue anew at each
text, and a page has more than a hundred; here they are looked for once a request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from babel.support import NullTranslations
from flask import g
from flask.globals import app_ctx
from flask_babel import force_locale, get_domain
from flask_babel.speaklater import LazyString

KEPT = "_catalogue"
_SOURCE = NullTranslations()


def gettext(text: str, /, **variables: Any) -> str:
    """*text*, English and with ``%(name)s`` for what *variables* hold, in the language of this request."""
    said: str = catalogue().ugettext(text)
    return said % variables if variables else said


def ngettext(singular: str, plural: str, /, num: int, **variables: Any) -> str:
    """The same of a text with a number, which *num* chooses the form for; it is ``%(num)s`` too."""
    said: str = catalogue().ungettext(singular, plural, num)
    return said % {"num": num, **variables}


def pgettext(context: str, text: str, /, **variables: Any) -> str:
    """The same of a text that means several things; *context* says which."""
    said: str = catalogue().upgettext(context, text)
    return said % variables if variables else said


def npgettext(context: str, singular: str, plural: str, /, num: int, **variables: Any) -> str:
    said: str = catalogue().unpgettext(context, singular, plural, num)
    return said % {"num": num, **variables}


def lazy_gettext(text: str, /, **variables: Any) -> Any:
    """A text for where no request is, such as in a class: it is looked for whenever it is shown."""
    return LazyString(gettext, text, **variables)


def lazy_pgettext(context: str, text: str, /, **variables: Any) -> Any:
    return LazyString(pgettext, context, text, **variables)


def catalogue() -> Any:
    """The texts of this request's language; outside of an application those of the source."""
    try:
        kept = app_ctx._get_current_object().g  # type: ignore[attr-defined]  # once, and not for each look at it
    except RuntimeError:
        return _SOURCE
    found = kept.get(KEPT)
    if found is None:
        found = get_domain().get_translations()
        setattr(kept, KEPT, found)
    return found


def forget_language() -> None:
    """Look for the language again: another person reads the rest of this request."""
    g.pop(KEPT, None)


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Say everything in another language than the request's, as a mail to somebody else does."""
    before = g.pop(KEPT, None)
    try:
        with force_locale(locale):
            yield
    finally:
        forget_language()
        if before is not None:
            setattr(g, KEPT, before)
