"""The sign-ins that are open, a person's own and those of others: looked at, and ended."""

from dataclasses import dataclass
from typing import Any

import structlog
from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.account import sessions
from webapp.account.devices import device_text
from webapp.account.models import UserSession
from webapp.admin.display import time_ago
from webapp.admin.editing.finding import find
from webapp.admin.history import Change, record, through
from webapp.admin.mapping import describe
from webapp.admin.site import current_site
from webapp.admin.tabs import Tab, tabs_of
from webapp.extensions import db, writing
from webapp.running import request
from webapp.texts import gettext as _
from webapp.texts import ngettext
from webapp.users.models import User
from webapp.users.rules import one_at_a_time, require_touch
from webapp.web.confirming import require_confirmed
from webapp.web.errors import Link, refuse
from webapp.web.tokens import form_token
from webapp.web.viewer import person

log = structlog.stdlib.get_logger("webapp.account")


@dataclass(frozen=True)
class SessionLine:
    """:ivar number: what is sent to end it; ``None`` for the one in which it is looked at."""

    device: str
    address: str
    made: Markup
    seen: Markup
    number: int | None


@dataclass(frozen=True)
class SessionsPage:
    """:ivar others: what the button says that ends all of them, but for this one; ``None`` where there is none."""

    title: str
    heading: str
    subheading: str
    action: str
    csrf_token: str
    lines: list[SessionLine]
    others: str | None
    back: Link | None
    tabs: list[Tab]


@through("account")
def own_sessions() -> ResponseReturnValue:
    """One's own sign-ins."""
    here = url_for("account.sessions")
    if request.method == "POST":
        return _end(person(), here)
    lines = _lines(person())
    others = sum(line.number is not None for line in lines)
    return _drawn(
        title=_("Your sessions"),
        subheading=_("Where you are signed in. End what you do not know, and change your password then."),
        action=here,
        lines=lines,
        others=_("End all other sessions") if others > 1 else None,
        back=Link(_("Your account"), url_for("account.profile")),
        tabs=[],
    )


@through("form")
def sessions_of(key: str) -> ResponseReturnValue:
    """The sign-ins of another person."""
    users = current_site().admin("users")
    target = find(users, person(), key, "end_sessions")
    if target.id == person().id:
        return redirect(url_for("account.sessions"), 307 if request.method == "POST" else 303)
    here = url_for("users.sessions", key=key)
    if request.method == "POST":
        return _end(target, here)
    lines = _lines(target)
    return _drawn(
        title=_("Sessions of %(user)s", user=target),
        subheading=str(target),
        action=here,
        lines=lines,
        others=_("End all sessions") if len(lines) > 1 else None,
        back=None,
        tabs=tabs_of(users, person(), target),
    )


def end_all(target: User, actor: Any = None) -> int:
    """End every session of *target*; how many there were. :param actor: ``None`` for the command line."""
    with writing():
        one_at_a_time(db.session(), actor)
        require_touch(actor, target)
        ended = sessions.end(target, but=sessions.current_id())
        if ended:
            _tell(target, actor, [Change("sessions", "integer", None, len(ended))])
    return len(ended)


def _end(target: User, here: str) -> ResponseReturnValue:
    """End the session that was asked for, or all but this one."""
    require_confirmed()
    if "all" in request.form:
        number = end_all(target, person())
        log.info("sessions ended", person=target.id)
        told = ngettext(
            "%(number)s session was ended.", "%(number)s sessions were ended.", number, number=number
        )
        flash(told, "success" if number else "info")
        return redirect(here, 303)
    asked = request.form.get("session", "")
    if not asked:
        abort(400)
    device = _end_one(target, asked)
    if device is None:
        refuse(404, _("There is no such session. It may have ended already."), Link(_("Sessions"), here))
    log.info("session ended", person=target.id)
    flash(_("The session in %(device)s was ended.", device=device), "success")
    return redirect(here, 303)


def _end_one(target: User, asked: str) -> str | None:
    """The device of *target*'s session with the number *asked*, which has ended now; ``None`` where there is none."""
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return None
    actor = person()
    with writing():
        one_at_a_time(db.session(), actor)
        require_touch(actor, target)
        ended = sessions.end(target, only=int(asked))
        if not ended:
            return None
        device = device_text(ended[0].user_agent)
        _tell(target, actor, [Change("device", "text", device, None)])
    return device


def _tell(target: User, actor: Any, changes: list[Change]) -> None:
    key = describe(User).key_of(target)
    record(
        db.session(),
        verb="end_sessions",
        name="users",
        key=key,
        label=str(target),
        actor=actor,
        changes=changes,
    )


def _lines(target: User) -> list[SessionLine]:
    this = sessions.current_id()
    return [_line(one, is_this=one.id == this) for one in sessions.open_sessions(target)]


def _line(one: UserSession, *, is_this: bool) -> SessionLine:
    return SessionLine(
        device=device_text(one.user_agent),
        address=one.ip,
        made=time_ago(one.created_at),
        seen=time_ago(one.last_seen_at),
        number=None if is_this else one.id,
    )


def _drawn(**parts: Any) -> str:
    page = SessionsPage(heading=_("Sessions"), csrf_token=form_token(), **parts)
    return render_template("account/sessions.html", page=page)
