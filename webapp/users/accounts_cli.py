"""``flask users list``, ``create``, ``activate``, ``deactivate`` and ``login-link``: who there is, and who gets in."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import MultiDict

from webapp.extensions import db
from webapp.users import service
from webapp.users.cli import named_group, named_user, stop_on, users_cli
from webapp.users.forms import UserForm, with_columns
from webapp.users.links import GIVEN, hours, password_link
from webapp.users.models import User

# So many are read at a time: a terminal that is shown a million people needs no memory for them.
BATCH = 1_000
COLUMNS = ("username", "email", "status", "last sign-in", "groups")


@users_cli.command("list")
@click.option("--active/--inactive", default=None, help="Only those who may sign in, or may not.")
@click.option("--staff", is_flag=True, help="Only those who may sign in here.")
@click.option("--superusers", is_flag=True, help="Only those who may do everything.")
@click.option("--group", help="Only the members of this group.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for other programs.")
def list_users(active: bool | None, staff: bool, superusers: bool, group: str | None, as_json: bool) -> None:
    """List people in the order of their usernames: address, status, last sign-in, groups.

    Example: flask users list --staff --inactive
    """
    query = select(User).order_by(User.username)
    if active is not None:
        query = query.where(User.is_active.is_(active))
    if staff:
        query = query.where(User.is_staff)
    if superusers:
        query = query.where(User.is_superuser)
    if group is not None:
        query = query.where(User.groups.contains(named_group(group)))
    if not as_json:
        click.echo("\t".join(COLUMNS))
    for user in _read(query):
        click.echo(json.dumps(_facts(user), ensure_ascii=False) if as_json else _line(user))


@users_cli.command("create")
@click.argument("username")
@click.argument("email")
@click.option("--full-name", default="", help="As it is shown.")
@click.option("--staff", is_flag=True, help="May sign in here.")
@click.option("--group", "groups", multiple=True, help="Joins this group; may be given several times.")
def create(username: str, email: str, full_name: str, staff: bool, groups: tuple[str, ...]) -> None:
    """Add the user USERNAME with the address EMAIL, who cannot sign in before a password is set.

    Example: flask users create bob bob@example.org --staff --group Librarians
    """
    form = with_columns(UserForm, username="username", email="email", full_name="full_name")(
        MultiDict({"username": username, "email": email, "full_name": full_name}), meta={"csrf": False}
    )
    form.validate()
    stop_on([f"{field.label.text}: {error}" for field in form for error in field.errors])
    joined = [named_group(name) for name in dict.fromkeys(groups)]
    try:
        user = service.create(
            form.username.data,
            form.email.data,
            full_name=form.full_name.data or "",
            is_staff=staff,
            groups=joined,
        )
    except IntegrityError:
        raise click.ClickException(
            f"Somebody with the username “{form.username.data}” or the e-mail “{form.email.data}” exists already."
        ) from None
    click.echo(f"{user.username} was added. To set a password: flask users set-password {user.username}")


@users_cli.command("activate")
@click.argument("name")
def activate(name: str) -> None:
    """Open the account of the user NAME again."""
    user = named_user(name)
    is_news = service.set_active(user, True)
    click.echo(f"{user.username} {'is now' if is_news else 'is already'} active.")


@users_cli.command("deactivate")
@click.argument("name")
def deactivate(name: str) -> None:
    """Close the account of the user NAME, who is signed out at once and keeps history and permissions."""
    user = named_user(name)
    is_news = service.set_active(user, False)
    click.echo(
        f"{user.username} is no longer active, and is signed out everywhere."
        if is_news
        else f"{user.username} was not active."
    )


@users_cli.command("login-link")
@click.argument("name")
def login_link(name: str) -> None:
    """Print a link by which the user NAME sets a new password, once."""
    target = service.note_link(named_user(name), None, "link-shown")
    click.echo(password_link(target, GIVEN))
    click.echo(f"Note: it works once, for {hours(GIVEN)} hours, until {target.username} signs in.", err=True)
    if not target.is_staff:
        click.echo(f"Note: {target.username} is not staff and cannot sign in here.", err=True)


def _read(query: Select[User]) -> Iterator[User]:
    """The people of *query*, by their usernames, a batch at a time."""
    last = ""
    while True:
        batch = query.where(User.username > last).limit(BATCH).options(selectinload(User.groups))
        people = db.session.scalars(batch).all()
        yield from people
        if len(people) < BATCH:
            return
        last = people[-1].username
        db.session.expunge_all()


def _facts(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "email": user.email,
        "full_name": user.full_name,
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "last_login_at": _moment(user.last_login_at) or None,
        "groups": sorted(group.name for group in user.groups),
    }


def _line(user: User) -> str:
    status = ["active" if user.is_active else "inactive"]
    status += ["superuser"] if user.is_superuser else ["staff"] if user.is_staff else []
    groups = ", ".join(sorted(group.name for group in user.groups))
    cells = (user.username, user.email, " ".join(status), _moment(user.last_login_at) or "never", groups)
    # Names hold what people type, and a terminal obeys some of it.
    return "\t".join("".join(mark if mark.isprintable() else "�" for mark in cell) for cell in cells)


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
