"""Most people hold nothing of their own, and are in no group: whether the one on a form does is asked along with who
looks, and what he holds only where there is something."""

from typing import Any

from flask import Flask, has_request_context
from sqlalchemy import ColumnElement, bindparam, event, exists, or_

from webapp.admin.mapping import describe
from webapp.running import request
from webapp.users.holdings import Held
from webapp.users.models import User, UserGrant, user_groups
from webapp.web.alongside import Question, ask_alongside, said_no

HOLDS = "holds_something"


def init_app(app: Flask) -> None:
    ask_alongside(app, HOLDS, Question(_is_something, _asked_of))


def _asked_of() -> dict[str, Any] | None:
    if request.method != "GET" or request.endpoint != "users.change":
        return None
    key = describe(User).parse_key(str((request.view_args or {}).get("key")))
    return None if key is None else {"held_by": key[0]}


def _is_something(_person: Any) -> ColumnElement[bool]:
    asked = bindparam("held_by", type_=User.id.type)
    return or_(exists().where(UserGrant.user_id == asked), exists().where(user_groups.c.user_id == asked))


@event.listens_for(User, "load")
def _note_nothing(user: User, _context: Any) -> None:
    if has_request_context() and said_no(HOLDS) and _asked_of() == {"held_by": user.id}:
        user.__dict__["_holdings"] = Held([])
