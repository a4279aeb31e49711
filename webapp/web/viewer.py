"""Who is looking, as plain values.

The log, the language and the error pages want to know, also when the database is down. So what they need is
copied once, when the person is loaded, and nobody asks the database again for it.
"""

from typing import Any, NamedTuple

from flask_babel import refresh
from flask_login import current_user

from webapp.running import g, running
from webapp.texts import forget_language


class Viewer(NamedTuple):
    """The signed-in person of this request."""

    id: Any
    locale: str
    timezone: str
    theme: str
    density: str
    shortcuts: bool


def person() -> Any:
    """Who makes this request, as the model's own object; somebody anonymous where nobody is signed in.

    Flask-Login's ``current_user`` stands for it and is another class: a mapper takes it for no object of a model.
    """
    # Where Flask-Login keeps whom it has found: each look through its proxy and its own search costs a microsecond.
    found = getattr(running().g, "_login_user", None)
    return current_user._get_current_object() if found is None else found


def remember(person: Any) -> None:
    """Keep what is needed of `person`, who has just been loaded."""
    g.viewer = Viewer(
        id=getattr(person, "id", None),
        locale=getattr(person, "locale", "") or "",
        timezone=getattr(person, "timezone", "") or "",
        theme=getattr(person, "theme", "") or "",
        density=getattr(person, "density", "") or "",
        shortcuts=bool(getattr(person, "shortcuts", True)),
    )


def viewer() -> Viewer | None:
    """The person of this request if the request has asked who it is; never asks by itself."""
    return getattr(running().g, "viewer", None)


def sign_in(person: Any) -> None:
    """The rest of the request that signs `person` in, or changes their language, speaks it; the log names them."""
    remember(person)
    refresh()
    forget_language()
