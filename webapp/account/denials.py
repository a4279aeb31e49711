"""What somebody wanted to write and may not is told in the history of the person.

At most once a minute from one address, so that nobody fills the table with it.
"""

from datetime import timedelta

import structlog
from flask import Flask, Response
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webapp.admin.history import Change, LogEntry, record
from webapp.admin.mapping import describe
from webapp.database import now
from webapp.extensions import db, only_looks, writing
from webapp.running import request
from webapp.users.models import User
from webapp.web.gate import READING_METHODS
from webapp.web.viewer import person, viewer

log = structlog.stdlib.get_logger("webapp.account")

VERB = "denied"
EVERY = timedelta(minutes=1)
MAX_PATH = 200


def init_app(app: Flask) -> None:
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    known = viewer()
    if response.status_code != 403 or request.method in READING_METHODS or known is None or only_looks():
        return response
    try:
        # What a refused page has changed and not written is not written by this either.
        db.session.rollback()
        with writing():
            if not _was_told(str(known.id)):
                user = person()
                key = describe(User).key_of(user)
                wanted = [Change("page", "text", None, request.path[:MAX_PATH])]
                record(
                    db.session(),
                    verb=VERB,
                    name="users",
                    key=key,
                    label=str(user),
                    actor=user,
                    changes=wanted,
                )
    except SQLAlchemyError as error:
        # The refusal holds without it.
        log.warning("a refusal was not told", error=type(error).__name__)
    return response


def _was_told(person_key: str) -> bool:
    since = LogEntry.verb == VERB, LogEntry.at > now() - EVERY
    told = select(LogEntry.id).where(
        *since, LogEntry.actor_key == person_key, LogEntry.ip == request.remote_addr
    )
    return db.session.scalar(told.limit(1)) is not None
