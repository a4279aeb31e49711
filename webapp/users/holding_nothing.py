"""Most people hold nothing of their own, and are in no group: whether the one on a form does is asked along with who
looks, and what he holds only where there is something."""

from typing import Any

from flask import Flask
from sqlalchemy import ColumnElement, exists, or_

from webapp.admin.editing.sought import asked_key
from webapp.admin.mapping import describe
from webapp.users.holdings import Held
from webapp.users.models import User, UserGrant, user_groups
from webapp.web.alongside import Question, ask_alongside, said_no, tell_of_record

HOLDS = "holds_something"


def init_app(app: Flask) -> None:
    ask_alongside(app, HOLDS, Question(_is_something, _asked_of))
    tell_of_record(app, _note_nothing)


def _asked_of() -> dict[str, Any] | None:
    key = asked_key("users")
    return None if key is None else {"held_by": key[0]}


def _is_something(_person: Any) -> ColumnElement[bool]:
    asked = describe(User).key[0].placeholder("held_by")
    return or_(exists().where(UserGrant.user_id == asked), exists().where(user_groups.c.user_id == asked))


def _note_nothing(record: Any) -> None:
    if isinstance(record, User) and said_no(HOLDS, {"held_by": record.id}):
        record.__dict__["_holdings"] = Held([])
