"""The forms in which people type names and passwords."""

from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import not_
from wtforms import BooleanField, Field, SelectField, ValidationError
from wtforms.validators import InputRequired, StopValidation

from webapp.admin.editing.controls import choice
from webapp.admin.editing.fields import NewPasswordField, field_for, is_untouched
from webapp.admin.mapping import describe
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.running import current_app
from webapp.texts import lazy_gettext as _l
from webapp.users.models import Group, User
from webapp.users.names import username_problems
from webapp.users.passwords import UNUSABLE, PasswordHash
from webapp.users.policy import password_problems
from webapp.users.rules import holds_more

# What `reveal.js` tells while one types; whether a password is taken, only the server says.
STRENGTH = {
    "data-missing": _l("Characters still missing:"),
    "data-enough": _l("Long enough"),
    "data-strong": _l("Strong"),
}


class UserForm(FlaskForm):
    """What every form with a username checks; the other fields come from the mapper."""

    def validate_username(self, field: Field) -> None:
        if not is_untouched(field):
            _refuse(username_problems(field.data or ""))


class NewPasswordForm(FlaskForm):
    """A password and the same once more, judged for the person whose it will be."""

    password = NewPasswordField(_l("Password"), validators=[InputRequired(_l("Fill in this field."))])
    password_confirm = NewPasswordField(
        _l("Password again"), validators=[InputRequired(_l("Fill in this field."))]
    )

    #: Made by the view, before the transaction that stores it.
    password_hash: PasswordHash

    def __init__(self, *args: Any, person: User | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person = person
        if "password" not in self:
            return
        length = current_app.config["PASSWORD_MIN_LENGTH"]
        self.password.description = _l(
            "At least %(count)d characters. A few words make a good password.", count=length
        )
        self.password.render_kw = {**self.password.render_kw, "minlength": length, **STRENGTH}

    def validate_password(self, field: Field) -> None:
        _refuse(
            password_problems(
                field.data or "",
                min_length=current_app.config["PASSWORD_MIN_LENGTH"],
                username=self._identity("username"),
                email=self._identity("email"),
                site_name=current_app.config["SITE_NAME"],
                names=(self._identity("full_name"), *self._groups()),
                breaches=current_app.config["BREACHED_PASSWORDS"],
            )
        )

    def validate_password_confirm(self, field: Field) -> None:
        if field.data != self.password.data:
            raise ValidationError(_l("The two passwords are not the same."))

    def _groups(self) -> list[str]:
        return [] if self.person is None else [group.name for group in self.person.groups]

    def _identity(self, name: str) -> str:
        if name in self:
            return str(self[name].data or "")
        return str(getattr(self.person, name, "") or "")


class AddUserForm(UserForm, NewPasswordForm):
    """A new user: the mapper's fields and a first password, which is temporary, since two know it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "password" in self:
            self.password.description = _l(
                "At least %(count)d characters. The person has to choose another one at the first sign-in, within 24 "
                "hours.",
                count=current_app.config["PASSWORD_MIN_LENGTH"],
            )


class RequiredUnlessInvited:
    """Nobody thinks of a password for who is going to set one."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if form["invite"].data and not field.data:
            # What is empty is no password to be kept.
            field.data = UNUSABLE
            raise StopValidation
        if form["invite"].data:
            raise StopValidation(_l("Leave this empty, or send no invitation."))
        if not field.data:
            raise StopValidation(_l("Fill in this field, or send an invitation."))


class InviteUserForm(AddUserForm):
    """A new user who sets the first password by a link, or gets one here."""

    invite = BooleanField(
        _l("Send an invitation"), description=_l("A mail with a link by which the person sets a password.")
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("password", "password_confirm"):
            if name in self:
                self[name].validators = [RequiredUnlessInvited()]
                self[name].flags.required = False


class GroupChoiceForm(FlaskForm):
    """One of the groups into which a person may put others, and out of which he may take them.

    :param user: the person.
    """

    group = SelectField(_l("Group"), validators=[InputRequired(_l("Choose a group."))])

    def __init__(self, *args: Any, user: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        visible = current_site().admin("groups").query(user).where(not_(holds_more(user)))
        self._groups: dict[str, Group] = {
            str(group.id): group for group in db.session.scalars(visible.order_by(Group.name))
        }
        choices: Any = [choice(""), *(choice(key, group.name) for key, group in self._groups.items())]
        self.group.choices = choices

    @property
    def chosen(self) -> Group:
        """The group of a valid form."""
        return self._groups[self.group.data]


def with_columns(form_class: type[FlaskForm], **purposes: str) -> Any:
    """*form_class* with the fields of these columns of a user, judged as in every other form.

    :param purposes: by column the word that tells the browser what to offer (WCAG 1.3.5, HTML's ``autocomplete``).
    """
    columns = describe(User).columns
    fields = {}
    for name, purpose in purposes.items():
        fields[name] = field_for(columns[name])
        fields[name].kwargs["render_kw"] = {**fields[name].kwargs["render_kw"], "autocomplete": purpose}
    return type(form_class.__name__, (form_class,), fields)


def _refuse(problems: list[str]) -> None:
    if problems:
        raise ValidationError(" ".join(problems))
