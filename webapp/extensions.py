"""The Flask extensions, made here once and bound to an application in :func:`init_app`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import ref

from flask import Flask, has_app_context
from flask_babel import Babel
from flask_login import LoginManager, UserMixin
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.database import Base, configure_engine, engine_options, reading
from webapp.looking import look, stop_looking
from webapp.running import app_context, g


class SignIns(LoginManager):
    """Flask-Login by the session alone.

    It also reads a cookie ``remember_token``, which we never give: a second door, and one that fails on a
    signature that is not ASCII. And it makes a mark of address and browser each time, which is compared with nothing
    (:func:`webapp.account.sessions.init_app`).
    """

    def _load_user_from_remember_cookie(self, cookie: str) -> UserMixin | None:
        return None

    def _session_protection_failed(self) -> bool:
        return False


# Objects stay readable after a commit: a page is drawn from what the request has read, not read again.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
event.listen(db.session, "after_begin", look)
migrate = Migrate()
login_manager = SignIns()
babel = Babel()


def init_app(app: Flask) -> None:
    """Bind the database, its migrations and the sign-in to *app*.

    ``babel`` is bound by :mod:`webapp.web`, which decides its place in a request.
    """
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", engine_options(app.config["SQLALCHEMY_DATABASE_URI"]))
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            configure_engine(engine)
            event.listen(engine, "before_cursor_execute", _count)
            if engine.driver == "psycopg":
                stop_looking(engine)
            _leave_to_parent(engine)
            event.listen(engine, "commit", _note_commit)
    # Runs before Flask-SQLAlchemy's own, which would raise after the answer is made, in its place.
    app.teardown_appcontext(_end_session)
    migrate.init_app(app, db, directory=app.config["MIGRATIONS_DIRECTORY"], compare_type=True)
    login_manager.init_app(app)


def _count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    """Count what this request asks the database, for the log; the beginning of a transaction asks nothing."""
    context = app_context()
    if context is not None and not statement.startswith("BEGIN"):
        context.g.statements = getattr(context.g, "statements", 0) + 1


def _leave_to_parent(engine: Engine) -> None:
    """In a process that is forked off, begin with an empty pool: two that talk through one connection mix answers.

    The parent's connections stay open, because they are its own.
    """
    known = ref(engine)

    def begin_anew() -> None:
        if (forked := known()) is not None:
            forked.dispose(close=False)

    os.register_at_fork(after_in_child=begin_anew)


class StaleForm(CSRFError):
    """A form whose token is of another sign-in would have been written."""


def only_look() -> None:
    """Let nothing be written by the view of this request, whose form token is not valid."""
    g.only_looks = True


def only_looks() -> bool:
    """Whether the view of this request only looks: what it is asked to do, it asks again."""
    return bool(g.get("only_looks", False))


def look_no_more() -> bool:
    """Let what follows the view write again; whether it could not."""
    return bool(g.pop("only_looks", False))


@contextmanager
def writing() -> Iterator[None]:
    """One transaction that writes: committed at the end of the block, rolled back when it raises.

    What a request reads before, it reads in a transaction of its own, which ends here. So nothing slow
    (validation, hashing a password) holds a lock, and on SQLite the writing transaction takes its lock at
    its beginning, where waiting for it works, instead of half-way, where SQLite refuses at once.

    :raises RuntimeError: when objects were changed before it, or the block ends the transaction itself.
    :raises StaleForm: in a request that only looks.
    """
    if only_looks():
        raise StaleForm
    if db.session.new or db.session.dirty or db.session.deleted:
        raise RuntimeError("something was changed before writing(): it would be kept without its history")
    with _nothing_kept():
        db.session.commit()
    token = reading.set(False)
    try:
        with _whole(db.session()):
            yield
        db.session.flush()
        _commit()
    except BaseException:
        db.session.rollback()
        raise
    finally:
        reading.reset(token)


def _end_session(_error: BaseException | None) -> None:
    """End what the request has read, also where the server went away after the last statement."""
    try:
        db.session.remove()
    except SQLAlchemyError:
        db.session().invalidate()


def may_be_kept() -> bool:
    """Whether this request has committed, or tried to and was not told how it ended: it must not run again."""
    return bool(g.get("may_be_kept", False))


def not_again() -> None:
    """Say that something is done now that must not be done twice, as a mail that is sent."""
    g.may_be_kept = True


def _note_commit(_connection: Connection) -> None:
    # Before the database is told, because its answer may get lost on the way.
    if has_app_context():
        not_again()


@contextmanager
def _nothing_kept() -> Iterator[None]:
    """Let what is committed in the block count for nothing: it has only read."""
    before = may_be_kept()
    yield
    g.may_be_kept = before


def _commit() -> None:
    before = may_be_kept()
    try:
        db.session.commit()
    except DBAPIError as error:
        if not error.connection_invalidated:
            # The database itself has refused.
            g.may_be_kept = before
        raise


@contextmanager
def _whole(session: Session) -> Iterator[None]:
    """Let nobody commit or roll back half-way: a part would be kept without its history, or told and not kept."""
    message = "commit() or rollback() inside writing(): the transaction ends by itself, with the block"
    begun = session.begin()

    def refuse(ending: Session) -> None:
        if not ending.in_nested_transaction():
            raise RuntimeError(message)

    event.listen(session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(session, "before_commit", refuse)
    if not begun.is_active:
        raise RuntimeError(message)
