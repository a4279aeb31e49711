"""Both versions of what somebody else has changed meanwhile, as a page draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from webapp.web.errors import Link


@dataclass(frozen=True)
class Choice:
    """Which of two versions of a field is to stay: what its control holds, or what is there now.

    :ivar name: of the two buttons; *value* is that of the second one. :ivar told: who changed it and when.
    :ivar html_form: the id of the form that they are sent with, where they stand outside of it.
    """

    name: str
    value: str
    takes_now: bool
    now: Markup
    told: Markup
    html_form: str = ""


@dataclass(frozen=True)
class ConflictNote:
    """Who changed the object since the form was made, and when.

    :ivar who: empty where it is only *rows* in the form that somebody changed: each with what is said of it.
    """

    who: str
    when: Markup
    text: str
    rows: Sequence[Link] = ()
