"""What the frame of each page says to the person, drawn once for each of them and not for each page."""

from collections.abc import Hashable
from typing import Any

from markupsafe import Markup, escape

from webapp.account.redirects import here
from webapp.web.templates import kept
from webapp.web.tokens import form_token

# Stand in what is kept for what differs from page to page. No text of anybody's holds such a character.
_TOKEN, _HERE = "\0token\0", "\0here\0"


def to_person(macro: Any, *about: Hashable) -> Markup:
    """What *macro* draws of the token of this page's forms, the address of this page, and *about*, which says all else
    that it draws."""
    key = ("to person", macro.name, *about)
    drawn = kept(key, lambda: macro(_TOKEN, _HERE, *about), of_people=True)
    # What is put in was escaped, or is a token, which needs none.
    return Markup(str(drawn).replace(_TOKEN, form_token()).replace(_HERE, str(escape(here()))))  # noqa: S704
