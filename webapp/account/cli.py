"""``flask users setup-link``, ``unlock`` and ``end-sessions``: the ways in, and the way out for somebody else."""

import click

from webapp.account import throttle
from webapp.account.sessionpages import end_all
from webapp.account.setup import setup_link
from webapp.admin.history import record
from webapp.admin.mapping import describe
from webapp.extensions import db, writing
from webapp.users.cli import named_user, users_cli
from webapp.users.models import User
from webapp.users.rules import superuser_exists


@users_cli.command("setup-link")
def print_setup_link() -> None:
    """Print the one-time link that makes the first administrator.

    Exits with 1 when there is an active superuser already.
    """
    if superuser_exists(db.session()):
        raise click.ClickException(
            "There is an administrator already. For a new password: flask users set-password NAME"
        )
    click.echo(setup_link())


@users_cli.command("end-sessions")
@click.argument("name")
def end_sessions(name: str) -> None:
    """End all sessions of the user NAME, who is signed out in every browser at once."""
    user = named_user(name)
    number = end_all(user)
    click.echo(f"{number} session{'' if number == 1 else 's'} of {user.username} ended.")


@users_cli.command("unlock")
@click.argument("name")
def unlock(name: str) -> None:
    """Forget the failed sign-ins of the user NAME, who may try again at once."""
    user = named_user(name)
    with writing():
        had_any = throttle.unlock(user.username)
        if had_any:
            key = describe(User).key_of(user)
            record(db.session(), verb="unlock", name="users", key=key, label=str(user))
    click.echo(
        f"{user.username} may try to sign in again."
        if had_any
        else f"{user.username} had no failed sign-ins."
    )
