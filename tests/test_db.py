from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.users.models import User


def test_create_user(session: Session) -> None:
    new_user = User(username="alice", password="secret", email="teste@test")
    session.add(new_user)
    session.commit()

    user = session.scalar(select(User).where(User.username == "alice"))

    assert user is not None
    assert user.username == "alice"
