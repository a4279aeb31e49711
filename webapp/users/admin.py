"""How users and groups are looked after."""

from collections.abc import Sequence
from typing import Any

from flask import flash
from flask_wtf import FlaskForm
from sqlalchemy import inspect, select
from sqlalchemy.orm import selectinload

from webapp.admin.listing.remembered import forget_group, forget_person, recall_group
from webapp.admin.options import Fieldsets, ModelAdmin, Rejected, action, display
from webapp.admin.permissions import may
from webapp.admin.returning import Restored
from webapp.admin.site import current_site
from webapp.database import now
from webapp.extensions import db
from webapp.mail import is_configured
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.users import addresses, grants, rules
from webapp.users.forms import AddUserForm, GroupChoiceForm, InviteUserForm, UserForm
from webapp.users.held import held_by
from webapp.users.holdings import Holding
from webapp.users.links import GIVEN, post_password_link
from webapp.users.models import Group, User, load_holdings
from webapp.users.passwords import UNUSABLE, PasswordHash, hash_password
from webapp.users.service import TEMPORARY_FOR, require_open, signed_out
from webapp.users.status import StatusAdmin
from webapp.web.confirming import require_confirmed


class PeopleAdmin(ModelAdmin):
    """What looking after users and after groups have in common: the rules, and the permissions in the form."""

    menu_group = _l("People")

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        if verb == "view":
            # Who may change may view, also the people who hold more and whom he may not change.
            return super().can(user, "view", obj) or super().can(user, "change", obj)
        return super().can(user, verb, obj) and (obj is None or rules.may_touch(user, obj))

    def begin(self, user: Any) -> None:
        rules.one_at_a_time(db.session(), user)

    def may_see_all(self, user: Any) -> bool:
        # Who may view people may view all of them.
        return True

    def may_see_deleted(self, user: Any) -> bool:
        return True

    def restore_field(self, change: Any, obj: Any, user: Any) -> Restored | None:
        return grants.taken_back(user, obj, change) if change.field == "grants" else None

    def grant(self, obj: Any, form: Any, user: Any) -> bool:
        """Give *obj* the permissions that *form* says; whether that changed any."""
        field = form["permissions"]
        if not field.is_changed:
            return False
        changed = grants.apply(obj, field.data)
        rules.require_grants(user, obj, changed)
        return bool(changed)


class ChangePersonForm(grants.GrantsForm, UserForm):
    """A user's fields and what the person is granted."""


class AddPersonForm(grants.GrantsForm, AddUserForm):
    """The same with a first password."""


class InvitePersonForm(grants.GrantsForm, InviteUserForm):
    """The same, or with an invitation."""


RIGHTS = (_l("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "permissions")})


class UserAdmin(StatusAdmin, PeopleAdmin):
    label = _l("User")
    label_plural = _l("Users")
    icon = "users"

    list_display = ("username", "email", "full_name", "status", "groups", "last_login_at")
    list_columns = (
        "id",
        "is_active",
        "is_staff",
        "is_superuser",
        "locale",
        "timezone",
        "created_at",
        "updated_at",
    )
    list_filter = (
        "username",
        "email",
        "state",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "last_login_at",
        "created_at",
    )
    search_fields = ("username", "email", "full_name")
    ordering = ("username",)

    fieldsets = (
        (None, {"fields": ("username", "email", "full_name")}),
        RIGHTS,
    )
    readonly_fields = ("held_permissions", "last_login_at")
    history_fields = ("grants", "theme", "density", "shortcuts", "must_change_password", "invited_at")
    # For the history; nobody else sees or sets them here.
    choices = {
        "theme": (("auto", _l("As the device")), ("light", _l("Light")), ("dark", _l("Dark"))),
        "density": (("comfortable", _l("Comfortable")), ("compact", _l("Compact"))),
    }
    actions = (
        "activate",
        "deactivate",
        "send_link",
        "require_new_password",
        "end_sessions",
        "add_to_group",
        "remove_from_group",
    )

    @display(_l("Permissions"), empty=_l("none"))
    def held_permissions(self, obj: User) -> Any:
        """What the person may do, and through which groups."""
        return _("everything") if obj.is_superuser else held_by(obj.holdings)

    def load_related(self, objs: Sequence[User], user: Any) -> None:
        ids = [obj.id for obj in objs]
        groups = select(User).where(User.id.in_(ids)).options(selectinload(User.groups))
        db.session.scalars(groups).all()
        # Last: reading a person anew forgets what he holds.
        load_holdings(db.session(), objs)

    def get_fieldsets(self, user: Any, obj: Any = None) -> Fieldsets:
        names, rights = self.fieldsets
        if obj is not None:
            return names, rights
        fields = (
            ("invite", "password", "password_confirm")
            if is_configured()
            else ("password", "password_confirm")
        )
        return names, (_l("Password"), {"fields": fields}), rights

    def get_readonly_fields(self, user: Any, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, *self._closed_to(user))

    def get_not_restored(self, user: Any) -> tuple[str, ...]:
        return ("invite", "password", "password_confirm", *self._closed_to(user))

    def _closed_to(self, user: Any) -> tuple[str, ...]:
        return () if user.is_superuser else rules.ONLY_SUPERUSERS

    def get_form_class(self, user: Any, obj: Any = None) -> type[FlaskForm]:
        if obj is not None:
            return ChangePersonForm
        return InvitePersonForm if is_configured() else AddPersonForm

    def get_links(self, user: Any, obj: Any) -> tuple[tuple[Any, str], ...]:
        pages = {
            "change": (_l("Set password"), "users.password"),
            "end_sessions": (_l("Sessions"), "users.sessions"),
        }
        return tuple(page for verb, page in pages.items() if self.can(user, verb, obj))

    def get_delete_alternative(self, user: Any, obj: Any) -> tuple[Any, str] | None:
        if obj.is_active and self.can(user, "change", obj):
            return _l(
                "Rather switch “Active” off: the account closes and can be opened again."
            ), "users.change"
        return None

    def get_actions(self, user: Any, obj: Any = None) -> tuple[str, ...]:
        groups = current_site().admin_of(Group)
        sees_groups = groups is not None and may(user, groups, "view")
        closed = set() if is_configured() else {"send_link"}
        closed |= set() if sees_groups else {"add_to_group", "remove_from_group"}
        return tuple(one for one in self.actions if one not in closed)

    def prepare(self, form: Any, obj: Any, user: Any) -> None:
        if obj is None:
            # Who is restored or invited has no password until somebody sets one.
            is_set = "password" in form and not _invites(form)
            form.password_hash = hash_password(form.password.data) if is_set else UNUSABLE

    def before_save(self, obj: User, form: Any, user: Any) -> None:
        addresses.note_change(obj)
        if obj.id is None:
            obj.password = form.password_hash
            if form.password_hash.is_usable:
                # Whoever adds somebody knows the password.
                obj.password_temporary_until = now() + TEMPORARY_FOR
                obj.password_set_by_id = user.id
            if _invites(form):
                require_open(obj)
                obj.invited_at = now()
                _send_after_commit(obj, _("An invitation is on its way to %(email)s.", email=obj.email))
        else:
            if inspect(obj).attrs["username"].history.has_changes():
                # Failed tries are counted by name.
                obj.locked_until = None
            # First what compares with the present: the person may be the object itself, with the new values on it.
            rules.keep_a_superuser(db.session(), obj)
            rules.ask_about_oneself(user, obj)
        rules.require_superuser(user, obj)
        if obj.id is not None:
            rules.require_touch(user, obj)
        rules.require_groups(db.session(), user, obj)
        rules.require_proof(user, obj, grants=self.grant(obj, form, user))

    def after_save(self, obj: User, form: Any, user: Any) -> None:
        addresses.keep_giver(db.session(), obj, user)

    def before_delete(self, obj: User, user: Any) -> None:
        rules.require_touch(user, obj)
        rules.keep_a_superuser(db.session(), obj, leaves=True)
        rules.ask_about_oneself(user, obj, leaves=True)
        forget_person(obj)

    def after_commit(self, obj: User, user: Any) -> None:
        if (told := obj.__dict__.pop("_told_of_link", None)) is not None:
            post_password_link(obj, GIVEN, user)
            if told:
                flash(told, "success")

    @action(_l("Activate"))
    def activate(self, obj: User, user: Any, form: Any) -> None:
        rules.require_touch(user, obj)
        obj.is_active = True
        rules.require_proof(user, obj)

    @action(_l("Deactivate"), confirm=_l("They are signed out at once, and cannot sign in any more."))
    def deactivate(self, obj: User, user: Any, form: Any) -> None:
        rules.require_touch(user, obj)
        obj.is_active = False
        rules.keep_a_superuser(db.session(), obj)
        rules.ask_about_oneself(user, obj)
        rules.require_proof(user, obj)

    @action(
        _l("Send a password link"),
        confirm=_l("Each of them gets a mail with a link, by which a new password is set."),
    )
    def send_link(self, obj: User, user: Any, form: Any) -> None:
        rules.require_touch(user, obj)
        require_open(obj)
        require_confirmed()
        if obj.invited_at is not None:
            obj.invited_at = now()
        _send_after_commit(obj)

    @action(
        _l("Require a new password"),
        confirm=_l("They are signed out at once, and have to choose another password when they sign in."),
    )
    def require_new_password(self, obj: User, user: Any, form: Any) -> None:
        rules.require_touch(user, obj)
        if not PasswordHash(obj.password).is_usable:
            raise Rejected(_("%(user)s has no password yet. Send a link to set one.", user=obj))
        require_confirmed()
        obj.must_change_password = True
        # Whoever knows the old one may be the one who is signed in.
        signed_out.send(user=obj)

    @action(
        _l("End sessions"),
        permission="end_sessions",
        confirm=_l("They are signed out in every browser at once."),
    )
    def end_sessions(self, obj: User, user: Any, form: Any) -> None:
        rules.require_touch(user, obj)
        require_confirmed()
        signed_out.send(user=obj)

    @action(_l("Add to group"), form=GroupChoiceForm)
    def add_to_group(self, obj: User, user: Any, form: Any) -> None:
        self._move(obj, user, form.chosen, joins=True)

    @action(_l("Remove from group"), form=GroupChoiceForm)
    def remove_from_group(self, obj: User, user: Any, form: Any) -> None:
        self._move(obj, user, form.chosen, joins=False)

    def _move(self, obj: User, user: Any, group: Group, *, joins: bool) -> None:
        rules.require_touch(user, obj)
        with db.session.no_autoflush:
            if joins and group not in obj.groups:
                obj.groups.append(group)
            elif not joins and group in obj.groups:
                obj.groups.remove(group)
            rules.require_groups(db.session(), user, obj)
            rules.require_proof(user, obj)


def _invites(form: Any) -> bool:
    return "invite" in form and bool(form.invite.data)


def _send_after_commit(obj: User, told: str = "") -> None:
    """Send *obj* a link, and say *told*, when it is sure that it works, and not where the transaction is undone."""
    obj.__dict__["_told_of_link"] = told


class GroupAdmin(PeopleAdmin):
    label = _l("Group")
    label_plural = _l("Groups")
    icon = "group"
    stays_small = True

    list_display = ("name", "member_count", "grant_count", "updated_at")
    search_fields = ("name",)
    ordering = ("name",)

    fieldsets = ((None, {"fields": ("name", "permissions")}),)
    readonly_fields = ("member_count", "held_permissions")
    history_fields = ("grants",)
    form_class = grants.GrantsForm

    @display(_l("Permissions"), empty=_l("none"))
    def held_permissions(self, obj: Group) -> Any:
        return held_by(Holding(word, None) for word in obj.permissions)

    def before_save(self, obj: Group, form: Any, user: Any) -> None:
        rules.keep_names_apart(db.session(), obj)
        if obj.id is not None:
            rules.require_touch(user, obj)
        is_changed = self.grant(obj, form, user)
        if is_changed and obj.id is not None:
            rules.require_members(db.session(), user, obj)
        rules.require_proof(user, obj, grants=is_changed)

    def after_save(self, obj: Group, form: Any, user: Any) -> None:
        recall_group(str(obj.id))

    def before_delete(self, obj: Group, user: Any) -> None:
        rules.require_touch(user, obj)
        rules.require_members(db.session(), user, obj)
        rules.require_proof(user, obj, grants=bool(obj.grants))
        forget_group(str(obj.id))
