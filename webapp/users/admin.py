"""How users are looked after."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.admin.options import Fieldsets, ModelAdmin, Rejected, display
from webapp.extensions import db
from webapp.users import rules
from webapp.users.forms import AddUserForm, UserForm
from webapp.users.models import User
from webapp.users.passwords import hash_password


class UserAdmin(ModelAdmin):
    label = _l("User")
    label_plural = _l("Users")
    icon = "users"
    menu_group = _l("People")

    list_display = (
        "username",
        "email",
        "full_name",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login_at",
        "created_at",
    )
    list_filter = (
        "username",
        "email",
        "is_active",
        "is_staff",
        "is_superuser",
        "last_login_at",
        "created_at",
    )
    search_fields = ("username", "email", "full_name")
    ordering = ("username",)

    fieldsets = (
        (None, {"fields": ("username", "email", "full_name")}),
        (_l("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    add_fieldsets: Fieldsets = (
        (None, {"fields": ("username", "email", "full_name")}),
        (_l("Password"), {"fields": ("password", "password_confirm")}),
        (_l("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    readonly_fields = ("held_permissions", "last_login_at")

    def can(self, user: Any, verb: str, obj: Any = None) -> bool:
        if verb == "view":
            # Who may change may view, also the people who hold more and whom he may not change.
            return super().can(user, "view", obj) or super().can(user, "change", obj)
        return super().can(user, verb, obj) and (obj is None or rules.may_touch(user, obj))

    @display(_l("Permissions"), empty=_l("none"))
    def held_permissions(self, obj: User) -> str:
        """What the person may do, in the words of the permissions."""
        return _("everything") if obj.is_superuser else ", ".join(sorted(obj.permissions))

    def get_fieldsets(self, user: Any, obj: Any = None) -> Fieldsets:
        return self.fieldsets if obj is not None else self.add_fieldsets

    def get_readonly_fields(self, user: Any, obj: Any = None) -> tuple[str, ...]:
        only_superusers = () if user.is_superuser else ("is_staff", "is_superuser")
        return (*self.readonly_fields, *only_superusers)

    def get_form_class(self, user: Any, obj: Any = None) -> type:
        return UserForm if obj is not None else AddUserForm

    def get_links(self, user: Any, obj: Any) -> tuple[tuple[Any, str], ...]:
        return ((_l("Set password"), "users.password"),) if self.can(user, "change", obj) else ()

    def get_delete_alternative(self, user: Any, obj: Any) -> tuple[Any, str] | None:
        if obj.is_active and self.can(user, "change", obj):
            return _l(
                "Rather switch “Active” off: the account closes and can be opened again."
            ), "users.change"
        return None

    def prepare(self, form: Any, obj: Any, user: Any) -> None:
        if obj is None:
            form.password_hash = hash_password(form.password.data)

    def before_save(self, obj: User, form: Any, user: Any) -> None:
        if obj.id is None:
            obj.password = form.password_hash
            return
        # First what compares with the present: the person may be the object itself, with the new values on it.
        rules.keep_a_superuser(db.session(), obj)
        rules.keep_oneself(user, obj)
        rules.require_touch(user, obj)

    def before_delete(self, obj: User, user: Any) -> None:
        if obj.id == user.id:
            raise Rejected(_("You cannot delete the account that you are using. Ask another administrator."))
        rules.require_touch(user, obj)
        rules.keep_a_superuser(db.session(), obj, leaves=True)
