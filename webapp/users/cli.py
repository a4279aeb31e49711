"""``flask users …``: looking after people from a terminal, for the first and for the last resort."""

import os
import sys
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from webapp.admin.cli import told_in_a_sentence
from webapp.admin.site import current_site
from webapp.running import current_app
from webapp.users import service
from webapp.users.explaining import explain, no_such_permission
from webapp.users.forms import UserForm, with_columns
from webapp.users.models import Group, User
from webapp.users.passwords import PasswordHash, hash_password
from webapp.users.policy import password_problems


class PlainGroup(AppGroup):
    """Commands that end in a sentence and never in a traceback, whatever the database does."""

    def invoke(self, ctx: click.Context) -> Any:
        with told_in_a_sentence():
            return super().invoke(ctx)


users_cli = PlainGroup("users", help="Look after people: superusers, passwords, permissions, groups.")

PASSWORD_VARIABLE = "ZELADOR_PASSWORD"  # noqa: S105 - the name of a variable

_password_stdin = click.option(
    "--password-stdin",
    is_flag=True,
    help=f"Read the password from standard input (or set {PASSWORD_VARIABLE}).",
)


@users_cli.command("create-superuser")
@click.option("--username", help="Asked for when left out.")
@click.option("--email", help="Asked for when left out.")
@_password_stdin
def create_superuser(username: str | None, email: str | None, password_stdin: bool) -> None:
    """Add somebody who may do everything.

    Example: flask users create-superuser --username alice --email alice@example.org
    """
    names = with_columns(UserForm, username="username", email="email")(
        MultiDict(
            {
                "username": username or _ask("Username", "--username"),
                "email": email or _ask("E-mail", "--email"),
            }
        ),
        meta={"csrf": False},
    )
    names.validate()
    stop_on([f"{field.label.text}: {error}" for field in names for error in field.errors])
    password = _read_password(password_stdin, names.username.data, names.email.data)
    try:
        user = service.create_superuser(names.username.data, names.email.data, password)
    except IntegrityError:
        raise click.ClickException(
            f"Somebody with the username “{names.username.data}” or the e-mail “{names.email.data}” exists already. "
            "To set a new password: flask users set-password NAME"
        ) from None
    click.echo(f"{user} may now sign in and do everything.")


@users_cli.command("set-password")
@click.argument("name")
@_password_stdin
def set_password(name: str, password_stdin: bool) -> None:
    """Give the user NAME another password and end the sessions of the old one."""
    user = named_user(name)
    password = _read_password(password_stdin, user.username, user.email)
    service.set_password(user, password)
    click.echo(f"The password of {user.username} was changed; open sessions have ended.")


@users_cli.command("grant")
@click.argument("name")
@click.argument("permission")
def grant(name: str, permission: str) -> None:
    """Grant the user NAME a PERMISSION such as users.view."""
    if permission not in current_site().permissions():
        raise click.ClickException(no_such_permission(permission))
    user = named_user(name)
    news = service.grant(user, permission)
    click.echo(
        f"{user.username} {'now holds' if news else 'holds'} {permission}{'' if news else ' already'}."
    )
    if not user.is_staff:
        click.echo(f"Note: {user.username} is not staff and cannot sign in here.", err=True)


@users_cli.command("revoke")
@click.argument("name")
@click.argument("permission")
def revoke(name: str, permission: str) -> None:
    """Take a PERMISSION from the user NAME."""
    user = named_user(name)
    held = service.revoke(user, permission)
    click.echo(f"{user.username} {'no longer holds' if held else 'did not hold'} {permission}.")


@users_cli.command("join")
@click.argument("name")
@click.argument("group")
def join(name: str, group: str) -> None:
    """Put the user NAME into a GROUP."""
    user, found = named_user(name), named_group(group)
    news = service.join(user, found)
    click.echo(f"{user.username} {'is now' if news else 'is already'} in the group {found.name}.")


@users_cli.command("leave")
@click.argument("name")
@click.argument("group")
def leave(name: str, group: str) -> None:
    """Take the user NAME out of a GROUP."""
    user, found = named_user(name), named_group(group)
    was_in = service.leave(user, found)
    click.echo(f"{user.username} {'is no longer' if was_in else 'was not'} in the group {found.name}.")


@users_cli.command("can")
@click.argument("name")
@click.argument("permission")
def can(name: str, permission: str) -> None:
    """Say whether the user NAME holds a PERMISSION such as users.change, and why.

    Ends with 0 when it is so, with 1 when it is not.
    """
    answer = explain(named_user(name), permission)
    click.echo(" ".join(answer.sentences))
    if not answer.may:
        raise click.exceptions.Exit(1)


def named_group(name: str) -> Group:
    """:raises click.ClickException: when there is none."""
    group = service.find_group(name)
    if group is None:
        raise click.ClickException(f"There is no group “{name}”.")
    return group


def named_user(name: str) -> User:
    """:raises click.ClickException: when there is none."""
    user = service.find_user(name)
    if user is None:
        raise click.ClickException(f"There is no user “{name}”.")
    return user


def _ask(label: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise click.ClickException(f"There is no terminal to ask in. Give {option}.")
    return str(click.prompt(label))


def _read_password(from_stdin: bool, username: str, email: str) -> PasswordHash:
    """A password from standard input, the environment or a prompt: never from the command line, which others see."""
    if from_stdin:
        password = _first_line()
    elif PASSWORD_VARIABLE in os.environ:
        password = os.environ[PASSWORD_VARIABLE]
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise click.ClickException(
            f"There is no terminal to ask for the password in. Use --password-stdin or set {PASSWORD_VARIABLE}."
        )
    stop_on(
        password_problems(
            password,
            min_length=current_app.config["PASSWORD_MIN_LENGTH"],
            username=username,
            email=email,
            site_name=current_app.config["SITE_NAME"],
            breaches=current_app.config["BREACHED_PASSWORDS"],
        )
    )
    return hash_password(password)


def _first_line() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.ClickException("What came in is no text in UTF-8.") from None


def stop_on(problems: list[str]) -> None:
    """:raises click.ClickException: that tells all *problems*, if there are any."""
    if problems:
        raise click.ClickException(" ".join(problems))
