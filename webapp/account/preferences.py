"""How pages look to somebody, chosen with one press: kept on the person, for strangers in this browser."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from flask import redirect
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import Table, select, update

from webapp.account.redirects import here, safe_next
from webapp.admin.history import differences, record, through
from webapp.admin.mapping import describe
from webapp.extensions import db, only_looks, writing
from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.texts import language
from webapp.users.models import User
from webapp.web import viewer
from webapp.web.errors import refuse
from webapp.web.gate import public
from webapp.web.headers import ONE_YEAR
from webapp.web.locale import DENSITIES, THEMES, cookie_name, language_names, select_density, select_theme
from webapp.web.templates import kept
from webapp.web.tokens import asks_again

#: What a browser remembers of somebody who is not signed in.
BY_COOKIE = ("locale", "theme", "density")
SWITCH = {"on": True, "off": False}


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    in_force: bool
    lang: str = ""


@dataclass(frozen=True)
class Group:
    """One preference with what can be chosen for it."""

    name: str
    label: str
    choices: list[Option]


@dataclass(frozen=True)
class Preferences:
    """What the chooser draws: the names of what can be chosen, each with what is in force.

    :ivar here: where it leads back to, which makes no other preferences of it.
    """

    here: str = field(compare=False)
    in_force: tuple[tuple[str, str], ...]

    def draw(self, groups: Callable[[list[Group]], str]) -> Markup:
        """All choices by the template's macro; whoever has chosen the same sees the same."""
        key = ("preferences", *current_app.config["LOCALES"], *self.in_force)
        return kept(key, lambda: groups(list(_groups(self.in_force))))


@public
@asks_again
def change_preferences() -> ResponseReturnValue:
    """Keep what was chosen, and go back to the page where it was."""
    back = redirect(safe_next(request.form.get("next")), 303)
    if only_looks():
        return back
    is_known = current_user.is_authenticated
    if is_known:
        viewer.sign_in(current_user)
    chosen = _chosen()
    if is_known:
        _keep(current_user.id, chosen)
        return back
    for name in BY_COOKIE:
        if name in chosen:
            _set_cookie(back, name, str(chosen[name]))
    return back


def _chosen() -> dict[str, str | bool]:
    """The preferences that were sent; one that cannot be chosen is told by its name."""
    offered: dict[str, tuple[str, ...]] = {
        "locale": ("", *current_app.config["LOCALES"]),
        "theme": THEMES,
        "density": ("", *DENSITIES),
        "shortcuts": tuple(SWITCH),
    }
    sent = {name: request.form[name] for name in offered if name in request.form}
    for name, value in sent.items():
        if value not in offered[name]:
            refuse(400, _("“%(field)s” has no such choice.", field=name))
    return {name: SWITCH[value] if name == "shortcuts" else value for name, value in sent.items()}


@through("account")
def _keep(key: int, chosen: dict[str, str | bool]) -> None:
    """Write what is new to the person of that *key*, with its entry, as the profile does.

    Version and time of the last change stay: nobody's open form, neither an administrator's nor one's own, holds
    another value of these columns that this press would run into, so it must not be called stale for it.
    """
    if not chosen:
        return
    users = cast(Table, User.__table__)
    with writing():
        person = db.session.scalar(
            select(User).where(User.id == key).with_for_update().execution_options(populate_existing=True)
        )
        before = {name: getattr(person, name) for name in chosen} if person else chosen
        changes = differences(describe(User), before, chosen)
        if person is None or not changes:
            return
        values: dict[str, Any] = {**chosen, "updated_at": users.c.updated_at}
        db.session.execute(update(users).where(users.c.id == key).values(values))
        own = {"name": "users", "key": describe(User).key_of(person), "label": str(person)}
        record(db.session(), verb="change", actor=person, changes=changes, **own)


def _set_cookie(response: Any, name: str, value: str) -> None:
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    rules: dict[str, Any] = {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}
    if value:
        response.set_cookie(cookie_name(name), value, max_age=ONE_YEAR, **rules)
    else:
        response.delete_cookie(cookie_name(name), **rules)


def preferences(*names: str) -> Preferences:
    """What the chooser of this page offers: those of *names* of which there is more than one to choose from."""
    in_force = {"theme": select_theme(), "density": select_density(), "locale": language().name}
    return Preferences(here(), tuple((name, in_force[name]) for name in names))


def _groups(in_force: Iterable[tuple[str, str]]) -> Iterator[Group]:
    offered = {
        "theme": (_("Theme"), {"auto": _("System"), "light": _("Light"), "dark": _("Dark")}),
        "density": (_("Density"), {"comfortable": _("Comfortable"), "compact": _("Compact")}),
        "locale": (_("Language"), language_names()),
    }
    for name, current in in_force:
        label, choices = offered[name]
        if len(choices) > 1:
            spoken = [key.replace("_", "-") if name == "locale" else "" for key in choices]
            options = [
                Option(key, text, key == current, lang)
                for (key, text), lang in zip(choices.items(), spoken, strict=True)
            ]
            yield Group(name, label, options)
