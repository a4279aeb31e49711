"""Open sign-ins: made, recognised on each request, and ended.

The browser holds a random token of 256 bits in Flask's signed cookie; the database holds its SHA-256. Whether
somebody is signed in is read anew on each request, so that ending a session, deactivating a person or taking
the staff right works on the next one (OWASP ASVS 5.0 §7.4).
"""

import hashlib
import secrets
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, cast

from flask import Flask, Response, has_request_context, session
from flask_login import AnonymousUserMixin, current_user
from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    event,
    inspect,
    select,
    true,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from webapp.account.models import UserSession
from webapp.database import now
from webapp.extensions import db, login_manager, look_no_more, writing
from webapp.patience import QUICK
from webapp.plans import SETTLED
from webapp.running import current_app, g, request
from webapp.users.models import User
from webapp.users.passwords import PasswordHash
from webapp.users.rules import ADMINISTRATOR
from webapp.users.service import password_changed, password_is_over, signed_out
from webapp.web import viewer
from webapp.web.alongside import (
    Condition,
    asked_alongside,
    asked_record,
    note_answers,
    note_record,
    with_record,
)
from webapp.web.confirming import note_confirmed

# Flask-Login looks for the signed-in person under this name.
TOKEN = "_user_id"  # noqa: S105 - the name of a place, not a secret
# Whose sign-in was the last in this browser: a number, kept when it has ended.
LAST_PERSON = "_last_person"
# Written at most this often, so that reading pages does not become a storm of writes.
LAST_SEEN_EVERY = timedelta(minutes=1)
# Nobody has more that a page would help with; all of them can be ended at once.
MAX_SHOWN = 100
# With each sign-in: more than one leaves behind, and not so many that anybody notices.
SWEPT = 100


class Stranger(AnonymousUserMixin):
    """Somebody who is not signed in, and may nothing."""

    def can(self, permission: str, obj: object = None) -> bool:
        return False


class OpenSession(NamedTuple):
    """The session of this request, as plain values: asked after the page is made, whatever became of the database."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    confirmed_at: datetime | None

    @property
    def ends_at(self) -> datetime:
        """When it ends if nothing more is asked for."""
        idle, _absolute = _limits()
        return min(self.last_seen_at + idle, self.ends_at_last)

    @property
    def ends_at_last(self) -> datetime:
        """When it ends whatever is asked for."""
        _idle, absolute = _limits()
        return self.created_at + absolute


def init_app(app: Flask) -> None:
    """Let *app* recognise people by their sessions."""
    login_manager.anonymous_user = Stranger
    # Our own rows say who is signed in; Flask-Login's guess by address and browser would only add false alarms.
    login_manager.session_protection = None
    login_manager.user_loader(load_user)
    password_changed.connect(_end_sessions_of)
    signed_out.connect(_end_all_but_this)
    app.after_request(_note_last_seen)


def open_session(user: User) -> None:
    """Sign *user* in within this request's browser, inside the caller's transaction.

    Whoever was signed in there is signed out, and everything the cookie held is dropped with the old form token
    (session fixation, OWASP ASVS 5.0 §7.2.4).
    """
    close_session()
    token = secrets.token_urlsafe(32)
    session.clear()
    session[TOKEN] = token
    session[LAST_PERSON] = user.id
    moment = now()
    _forget_expired(user)
    sweep_expired()
    db.session.add(
        UserSession(
            token_hash=hash_token(token),
            user_id=user.id,
            created_at=moment,
            last_seen_at=moment,
            confirmed_at=moment,
            ip=(request.remote_addr or "")[:45],
            user_agent=_printable(request.user_agent.string)[:255],
        )
    )
    note_confirmed(moment)
    viewer.sign_in(user)


def confirm_session(user: User, compared: str) -> bool:
    """Note in the session of this request that *user* has just given the password, inside the caller's transaction.

    Its token becomes another one, so that the former is of no use to who has it (OWASP ASVS 5.0 §7.2.4). The form token
    stays: the person is the same, and what is open in other tabs is not stale for it.

    :param compared: the stored hash that the password belongs to.
    :returns: ``False`` where the session has ended or the password was changed meanwhile.
    """
    token, moment = secrets.token_urlsafe(32), now()
    same = select(User.id).where(User.id == user.id, User.password == PasswordHash(compared)).exists()
    held = UserSession.token_hash == hash_token(str(session.get(TOKEN)))
    renewed = {"token_hash": hash_token(token), "confirmed_at": moment}
    statement = update(UserSession).where(held, UserSession.user_id == user.id, same).values(renewed)
    if not _number_of_rows(statement):
        return False
    session[TOKEN] = token
    note_confirmed(moment)
    return True


def close_session() -> None:
    """End the session of this request's browser, inside the caller's transaction."""
    token = session.get(TOKEN)
    if isinstance(token, str):
        db.session.execute(delete(UserSession).where(UserSession.token_hash == hash_token(token)))
    person = last_person()
    session.clear()
    if person is not None:
        session[LAST_PERSON] = person


def current_id() -> int | None:
    """The number of the session of this request; ``None`` where there is none."""
    opened = this_session()
    return opened and opened.id


def open_sessions(user: User) -> Sequence[UserSession]:
    """The sessions of *user* that have not ended, the one that was seen last first; at most :data:`MAX_SHOWN`."""
    owned = select(UserSession).where(UserSession.user_id == user.id, ~_expired())
    return db.session.scalars(
        owned.order_by(UserSession.last_seen_at.desc(), UserSession.id.desc()).limit(MAX_SHOWN)
    ).all()


def end(user: User, *, only: int | None = None, but: int | None = None) -> Sequence[Row[int, str]]:
    """End the sessions of *user*, inside the caller's transaction: the *only* one of that number, or all *but* one.

    :returns: number and browser of those that were open.
    """
    which = UserSession.id == only if only is not None else UserSession.id != (but or 0)
    chosen = UserSession.user_id == user.id, which
    ended = db.session.execute(
        select(UserSession.id, UserSession.user_agent).where(*chosen, ~_expired())
    ).all()
    db.session.execute(delete(UserSession).where(*chosen))
    return ended


def last_person() -> int | None:
    """The number of who was signed in here last, also when the session has ended; it lets nobody in."""
    person = session.get(LAST_PERSON)
    return person if isinstance(person, int) else None


def has_ended() -> bool:
    """Whether this browser was signed in, and is not any more without having signed out."""
    return TOKEN in session and not current_user.is_authenticated


def load_user(token: str) -> User | None:
    """The person whose session has *token*, in one statement; ``None`` when it has ended or he may not sign in."""
    questions, values = asked_alongside()
    record = asked_record()
    asked = {"token_hash": hash_token(token), **values, **(record.values if record else {})}
    statement = _with_session(tuple(questions.items()), record and record.kind)
    rows = db.session.execute(statement, asked)
    # What a record leads to, and what it can be led to, may come along as rows of their own.
    found = (rows.unique() if record else rows).all()
    if not found:
        return None
    user: User = found[0][0]
    end = 1 + len(OpenSession._fields)
    last = end + len(questions)
    opened = OpenSession(*found[0][1:end])
    note_answers(questions, found[0][end:last], values)
    if _has_expired(opened) or not (user.is_active and user.is_staff) or password_is_over(user):
        return None
    g.user_session = opened
    note_confirmed(opened.confirmed_at)
    if record is not None and user.is_superuser:
        note_record(record, [row[last:] for row in found])
    return user


@lru_cache(maxsize=1_000)
def _with_session(questions: tuple[tuple[str, Condition], ...], kind: Hashable) -> Select[Any]:
    """The person of a session, the session, the answers to *questions* about the person and a record of that *kind*;
    made once: to make it costs as much as to ask it, at each request."""
    answers = (condition(User.id).label(name) for name, condition in questions)
    statement = (
        select(User, *(getattr(UserSession, name) for name in OpenSession._fields), *answers)
        .join(UserSession, UserSession.user_id == User.id)
        .where(UserSession.token_hash == bindparam("token_hash"))
        .execution_options(**{QUICK: True}, **SETTLED)
    )
    return with_record(statement, kind, User.is_superuser == true())


def _has_expired(opened: OpenSession) -> bool:
    return now() > opened.ends_at


def _limits() -> tuple[timedelta, timedelta]:
    config = current_app.config
    return timedelta(minutes=config["SESSION_IDLE_MINUTES"]), timedelta(
        hours=config["SESSION_ABSOLUTE_HOURS"]
    )


def this_session() -> OpenSession | None:
    """The session of this request; ``None`` where there is none."""
    opened: OpenSession | None = g.get("user_session") if has_request_context() else None
    return opened


def asks_only() -> None:
    """Let this request count for nothing: a script has sent it, and nobody needs to be there."""
    g.asks_only = True


def _note_last_seen(response: Response) -> Response:
    """Write down that the person was here, in a transaction of its own after the page is made."""
    look_no_more()
    opened: OpenSession | None = g.pop("user_session", None)
    moment = now()
    if g.get("asks_only"):
        return response
    if opened is None or moment - opened.last_seen_at < LAST_SEEN_EVERY:
        return response
    # Of several requests at the same moment one writes.
    unchanged = (UserSession.id == opened.id, UserSession.last_seen_at == opened.last_seen_at)
    try:
        # What a page changed and did not write on purpose is not written by this either.
        db.session.rollback()
        with writing():
            db.session.execute(update(UserSession).where(*unchanged).values(last_seen_at=moment))
    except SQLAlchemyError as error:
        # The page is right without it, and the next request tries again.
        current_app.logger.warning("last seen was not written: %s", type(error).__name__)
    return response


def _end_all_but_this(_sender: object, user: User) -> None:
    end(user, but=current_id())


@event.listens_for(User, "before_update")
def _end_where_rights_go(_mapper: object, connection: Connection, user: User) -> None:
    """Who loses the right to sign in, or to do everything, loses the sessions too: they do not live again with it."""
    for name in ADMINISTRATOR:
        was = inspect(user).attrs[name].history.deleted
        if was and was[0] and not getattr(user, name):
            table = cast(Table, UserSession.__table__)
            connection.execute(delete(table).where(table.c.user_id == user.id))
            return


def _end_sessions_of(_sender: object, user: User) -> None:
    """End all sessions of *user*; who changes the own password goes on with a new one."""
    db.session.execute(delete(UserSession).where(UserSession.user_id == user.id))
    if has_request_context() and current_user.is_authenticated and current_user.id == user.id:
        open_session(user)


def _forget_expired(user: User) -> None:
    _forget(select(UserSession.id).where(UserSession.user_id == user.id, _expired()))


def sweep_expired() -> None:
    """Forget some of the sessions that have ended, whosever they were, inside the caller's transaction: so rows of who
    never comes back do not stay. Rows that another transaction holds are left to it; nothing waits for them here.
    """
    idle, _absolute = _limits()
    # Who is not seen any more is idle in the end, also where the whole time was over before.
    ended = select(UserSession.id).where(UserSession.last_seen_at < now() - idle)
    _forget(ended.order_by(UserSession.last_seen_at).limit(SWEPT))


def _forget(ended: Select[int]) -> None:
    """Forget the sessions of the numbers *ended*; a plain delete waits on MariaDB for rows that it only looks at."""
    if numbers := db.session.scalars(ended.with_for_update(skip_locked=True)).all():
        _number_of_rows(delete(UserSession).where(UserSession.id.in_(numbers)))


def _expired() -> ColumnElement[bool]:
    idle, absolute = _limits()
    moment = now()
    return (UserSession.last_seen_at < moment - idle) | (UserSession.created_at < moment - absolute)


def _number_of_rows(statement: Any) -> int:
    """How many rows *statement* changes or deletes; no object of one is loaded."""
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(cast(CursorResult[Any], done).rowcount)


def hash_token(token: str) -> str:
    """What the database holds of a browser's *token*."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
