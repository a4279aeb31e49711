"""Whose word an e-mail address is: who asks for a way back to a lost account gets it there.

Somebody who looks after people may write an address of his own into the account of who holds less. When that person
rises, the way back would be a way up; so it leads there only as long as who wrote it holds as much as the person.
"""

from typing import Any

from sqlalchemy import ForeignKey, delete, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.database import Base
from webapp.texts import lazy_gettext as _l
from webapp.users.models import User

# Between the hook that sees the change and the one that knows the number of who was added.
_CHANGED = "_address_changed"


class GivenAddress(Base):
    """Of a person whose address somebody else has written: who did. One that is the person's own word has no row.

    :ivar given_by_id: no foreign key, since an address is worth no more when who wrote it is deleted.
    """

    __tablename__ = "given_addresses"
    __table_args__ = {
        "info": {
            "looked_after_by": "the forms of users",
            "label_plural": _l("Addresses that others have given"),
        }
    }

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    given_by_id: Mapped[int] = mapped_column()


def note_change(user: User) -> None:
    """Remember that the address of *user*, about to be saved, is another one."""
    user.__dict__[_CHANGED] = bool(inspect(user).attrs["email"].history.has_changes())


def keep_giver(session: Session, user: User, actor: Any) -> None:
    """Write down whose word the address of *user* is now, who was saved by *actor*; inside the caller's transaction."""
    if not user.__dict__.pop(_CHANGED, False):
        return
    confirm_address(session, user)
    if actor.id != user.id:
        session.add(GivenAddress(user_id=user.id, given_by_id=actor.id))


def confirm_address(session: Session, user: User) -> None:
    """Take the address for the own word of *user*, inside the caller's transaction."""
    session.execute(delete(GivenAddress).where(GivenAddress.user_id == user.id))


def giver_of_address(session: Session, user: User) -> int | None:
    """The number of who else has written the address of *user*; ``None`` where it is the person's own word, or the
    command line's."""
    return session.scalar(select(GivenAddress.given_by_id).where(GivenAddress.user_id == user.id))
