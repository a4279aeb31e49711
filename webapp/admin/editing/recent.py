"""What has last happened to the object of a form."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, Select, bindparam, exists, select

from webapp.admin.editing.sought import asked_key
from webapp.admin.history import LogEntry, beginning, last_changes
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.plans import SETTLED
from webapp.running import request
from webapp.web.alongside import Question, ask_alongside, said_no

HAPPENED = "something_happened"
# The history keeps so much of a key.
KEY_LENGTH = 255


def init_app(app: Flask) -> None:
    ask_alongside(app, HAPPENED, Question(_is_something, _asked_of))


def recent_entries(name: str, key: str, number: int) -> Sequence[LogEntry]:
    """The last *number* changes of the object of the model *name* under *key*, the newest first."""
    asked = _of_object(name, key)
    if said_no(HAPPENED, asked):
        return ()
    found = db.session.scalars(_last_changes(number), asked).all()
    began = beginning(found)
    return found if began is None else [entry for entry in found if entry.id > began]


def _of_object(name: str, key: str) -> dict[str, Any]:
    return {"sought_name": name, "sought_key": key[:KEY_LENGTH]}


def _asked_of() -> dict[str, Any] | None:
    """A form is asked for by its own address; most objects of a large table were never changed here."""
    name = str(request.blueprint)
    values = asked_key(name)
    return None if values is None else _of_object(name, encode_key(values))


def _is_something(_person: Any) -> ColumnElement[bool]:
    return exists().where(*_is_sought())


@lru_cache(maxsize=10)
def _last_changes(number: int) -> Select[Any]:
    """Made once: every form asks it, and to make it costs more than to ask it."""
    entries = last_changes(select(LogEntry).where(*_is_sought()).order_by(LogEntry.id.desc()), number)
    return entries.execution_options(**SETTLED)


def _is_sought() -> tuple[ColumnElement[bool], ...]:
    return LogEntry.name == bindparam("sought_name"), LogEntry.key == bindparam("sought_key")
