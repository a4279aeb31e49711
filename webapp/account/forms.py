"""The forms of the signed-in person's own account."""

from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired

from webapp.admin.editing.controls import choice
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.users.forms import NewPasswordForm, UserForm
from webapp.users.status import has_to_choose
from webapp.web.locale import language_names

FILL_IN = _l("Fill in this field.")


class LoginForm(FlaskForm):
    username = StringField(
        _l("Username"),
        validators=[InputRequired(FILL_IN)],
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "autofocus": True,
        },
    )
    password = PasswordField(
        _l("Password"), validators=[InputRequired(FILL_IN)], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()
    typed = HiddenField()


class ConfirmForm(FlaskForm):
    password = PasswordField(
        _l("Password"),
        validators=[InputRequired(FILL_IN)],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )
    next = HiddenField()
    page = HiddenField()
    held = HiddenField()


class ForgottenForm(FlaskForm):
    username = StringField(
        _l("Username or e-mail"),
        validators=[InputRequired(FILL_IN)],
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
            "autofocus": True,
        },
    )


class SetupForm(UserForm, NewPasswordForm):
    """The first administrator, who fills it in himself: the password stays, and nobody else knows it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self["username"].description = _l("What you type to sign in. Capitals make no difference.")


class OwnPasswordForm(NewPasswordForm):
    current_password = PasswordField(
        _l("Current password"),
        validators=[InputRequired(FILL_IN)],
        render_kw={"autocomplete": "current-password"},
    )

    def validate_password(self, field: Field) -> None:
        super().validate_password(field)
        is_same = field.data == self.current_password.data
        if is_same and self.person is not None and has_to_choose(self.person):
            raise ValidationError(
                _("This is the password that you were given. Choose one of your own.")
                if self.person.password_temporary_until
                else _("This is the password that you have. Choose another one.")
            )


class ProfileForm(FlaskForm):
    """What people choose for themselves; their name comes from the mapper."""

    locale = SelectField(_l("Language"))
    timezone = SelectField(_l("Time zone"), description=_l("Dates and times are shown in it."))
    theme = SelectField(_l("Theme"))
    density = SelectField(_l("Density"))
    shortcuts = BooleanField(
        _l("Keyboard shortcuts"), description=_l("Single keys, such as “/” for the search.")
    )

    def offer_choices(self, default_zone: str) -> None:
        """Fill the selections in the reader's language.

        :param default_zone: of who chooses none.
        """
        languages = [choice(tag, name, lang=tag.replace("_", "-")) for tag, name in language_names().items()]
        self.locale.choices = cast(Any, [choice("", _("As the browser")), *languages])
        site: dict[str, str] = {"": _("As the site (%(zone)s)", zone=default_zone), "UTC": "UTC"}
        self.timezone.choices = cast(Any, site | {zone: zone for zone in _zones()})
        themes: dict[str, str] = {"auto": _("As the device"), "light": _("Light"), "dark": _("Dark")}
        self.theme.choices = cast(Any, themes)
        densities = {"comfortable": _("Comfortable"), "compact": _("Compact")}
        self.density.choices = cast(Any, {"": _("As chosen in this browser")} | densities)


@cache
def _zones() -> list[str]:
    """The zones by the names of their places; legacy and abstract names are left out. Read from many files, once."""
    return sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/"))
    )
