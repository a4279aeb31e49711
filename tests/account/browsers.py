"""Browsers that say what they are, and sessions that have not been confirmed for a while."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select, update

from tests.conftest import signed_in
from tests.pages import Visitor
from webapp.account.models import UserSession
from webapp.database import now
from webapp.extensions import db
from webapp.users.models import User
from webapp.web.confirming import VALID_FOR

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def unconfirmed(app: Flask) -> None:
    """Let some time pass since anybody gave a password, and none since anybody was seen."""
    with app.app_context(), db.session.begin():
        db.session.execute(update(UserSession).values(confirmed_at=now() - VALID_FOR - timedelta(seconds=1)))


def rows(app: Flask, user: User) -> list[UserSession]:
    """The sessions of *user*, first opened first."""
    with app.app_context():
        return [
            *db.session.scalars(
                select(UserSession).where(UserSession.user_id == user.id).order_by(UserSession.id)
            )
        ]


def signed_in_with(app: Flask, user: User, user_agent: str, ip: str = "203.0.113.9") -> Visitor:
    """A further browser where *user* is signed in."""
    visitor = signed_in(app, user)
    newest = rows(app, user)[-1].id
    with app.app_context(), db.session.begin():
        db.session.execute(
            update(UserSession).where(UserSession.id == newest).values(user_agent=user_agent, ip=ip)
        )
    return visitor
