"""Who people are: the users of the system and what each of them is granted."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, event, false, select, true
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship, validates

from webapp.database import Base, ExactString, FoldedString, Timestamped, UtcDateTime, Versioned
from webapp.users.passwords import HashedPassword, PasswordHash, hash_password


class User(Timestamped, Versioned, Base):
    """A person who may sign in here, or could.

    ``User(username=…, password=…, email=…)`` is a whole row; a plain password is hashed when it is bound.
    """

    __tablename__ = "users"
    # One index for each order and filter of the users' list, each ending in a unique column.
    __table_args__ = (
        Index("ix_users_full_name_id", "full_name", "id"),
        Index("ix_users_created_at_id", "created_at", "id"),
        Index("ix_users_last_login_at_id", "last_login_at", "id"),
        Index("ix_users_is_active_username", "is_active", "username"),
        Index("ix_users_is_staff_username", "is_staff", "username"),
        Index("ix_users_is_superuser_username", "is_superuser", "username"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, info={"label": _l("Number")})
    username: Mapped[str] = mapped_column(
        FoldedString(150),
        unique=True,
        info={
            "label": _l("Username"),
            "help": _l("What the person types to sign in. Capitals make no difference."),
        },
    )
    email: Mapped[str] = mapped_column(
        FoldedString(254), unique=True, info={"label": _l("E-mail"), "format": "email"}
    )
    password: Mapped[PasswordHash | str] = mapped_column(HashedPassword(), info={"label": _l("Password")})
    full_name: Mapped[str] = mapped_column(
        String(150), default="", server_default="", info={"label": _l("Full name")}
    )
    is_active: Mapped[bool] = mapped_column(
        default=True,
        server_default=true(),
        info={
            "label": _l("Active"),
            "help": _l("Switch this off instead of deleting somebody: their history stays."),
        },
    )
    is_staff: Mapped[bool] = mapped_column(
        default=False, server_default=false(), info={"label": _l("Staff"), "help": _l("May sign in here.")}
    )
    is_superuser: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        info={"label": _l("Superuser"), "help": _l("May do everything.")},
    )
    locale: Mapped[str] = mapped_column(
        String(20), default="", server_default="", info={"label": _l("Language")}
    )
    timezone: Mapped[str] = mapped_column(
        String(64), default="", server_default="", info={"label": _l("Time zone")}
    )
    theme: Mapped[str] = mapped_column(
        String(10), default="auto", server_default="auto", info={"label": _l("Theme")}
    )
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), info={"label": _l("Last sign-in")})

    grants: Mapped[list["UserGrant"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="raise", order_by="UserGrant.permission"
    )

    is_authenticated = True
    is_anonymous = False

    @validates("password")
    def _hash_at_once(self, _name: str, password: str) -> PasswordHash:
        """Keep no plain password in the object: what it holds before and after it is written is the same."""
        return password if isinstance(password, PasswordHash) else hash_password(password)

    def __str__(self) -> str:
        return self.username

    def __repr__(self) -> str:
        return f"<User {self.username}>"

    @property
    def display_name(self) -> str:
        """What to call the person: the full name where there is one."""
        return self.full_name or self.username

    def can(self, permission: str, obj: object = None) -> bool:
        """Say whether this person holds *permission*, a word such as ``users.change``.

        Rules about a single object are the admin's (``ModelAdmin.can``), which asks here first; *obj* is
        taken so that a model's own notion of people may look at it.
        """
        if not self.is_active:
            return False
        return self.is_superuser or permission in self.permissions

    @property
    def permissions(self) -> frozenset[str]:
        """The permissions granted to this person, read from the database once for each time it is loaded."""
        held: frozenset[str] | None = self.__dict__.get("_permissions")
        if held is None:
            session = object_session(self)
            found = (
                session.scalars(select(UserGrant.permission).where(UserGrant.user_id == self.id))
                if session
                else ()
            )
            held = self.__dict__["_permissions"] = frozenset(found)
        return held


@event.listens_for(User, "refresh")
def _forget_permissions(user: User, *_details: object) -> None:
    """A person who is read again, under a lock for one, may hold other permissions than before."""
    user.__dict__.pop("_permissions", None)


class UserGrant(Base):
    """One permission, a word such as ``users.change``, that a user holds."""

    __tablename__ = "user_grants"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    permission: Mapped[str] = mapped_column(ExactString(100), primary_key=True)
