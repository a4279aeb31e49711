"""Who may do what to whom: rules that hold on every path, so that a right to look after people is no way up."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, false, inspect, or_, select
from sqlalchemy.orm import Session

from webapp.admin.mapping import describe
from webapp.admin.options import Rejected
from webapp.admin.texts import list_text
from webapp.database import exclusive, fold
from webapp.texts import gettext as _
from webapp.users.models import Group, GroupGrant, User, UserGrant, user_groups
from webapp.web.confirming import ask_twice, require_confirmed

#: What it takes to sign in here and do everything.
ADMINISTRATOR = ("is_active", "is_staff", "is_superuser")
#: What only superusers give and take.
ONLY_SUPERUSERS = ("is_staff", "is_superuser")


def one_at_a_time(session: Session, actor: Any) -> None:
    """Let what these rules judge stand still until the end of the transaction, and read *actor* again as he is now.

    The first thing in every transaction that changes people, groups or what they are granted. A lock of rows would
    not do: what somebody holds is spread over the rows of the person and of each group, and rows that are not there
    yet cannot be locked. Taken before any row, so that nobody who waits for it keeps a row that its owner needs.

    :param actor: ``None`` for the command line, which may do everything.
    :raises webapp.admin.options.Rejected: when *actor* was shut out meanwhile.
    """
    with exclusive(session, "people"):
        if actor is None:
            return
    # Not session.get(), which refuses a person who has changed since the request began.
    present = select(User).where(User.id == actor.id).execution_options(populate_existing=True)
    found = session.scalar(present)
    if found is None or not (found.is_active and found.is_staff):
        raise Rejected(_("Your account was closed meanwhile."))


def may_touch(actor: Any, target: User | Group) -> bool:
    """Whether *actor* may change, deactivate, delete or reset *target*: nobody touches who holds more than himself."""
    if actor.is_superuser:
        return True
    return not getattr(target, "is_superuser", False) and target.permissions <= actor.reach


def still_counts(giver: User | None, target: User) -> bool:
    """Whether what *giver* gave *target*, a link, a password or an address, is of use yet: while he may sign in and
    touch *target*, or who kept it would climb by it when *target* rises. Both as they are now; ``None`` is gone."""
    return giver is not None and giver.is_active and giver.is_staff and may_touch(giver, target)


def require_touch(actor: Any, target: User | Group) -> None:
    """The same, asked again under the lock of the writing transaction: *target* may have risen since the page.

    :param actor: ``None`` for the command line, which may do everything.
    :raises webapp.admin.options.Rejected: when *actor* may not.
    """
    if actor is not None and not may_touch(actor, target):
        raise Rejected(_("%(user)s holds more than you do, so you may not do this.", user=target))


def require_superuser(actor: Any, target: User) -> None:
    """Refuse that anybody else makes staff or superusers, or unmakes them; *target* is about to be saved.

    The form of others has no such field; this is for a superuser who stopped being one since it was opened.

    :raises webapp.admin.options.Rejected: when *actor* is none.
    """
    changed = _changed_rights(target)
    # Who demotes himself is the target, with the new values on it.
    is_superuser = actor is None or (_was(target, "is_superuser") if actor is target else actor.is_superuser)
    if changed and not is_superuser:
        raise Rejected(_("Only a superuser may change this."), changed[0])


def require_proof(actor: Any, target: User | Group, *, grants: bool = False) -> None:
    """Ask *actor* for the password where *target*, about to be saved, may more or less afterwards, or where it is
    *actor* with another address, to which the way back to a lost account leads.

    :param grants: whether what *target* is granted changes.
    :raises webapp.web.confirming.ConfirmFirst: where it was not given lately.
    """
    if grants:
        require_confirmed()
    if not isinstance(target, User):
        return
    is_own_address = _is_oneself(actor, target) and inspect(target).attrs["email"].history.has_changes()
    is_opened = target.id is not None and target.is_active != _was(target, "is_active")
    is_moved = any(describe(User).relations["groups"].moved(target))
    if is_own_address or is_opened or is_moved or _changed_rights(target):
        require_confirmed()


def require_grants(actor: Any, target: User | Group, changed: Collection[str]) -> None:
    """Refuse that *actor* gives *target*, or takes from it, permissions that he does not hold himself.

    :param changed: the permissions that are about to be given or taken.
    :raises webapp.admin.options.Rejected: in that case, and when a person would change what he holds himself.
    """
    if actor is None or actor.is_superuser or not changed:
        return
    if _is_oneself(actor, target):
        raise Rejected(_("You cannot change your own permissions. Ask another administrator."), "permissions")
    beyond = sorted(set(changed) - actor.reach)
    if beyond:
        raise Rejected(
            _(
                "You do not hold %(permissions)s yourself, so you can neither grant nor take it.",
                permissions=list_text(beyond),
            ),
            "permissions",
        )


def require_groups(session: Session, actor: Any, target: User) -> None:
    """Refuse that *actor* puts *target*, about to be saved, into a group that holds more than he does, or out of one.

    :raises webapp.admin.options.Rejected: in that case, naming the group, and for one's own groups.
    """
    come, left = describe(User).relations["groups"].moved(target)
    changed = [group.id for group in (*come, *left)]
    if actor is None or actor.is_superuser or not changed:
        return
    if _is_oneself(actor, target):
        raise Rejected(_("You cannot change your own groups. Ask another administrator."), "groups")
    beyond = _groups_beyond(session, actor)
    name = min((beyond[key] for key in changed if key in beyond), default=None)
    if name is not None:
        raise Rejected(
            _(
                "The group “%(group)s” holds more than you do, so you can put nobody into it or out of it.",
                group=name,
            ),
            "groups",
        )


def _groups_beyond(session: Session, actor: Any) -> dict[int, str]:
    """The groups that hold more than *actor*, by number: read once for each time that he is loaded, since under the
    lock nobody changes them."""
    if "_groups_beyond" not in actor.__dict__:
        found = session.execute(select(Group.id, Group.name).where(holds_more(actor))).all()
        actor.__dict__["_groups_beyond"] = {key: name for key, name in found}
    beyond: dict[int, str] = actor.__dict__["_groups_beyond"]
    return beyond


def holds_more(actor: Any) -> ColumnElement[bool]:
    """The condition of a group that holds more than *actor* does."""
    if actor.is_superuser:
        return false()
    beyond = GroupGrant.permission.not_in(sorted(actor.reach))
    return Group.id.in_(select(GroupGrant.group_id).where(beyond))


def require_members(session: Session, actor: Any, group: Group) -> None:
    """Refuse that *actor* changes through *group* what somebody holds who holds more than he does.

    A superuser may do everything anyway, whatever his groups hold.

    :raises webapp.admin.options.Rejected: in that case, naming the member.
    """
    if actor is None or actor.is_superuser:
        return
    held = sorted(actor.reach)
    theirs = select(user_groups.c.group_id).where(user_groups.c.user_id == User.id).correlate(User)
    is_stronger = or_(
        select(UserGrant).where(UserGrant.user_id == User.id, UserGrant.permission.not_in(held)).exists(),
        select(GroupGrant)
        .where(GroupGrant.group_id.in_(theirs), GroupGrant.permission.not_in(held))
        .exists(),
    )
    members = select(User.username).join(user_groups, user_groups.c.user_id == User.id)
    members = members.where(user_groups.c.group_id == group.id, User.is_superuser.is_(False), is_stronger)
    stronger = session.scalar(members.order_by(User.username).limit(1))
    if stronger is not None:
        raise Rejected(
            _(
                "%(user)s belongs to this group and holds more than you do, so you may not change what it grants.",
                user=stronger,
            )
        )


def keep_names_apart(session: Session, group: Group) -> None:
    """Refuse a group's name that differs from another's by capitals, blanks or the like alone.

    Asked under the lock, so that of two who choose such names at the same moment one is refused. Groups are few.

    :raises webapp.admin.options.Rejected: when there is one.
    """
    for number, name in session.execute(select(Group.id, Group.name)):
        if number != group.id and fold(name) == fold(group.name):
            raise Rejected(_("There is a group “%(group)s” already.", group=name), "name")


def ask_about_oneself(actor: Any, target: User, *, leaves: bool = False) -> None:
    """Ask twice before somebody shuts out, demotes or deletes the account that he is using.

    :param leaves: *target* is to be deleted; otherwise it is about to be saved.
    :raises webapp.web.confirming.ConfirmFirst: when *target* is *actor* and was not asked about yet.
    """
    if not _is_oneself(actor, target):
        return
    if leaves:
        ask_twice(_("You are about to delete the account that you are using."))
    for name in ADMINISTRATOR:
        if _was(target, name) and not getattr(target, name):
            right = describe(User).columns[name].label
            ask_twice(
                _("You are about to take “%(right)s” from the account that you are using.", right=right)
            )


def keep_a_superuser(session: Session, target: User, *, leaves: bool = False) -> None:
    """Refuse what would leave nobody who may sign in and do everything.

    Asked under the lock of :func:`one_at_a_time`: of two who demote each other at the same moment the second waits
    for the first one's end, and is then refused.

    :param leaves: *target* is to be deleted; otherwise it is about to be saved.
    :raises webapp.admin.options.Rejected: when *target* is the last one and does not stay.
    """
    stays = not leaves and all(getattr(target, name) for name in ADMINISTRATOR)
    if stays or not all(_was(target, name) for name in ADMINISTRATOR):
        return
    with session.no_autoflush:
        if not superuser_exists(session, but=target):
            raise Rejected(_("This is the last active superuser. Make somebody else a superuser first."))


def superuser_exists(session: Session, *, but: User | None = None) -> bool:
    """Whether somebody could sign in who may do everything; while nobody can, the set-up link works.

    :param but: a person who does not count.
    """
    some = select(User.id).where(*(getattr(User, name) for name in ADMINISTRATOR)).limit(1)
    return session.scalar(some if but is None else some.where(User.id != but.id)) is not None


def _changed_rights(target: User) -> list[str]:
    return [name for name in ONLY_SUPERUSERS if bool(getattr(target, name)) != _was(target, name)]


def _is_oneself(actor: Any, target: User | Group) -> bool:
    is_known = actor is not None and isinstance(target, User) and target.id is not None
    return is_known and bool(actor.id == target.id)


def _was(target: User, name: str) -> bool:
    """What the database holds while the object may hold something else already."""
    history = inspect(target).attrs[name].load_history()
    return bool((history.deleted or history.unchanged or (False,))[0])
