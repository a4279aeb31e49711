"""Who people are: the users of the system, the groups they belong to, and what each is granted."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    CompoundSelect,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    cast,
    event,
    false,
    func,
    inspect,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import (
    InstanceState,
    Mapped,
    Session,
    column_property,
    mapped_column,
    object_session,
    relationship,
    validates,
)

from webapp.admin.permissions import with_implied
from webapp.database import Base, ExactString, FoldedString, Timestamped, UtcDateTime, Versioned, now
from webapp.plans import SETTLED
from webapp.search_index import SearchIndex
from webapp.texts import lazy_gettext as _l
from webapp.users.holdings import Held, Holding
from webapp.users.passwords import HashedPassword, PasswordHash, hash_password

#: Who belongs to which group; its key serves the way from a person to the groups, its index the way back.
user_groups = Table(
    "user_groups",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_user_groups_group_id_user_id", "group_id", "user_id"),
    info={"label_plural": _l("Memberships")},
)


# What these rows hold is judged by rules of the forms above them; an admin of their own would know none.
BY_FORM = {
    "looked_after_by": "the permissions in the forms of users and groups",
    "label_plural": _l("Permissions"),
}
DUE = {"label": _l("New password due")}
# SQLite would give the number of who was deleted last to the next one, and with it the other's history.
ONE_EACH: dict[str, bool] = {"sqlite_autoincrement": True}


class User(Timestamped, Versioned, Base):
    """A person who may sign in here, or could.

    ``User(username=…, password=…, email=…)`` is a whole row; a plain password is hashed when it is bound.
    """

    __tablename__ = "users"
    # One index for each order and filter of the users' list, each ending in a unique column.
    __table_args__ = (
        Index("ix_users_full_name_id", "full_name", "id"),
        Index("ix_users_created_at_id", "created_at", "id"),
        Index("ix_users_updated_at_id", "updated_at", "id"),
        Index("ix_users_last_login_at_id", "last_login_at", "id"),
        *(
            Index(f"ix_users_{name}_username", name, "username")
            for name in (
                "is_active is_staff is_superuser locale timezone "
                "locked_until invited_at password_temporary_until must_change_password"
            ).split()
        ),
        SearchIndex("username", "email", "full_name"),
        # PostgreSQL's holds what is searched too: where many match they are found in it, without a look at the others.
        UniqueConstraint("username", postgresql_include=["email", "full_name", "id"]),
        ONE_EACH,
    )

    id: Mapped[int] = mapped_column(primary_key=True, info={"label": _l("Number")})
    username: Mapped[str] = mapped_column(
        FoldedString(150),
        info={
            "label": _l("Username"),
            "help": _l("What the person types to sign in. Capitals make no difference."),
        },
    )
    email: Mapped[str] = mapped_column(
        FoldedString(254), unique=True, info={"label": _l("E-mail"), "format": "email"}
    )
    password: Mapped[PasswordHash | str] = mapped_column(HashedPassword(), info={"label": _l("Password")})
    #: Until then a password works that somebody else has set, and only to set another; empty for one's own.
    password_temporary_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    #: Who else it was; no foreign key, since it ends with who has set it.
    password_set_by_id: Mapped[int | None] = mapped_column()
    #: Until there is another, whoever signs in sees nothing else.
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=false(), info=DUE)
    #: When a link was sent for the first password; empty when there is one.
    invited_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), info={"label": _l("Invited")})
    #: Until when nobody signs in who fails too often: what the failed tries say, for lists.
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    full_name: Mapped[str] = mapped_column(
        String(150), default="", server_default="", info={"label": _l("Full name"), "format": "person"}
    )
    # With the history that the rules for the last superuser compare with, also where nobody has read it before.
    is_active: Mapped[bool] = mapped_column(
        active_history=True,
        default=True,
        server_default=true(),
        info={
            "label": _l("Active"),
            "help": _l("Switch this off instead of deleting somebody: their history stays."),
        },
    )
    is_staff: Mapped[bool] = mapped_column(
        active_history=True,
        default=False,
        server_default=false(),
        info={"label": _l("Staff"), "help": _l("May sign in here.")},
    )
    is_superuser: Mapped[bool] = mapped_column(
        active_history=True,
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
    density: Mapped[str] = mapped_column(
        String(20), default="", server_default="", info={"label": _l("Density")}
    )
    shortcuts: Mapped[bool] = mapped_column(
        default=True, server_default=true(), info={"label": _l("Keyboard shortcuts")}
    )
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), info={"label": _l("Last sign-in")})

    groups: Mapped[list["Group"]] = relationship(
        secondary=user_groups,
        order_by="Group.name",
        passive_deletes=True,
        info={"label": _l("Groups"), "help": _l("The person may do what each of the groups may.")},
    )
    grants: Mapped[list["UserGrant"]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="UserGrant.permission",
        info={"label": _l("Permissions")},
    )

    is_authenticated, is_anonymous = True, False

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

    @classmethod
    def shares_with(cls, person: ColumnElement[int]) -> Select[str, str]:
        """The groups with whose members a person shares saved views, as text of the key, and name: the own ones; a
        superuser looks after those of all.

        :param person: what stands for the person's id in the statement.
        """
        own = select(user_groups.c.group_id).where(user_groups.c.user_id == person)
        may_all = select(cls.id).where(cls.id == person, cls.is_superuser).exists()
        return select(cast(Group.id, String(64)), Group.name).where(or_(Group.id.in_(own), may_all))

    @property
    def permissions(self) -> frozenset[str]:
        """What this person may do: the own grants and those of the groups."""
        return self._held.permissions

    @property
    def reach(self) -> frozenset[str]:
        """What this person may do, hand on and take away: the permissions with those that come with them."""
        return with_implied(self.permissions)

    @property
    def holdings(self) -> tuple[Holding, ...]:
        """The same with the way each came, in order."""
        return tuple(
            sorted((Holding(*one) for one in self._held.ways), key=lambda one: (one[0], one[1] or ""))
        )

    @property
    def _held(self) -> Held:
        """The same as it was read, in one statement once for each time the person is loaded."""
        if "_holdings" not in self.__dict__:
            session = object_session(self)
            if session is None or self.id is None:
                return Held([])
            load_holdings(session, [self])
        held: Held = self.__dict__["_holdings"]
        return held


class UserGrant(Base):
    """One permission, a word such as ``users.change``, that a user holds."""

    __tablename__ = "user_grants"
    __table_args__ = {"info": BY_FORM}

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    permission: Mapped[str] = mapped_column(ExactString(100), primary_key=True)

    def __str__(self) -> str:
        return self.permission


class Group(Timestamped, Versioned, Base):
    """What several people may do, under one name.

    The name is kept as it was typed, because it is read far more often than typed; that no two differ by capitals
    alone is a rule of the people who give names (:func:`webapp.users.rules.keep_names_apart`).
    """

    __tablename__ = "groups"
    __table_args__ = ONE_EACH

    id: Mapped[int] = mapped_column(primary_key=True, info={"label": _l("Number")})
    name: Mapped[str] = mapped_column(ExactString(150), unique=True, info={"label": _l("Name")})

    grants: Mapped[list["GroupGrant"]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="GroupGrant.permission",
        info={"label": _l("Permissions")},
    )

    def __str__(self) -> str:
        return self.name

    @property
    def permissions(self) -> frozenset[str]:
        """The permissions granted to this group."""
        return frozenset(grant.permission for grant in self.grants)


class GroupGrant(Base):
    """One permission, a word such as ``users.change``, that everybody in a group holds."""

    __tablename__ = "group_grants"
    __table_args__ = {"info": BY_FORM}

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    permission: Mapped[str] = mapped_column(ExactString(100), primary_key=True)

    def __str__(self) -> str:
        return self.permission


def _counted(rows: Any, condition: ColumnElement[bool], label: Any) -> Any:
    """How many *rows* there are, asked where it is shown and not with each name of a group."""
    number = select(func.count()).select_from(rows).where(condition).correlate_except(rows).scalar_subquery()
    return column_property(number, deferred=True, info={"label": label})


Group.member_count = _counted(user_groups, user_groups.c.group_id == Group.id, _l("Members"))
Group.grant_count = _counted(GroupGrant, GroupGrant.group_id == Group.id, _l("Permissions"))


def load_holdings(session: Session, users: Sequence[User]) -> None:
    """Read what *users* hold, in one statement for all of them."""
    found: dict[int, list[tuple[str, str | None]]] = {user.id: [] for user in users}
    # All at once, and plain: each page of somebody who holds a thousand permissions reads them.
    for user_id, permission, via in session.execute(_holdings(), {"user_ids": list(found)}).all():
        found[user_id].append((permission, via))
    for user in users:
        _forget_holdings(user)
        user.__dict__["_holdings"] = Held(found[user.id])


@cache
def _holdings() -> CompoundSelect[Any]:
    """What the people with ``user_ids`` hold; made once, because each page of who is no superuser asks it."""
    user_ids: BindParameter[Any] = bindparam("user_ids", expanding=True)
    own = select(UserGrant.user_id, UserGrant.permission, null().label("via")).where(
        UserGrant.user_id.in_(user_ids)
    )
    through_groups = (
        select(user_groups.c.user_id, GroupGrant.permission, Group.name)
        .join(Group, Group.id == GroupGrant.group_id)
        .join(user_groups, user_groups.c.group_id == Group.id)
        .where(user_groups.c.user_id.in_(user_ids))
    )
    return union_all(own, through_groups).execution_options(**SETTLED)


@event.listens_for(User, "refresh")
def _forget_holdings(user: User, *_details: object) -> None:
    """A person who is read again, under a lock for one, may hold other permissions than before."""
    user.__dict__.pop("_holdings", None)
    user.__dict__.pop("_groups_beyond", None)


def _count_as_change(holder: User | Group, *_details: object) -> None:
    """What somebody is granted is a change of the row itself: two who edit it at once notice each other."""
    state: InstanceState[Any] = inspect(holder)
    if state.persistent:
        holder.updated_at = now()


for _relation in (User.groups, User.grants, Group.grants):
    for _change in ("append", "remove"):
        event.listen(_relation, _change, _count_as_change)
